package resolve

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// reserved are the names that statements see besides the parameters.
var reserved = []string{"partition", "region", "account_id", "vpc", "kms", "var", "local", "account", "role", "each"}

// definitions decodes the activities that the configuration defines.
func (r *resolver) definitions() {
	builtins := r.catalog.names()
	for _, a := range r.c.Activities {
		if !r.identifier(a.Name, "activity") {
			continue
		}
		if slices.Contains(builtins, a.Name.Text) {
			r.errorf("shadowed-built-in", a.Name.Range, "%q is a built-in activity. Give yours another name, or change the built-in with an override block.", a.Name.Text)
			continue
		}
		r.prog.Definitions[a.Name.Text] = r.define(a)
	}
}

// identifier reports whether a label can stand where names are written without
// quotation marks; what cannot is an error.
func (r *resolver) identifier(n dsl.Name, kind string) bool {
	if n.Text == "" || hclsyntax.ValidIdentifier(n.Text) {
		return n.Text != ""
	}
	r.errorf("invalid-name", n.Range, "%q is no name of %s. It takes letters, digits, _ and -, and begins with a letter.", n.Text, article(kind))
	return false
}

func article(noun string) string {
	if strings.IndexByte("aeiou", noun[0]) >= 0 {
		return "an " + noun
	}
	return "a " + noun
}

// activity finds an activity by name, from the configuration or the catalogue.
func (r *resolver) activity(name string) *ir.Activity {
	if a, ok := r.prog.Definitions[name]; ok {
		return a
	}
	decl, diags := r.catalog.activity(name)
	r.diags = append(r.diags, diags...)
	if decl == nil {
		return nil
	}
	a := r.define(decl)
	r.prog.Definitions[name] = a
	return a
}

// activityNames are all names that an activity can be given by.
func (r *resolver) activityNames() []string {
	if r.known == nil {
		r.known = r.catalog.names()
		for _, a := range r.c.Activities {
			r.known = append(r.known, a.Name.Text)
		}
		slices.Sort(r.known)
	}
	return r.known
}

