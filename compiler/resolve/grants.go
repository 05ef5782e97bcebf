package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A grantSet collects the activities of one role over its layers.
type grantSet struct {
	s     *scope
	in    *instance
	last  int
	order map[string]int                      // in which they came
	at    map[string]hcl.Range                // of those that the role has
	args  map[string]map[string][]layeredAttr // by activity and parameter, from the first layer

	passing []*ir.Activity // those that pass roles, while the role does not say which
}

type layeredAttr struct {
	layer *ir.Layer
	attr  *dsl.Attr
}

// grants settles which activities the role has, and with which arguments.
func (s *scope) grants(in *instance) {
	g := &grantSet{s: s, in: in, order: map[string]int{}, at: map[string]hcl.Range{}, args: map[string]map[string][]layeredAttr{}}
	for _, layer := range in.role.Layers {
		g.layer(layer)
	}
	names := slices.Collect(maps.Keys(g.at))
	slices.SortFunc(names, func(a, b string) int { return g.order[a] - g.order[b] })
	for _, name := range names {
		a := s.r.activity(name)
		in.role.Activities = append(in.role.Activities, &ir.Grant{Activity: a, Range: g.at[name], Args: g.arguments(a)})
	}
	g.missingPassRoles()
}

// missingPassRoles says once for each place where activities come from that the
// role does not say which roles they pass. Where what it says is wrong, that has
// been reported.
func (g *grantSet) missingPassRoles() {
	r := g.s.r
	for _, layer := range g.in.role.Layers {
		if a := layer.Common.PassRoles; a != nil && len(g.passing) > 0 && r.reported(a.Range) {
			return
		}
	}
	for len(g.passing) > 0 {
		at := g.at[g.passing[0].Name]
		var names []string
		g.passing = slices.DeleteFunc(g.passing, func(a *ir.Activity) bool {
			here := g.at[a.Name] == at
			if here {
				names = append(names, a.Name)
			}
			return here
		})
		what, pass, exclude := fmt.Sprintf("activity %q", names[0]), "passes", "the activity"
		if len(names) > 1 {
			what, pass, exclude = "activities "+diag.Quote(names), "pass", "the activities"
		}
		r.errorf("missing-pass-roles", at, "The %s of the role %q %s roles to SageMaker, and the role does not say which. Write pass_roles = [role.LABEL.arn] for the role that jobs run as; pass_roles = [] if it passes none; or exclude %s.", what, g.in.role.Address(), pass, exclude)
	}
}

// reported reports whether an error has been found inside of a range.
func (r *resolver) reported(at hcl.Range) bool {
	return slices.ContainsFunc(r.diags, func(d *hcl.Diagnostic) bool {
		return d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Filename == at.Filename &&
			d.Subject.Start.Byte >= at.Start.Byte && d.Subject.End.Byte <= at.End.Byte
	})
}

func (g *grantSet) add(name string, at hcl.Range) {
	if _, has := g.at[name]; !has {
		g.last++
		g.order[name] = g.last
	}
	g.at[name] = at
}

// layer applies one persona or the role: its list, its exclude, its blocks.
func (g *grantSet) layer(layer *ir.Layer) {
	s := g.s
	own := map[string]bool{}
	if layer.Persona {
		decl := s.r.personas[layer.Name].decl
		for _, name := range s.list(g.in, layer, decl.Activities) {
			at := decl.Activities.Find(name)
			if s.r.activity(name) == nil {
				s.r.unknownActivity(name, at)
				continue
			}
			if decl.BuiltIn {
				at = g.in.decl.Persona.Expr.Range()
			}
			own[name] = true
			g.add(name, at)
		}
	}
	uses := s.r.uses(layer.Common)
	for _, name := range s.list(g.in, layer, layer.Common.Exclude) {
		g.exclude(name, layer.Common.Exclude.Find(name), own[name] || uses[name] != nil)
	}
	for _, u := range layer.Common.Uses {
		if uses[u.Activity.Text] == u {
			g.use(layer, u)
		}
	}
}

// uses are the activity blocks of a layer by name; a second one is an error.
func (r *resolver) uses(c *dsl.Common) map[string]*dsl.Use {
	uses := map[string]*dsl.Use{}
	for _, u := range c.Uses {
		if first := uses[u.Activity.Text]; first != nil {
			r.diags = append(r.diags, diag.Relate(diag.Errorf("duplicate-activity", u.Activity.Range, "The activity %q has a block here already. Move the arguments to one block.", u.Activity.Text), first.Activity.Range, "the first block"))
			continue
		}
		uses[u.Activity.Text] = u
	}
	return uses
}

func (g *grantSet) exclude(name string, at hcl.Range, declared bool) {
	_, has := g.at[name]
	switch r := g.s.r; {
	case r.activity(name) == nil:
		r.unknownActivity(name, at)
	case declared:
		r.errorf("excluded-activity", at, "The activity %q is declared and excluded in the same block. Delete one of the two.", name)
	default:
		r.excludes.note(name, at, has)
		delete(g.at, name)
	}
}

func (g *grantSet) use(layer *ir.Layer, u *dsl.Use) {
	name := u.Activity.Text
	if name == "" {
		return
	}
	a := g.s.r.activity(name)
	if a == nil {
		g.s.r.unknownActivity(name, u.Activity.Range)
		return
	}
	g.add(name, u.Activity.Range)
	if g.args[name] == nil {
		g.args[name] = map[string][]layeredAttr{}
	}
	for _, arg := range u.Args {
		g.args[name][arg.Name] = append(g.args[name][arg.Name], layeredAttr{layer, arg})
	}
}

