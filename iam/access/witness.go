package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Witness is a request that one side allows and the other does not. Given to
// authz (or "smr simulate") with each side it is decided so.
type Witness struct {
	Action          string              `json:"action"`
	Resource        string              `json:"resource"`
	Context         authz.Context       `json:"context"`
	Principal       string              `json:"principal,omitempty"`
	PrincipalType   authz.PrincipalType `json:"principal_type,omitempty"`
	ResourceAccount string              `json:"resource_account,omitempty"`

	// Assumes says what policies beyond the two sides the decision needs, in a
	// sentence; "" for none.
	Assumes string `json:"assumes,omitempty"`
}

// Request returns the witness as authz takes it.
func (w *Witness) Request() authz.Request {
	return authz.Request{
		Principal: authz.Principal{Type: w.PrincipalType, ID: w.Principal},
		Action:    w.Action, Resource: w.Resource, ResourceAccount: w.ResourceAccount, Context: w.Context,
	}
}

// exampleAccount is the account id of AWS's documentation.
const exampleAccount = "123456789012"

// A draft is a finding with the names chosen for a witness.
type draft struct {
	e       *engine
	f       *finding
	way     int
	service string
	action  string
	known   bool     // the action is one that the service facts list
	formats []string // of its resources' ARNs
}

// draft chooses the action: one that the facts know if any does.
func (e *engine) draft(f *finding, way int, facts Facts) draft {
	d := draft{e: e, f: f, way: way}
	classes := e.groups[f.group].classes
	for _, n := range classes {
		if name := e.knownAction(n, facts); name != "" {
			d.action, d.known = name, true
			d.formats, _ = facts.Formats(name)
			break
		}
	}
	if d.action == "" {
		d.action = e.spell(classes[0])
	}
	d.service, _, _ = strings.Cut(d.action, ":")
	d.service = policy.Lower(d.service)
	return d
}

// knownAction returns an action of the facts that is in a class, "" if none is.
func (e *engine) knownAction(class int, facts Facts) string {
	if facts == nil {
		return ""
	}
	a := &e.actions[class]
	service := e.serviceOf(class)
	if !e.p.names(service) {
		service = "" // stands for all services that no pattern names
	}
	if e.known[service] == nil {
		e.known[service] = e.knownActions(service, facts)
	}
	return e.known[service][string(a.patterns.key())]
}

// knownActions returns an action for every set of patterns that matches one of
// the service, or for "" one of a service that no pattern names.
func (e *engine) knownActions(service string, facts Facts) map[string]string {
	services := []string{service}
	var ids []int
	for n, text := range e.p.actionPatterns {
		prefix, _, ok := strings.Cut(text, ":")
		if !ok || policy.HasWildcard(prefix) || prefix == service {
			ids = append(ids, n)
		}
	}
	if service == "" {
		services = slices.DeleteFunc(slices.Clone(facts.Services()), e.p.names)
		if !slices.ContainsFunc(ids, func(n int) bool { return e.p.actionPatterns[n] != "*" }) {
			services = services[:min(1, len(services))] // nothing tells them apart
		}
	}
	out := map[string]string{}
	m := newSet(len(e.p.actionPatterns))
	for _, s := range services {
		for _, name := range facts.Actions(s) {
			full := policy.Lower(s + ":" + name)
			clear(m)
			for _, n := range ids {
				if policy.Match(e.p.actionPatterns[n], full) {
					m.add(n)
				}
			}
			if k := string(m.key()); out[k] == "" && full != "sts:getcalleridentity" {
				out[k] = s + ":" + name
			}
		}
	}
	return out
}

// names reports whether an action pattern names the service.
func (p *program) names(service string) bool {
	return slices.ContainsFunc(p.actionPatterns, func(text string) bool { return strings.HasPrefix(text, service+":") })
}

// spell returns the text of an action class in the case in which a pattern
// that matches it is written.
func (e *engine) spell(class int) string {
	a := &e.actions[class]
	best := ""
	for n := range a.patterns.all {
		written, _, _ := strings.Cut(e.p.actionNames[n], "*")
		if len(written) > len(best) && strings.HasPrefix(a.text, policy.Lower(written)) {
			best = written
		}
	}
	return best + a.text[len(best):]
}

// resources returns texts of the finding's class of resources, the readable
// ones first.
func (d *draft) resources() []string {
	k := d.f.resource
	if k.text == "*" {
		return []string{"*"}
	}
	var list []string
	add := func(text string) {
		if !slices.Contains(list, text) && k.contains(text) {
			list = append(list, text)
		}
	}
	for _, l := range d.e.ways[d.way].allows {
		for s := range l.allow.all {
			if !d.f.matched.has(s) {
				continue
			}
			for _, n := range d.e.p.resources[d.e.p.statements[s].resource].patterns {
				for _, word := range []string{"example", "", "x"} {
					if text, ok := d.e.p.exampleResource(n, d.service, word); ok {
						add(text)
					}
				}
			}
		}
	}
	if d.service == "sts" {
		add("arn:aws:iam::" + exampleAccount + ":role/example")
	}
	for _, format := range d.formats {
		add(fillFormat(format))
	}
	add("arn:aws:" + d.service + ":us-east-1:" + exampleAccount + ":example")
	add("arn:aws:" + d.service + ":::example")
	add(k.text)
	return list
}

