package dsl

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// attrs says where each attribute of a block goes.
type attrs map[string]**Attr

// blocks says what decodes each kind of block inside a block.
type blocks map[string]func(*hclsyntax.Block)

// A decoder turns bodies into the typed tree. It goes on after an error, so
// that one run reports all it can.
type decoder struct {
	config *Config
	diags  hcl.Diagnostics
}

// Decode parses and decodes the files of one configuration. The tree holds
// whatever could be decoded, also when there are errors.
func Decode(files []File) (*Config, hcl.Diagnostics) {
	d := &decoder{config: &Config{Sources: map[string][]byte{}, Budget: NewBudget()}}
	tokens := 0
	for _, file := range files {
		d.config.Sources[file.Name] = file.Bytes
		n, refused := admit(file)
		if refused != nil {
			d.diags = append(d.diags, refused)
			continue
		}
		if tokens += n; tokens > MaxTokens {
			d.errorf("configuration-too-large", wholeFile(file), "The files up to this one hold more than %d words, marks and lines (every %d bytes count as one too). Divide the configuration into several directories.", MaxTokens, bytesAToken)
			break
		}
		body, diags := parse(file)
		d.diags = append(d.diags, diags...)
		if body == nil {
			continue
		}
		ignores, diags := ignoresOf(file, body)
		d.config.Ignores = append(d.config.Ignores, ignores...)
		d.diags = append(d.diags, diags...)
		if strings.HasSuffix(file.Name, ".smrvars") {
			d.config.Values = append(d.config.Values, d.values(body)...)
		} else {
			d.topLevel(body)
		}
	}
	d.unique()
	return d.config, d.diags
}

// DecodeActivity decodes one file of the catalogue, which holds a single
// activity or the personas of an edition, against the budget of a configuration.
func DecodeActivity(file File, budget *Budget) (*Config, hcl.Diagnostics) {
	d := &decoder{config: &Config{Budget: budget}}
	body, diags := Parse(file)
	d.diags = diags
	if body != nil {
		d.topLevel(body)
	}
	for _, a := range d.config.Activities {
		a.BuiltIn = true
	}
	for _, p := range d.config.Personas {
		p.BuiltIn = true
	}
	return d.config, d.diags
}

// DecodeValues decodes a .smrvars file.
func DecodeValues(file File, budget *Budget) ([]*Attr, hcl.Diagnostics) {
	d := &decoder{config: &Config{Budget: budget}}
	body, diags := Parse(file)
	d.diags = diags
	if body == nil {
		return nil, d.diags
	}
	return d.values(body), d.diags
}

func (d *decoder) errorf(code string, r hcl.Range, format string, args ...any) {
	d.diags = append(d.diags, diag.Errorf(code, r, format, args...))
}

// body decodes the attributes and blocks of b, which is a block named what.
func (d *decoder) body(b *hclsyntax.Body, what string, as attrs, bs blocks) {
	var unknown []*hclsyntax.Attribute
	for name, a := range b.Attributes {
		if slot, ok := as[name]; ok && name == "type" {
			*slot = d.typeAttr(a)
		} else if ok {
			*slot = d.attr(a)
		} else {
			unknown = append(unknown, a)
		}
	}
	if len(unknown) > 0 {
		d.unknownAttributes(unknown, what, as, bs)
	}
	for _, blk := range b.Blocks {
		if decode, ok := bs[blk.Type]; ok {
			decode(blk)
			continue
		}
		if _, isAttr := as[blk.Type]; isAttr {
			d.errorf("unexpected-block", blk.TypeRange, "In %s, %q is an attribute, not a block. Write %s = … with an equals sign.", what, blk.Type, blk.Type)
			continue
		}
		names := slices.Concat(slices.Collect(maps.Keys(bs)), slices.Collect(maps.Keys(as)))
		d.errorf("unsupported-block", blk.TypeRange, "%s has no block %q.%s", capital(what), blk.Type, d.config.DidYouMean(blk.Type, names, allowed(names)))
	}
}