// namedActivities are the activities that blocks and personas of roles name
// literally, and those that are overridden, sorted.
func (r *resolver) namedActivities() []string {
	seen := map[string]bool{}
	add := func(c *dsl.Common) {
		for _, u := range c.Uses {
			seen[u.Activity.Text] = true
		}
	}
	chains := map[*dsl.Persona]bool{}
	for _, role := range r.c.Roles {
		add(&role.Common)
		for _, p := range r.chainOf(role) {
			chains[p] = true
		}
	}
	for p := range chains {
		add(&p.Common)
		if p.Activities != nil {
			for _, name := range p.Activities.Literals() {
				seen[name] = true
			}
		}
	}
	for _, o := range r.c.Overrides {
		seen[o.Activity.Text] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// chainOf is the persona chain of a role whose persona is written literally.
func (r *resolver) chainOf(role *dsl.Role) []*dsl.Persona {
	if role.Persona == nil {
		return nil
	}
	if name, ok := role.Persona.Literal(); ok && r.personas[name] != nil {
		return r.chain(r.personas[name], nil)
	}
	return nil
}

func (r *resolver) unknownActivity(name string, rng hcl.Range) {
	r.errorf("unknown-activity", rng, "There is no activity %q.%s", name, r.c.DidYouMean(name, r.activityNames(), "`smr catalog` lists the activities."))
}

func (r *resolver) define(d *dsl.Activity) *ir.Activity {
	a := &ir.Activity{Name: d.Name.Text, Decl: d, PolicyName: d.Name.Text, ManagedPolicy: d.ManagedPolicy != nil}
	a.Title, _ = r.text(d.Title, r.base)
	a.Summary, _ = r.text(d.Summary, r.base)
	if name, ok := r.text(d.PolicyName, r.base); ok {
		a.PolicyName = name
	}
	if d.Requires != nil {
		a.Requires = r.requires(d.Requires)
	}
	seen := map[string]bool{}
	for _, p := range d.Parameters {
		switch {
		case slices.Contains(reserved, p.Name.Text):
			r.errorf("reserved-name", p.Name.Range, "A parameter cannot be named %q: statements see that name already. Choose another.", p.Name.Text)
		case !hclsyntax.ValidIdentifier(p.Name.Text):
			r.errorf("invalid-name", p.Name.Range, "%q is no parameter name. It takes letters, digits, _ and -, and begins with a letter.", p.Name.Text)
		case seen[p.Name.Text]:
			r.errorf("duplicate-parameter", p.Name.Range, "The activity has a parameter %q already. Rename or delete one of the two.", p.Name.Text)
		default:
			seen[p.Name.Text] = true
			if param := r.param(p); param != nil {
				a.Params = append(a.Params, param)
			}
		}
	}
	a.VPCForm, a.KMSForm = depends(d, "vpc"), depends(d, "kms")
	return a
}

// depends reports whether a statement or the managed policy of an activity
// looks at a customization.
func depends(d *dsl.Activity, root string) bool {
	if d.ManagedPolicy != nil && mentions(d.ManagedPolicy, root) {
		return true
	}
	for _, s := range d.Statements {
		for _, a := range attrsOf(s) {
			if a != nil && mentions(a, root) {
				return true
			}
		}
	}
	return false
}

func mentions(a *dsl.Attr, root string) bool {
	for _, t := range a.Refs {
		if t.RootName() == root {
			return true
		}
	}
	return false
}

// requires reads [["a"], ["b", "c"]]: a AND (b OR c). A plain string in the
// outer list stands for a list of one.
func (r *resolver) requires(a *dsl.Attr) [][]string {
	v, diags := r.c.Eval(a, r.base)
	r.diags = append(r.diags, diags...)
	if diags.HasErrors() || v.IsNull() {
		return nil
	}
	var out [][]string
	if !v.CanIterateElements() {
		r.errorf("wrong-type", a.Expr.Range(), "requires takes a list of alternatives, such as [[\"a\"], [\"b\", \"c\"]]: a, and b or c.")
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		names, d := AsStrings(e, a)
		if d != nil {
			r.diags = append(r.diags, d)
			return nil
		}
		for _, n := range names {
			if _, found := slices.BinarySearch(r.activityNames(), n); !found {
				r.unknownActivity(n, a.Find(n))
			}
		}
		if len(names) > 0 {
			out = append(out, names)
		}
	}
	return out
}

// settingNames are the role-wide settings that can fill a parameter.
var settingNames = []string{"pass_roles"}

func (r *resolver) param(p *dsl.Parameter) *ir.Param {
	if p.Type == nil {
		return nil
	}
	ty, ok := paramType(p.Type.Expr)
	if !ok {
		r.errorf("invalid-type", p.Type.Expr.Range(), "This is no type of a parameter. It is string, number, bool, arn, bucket_name, account_id, list(T) or map(T).")
		return nil
	}
	out := &ir.Param{Name: p.Name.Text, Type: ty, Decl: p, Required: p.Default == nil}
	out.Description, _ = r.text(p.Description, r.base)
	if from, ok := r.text(p.From, r.base); ok {
		if !slices.Contains(settingNames, from) {
			r.errorf("unknown-setting", p.From.Expr.Range(), "No setting of a role is named %q. A parameter can come from %s.", from, diag.Quote(settingNames))
		}
		out.From = from
	}
	if p.Default != nil {
		v, diags := r.c.Eval(p.Default, r.base)
		r.diags = append(r.diags, diags...)
		if diags.HasErrors() {
			return nil
		}
		converted, d, err := r.c.Convert(v, ty.Cty, p.Default.Expr.Range())
		if d != nil {
			r.diags = append(r.diags, d)
			return nil
		}
		if err != nil {
			r.errorf("wrong-type", p.Default.Expr.Range(), "The parameter %q takes %s, and its default is %s.", out.Name, ty.Text, TypeName(v.Type()))
			return nil
		}
		out.Default = converted
	}
	return out
}

// stringKinds are the kinds of string that a parameter can take.
var stringKinds = map[string]bool{"string": true, "arn": true, "bucket_name": true, "account_id": true}

// paramType reads a type expression: a name, or list(T) or map(T).
func paramType(e hclsyntax.Expression) (ir.Type, bool) {
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		name := e.Traversal.RootName()
		switch {
		case len(e.Traversal) != 1:
			return ir.Type{}, false
		case stringKinds[name]:
			return ir.Type{Cty: cty.String, Kind: name, Text: name}, true
		case name == "number":
			return ir.Type{Cty: cty.Number, Text: name}, true
		case name == "bool":
			return ir.Type{Cty: cty.Bool, Text: name}, true
		}
	case *hclsyntax.FunctionCallExpr:
		if len(e.Args) != 1 || (e.Name != "list" && e.Name != "map") {
			return ir.Type{}, false
		}
		inner, ok := paramType(e.Args[0])
		ty := ir.Type{Kind: inner.Kind, Text: e.Name + "(" + inner.Text + ")", Cty: cty.List(inner.Cty)}
		if !ok {
			return ty, false
		}
		if e.Name == "map" {
			ty.Cty = cty.Map(inner.Cty)
		}
		return ty, true
	}
	return ir.Type{}, false
}

// maxAncestors bounds what a persona extends, and maxLocalDepth how many locals
// build on one another.
const maxAncestors, maxLocalDepth = 100, 1000

// A persona with its ancestors, from the first that applies to itself.
type persona struct {
	decl  *dsl.Persona
	chain []*dsl.Persona
}

// definePersonas checks the personas of the configuration and follows extends.
func (r *resolver) definePersonas() {
	r.personas = map[string]*persona{}
	builtins, diags := r.catalog.builtinPersonas()
	r.diags = append(r.diags, diags...)
	for _, p := range builtins {
		r.personas[p.Name.Text] = &persona{decl: p}
	}
	for _, p := range r.c.Personas {
		if !r.identifier(p.Name, "persona") {
			continue
		}
		if have := r.personas[p.Name.Text]; have != nil && have.decl.BuiltIn {
			r.errorf("shadowed-built-in", p.Name.Range, "%q is a built-in persona. Give yours another name, and extend the built-in: extends = [%q].", p.Name.Text, p.Name.Text)
			continue
		}
		r.personas[p.Name.Text] = &persona{decl: p}
	}
	for _, p := range r.c.Personas {
		if def := r.personas[p.Name.Text]; def != nil && def.decl == p {
			r.chain(def, nil)
		}
	}
}

// chain linearizes the ancestors of a persona: parents in the order of
// extends, each once, then itself.
func (r *resolver) chain(p *persona, trail []string) []*dsl.Persona {
	name := p.decl.Name.Text
	if p.chain != nil {
		return p.chain
	}
	if at := slices.Index(trail, name); at >= 0 {
		r.errorf("persona-cycle", p.decl.Name.Range, "The persona %q extends itself: %s. Break the circle.", name, path(append(trail[at:len(trail):len(trail)], name)))
		return nil
	}
	if len(trail) > maxAncestors+1 {
		return nil // the one that began the chain reports its length
	}
	var chain []*dsl.Persona
	parents, _ := r.texts(p.decl.Extends, r.base)
	for _, parent := range parents {
		def := r.personas[parent]
		if def == nil {
			r.unknownPersona(parent, p.decl.Extends.Find(parent))
			continue
		}
		for _, q := range r.chain(def, append(trail, name)) {
			if !slices.Contains(chain, q) {
				chain = append(chain, q)
			}
		}
		if len(chain) > maxAncestors {
			break
		}
	}
	if len(chain) > maxAncestors {
		r.errorf("persona-chain-too-long", p.decl.Name.Range, "The persona %q extends more than %d others, directly or through one another. Shorten the chain.", name, maxAncestors)
		chain = nil
	}
	p.chain = append(chain, p.decl)
	return p.chain
}

func (r *resolver) unknownPersona(name string, rng hcl.Range) {
	if r.personaNames == nil {
		r.personaNames = slices.Sorted(maps.Keys(r.personas))
	}
	r.spoiledf("unknown-persona", rng, "There is no persona %q.%s", name, r.c.DidYouMean(name, r.personaNames, "`smr catalog` lists the built-in ones; write your own with persona \""+name+"\" {}."))
}
