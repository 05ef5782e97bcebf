package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// config is the configuration that the role stands in, empty for a role from a
// file.
func (j *judge) config() *dsl.Config {
	if j.call.Config == nil {
		return &dsl.Config{}
	}
	return j.call.Config
}

// roleHCL writes statements as the role's own language: an override of the
// activity that is nearest to them, or statements of the role where it has none.
func (j *judge) roleHCL(who *principal, statements []policy.Statement) string {
	activity := nearestActivity(who, statements)
	var b strings.Builder
	indent := ""
	if activity != "" {
		fmt.Fprintf(&b, "override %q {\n  reason = %q\n", activity, j.api.Name+" needs it")
		indent = "  "
	}
	taken := labels(who)
	for i, s := range statements {
		label := j.api.Name
		for n := 2; slices.Contains(taken, label); n++ {
			label = fmt.Sprintf("%s%d", j.api.Name, n)
		}
		taken = append(taken, label)
		block := "statement"
		if activity != "" {
			block = "allow"
		}
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s%s %q {\n", indent, block, label)
		fmt.Fprintf(&b, "%s  actions   = %s\n%s  resources = %s\n", indent, listHCL(s.Actions, indent+"  "), indent, listHCL(s.Resources, indent+"  "))
		for _, c := range s.Conditions {
			fmt.Fprintf(&b, "%s  condition {\n%s    operator = %s\n%s    key      = %s\n%s    values   = %s\n%s  }\n",
				indent, indent, quoteHCL(c.Operator), indent, quoteHCL(c.Key), indent, listHCL(c.Values, indent+"    "), indent)
		}
		fmt.Fprintf(&b, "%s}\n", indent)
	}
	if activity != "" {
		b.WriteString("}\n")
	}
	return b.String()
}

// labels are those of the role's statements.
func labels(who *principal) []string {
	var out []string
	for _, p := range who.role.Groups {
		for _, o := range p.Origins {
			out = append(out, o.Label)
		}
	}
	return out
}

// nearestActivity is the activity of the role whose statements allow most
// services of those that are needed; "" where it has none.
func nearestActivity(who *principal, statements []policy.Statement) string {
	best, score := "", -1
	for _, g := range who.role.Groups {
		if g.Activity == "" {
			continue
		}
		n := 0
		for _, s := range statements {
			for _, a := range s.Actions {
				service, _, _ := strings.Cut(a, ":")
				if slices.ContainsFunc(g.Document.Statements, func(have policy.Statement) bool {
					return slices.ContainsFunc(have.Actions, func(x string) bool { return strings.HasPrefix(x, service+":") })
				}) {
					n++
				}
			}
		}
		if n > score {
			best, score = g.Activity, n
		}
	}
	return best
}

// quoteHCL writes a string literal.
func quoteHCL(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case (c == '$' || c == '%') && i+1 < len(s) && s[i+1] == '{':
			b.WriteByte(c)
			b.WriteByte(c)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return spelled(b.String())
}

// listHCL writes a list of strings, of several in a line for each.
func listHCL(list []string, indent string) string {
	if len(list) == 1 {
		return "[" + quoteHCL(list[0]) + "]"
	}
	var b strings.Builder
	b.WriteString("[\n")
	for _, s := range list {
		b.WriteString(indent + "  " + quoteHCL(s) + ",\n")
	}
	b.WriteString(indent + "]")
	return b.String()
}

// attributeHCL writes a policy as the value of an attribute.
func attributeHCL(name string, d *policy.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s = {\n", name)
	if d.Version != "" {
		fmt.Fprintf(&b, "  Version = %s\n", quoteHCL(d.Version))
	}
	if d.ID != "" {
		fmt.Fprintf(&b, "  Id      = %s\n", quoteHCL(d.ID))
	}
	if len(d.Statements) == 0 {
		b.WriteString("  Statement = []\n}\n")
		return b.String()
	}
	b.WriteString("  Statement = [\n")
	for i := range d.Statements {
		statementHCL(&b, &d.Statements[i])
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

func statementHCL(b *strings.Builder, s *policy.Statement) {
	const in = "      "
	b.WriteString("    {\n")
	if s.SID != "" {
		fmt.Fprintf(b, "%sSid = %s\n", in, quoteHCL(s.SID))
	}
	fmt.Fprintf(b, "%sEffect = %s\n", in, quoteHCL(string(s.Effect)))
	principalHCL(b, in, "Principal", s.Principal)
	principalHCL(b, in, "NotPrincipal", s.NotPrincipal)
	for _, l := range []struct {
		name string
		list []string
	}{{"Action", s.Actions}, {"NotAction", s.NotActions}, {"Resource", s.Resources}, {"NotResource", s.NotResources}} {
		if l.list != nil {
			fmt.Fprintf(b, "%s%s = %s\n", in, l.name, listHCL(l.list, in))
		}
	}
	if len(s.Conditions) > 0 {
		fmt.Fprintf(b, "%sCondition = {\n", in)
		done := map[string]bool{}
		for _, c := range s.Conditions {
			if done[c.Operator] {
				continue
			}
			done[c.Operator] = true
			fmt.Fprintf(b, "%s  %s = {\n", in, quoteHCL(c.Operator))
			for _, d := range s.Conditions {
				if d.Operator == c.Operator {
					fmt.Fprintf(b, "%s    %s = %s\n", in, quoteHCL(d.Key), listHCL(d.Values, in+"    "))
				}
			}
			fmt.Fprintf(b, "%s  }\n", in)
		}
		fmt.Fprintf(b, "%s}\n", in)
	}
	b.WriteString("    },\n")
}

func principalHCL(b *strings.Builder, in, name string, p *policy.Principal) {
	if p == nil {
		return
	}
	if p.Any {
		fmt.Fprintf(b, "%s%s = \"*\"\n", in, name)
		return
	}
	fmt.Fprintf(b, "%s%s = {\n", in, name)
	for _, l := range []struct {
		name string
		list []string
	}{{"AWS", p.AWS}, {"Service", p.Service}, {"Federated", p.Federated}, {"CanonicalUser", p.CanonicalUser}} {
		if l.list != nil {
			fmt.Fprintf(b, "%s  %s = %s\n", in, l.name, listHCL(l.list, in+"  "))
		}
	}
	fmt.Fprintf(b, "%s}\n", in)
}

// formatted gives text of the language its canonical layout.
func formatted(text string) string {
	out, diags := dsl.Format(dsl.File{Name: "fix.smr", Bytes: []byte(text)})
	if diags.HasErrors() {
		return text
	}
	return string(out)
}
