package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A principalElement is a Principal or NotPrincipal element. Number 0 of a
// program is that of identity-based policies, which holds for everyone.
type principalElement struct {
	not bool
	of  *policy.Principal
}

func (p *program) addPrincipal(s *policy.Statement) int {
	e := principalElement{of: s.Principal}
	switch {
	case p.identity:
		return 0
	case s.NotPrincipal != nil:
		e = principalElement{not: true, of: s.NotPrincipal}
	case s.Principal == nil:
		e.of = &policy.Principal{} // a resource-based policy must say whom it speaks of
	}
	key := []string{"P", "", "aws"}
	if e.not {
		key[1] = "!"
	}
	if e.of.Any || slices.Contains(e.of.AWS, "*") {
		key = append(key, "*")
	}
	key = append(append(key, e.of.AWS...), "service")
	key = append(append(key, e.of.Service...), "federated")
	key = append(append(key, e.of.Federated...), "canonical")
	key = append(key, e.of.CanonicalUser...)
	n, fresh := p.intern(strings.Join(key, "\x00"), len(p.principals))
	if fresh {
		p.principals = append(p.principals, e)
	}
	return n
}

// A caller is one of the principals that a comparison looks at: one of every
// class that the elements, and the patterns of aws:PrincipalArn, tell apart.
type caller struct {
	principal authz.Principal
	account   string
	role      string              // of a role session, the role's name
	federated string              // of a federated user, the user's name
	root      bool                // it is the account's root user
	fixed     map[string][]string // values of condition keys that follow from it; nil: absent

	alike []*caller // others that nothing in the policies tells apart from it
}

// holds reports whether the element speaks of the caller (AWS JSON policy
// elements: Principal, and NotPrincipal).
func (e principalElement) holds(c *caller) bool {
	if e.of == nil {
		return true
	}
	named, entity := e.named(c)
	if !e.not {
		return named
	}
	if named && !entity && !c.root {
		// An account in NotPrincipal excepts its principals only where the
		// element names none of them, see authz.
		return slices.ContainsFunc(e.of.AWS, func(text string) bool {
			_, whole := policy.RootAccount(text)
			a, ok := policy.ParseARN(text)
			return !whole && ok && a.Account == c.account
		})
	}
	return !named
}

// named reports whether the element names the caller, and whether it does so
// otherwise than by its account.
func (e principalElement) named(c *caller) (named, entity bool) {
	id := c.principal.ID
	if e.of.Any || slices.Contains(e.of.AWS, "*") {
		return true, true
	}
	switch c.principal.Type {
	case authz.Anonymous:
		return false, false
	case authz.Service:
		ok := slices.Contains(e.of.Service, id) || slices.Contains(e.of.Service, "*")
		return ok, ok
	case authz.Federated:
		ok := slices.Contains(e.of.Federated, id) || slices.Contains(e.of.Federated, "*")
		return ok, ok
	}
	if slices.Contains(e.of.CanonicalUser, id) {
		return true, true
	}
	for _, text := range e.of.AWS {
		account, whole := policy.RootAccount(text)
		switch {
		case whole:
			named = named || account == c.account
		case text == id || speaksFor(text, c):
			return true, true
		}
	}
	return named, false
}

// speaksFor reports whether an element's text is the ARN of the role of a
// session or of the user of a federated user, whatever their path: a session's
// ARN lacks it.
func speaksFor(text string, c *caller) bool {
	a, ok := policy.ParseARN(text)
	if !ok || a.Account != c.account || a.Service != "iam" {
		return false
	}
	name := a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]
	return c.role != "" && strings.HasPrefix(a.Resource, "role/") && name == c.role ||
		c.federated != "" && strings.HasPrefix(a.Resource, "user/") && name == c.federated
}

// newCaller classifies an ARN or another id of an AWS principal.
func newCaller(id string) *caller {
	c := &caller{principal: authz.Principal{Type: authz.AWS, ID: id}}
	a, ok := policy.ParseARN(id)
	if !ok {
		return c
	}
	c.account = a.Account
	kind, rest, _ := strings.Cut(a.Resource, "/")
	arn := id
	switch {
	case a.Service == "iam" && kind == "root":
		c.root = true
	case a.Service == "sts" && kind == "federated-user":
		c.federated = rest
	case a.Service == "sts" && kind == "assumed-role":
		c.role, _, _ = strings.Cut(rest, "/")
		arn = "arn:" + a.Partition + ":iam::" + a.Account + ":role/" + c.role
	}
	c.fixed = map[string][]string{"aws:principalarn": {arn}, "aws:principalaccount": {a.Account}}
	return c
}

// callers returns a caller of every class. complete is false if a pattern of
// accounts is beyond what is told apart.
func (p *program) callers(b *budget) (list []*caller, complete bool) {
	if p.identity {
		return []*caller{{}}, true
	}
	f := callerFinder{p: p, b: b, complete: true, accounts: map[string]bool{}, partitions: map[string]bool{"aws": true}}
	f.mentioned()
	f.pick()
	return f.distinct(), f.complete
}

type callerFinder struct {
	p          *program
	b          *budget
	found      []*caller
	accounts   map[string]bool
	partitions map[string]bool
	arns       []string // of principals that elements name
	complete   bool
}

