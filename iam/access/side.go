package access

import (
	"fmt"
	"strconv"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Side is the policies that decide on one side of a comparison: what a
// principal has, or one resource-based policy. The zero Side allows nothing.
type Side struct {
	Identity []*policy.Document   // together one layer
	Boundary *policy.Document     // nil: there is none
	Session  *policy.Document     // nil: there is none
	SCPs     [][]*policy.Document // levels from the root down, each of which must allow

	// Resource is a resource-based or trust policy. The other fields are empty
	// then, and the principal is part of the requests that are compared.
	Resource *policy.Document
}

// policies returns the side as authz takes it.
func (s Side) policies() authz.Policies {
	p := authz.Policies{Identity: named("identity policy", s.Identity)}
	if s.Boundary != nil {
		p.Boundaries = named("permissions boundary", []*policy.Document{s.Boundary})
	}
	if s.Session != nil {
		p.Session = named("session policy", []*policy.Document{s.Session})
	}
	for i, level := range s.SCPs {
		p.SCPs = append(p.SCPs, named("service control policy of level "+strconv.Itoa(i+1), level))
	}
	if s.Resource != nil {
		p.Resource = &named("resource policy", []*policy.Document{s.Resource})[0]
	}
	return p
}

func named(name string, list []*policy.Document) []authz.Policy {
	out := make([]authz.Policy, len(list))
	for i, d := range list {
		out[i] = authz.Policy{Name: name + " " + strconv.Itoa(i+1), Document: d}
	}
	return out
}

// empty reports whether the side holds nothing at all.
func (s Side) empty() bool {
	return len(s.Identity) == 0 && s.Boundary == nil && s.Session == nil && len(s.SCPs) == 0 && s.Resource == nil
}

// kind tells identity-based sides from resource-based ones.
func kind(base, head Side) (identity bool, err error) {
	for _, s := range []Side{base, head} {
		if s.Resource != nil && (len(s.Identity) > 0 || s.Boundary != nil || s.Session != nil || len(s.SCPs) > 0) {
			return false, fmt.Errorf("a side holds a resource policy and others; compare the resource policy alone")
		}
	}
	if (base.Resource == nil) != (head.Resource == nil) && !base.empty() && !head.empty() {
		return false, fmt.Errorf("one side is a resource policy and the other is not; compare policies of one kind")
	}
	if identity = base.Resource == nil && head.Resource == nil; identity {
		if base.hasPrincipal() || head.hasPrincipal() {
			return true, fmt.Errorf("a statement of an identity-based policy has a Principal, which AWS refuses: such a policy applies to the principal that it is attached to")
		}
	}
	return identity, nil
}

// hasPrincipal reports whether a statement of an identity-based side, which
// takes none, has a principal.
func (s Side) hasPrincipal() bool {
	lists := append([][]*policy.Document{s.Identity, {s.Boundary, s.Session}}, s.SCPs...)
	for _, list := range lists {
		for _, d := range list {
			if d != nil && hasPrincipal(d) {
				return true
			}
		}
	}
	return false
}

// numbered is a side as numbers of statements, layer by layer.
type numbered [][]int

// addSide puts the statements of a side into the program.
func (p *program) addSide(s Side) numbered {
	if !p.identity {
		if s.Resource == nil {
			return numbered{nil}
		}
		return numbered{p.add([]*policy.Document{s.Resource})}
	}
	n := numbered{p.add(s.Identity)}
	for _, d := range []*policy.Document{s.Boundary, s.Session} {
		if d != nil {
			n = append(n, p.add([]*policy.Document{d}))
		}
	}
	for _, level := range s.SCPs {
		n = append(n, p.add(level))
	}
	return n
}

func (p *program) layers(n numbered) layers {
	var l layers
	for _, list := range n {
		l = append(l, p.layer(list))
	}
	return l
}
