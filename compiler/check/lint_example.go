package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Policies returns the rules of package lint with their examples written in
// the language, in the order of their codes.
func Policies() []Rule {
	var list []Rule
	for _, r := range lint.Rules() {
		list = append(list, Rule{
			Entry:  diag.Entry{Code: r.Code, Severity: hcl.DiagWarning, Explain: r.Explain, Bad: asConfiguration(r.Bad), Good: asConfiguration(r.Good)},
			Notice: r.Severity == lint.Notice,
		})
	}
	return list
}

// Entries documents every code of this package, in the order of the codes.
func Entries() []diag.Entry {
	var list []diag.Entry
	for _, r := range documented() {
		list = append(list, r.Entry)
	}
	return list
}

func documented() []Rule {
	rules := slices.Concat(Rules(), Policies())
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })
	return rules
}

// asConfiguration writes an example of policies in the language: as statements of a role
// where these can say it, else as the text of a policy block.
func asConfiguration(e lint.Example) string {
	var b strings.Builder
	b.WriteString("account \"ml\" {\n  id = \"123456789012\"\n  region = \"eu-west-1\"\n}\n")
	switch e.Kind {
	case lint.Identity:
		b.WriteString("role \"r\" {\n")
		for _, text := range e.Policies {
			statements(&b, text)
		}
		b.WriteString("}\n")
	case lint.Trust:
		b.WriteString("role \"r\" {\n  trust {\n")
		for _, text := range e.Policies {
			statements(&b, text)
		}
		b.WriteString("  }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n")
	case lint.Boundary:
		const arn = `"arn:aws:iam::123456789012:policy/boundary"`
		b.WriteString("role \"r\" {\n  permissions_boundary = " + arn + "\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n")
		b.WriteString("policy \"boundary\" {\n  arn = " + arn + "\n  document = " + object(e.Policies[0]) + "\n}\n")
	default:
		b.WriteString("bucket \"data\" {\n  name = \"acme\"\n  policy = " + object(e.Policies[0]) + "\n}\n")
	}
	out, diags := dsl.Format(dsl.File{Name: "example.smr", Bytes: []byte(b.String())})
	if diags.HasErrors() {
		return b.String()
	}
	return string(out)
}

// indented is a JSON document over several lines.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String() + "\n"
}

// object writes a JSON document as an object of the language.
func object(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{", `":`, `" = `).Replace(strings.TrimSuffix(indented(text), "\n"))
}

// statements writes the statements of a document.
func statements(b *strings.Builder, text string) {
	d, err := policy.Parse([]byte(text))
	if err != nil {
		fmt.Fprintf(b, "# %v\n", err)
		return
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		label := s.SID
		if label == "" {
			label = fmt.Sprintf("S%d", i+1)
		}
		fmt.Fprintf(b, "statement %q {\n", label)
		if s.Effect == policy.Deny {
			b.WriteString("effect = \"Deny\"\n")
		}
		if s.Principal != nil {
			attribute(b, "services", s.Principal.Service)
			attribute(b, "principals", s.Principal.AWS)
			attribute(b, "federated", s.Principal.Federated)
		}
		attribute(b, "actions", s.Actions)
		attribute(b, "not_actions", s.NotActions)
		attribute(b, "resources", s.Resources)
		attribute(b, "not_resources", s.NotResources)
		for _, c := range s.Conditions {
			fmt.Fprintf(b, "condition {\noperator = %q\nkey = %s\n", c.Operator, quoted(c.Key))
			attribute(b, "values", c.Values)
			b.WriteString("}\n")
		}
		b.WriteString("}\n")
	}
}

func attribute(b *strings.Builder, name string, values []string) {
	if len(values) == 0 {
		return
	}
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = quoted(v)
	}
	if len(strings.Join(list, ", ")) > 90 {
		fmt.Fprintf(b, "%s = [\n%s,\n]\n", name, strings.Join(list, ",\n"))
		return
	}
	fmt.Fprintf(b, "%s = [%s]\n", name, strings.Join(list, ", "))
}

func quoted(s string) string { return `"` + quoter.Replace(s) + `"` }