// list evaluates a list of names of a layer; an absent one is empty.
func (s *scope) list(in *instance, layer *ir.Layer, a *dsl.Attr) []string {
	if a == nil {
		return nil
	}
	v, ok := s.eval(in, layer, a)
	if !ok {
		return nil
	}
	list, _ := s.texts(v, a)
	return list
}

// arguments gives every parameter of the activity its value.
func (g *grantSet) arguments(a *ir.Activity) map[string]ir.Arg {
	given := g.args[a.Name]
	out := map[string]ir.Arg{}
	for _, p := range a.Params {
		if arg, ok := g.argument(a, p, given); ok {
			out[p.Name] = arg
		}
	}
	if len(given) > 0 {
		var attrs []*dsl.Attr
		for _, name := range slices.Sorted(maps.Keys(given)) {
			for _, l := range given[name] {
				attrs = append(attrs, l.attr)
			}
		}
		g.s.r.unknownParameters(a, attrs)
	}
	return out
}

func (r *resolver) unknownParameters(a *ir.Activity, given []*dsl.Attr) {
	for _, attr := range given {
		if !slices.ContainsFunc(a.Params, func(p *ir.Param) bool { return p.Name == attr.Name }) {
			names := paramNames(a)
			r.errorf("unknown-parameter", attr.NameRange, "The activity %q has no parameter %q.%s", a.Name, attr.Name, r.c.DidYouMean(attr.Name, names, "It has "+orNone(names)+"."))
		}
	}
}

func paramNames(a *ir.Activity) []string {
	var names []string
	for _, p := range a.Params {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return diag.Quote(names)
}

func (g *grantSet) argument(a *ir.Activity, p *ir.Param, given map[string][]layeredAttr) (ir.Arg, bool) {
	r, role := g.s.r, g.in.role
	for _, l := range slices.Backward(given[p.Name]) {
		if p.From != "" {
			r.errorf("role-wide-parameter", l.attr.NameRange, "%q is one setting for the whole role. Write %s = … in the role, beside the activity block.", p.Name, p.From)
			return ir.Arg{}, false
		}
		v, ok := g.s.eval(g.in, l.layer, l.attr)
		if ok {
			return g.converted(p, v, l.attr)
		}
		if !v.IsKnown() {
			return ir.Arg{}, false
		}
	}
	switch {
	case p.From == "pass_roles" && role.PassRoles != nil:
		list := make([]cty.Value, len(role.PassRoles))
		for i, arn := range role.PassRoles {
			list[i] = cty.StringVal(arn)
		}
		v := cty.ListValEmpty(cty.String)
		if len(list) > 0 {
			v = cty.ListVal(list)
		}
		return ir.Arg{Value: v, Range: role.PassRange}, true
	case !p.Required:
		return ir.Arg{Value: p.Default, Range: g.at[a.Name], Default: true}, true
	case p.From != "":
		g.passing = append(g.passing, a)
		return ir.Arg{}, false
	case misspelled(a, p, given):
		return ir.Arg{}, false // which is reported, with this one's name
	}
	d := diag.Errorf("missing-parameter", g.at[a.Name], "The activity %q of the role %q needs the parameter %q: %s.", a.Name, role.Address(), p.Name, brief(p.Description))
	r.diags = append(r.diags, diag.Suggest(d, "Give it in the role:", fmt.Sprintf("activity %q {\n  %s = …   # %s\n}", a.Name, p.Name, p.Type.Text)))
	return ir.Arg{}, false
}

// misspelled reports whether an argument that the activity does not take is
// spelled much like a parameter.
func misspelled(a *ir.Activity, p *ir.Param, given map[string][]layeredAttr) bool {
	names := paramNames(a)
	if len(names)*len(given) > 400 {
		return false // no spelling mistake, and too much to look at
	}
	for name := range given {
		if !slices.Contains(names, name) && slices.Contains(diag.Nearest(name, names), p.Name) {
			return true
		}
	}
	return false
}

// brief is the beginning of a description, to stand inside a sentence.
func brief(s string) string {
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return lowerFirst(s)
}

func lowerFirst(s string) string {
	if s == "" {
		return "it has no default"
	}
	if len(s) > 1 && strings.ToUpper(s[:2]) == s[:2] {
		return strings.TrimSuffix(s, ".")
	}
	return strings.ToLower(s[:1]) + strings.TrimSuffix(s[1:], ".")
}

func (g *grantSet) converted(p *ir.Param, v cty.Value, a *dsl.Attr) (ir.Arg, bool) {
	c, d, err := g.s.r.c.Convert(v, p.Type.Cty, a.Expr.Range())
	switch {
	case d != nil:
	case err != nil:
		d = diag.Errorf("wrong-type", a.Expr.Range(), "The parameter %q takes %s, and this is %s.", p.Name, p.Type.Text, TypeName(v.Type()))
	case hasNull(c):
		d = diag.Errorf("wrong-type", a.Expr.Range(), "The parameter %q takes %s, and this holds null.", p.Name, p.Type.Text)
	default:
		return ir.Arg{Value: c, Range: a.Expr.Range()}, true
	}
	g.s.r.diags = append(g.s.r.diags, d)
	return ir.Arg{}, false
}

func hasNull(v cty.Value) bool {
	if v.IsNull() {
		return true
	}
	if !v.CanIterateElements() {
		return false
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); hasNull(e) {
			return true
		}
	}
	return false
}