// mentioned collects what elements and conditions name.
func (f *callerFinder) mentioned() {
	for _, e := range f.p.principals[1:] {
		for _, text := range e.of.AWS {
			if account, ok := policy.RootAccount(text); ok {
				f.accounts[account] = true
			} else if text != "*" {
				f.arns = append(f.arns, text)
			}
		}
		f.arns = append(f.arns, e.of.CanonicalUser...)
		for _, text := range without(e.of.Service, []string{"*"}) {
			f.add(&caller{principal: authz.Principal{Type: authz.Service, ID: text}})
		}
		for _, text := range without(e.of.Federated, []string{"*"}) {
			f.add(&caller{principal: authz.Principal{Type: authz.Federated, ID: text}})
		}
	}
	for _, text := range f.arns {
		f.account(text)
	}
	for _, a := range f.p.atoms {
		switch a.key {
		case "aws:principalarn":
			for _, v := range a.values {
				f.account(v)
			}
		case "aws:principalaccount":
			for _, v := range a.values {
				if policy.IsAccountID(v) {
					f.accounts[v] = true
				} else if policy.HasWildcard(v) && v != "*" {
					f.incomplete(v)
				}
			}
		}
	}
}

// account notes the account and partition of an ARN or a pattern of ARNs.
func (f *callerFinder) account(text string) {
	a, ok := policy.ParseARN(text)
	switch {
	case !ok:
	case policy.IsAccountID(a.Account):
		f.accounts[a.Account] = true
	case a.Account != "*" && policy.HasWildcard(a.Account):
		f.incomplete(text)
	}
	if ok && a.Partition != "" && !policy.HasWildcard(a.Partition) && len(policy.Variables(a.Partition)) == 0 {
		f.partitions[a.Partition] = true
	}
}

func (f *callerFinder) incomplete(text string) {
	f.complete = false
	f.b.tooLarge("%q is a pattern of account ids, which are not told apart", text)
}

// freshAccounts are ids for accounts that no policy names, used in AWS's
// documentation.
const freshAccounts = "444455556666 777788889999 111122223333 123456789012"

// pick adds callers of every kind in every account.
func (f *callerFinder) pick() {
	other := "999999999990"
	for _, id := range strings.Fields(freshAccounts) {
		if !f.accounts[id] {
			other = id
			break
		}
	}
	f.accounts[other] = true
	for _, text := range f.arns {
		f.add(newCaller(text))
	}
	for _, partition := range sortedKeys(f.partitions) {
		for _, account := range sortedKeys(f.accounts) {
			head := "arn:" + partition + ":iam::" + account + ":"
			for _, kind := range []string{"role/", "user/"} {
				for _, arn := range f.names(head + kind) {
					f.add(newCaller(arn))
					name := arn[strings.LastIndexByte(arn, '/')+1:]
					if kind == "role/" {
						name = "assumed-role/" + name + "/session"
					} else {
						name = "federated-user/" + name
					}
					f.add(newCaller("arn:" + partition + ":sts::" + account + ":" + name))
				}
			}
			f.add(newCaller(head + "root"))
		}
	}
	f.add(&caller{principal: authz.Principal{Type: authz.Service, ID: "other.amazonaws.com"}})
	f.add(&caller{principal: authz.Principal{Type: authz.Federated, ID: "arn:aws:iam::" + other + ":saml-provider/Other"}})
	f.add(&caller{principal: authz.Principal{Type: authz.Federated, ID: "accounts.example.com"}})
	absent := map[string][]string{"aws:principalarn": nil, "aws:principalaccount": nil}
	f.add(&caller{principal: authz.Principal{Type: authz.Anonymous}, fixed: absent})
}

// names returns ARNs with the given start, one of every class that conditions
// on aws:PrincipalArn and the ARNs of elements tell apart.
func (f *callerFinder) names(head string) []string {
	var globs []glob
	for _, text := range f.arns {
		globs = append(globs, literalGlob(text, false))
	}
	for _, a := range f.p.atoms {
		if a.key == "aws:principalarn" && !a.open && isTextual(familyOf(a.op.Comparison)) {
			globs = append(globs, f.p.globs(a)...)
		}
	}
	shape := append(literalGlob(head, false), token{kind: one}, token{kind: star})
	classes, complete := newMachine(append(globs, shape), len(globs)).classes(classifier{}, f.b)
	if !complete {
		f.complete = false
		f.b.tooLarge("the patterns of aws:PrincipalArn overlap in too many ways")
	}
	var list []string
	for _, c := range classes {
		if readable := head + "example"; sameMatches(globs, c.text, readable) {
			c.text = readable
		}
		list = append(list, c.text)
	}
	return list
}

func (f *callerFinder) add(c *caller) { f.found = append(f.found, c) }

// distinct keeps one caller of those that nothing tells apart, with the others.
func (f *callerFinder) distinct() []*caller {
	seen := map[string]*caller{}
	var out []*caller
	for _, c := range f.found {
		key := make([]byte, 0, len(f.p.principals)+8)
		for _, e := range f.p.principals {
			key = append(key, '0')
			if e.holds(c) {
				key[len(key)-1] = '1'
			}
		}
		key = append(key, c.principal.Type...)
		for _, a := range f.p.atoms {
			if values, ok := c.fixed[a.key]; ok {
				d := f.p.fixedDomain(a.key, []int{f.p.index[a.id]}, values, f.b)
				key = append(key, '0')
				if d.classes[0].holds.has(0) {
					key[len(key)-1] = '1'
				}
			}
		}
		if first := seen[string(key)]; first != nil {
			first.alike = append(first.alike, c)
			continue
		}
		seen[string(key)] = c
		out = append(out, c)
	}
	return out
}

func sortedKeys(m map[string]bool) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
