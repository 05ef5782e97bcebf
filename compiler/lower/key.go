package lower

import (
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// groupKey names everything that an activity's statements can depend on, so
// that equal keys mean equal statements. Every part is preceded by its length.
func groupKey(role *ir.Role, g *ir.Grant) string {
	var b strings.Builder
	part(&b, role.Target.Name)
	part(&b, g.Activity.Name)
	for _, p := range g.Activity.Params {
		arg, ok := g.Args[p.Name]
		if !ok {
			b.WriteByte('-')
			continue
		}
		value(&b, arg.Value)
	}
	if g.Activity.VPCForm {
		custom(&b, role.VPC)
	}
	if g.Activity.KMSForm {
		custom(&b, role.KMS)
	}
	return b.String()
}

func part(b *strings.Builder, s string) {
	b.WriteString(strconv.Itoa(len(s)))
	b.WriteByte(':')
	b.WriteString(s)
}

func custom(b *strings.Builder, c *ir.Customization) {
	if c == nil {
		b.WriteByte('-')
		return
	}
	for _, list := range [][]string{c.First, c.Second} {
		b.WriteByte('[')
		for _, s := range list {
			part(b, s)
		}
	}
}

func value(b *strings.Builder, v cty.Value) {
	ty := v.Type()
	switch {
	case v.IsNull() || !v.IsKnown():
		b.WriteByte('~')
	case ty == cty.String:
		part(b, v.AsString())
	case ty == cty.Bool:
		b.WriteString(strconv.FormatBool(v.True()))
	case ty == cty.Number:
		part(b, v.AsBigFloat().Text('g', -1))
	case v.CanIterateElements():
		b.WriteByte('[')
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			if ty.IsMapType() || ty.IsObjectType() {
				value(b, k)
			}
			value(b, e)
		}
		b.WriteByte(']')
	}
}
