package access

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A judge decides witnesses with authz, which shares no code with the
// comparison: it is the second opinion that every "yes" needs.
type judge struct {
	sides    [2]authz.Policies // base, head
	plain    [2]*authz.Evaluator
	options  authz.Options
	identity bool // the sides are identity-based policies
	more     map[string][2]*authz.Evaluator
	given    values // of pseudo parameters, in the sides of this judge
}

func newJudge(base, head Side, identity bool, o authz.Options) *judge {
	return &judge{
		sides: [2]authz.Policies{base.policies(), head.policies()}, options: o, identity: identity,
		more: map[string][2]*authz.Evaluator{},
	}
}

// compile makes the sides ready; the error tells which of them AWS refuses.
func (j *judge) compile() (err error) {
	for i, name := range []string{"base", "head"} {
		if j.plain[i], err = authz.Compile(j.sides[i], j.options); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// confirm reports whether the side that way says allows the request and the
// other does not. Where they do so only beside a policy of somebody else's, it
// notes which in w.
func (j *judge) confirm(w *Witness, way int) bool {
	if j.plain[1] == nil {
		// The sides of the first judge compiled, and no other's say less.
		_ = j.compile()
	}
	w.Assumes = j.given.sentence()
	if j.differ(j.plain, w, way) {
		return true
	}
	if j.identity {
		return j.confirmGuarded(w, way)
	}
	return j.confirmBacked(w, way)
}

// confirmGuarded adds a resource-based policy that leaves the decision to the
// account's identity-based policies: key policies and trust policies must
// admit their own account's principals (KMS Developer Guide, "Default key
// policy").
func (j *judge) confirmGuarded(w *Witness, way int) bool {
	account := w.ResourceAccount
	e := j.with("resource "+account, func(p *authz.Policies) {
		p.Resource = &authz.Policy{Name: "resource policy", Document: allowAll(&policy.Principal{AWS: []string{account}})}
	})
	if !j.differ(e, w, way) {
		return false
	}
	w.assume("The resource's policy leaves access to the identity-based policies of account " + account + ", as KMS's default key policy does.")
	return true
}

// confirmBacked puts the caller into another account than the resource, where
// it may do everything: then the resource-based policy alone decides.
func (j *judge) confirmBacked(w *Witness, way int) bool {
	e := j.with("identity", func(p *authz.Policies) {
		p.Identity = []authz.Policy{{Name: "identity policy", Document: allowAll(nil)}}
		p.Session = []authz.Policy{{Name: "session policy", Document: allowAll(nil)}} // without, a federated user has nothing
	})
	old := w.ResourceAccount
	w.ResourceAccount = exampleAccount
	if w.ResourceAccount == old {
		w.ResourceAccount = "111122223333"
	}
	if !j.differ(e, w, way) {
		w.ResourceAccount = old
		return false
	}
	w.assume("The caller's own account allows it everything.")
	return true
}

// assume adds a sentence to what the witness assumes.
func (w *Witness) assume(sentence string) {
	w.Assumes = strings.TrimSpace(w.Assumes + " " + sentence)
}

func allowAll(p *policy.Principal) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: p, Actions: []string{"*"}, Resources: []string{"*"},
	}}}
}

// with returns both sides with policies added, compiled once per name.
func (j *judge) with(name string, add func(*authz.Policies)) [2]*authz.Evaluator {
	if e, ok := j.more[name]; ok {
		return e
	}
	var e [2]*authz.Evaluator
	for i, p := range j.sides {
		add(&p)
		e[i], _ = authz.Compile(p, j.options) // the sides compiled without
	}
	j.more[name] = e
	return e
}

func (j *judge) differ(e [2]*authz.Evaluator, w *Witness, way int) bool {
	r := w.Request()
	allows, denies := e[1], e[0]
	if way == lost {
		allows, denies = denies, allows
	}
	a, err := allows.Decide(&r)
	if err != nil || a != authz.Allow {
		return false
	}
	d, err := denies.Decide(&r)
	return err == nil && d != authz.Allow
}
