package importer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A writer writes the language. Layout is left to dsl.Format.
type writer struct{ strings.Builder }

func itoa(n int) string { return strconv.Itoa(n) }

// quote spells a text as a string of the language that is that text and
// nothing else: policies are written by others, and "${" begins an expression.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		next := s[i+utf8.RuneLen(r):]
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(next, "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case (r == '$' || r == '%') && strings.HasPrefix(next, string(r)):
			fmt.Fprintf(&b, `\u%04x`, r) // two before a brace would be read as one
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// lineWidth is how long a list may be on one line.
const lineWidth = 90

func list(values []string) string {
	quoted := make([]string, len(values))
	n := 0
	for i, v := range values {
		quoted[i] = quote(v)
		n += len(quoted[i]) + 2
	}
	if len(values) < 2 || n < lineWidth && len(values) < 4 {
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return "[\n" + strings.Join(quoted, ",\n") + ",\n]"
}

func (w *writer) open(kind string, labels ...string) {
	w.WriteString(kind)
	for _, l := range labels {
		w.WriteByte(' ')
		w.WriteString(quote(l))
	}
	w.WriteString(" {\n")
}

func (w *writer) close() { w.WriteString("}\n") }

// group writes what stands together, after a blank line.
func (w *writer) group(f func(*writer)) {
	var inner writer
	if f(&inner); inner.Len() > 0 {
		w.WriteString("\n" + inner.String())
	}
}

// set writes an attribute whose value is spelled already.
func (w *writer) set(name, value string) { w.WriteString(name + " = " + value + "\n") }

// text writes an attribute; "" is left out.
func (w *writer) text(name, value string) {
	if value != "" {
		w.set(name, quote(value))
	}
}

// list writes an attribute; an empty list is left out.
func (w *writer) list(name string, values []string) {
	if len(values) > 0 {
		w.set(name, list(values))
	}
}

func (w *writer) conditions(conds []policy.Condition) {
	for _, c := range conds {
		w.open("condition")
		w.text("operator", c.Operator)
		w.text("key", c.Key)
		w.set("values", list(c.Values))
		w.close()
	}
}

// statement writes a block with a statement; verbs that say the effect leave
// it out.
func (w *writer) statement(kind string, s *labeled) {
	w.open(kind, s.label)
	w.text("sid", s.SID)
	if s.Effect != policy.Allow && kind == "statement" {
		w.text("effect", string(s.Effect))
	}
	if p := s.Principal; p != nil {
		w.list("services", p.Service)
		w.list("principals", awsPrincipals(p))
		w.list("federated", p.Federated)
	}
	w.list("actions", s.Actions)
	w.list("not_actions", s.NotActions)
	w.list("resources", s.Resources)
	w.list("not_resources", s.NotResources)
	w.conditions(s.Conditions)
	w.close()
}

func awsPrincipals(p *policy.Principal) []string {
	if p.Any {
		return []string{"*"}
	}
	return p.AWS
}