func (d *decoder) unknownAttributes(list []*hclsyntax.Attribute, what string, as attrs, bs blocks) {
	slices.SortFunc(list, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	names := slices.Concat(slices.Collect(maps.Keys(as)), slices.Collect(maps.Keys(bs)))
	have := allowed(names)
	for _, a := range list {
		hint, special := hints[a.Name]
		if _, isBlock := bs[a.Name]; isBlock {
			d.errorf("unexpected-attribute", a.NameRange, "In %s, %q is a block, not an attribute. Write %s { … } without the equals sign.", what, a.Name, a.Name)
		} else if special {
			d.errorf("unsupported-argument", a.NameRange, "%s has no argument %q. %s", capital(what), a.Name, hint)
		} else {
			d.errorf("unsupported-argument", a.NameRange, "%s has no argument %q.%s", capital(what), a.Name, d.config.DidYouMean(a.Name, names, have))
		}
	}
}

// hints say where arguments stand that are often written in another block.
var hints = map[string]string{
	"services":      "Whom a role trusts stands in its trust block.",
	"principals":    "The role itself is the principal of its statements; whom it trusts stands in its trust block.",
	"federated":     "Whom a role trusts stands in its trust block.",
	"resources":     "The resource of a trust policy is the role itself.",
	"not_resources": "The resource of a trust policy is the role itself.",
	"effect":        "The block says the effect: allow { … } or deny { … }.",
	"for_each":      "for_each belongs to a role; lists are made with [for x in … : …].",
	"count":         "A role is repeated with for_each.",
	"depends_on":    "References between roles order deployment by themselves.",
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// allowed names what can stand in a block, where the list is short enough to read.
func allowed(names []string) string {
	if len(names) == 0 {
		return "It has no arguments."
	}
	if len(names) > 16 {
		return "dsl/LANGUAGE.md lists what it has."
	}
	slices.Sort(names)
	return "It has " + diag.Quote(names) + "."
}

func (d *decoder) attr(a *hclsyntax.Attribute) *Attr {
	g := &guarder{budget: d.config.Budget}
	expr := g.expr(a.Expr)
	d.diags = append(d.diags, g.diags...)
	return &Attr{Name: a.Name, NameRange: a.NameRange, Expr: expr, Range: a.SrcRange, Refs: g.refs, Calls: g.calls, wrong: g.diags}
}

// typeAttr takes an attribute that is a type: it is read, not evaluated, but
// for the defaults of optional attributes, so it has no guards.
func (d *decoder) typeAttr(a *hclsyntax.Attribute) *Attr {
	d.diags = append(d.diags, hclsyntax.VisitAll(a.Expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.LiteralValueExpr); ok {
			if _, big := weigh(e.Val); big != small {
				e.Val = cty.DynamicVal
				return hcl.Diagnostics{tooLarge(big, e.SrcRange)}
			}
		}
		return nil
	})...)
	return &Attr{Name: a.Name, NameRange: a.NameRange, Expr: a.Expr, Range: a.SrcRange}
}

// free returns all attributes of b sorted by name, for blocks whose arguments
// are named elsewhere; nested blocks are errors.
func (d *decoder) free(b *hclsyntax.Body, what string) []*Attr {
	var out []*Attr
	for _, a := range b.Attributes {
		out = append(out, d.attr(a))
	}
	slices.SortFunc(out, func(a, b *Attr) int { return strings.Compare(a.Name, b.Name) })
	for _, blk := range b.Blocks {
		d.errorf("unsupported-block", blk.TypeRange, "%s has arguments only, no block %q. Write %s = { … } for an object.", capital(what), blk.Type, blk.Type)
	}
	return out
}

func (d *decoder) values(b *hclsyntax.Body) []*Attr {
	out := d.free(b, "a file of variable values")
	slices.SortFunc(out, func(a, b *Attr) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return out
}

// label takes the one label that a block must have.
func (d *decoder) label(b *hclsyntax.Block, what string) Name {
	switch {
	case len(b.Labels) > 0 && len(b.Labels[0]) > MaxName:
		d.errorf("name-too-long", b.LabelRanges[0], "A label has at most %d bytes, and this one has %d.", MaxName, len(b.Labels[0]))
		return Name{Range: b.LabelRanges[0]}
	case len(b.Labels) == 1 && b.Labels[0] != "":
		return Name{Text: b.Labels[0], Range: b.LabelRanges[0]}
	case len(b.Labels) > 1:
		d.errorf("unexpected-label", b.LabelRanges[1], "A block %q takes one label, %s. Delete %q.", b.Type, what, b.Labels[1])
		return Name{Text: b.Labels[0], Range: b.LabelRanges[0]}
	}
	d.errorf("missing-label", b.TypeRange, "A block %q needs a label, %s: %s \"…\" { … }.", b.Type, what, b.Type)
	return Name{Range: b.TypeRange}
}

// noLabel refuses labels on a block that takes none.
func (d *decoder) noLabel(b *hclsyntax.Block) {
	if len(b.Labels) > 0 {
		d.errorf("unexpected-label", b.LabelRanges[0], "A block %q takes no label. Delete %q.", b.Type, b.Labels[0])
	}
}

// once refuses a second block of a kind of which there can be one.
func once[T any](d *decoder, slot **T, b *hclsyntax.Block, first func(*T) hcl.Range) bool {
	if *slot == nil {
		return true
	}
	d.diags = append(d.diags, diag.Relate(
		diag.Errorf("duplicate-block", b.TypeRange, "There can be one block %q here. Move its arguments to the first one.", b.Type),
		first(*slot), "the first one"))
	return false
}

// wholeFile points at a file rather than into it.
func wholeFile(file File) hcl.Range { return hcl.Range{Filename: file.Name} }

func header(b *hclsyntax.Block) hcl.Range { return b.DefRange() }

// whole is the range of a block with its body.
func whole(b *hclsyntax.Block) hcl.Range { return hcl.RangeBetween(b.TypeRange, b.CloseBraceRange) }

// DecodeValue decodes the value of a variable that is written as an
// expression, on the command line or in the environment.
func DecodeValue(file File, name string, budget *Budget) (*Attr, hcl.Diagnostics) {
	if _, refused := admit(file); refused != nil {
		return nil, hcl.Diagnostics{refused}
	}
	expr, diags := hclsyntax.ParseExpression(file.Bytes, file.Name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diag.Adopt(diags, "syntax-error")
	}
	d := &decoder{config: &Config{Budget: budget}}
	a := d.attr(&hclsyntax.Attribute{Name: name, Expr: expr, SrcRange: expr.Range(), NameRange: expr.Range()})
	return a, d.diags
}