// exampleResource fills the wildcards of a resource pattern, if it is an ARN.
func (p *program) exampleResource(n int, service, word string) (text string, ok bool) {
	list := p.resourcePatterns[n].pieces()
	if !isARN(list) {
		return "", false
	}
	var b strings.Builder
	for i, x := range list {
		switch x.Kind {
		case policy.Literal:
			b.WriteString(x.Text)
		case policy.AnyOne:
			b.WriteByte('x')
		case policy.Variable:
			b.WriteString(exampleVariable)
		case policy.AnyText:
			whole := (i == 0 || list[i-1].Text == ":") && (i+1 == len(list) || list[i+1].Text == ":")
			b.WriteString(exampleSegment(x.segment, whole, service, word))
		}
	}
	return b.String(), true
}

// fillFormat replaces the placeholders of an ARN's format.
func fillFormat(format string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(format, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		switch name {
		case "Partition":
			b.WriteString("aws")
		case "Region":
			b.WriteString("us-east-1")
		case "Account":
			b.WriteString(exampleAccount)
		default:
			b.WriteString("example")
		}
		format = after
	}
}

// exampleVariable stands for the value of a policy variable in a resource.
const exampleVariable = "alice"

// exampleSegment is what a star of a segment of an ARN stands for.
func exampleSegment(segment int, whole bool, service, word string) string {
	switch {
	case segment == lastSegment || word == "":
		return word
	case !whole:
		return "1"
	}
	return [...]string{"arn", "aws", service, "us-east-1", exampleAccount}[segment]
}

// context returns the condition keys that the finding's solution names; those
// left open are in guesses.
func (d *draft) context() (c authz.Context, guesses []*keyDomain) {
	a := d.f.answer
	for i, k := range a.problem.keys {
		v := k.domain.classes[a.solution.classes[i]]
		if k.domain.key == openKey {
			continue
		}
		if v.guess {
			guesses = append(guesses, k.domain)
		}
		if v.absent {
			continue
		}
		values := v.values
		if _, fixed := d.f.caller.fixed[k.domain.key]; !fixed {
			values = d.e.p.readable(k.domain, values)
		}
		if v.list {
			c.SetList(k.domain.name, values...)
		} else {
			c.Set(k.domain.name, values[0])
		}
	}
	return c, guesses
}

// readable replaces values by others of their classes that read better, where
// the wildcards of a pattern filled with a word give one.
func (p *program) readable(k *keyDomain, values []string) []string {
	b := p.builder(k.key, k.atoms, newBudget(Limits{}))
	out := slices.Clone(values)
	for i, text := range values {
		if text == "" {
			continue // which set operators take for no value
		}
		m := b.matched(text)
		for n := range m.all {
			for _, g := range b.globs[n] {
				other := g.example("example")
				if g.match(text) && inUniverse(k.universe, other) && b.matched(other).equal(m) && !slices.Contains(out, other) {
					out[i] = other
				}
			}
		}
	}
	return out
}

// absentAlways returns the names of the keys that AWS always sends and that
// the solution leaves out.
func (a *answer) absentAlways() []string {
	var list []string
	for i, k := range a.problem.keys {
		if k.domain.always && k.domain.classes[a.solution.classes[i]].absent {
			list = append(list, k.domain.name)
		}
	}
	slices.Sort(list)
	return list
}

// witness makes the request with one resource and context.
func (d *draft) witness(resource string, c authz.Context) *Witness {
	w := &Witness{Action: d.action, Resource: resource, Context: c}
	if !d.e.p.identity {
		w.Principal, w.PrincipalType = d.f.caller.principal.ID, d.f.caller.principal.Type
		w.ResourceAccount = d.f.caller.account
		if w.ResourceAccount == "" {
			w.ResourceAccount = exampleAccount
		}
		return w
	}
	account := exampleAccount
	if a, ok := policy.ParseARN(resource); ok && policy.IsAccountID(a.Account) {
		account = a.Account
	}
	if values, _, ok := c.Get("aws:PrincipalAccount"); ok && policy.IsAccountID(values[0]) {
		account = values[0]
	}
	w.PrincipalType, w.Principal = authz.AWS, "arn:aws:iam::"+account+":role/example"
	if values, _, ok := c.Get("aws:PrincipalArn"); ok {
		if id, ok := identityARN(values[0]); ok {
			w.Principal, account = values[0], id.account
		}
	}
	w.ResourceAccount = account
	return w
}

// identityARN reads the ARN of a role or user that a policy can be attached to.
func identityARN(text string) (*caller, bool) {
	c := newCaller(text)
	a, ok := policy.ParseARN(text)
	if !ok || a.Service != "iam" || !policy.IsAccountID(a.Account) || strings.Contains(text, "AWSServiceRoleFor") {
		return nil, false
	}
	name, isRole := strings.CutPrefix(a.Resource, "role/")
	if !isRole {
		name, ok = strings.CutPrefix(a.Resource, "user/")
	}
	return c, ok && name != "" && !strings.HasPrefix(name, "aws-service-role/")
}
