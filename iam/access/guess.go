package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Requests tried for findings that policy variables leave open.
const (
	triesPerFinding = 400
	triesPerWay     = 6_000
	findingsPerWay  = 200
)

// A guesser makes requests of a finding with values for policy variables.
type guesser struct {
	d         draft
	base      authz.Context // the keys that the solution settles
	variables []*dimension  // of policy variables that the solution does not give
	keys      []*dimension  // of keys that conditions compare with variables
	resource  *dimension
}

// A dimension is one choice of a guess; the most likely option is the first.
type dimension struct {
	key      string
	universe family // of the key's values
	options  []guessed
}

// A guessed value is a value of a key, or a resource; a template has its
// variables replaced by what was chosen for them.
type guessed struct {
	template policy.Template
	absent   bool
	list     bool
}

// try looks for a request of the finding that authz confirms.
func (c *comparison) try(e *engine, f *finding, way int, tries *int) *Witness {
	g := newGuesser(e.draft(f, way, c.options.Facts))
	for _, j := range c.judges() {
		if w := g.try(j, way, tries); w != nil {
			return w
		}
	}
	return nil
}

func (g *guesser) try(j *judge, way int, tries *int) *Witness {
	all := append(append([]*dimension{g.resource}, g.variables...), g.keys...)
	pick := make(map[*dimension]int, len(all))
	left := triesPerFinding
	attempt := func() *Witness {
		if left <= 0 || *tries <= 0 {
			return nil
		}
		left--
		*tries--
		if w := g.request(pick, j); w != nil && j.confirm(w, way) {
			return w
		}
		return nil
	}
	// First the likely options of all, then all but one, then all but two.
	if w := attempt(); w != nil {
		return w
	}
	for _, a := range all {
		for pick[a] = 1; pick[a] < len(a.options); pick[a]++ {
			if w := attempt(); w != nil {
				return w
			}
		}
		pick[a] = 0
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			for pick[a] = 1; pick[a] < len(a.options); pick[a]++ {
				for pick[b] = 1; pick[b] < len(b.options); pick[b]++ {
					if w := attempt(); w != nil {
						return w
					}
				}
				pick[b] = 0
			}
			pick[a] = 0
		}
	}
	return nil
}

func newGuesser(d draft) *guesser {
	g := &guesser{d: d, resource: &dimension{}}
	context, open := d.context()
	for i := range context.Len() {
		key, values, list := context.At(i)
		if slices.ContainsFunc(open, func(k *keyDomain) bool { return k.key == policy.Lower(key) }) {
			continue
		}
		if list {
			g.base.SetList(key, values...)
		} else {
			g.base.Set(key, values[0])
		}
	}
	for _, k := range open {
		g.addKey(k)
	}
	g.addResources()
	g.addVariables()
	return g
}

// addKey adds the options of a key that an open condition looks at: the value
// that makes the condition hold, if the solution wants that.
func (g *guesser) addKey(k *keyDomain) {
	v := g.d.f.answer.class(k)
	x := &dimension{key: k.name, universe: k.universe}
	var wanted, unwanted []guessed
	for i, n := range k.atoms {
		a := g.d.e.p.atoms[n]
		if !k.open.has(i) {
			continue
		}
		for _, text := range a.values {
			t := guessed{template: policy.ParseTemplate(text, a.variables), list: v.list}
			if v.holds.has(i) != a.op.Comparison.Negated() {
				wanted = append(wanted, t)
			} else {
				unwanted = append(unwanted, t)
			}
		}
	}
	plain := guessed{template: literalTemplate(v.values[0]), list: v.list}
	// Only a value that is there leaves something open. That it is absent is the
	// last resort.
	x.options = append(slices.Concat(wanted, []guessed{plain}, unwanted), guessed{absent: true})
	g.keys = append(g.keys, x)
}

// class returns the class that the solution chooses for a key.
func (a *answer) class(d *keyDomain) valueClass {
	i := slices.IndexFunc(a.problem.keys, func(k keyChoices) bool { return k.domain == d })
	return d.classes[a.solution.classes[i]]
}

func literalTemplate(text string) policy.Template {
	return policy.Template{{Kind: policy.Literal, Text: text}}
}

// addResources adds the resources to try: the patterns of the statements that
// match, with their variables, and then what else is of the class.
func (g *guesser) addResources() {
	p := g.d.e.p
	add := func(t policy.Template) { g.resource.options = append(g.resource.options, guessed{template: t}) }
	if g.d.f.resource.text == "*" {
		add(literalTemplate("*"))
		return
	}
	for s := range g.d.f.matched.all {
		for _, n := range p.resources[p.statements[s].resource].patterns {
			r := p.resourcePatterns[n]
			if slices.ContainsFunc(r.parts, func(x policy.Part) bool { return x.Kind == policy.Variable }) {
				add(p.exampleTemplate(n, g.d.service))
			}
		}
	}
	for _, text := range g.d.resources() {
		add(literalTemplate(text))
	}
}

