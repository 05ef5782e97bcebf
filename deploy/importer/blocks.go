package importer

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// activity writes a block with the parameters that are not their defaults; one
// that a persona has and that has none is left out.
func (w *writer) activity(c *choice, persona bool) {
	var args writer
	f := c.solution.form
	for _, p := range f.activity.Params {
		flag, isFlag := f.flags[p.Name]
		given, hasList := c.solution.args[p.Name]
		switch {
		case p.From != "":
		case isFlag:
			if p.Required || p.Default.False() == flag {
				args.set(p.Name, fmt.Sprint(flag))
			}
		case hasList && (p.Required || !slices.Equal(given, defaults(p.Default))):
			args.set(p.Name, list(given))
		case f.empty[p.Name] && (p.Required || len(defaults(p.Default)) > 0):
			args.set(p.Name, "[]")
		}
	}
	if args.Len() == 0 {
		if !persona {
			w.WriteString("activity " + quote(c.name()) + " {}\n")
		}
		return
	}
	w.open("activity", c.name())
	w.WriteString(args.String())
	w.close()
}

func defaults(v cty.Value) []string {
	var out []string
	if v.IsNull() || !v.CanIterateElements() {
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); e.Type() == cty.String {
			out = append(out, e.AsString())
		}
	}
	return out
}

func (w *writer) override(c *choice) {
	e := &c.edits
	if e.verbs() == 0 {
		return
	}
	w.open("override", c.name())
	w.text("reason", reason)
	w.list("remove_actions", e.removeActions)
	for _, l := range e.remove {
		w.WriteString("remove " + quote(l) + " {}\n")
	}
	for _, n := range e.narrow {
		w.open("narrow")
		if !n.all {
			w.set("statements", list(append([]string{n.label}, n.also...)))
		}
		w.list("actions", n.actions)
		w.list("resources", n.resources)
		w.conditions(n.conds)
		w.close()
	}
	for i := range e.allow {
		w.statement("allow", &e.allow[i])
	}
	for i := range e.deny {
		w.statement("deny", &e.deny[i])
	}
	w.close()
}
