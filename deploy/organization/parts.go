package organization

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/cloudformation"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Group is the accounts that have the same roles, so that one template serves
// them.
type Group struct {
	Name    string // of its first account; "any" without declared accounts
	Targets []*ir.Target
	stack   *ir.Stack
	names   []string // the addresses of its roles, in order
}

// Any reports whether the group is not of declared accounts, but of whichever
// its template is deployed to.
func (g *Group) Any() bool { return g.Targets[0].Any }

// Roles are those of the group's first target.
func (g *Group) Roles() []*ir.StackRole {
	var out []*ir.StackRole
	for _, r := range g.stack.Roles {
		if r.Target == g.Targets[0] {
			out = append(out, r)
		}
	}
	return out
}

// Groups parts a stack's accounts as its CloudFormation templates do.
func Groups(stack *ir.Stack) ([]*Group, hcl.Diagnostics) {
	files, diags := cloudformation.Emit(stack, emit.Options{Format: emit.JSON, Split: true})
	if diags.HasErrors() {
		return nil, diags
	}
	var manifest struct {
		Roles []struct{ Account, File string }
	}
	for _, f := range files {
		if f.Path == emit.ManifestName {
			if err := json.Unmarshal(f.Data, &manifest); err != nil {
				return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Unreadable manifest", Detail: err.Error()}}
			}
		}
	}
	first := map[string]string{} // the first file of each account
	for _, r := range manifest.Roles {
		if f, ok := first[r.Account]; !ok || r.File < f {
			first[r.Account] = r.File
		}
	}
	var out []*Group
	at := map[string]*Group{}
	for _, t := range stack.Targets {
		file, ok := first[t.Name]
		if !ok {
			continue
		}
		g := at[file]
		if g == nil {
			g = &Group{Name: t.Name, stack: &ir.Stack{Project: stack.Project, Edition: stack.Edition}}
			at[file] = g
			out = append(out, g)
		}
		g.Targets = append(g.Targets, t)
		g.stack.Targets = append(g.stack.Targets, t)
	}
	for _, g := range out {
		for _, r := range stack.Roles {
			if slices.Contains(g.Targets, r.Target) {
				g.stack.Roles = append(g.stack.Roles, r)
				if r.Target == g.Targets[0] {
					g.names = append(g.names, r.Address())
				}
			}
		}
	}
	return out, nil
}

// A Part is one template of a group: what one stack or stack set holds.
type Part struct {
	Number int // from 1
	Body   []byte
}

// Name is that of the stack or stack set of the part.
func (p *Part) Name(base string) string {
	if p.Number == 1 {
		return base
	}
	return fmt.Sprintf("%s-%d", base, p.Number)
}

// Parts makes the templates of a group, each small enough for a request. held
// are the templates that the stacks hold, by the number of the part from 0: a role
// stays where it is, for CloudFormation cannot move one, and a new role goes to
// the first part that has room. A part that has no role any more has no body.
func (g *Group) Parts(held []*Template) ([]*Part, error) {
	sizes, err := g.sizes()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	loads := make([]load, len(held))
	for i, t := range held {
		for _, name := range g.names {
			if _, placed := at[name]; !placed && g.holds(t, name) {
				at[name] = i
				loads[i].add(sizes[name])
			}
		}
	}
	for _, name := range g.names {
		if _, placed := at[name]; placed {
			continue
		}
		i := slices.IndexFunc(loads, func(r load) bool { return r.takes(sizes[name]) })
		if i < 0 {
			i = len(loads)
			loads = append(loads, load{})
		}
		at[name] = i
		loads[i].add(sizes[name])
	}
	var parts []*Part
	for i := range loads {
		p := &Part{Number: i + 1}
		if p.Body, err = g.emit(func(address string) bool { return at[address] == i }); err != nil {
			return nil, err
		}
		if len(p.Body) > RequestBytes() {
			return nil, fmt.Errorf("the template of %s would have %d bytes, and a request holds %d. CloudFormation cannot move a role from one stack to another: give its roles fewer statements", p.Name(g.Name), len(p.Body), RequestBytes())
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// size is what a role takes of a template.
type size struct{ bytes, resources int }

// load is what the roles of a part take.
type load struct{ size }

func (r *load) add(s size) { r.bytes += s.bytes; r.resources += s.resources }

// frame is what a template has besides its roles, and some more: a reference to
// a role of another template is longer than one within.
const frame = 2000

func (r load) takes(s size) bool {
	return r.bytes+s.bytes+frame <= RequestBytes() && r.resources+s.resources <= quota("template_resources")
}

// sizes are those of each role by address.
func (g *Group) sizes() (map[string]size, error) {
	out := map[string]size{}
	for _, r := range g.Roles() {
		name := r.Address()
		body, err := g.emit(func(address string) bool { return address == name })
		if err != nil {
			return nil, err
		}
		out[name] = size{bytes: len(body), resources: 1 + len(r.Managed)}
	}
	return out, nil
}

// emit is the template of some roles in JSON without white space, nil of none.
func (g *Group) emit(keep func(address string) bool) ([]byte, error) {
	some := &ir.Stack{Project: g.stack.Project, Edition: g.stack.Edition, Targets: g.stack.Targets}
	for _, r := range g.stack.Roles {
		if keep(r.Address()) {
			some.Roles = append(some.Roles, r)
		}
	}
	if len(some.Roles) == 0 {
		return nil, nil
	}
	files, diags := cloudformation.Emit(some, emit.Options{Format: emit.JSON})
	if diags.HasErrors() {
		return nil, diags
	}
	var body []byte
	for _, f := range files {
		if f.Path == emit.ManifestName {
			continue
		}
		if body != nil {
			return nil, fmt.Errorf("the roles of %s have two templates", g.Name)
		}
		var b bytes.Buffer
		if err := json.Compact(&b, f.Data); err != nil {
			return nil, err
		}
		body = b.Bytes()
	}
	return body, nil
}

// holds reports whether a template has the role with that address.
func (g *Group) holds(t *Template, address string) bool {
	for _, r := range g.stack.Roles {
		if r.Address() != address {
			continue
		}
		if t.Roles[r.IAMName] != nil || t.Roles[strings.ReplaceAll(r.IAMName, r.Target.AccountID, policy.PseudoAccount)] != nil {
			return true
		}
	}
	return false
}

// Declared are the texts of policies that the group's configuration gives, by
// ARN. Accounts that say different things about one ARN leave it unknown.
func (g *Group) Declared() map[string]*policy.Document {
	out := map[string]*policy.Document{}
	for _, t := range g.Targets {
		for _, arn := range slices.Sorted(maps.Keys(t.Policies)) {
			d := t.Policies[arn].Document
			if other, ok := out[arn]; ok && (other == nil || !other.Equal(d)) {
				d = nil
			}
			out[arn] = d
		}
	}
	return out
}
