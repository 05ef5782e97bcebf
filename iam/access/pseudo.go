package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// values gives texts to pseudo parameters, by name.
type values map[string]string

// pseudoNames returns the pseudo parameters and what people call them.
func pseudoNames() []struct{ name, what string } {
	return []struct{ name, what string }{
		{policy.PseudoPartition, "partition"}, {policy.PseudoRegion, "Region"}, {policy.PseudoAccount, "account"},
	}
}

// judges returns the judge of the comparison and, where policies spell out
// what a pseudo parameter may be, one for each such value: then the two may be
// the same thing. Only a request decided with one of them shows whether that
// matters.
func (c *comparison) judges() []*judge {
	if c.giving != nil {
		return c.giving
	}
	c.giving = []*judge{c.judge}
	given := values{}
	for _, p := range pseudoNames() {
		for _, text := range c.program.spelled(p.name) {
			one := values{p.name: text}
			c.giving = append(c.giving, c.judge.giving(one, c))
			if given[p.name] == "" {
				given[p.name] = text
			}
		}
	}
	if len(given) > 1 {
		c.giving = append(c.giving, c.judge.giving(given, c))
	}
	return c.giving
}

// spelled returns what patterns and conditions have in the place of a pseudo
// parameter, without wildcards.
func (p *program) spelled(name string) []string {
	var list []string
	add := func(text string) {
		if text != "" && !policy.HasWildcard(text) && !policy.HasPseudo(text) && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, t := range p.terms {
		if text, ok := strings.CutPrefix(t.text, name+"="); ok {
			add(text)
		}
	}
	keys := map[string]bool{}
	for _, a := range p.atoms {
		keys[a.key] = keys[a.key] || slices.Contains(a.values, name)
	}
	for _, a := range p.atoms {
		if keys[a.key] {
			for _, v := range a.values {
				add(v)
			}
		}
	}
	return list
}

// giving returns a judge of the same sides with pseudo parameters replaced.
func (j *judge) giving(v values, c *comparison) *judge {
	g := newJudge(v.side(c.base), v.side(c.head), j.identity, j.options)
	g.given = v
	return g
}

func (v values) text(s string) string {
	for name, text := range v {
		s = strings.ReplaceAll(s, name, text)
	}
	return s
}

func (v values) list(l []string) {
	for i, s := range l {
		l[i] = v.text(s)
	}
}

func (v values) side(s Side) Side {
	out := Side{Boundary: v.document(s.Boundary), Session: v.document(s.Session), Resource: v.document(s.Resource)}
	for _, d := range s.Identity {
		out.Identity = append(out.Identity, v.document(d))
	}
	for _, level := range s.SCPs {
		var list []*policy.Document
		for _, d := range level {
			list = append(list, v.document(d))
		}
		out.SCPs = append(out.SCPs, list)
	}
	return out
}

func (v values) document(d *policy.Document) *policy.Document {
	if d == nil {
		return nil
	}
	d = d.Clone()
	for i := range d.Statements {
		s := &d.Statements[i]
		v.list(s.Resources)
		v.list(s.NotResources)
		for _, p := range []*policy.Principal{s.Principal, s.NotPrincipal} {
			if p != nil {
				v.list(p.AWS)
				v.list(p.Federated)
			}
		}
		for _, c := range s.Conditions {
			v.list(c.Values)
		}
	}
	return d
}

// request replaces pseudo parameters in a witness.
func (v values) request(w *Witness) {
	if len(v) == 0 {
		return
	}
	w.Resource, w.Principal, w.ResourceAccount = v.text(w.Resource), v.text(w.Principal), v.text(w.ResourceAccount)
	var c authz.Context
	for i := range w.Context.Len() {
		key, given, list := w.Context.At(i)
		given = slices.Clone(given)
		v.list(given)
		if list {
			c.SetList(key, given...)
		} else {
			c.Set(key, given[0])
		}
	}
	w.Context = c
}

// sentence says what is given, "" for nothing.
func (v values) sentence() string {
	var list []string
	for _, p := range pseudoNames() {
		if text := v[p.name]; text != "" {
			list = append(list, "the "+p.what+" is "+text)
		}
	}
	if len(list) == 0 {
		return ""
	}
	text := strings.Join(list, " and ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