// exampleTemplate fills the wildcards of a resource pattern and keeps its
// variables.
func (p *program) exampleTemplate(n int, service string) policy.Template {
	var t policy.Template
	list := p.resourcePatterns[n].pieces()
	for i, x := range list {
		part := x.Part
		switch part.Kind {
		case policy.AnyOne:
			part = policy.Part{Kind: policy.Literal, Text: "x"}
		case policy.AnyText:
			whole := (i == 0 || list[i-1].Text == ":") && (i+1 == len(list) || list[i+1].Text == ":")
			part = policy.Part{Kind: policy.Literal, Text: exampleSegment(x.segment, whole, service, "example")}
		}
		t = append(t, part)
	}
	return t
}

// addVariables adds the policy variables of everything that matches.
func (g *guesser) addVariables() {
	p := g.d.e.p
	var names []string
	add := func(t policy.Template) {
		for _, x := range t {
			if x.Kind == policy.Variable && !slices.Contains(names, policy.Lower(x.Text)) {
				names = append(names, policy.Lower(x.Text))
			}
		}
	}
	for s := range g.d.f.matched.all {
		for _, n := range p.resources[p.statements[s].resource].patterns {
			add(p.resourcePatterns[n].parts)
		}
		for _, n := range p.statements[s].atoms {
			if a := p.atoms[n]; a.open {
				for _, text := range a.values {
					add(policy.ParseTemplate(text, a.variables))
				}
			}
		}
	}
	for _, name := range names {
		if _, _, ok := g.base.Get(name); ok {
			continue
		}
		x := &dimension{key: name}
		for _, text := range append([]string{exampleValue(name), "bob"}, g.taken(name)...) {
			x.options = append(x.options, guessed{template: literalTemplate(text)})
		}
		x.options = append(x.options, guessed{absent: true})
		if i := slices.IndexFunc(g.keys, func(k *dimension) bool { return policy.Lower(k.key) == name }); i >= 0 {
			continue // the key is itself compared with a variable: its own options stand
		}
		g.variables = append(g.variables, x)
	}
}

// exampleValue is a likely value of a condition key.
func exampleValue(key string) string {
	switch {
	case strings.HasSuffix(key, "account"):
		return exampleAccount
	case strings.HasSuffix(key, "arn"):
		return "arn:aws:iam::" + exampleAccount + ":role/example"
	case strings.HasSuffix(key, "region"):
		return "us-east-1"
	}
	return exampleVariable
}

// taken returns values that a variable must have for a pattern that holds it
// to match one of the resources without variables.
func (g *guesser) taken(name string) []string {
	p := g.d.e.p
	var out []string
	for s := range g.d.f.matched.all {
		for _, n := range p.resources[p.statements[s].resource].patterns {
			parts := p.resourcePatterns[n].parts
			for i, x := range parts {
				if x.Kind != policy.Variable || policy.Lower(x.Text) != name {
					continue
				}
				before, after := textGlob(parts[:i], false), textGlob(parts[i+1:], false)
				for _, text := range g.d.resources() {
					if v, ok := textBetween(before, after, text); ok && !slices.Contains(out, v) {
						out = append(out, v)
					}
				}
			}
		}
	}
	return out
}

// textBetween returns a text that stands between what two globs match, not empty.
func textBetween(before, after glob, text string) (string, bool) {
	for i := range text {
		if !before.match(text[:i]) {
			continue
		}
		for j := i + 1; j <= len(text); j++ {
			if after.match(text[j:]) {
				return text[i:j], true
			}
		}
	}
	return "", false
}

// request makes the request of one choice, for policies in which the judge has
// given values to pseudo parameters.
func (g *guesser) request(pick map[*dimension]int, j *judge) *Witness {
	c := g.base
	for _, x := range slices.Concat(g.variables, g.keys) {
		if !x.set(&c, pick[x]) {
			return nil
		}
	}
	resource := fill(g.resource.options[pick[g.resource]].template, &c)
	if resource != "*" && !arnShape().match(resource) {
		return nil
	}
	w := g.d.witness(resource, c)
	j.given.request(w)
	return w
}

// set gives the key the value of an option; false if that is of another type
// than the key's.
func (x *dimension) set(c *authz.Context, option int) bool {
	v := x.options[option]
	if v.absent {
		return true
	}
	text := fill(v.template, c)
	if v.list {
		c.SetList(x.key, text)
	} else {
		c.Set(x.key, text)
	}
	return inUniverse(x.universe, text)
}

// fill writes a template with its variables replaced.
func fill(t policy.Template, values *authz.Context) string {
	var b strings.Builder
	for _, x := range t {
		switch x.Kind {
		case policy.Literal:
			b.WriteString(x.Text)
		case policy.AnyOne:
			b.WriteByte('x')
		case policy.AnyText:
			b.WriteString("example")
		case policy.Variable:
			text := x.Default
			if list, _, ok := values.Get(x.Text); ok {
				text = list[0]
			}
			b.WriteString(text)
		}
	}
	return b.String()
}

// open says what leaves a finding open.
func (e *engine) open(f *finding) string {
	what := e.spell(e.groups[f.group].classes[0]) + " on " + f.resource.text
	for i, k := range f.answer.problem.keys {
		if v := k.domain.classes[f.answer.solution.classes[i]]; v.guess && k.domain.key != openKey && k.domain.open.empty() {
			return "whether " + what + " is allowed depends on a value of " + k.domain.name + " that several types of conditions look at, and none was found"
		}
	}
	return "policy variables decide whether " + what + " is allowed"
}
