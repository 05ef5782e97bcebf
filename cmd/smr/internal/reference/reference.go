// Package reference documents the catalogue from the catalogue itself: each
// activity with its parameters, what it needs, what to know before using it, and
// the statements that its example compiles to. Text is for a terminal, Markdown
// for dsl/catalog/REFERENCE.md.
package reference

//go:generate go test -run TestMarkdown -update .

import (
	"fmt"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An Edition is one edition of the catalogue.
type Edition struct {
	Name       string
	Personas   []Persona
	Activities []*Activity // sorted by name
}

// A Persona is a set of activities under a name.
type Persona struct {
	Name, Title, Summary string
	Activities           []string
}

// An Activity is one activity with what a reader wants to know of it.
type Activity struct {
	*ir.Activity
	Edition string
	Policy  string // ARN of the AWS managed policy that it attaches, or ""
	Example string // how a role uses it, in the language
	Quirks  []Quirk
	Forms   []Form // how it compiles: plain first, then with vpc and kms where they matter
}

// A Quirk is something to know about an activity.
type Quirk struct {
	Code, Summary, Detail, Fix, Source string
	With                               string // the customizations that it is about: "", "vpc", "kms", "vpc and kms"
}

// A Form is what an activity compiles to with some customizations.
type Form struct {
	Name   string // "", "vpc", "kms" or "vpc and kms"
	Policy *ir.Policy
}

// forms are the customizations that an activity can have.
var forms = []struct {
	name     string
	vpc, kms bool
}{{"", false, false}, {"vpc", true, false}, {"kms", false, true}, {"vpc and kms", true, true}}

// Read documents one edition. Only the activities named are compiled; none
// named means all. The error is for an edition that does not exist, or for a
// catalogue that is broken.
func Read(edition string, names ...string) (*Edition, error) {
	all := catalog.Names(edition)
	if all == nil {
		return nil, fmt.Errorf("there is no edition %q: the editions are %s", edition, strings.Join(catalog.Editions(), ", "))
	}
	if len(names) == 0 {
		names = all
	}
	e := &Edition{Name: edition}
	var b strings.Builder
	fmt.Fprintf(&b, "smr {\n  edition = %q\n}\n", edition)
	decls := map[string]*decl{}
	for _, name := range names {
		d, err := read(edition, name)
		if err != nil {
			return nil, err
		}
		decls[name] = d
		for i := range forms {
			b.WriteString(d.role(i))
		}
	}
	res := compiler.Compile(compiler.Options{FS: fstest.MapFS{"reference.smr": {Data: []byte(b.String())}}})
	if res.Program == nil || res.Stack == nil {
		return nil, fmt.Errorf("the catalogue does not compile: %w", res.Diags)
	}
	for _, name := range names {
		a, ok := res.Program.Definitions[name]
		if !ok {
			return nil, fmt.Errorf("the activity %q does not compile: %w", name, res.Diags)
		}
		e.Activities = append(e.Activities, activity(edition, a, decls[name], res))
	}
	var err error
	e.Personas, err = Personas(edition)
	return e, err
}

func activity(edition string, a *ir.Activity, d *decl, res *compiler.Result) *Activity {
	out := &Activity{Activity: a, Edition: edition, Example: d.example()}
	for i, f := range forms {
		if f.vpc && !a.VPCForm || f.kms && !a.KMSForm {
			continue
		}
		for _, r := range res.Stack.Roles {
			if r.Label != d.label(i) {
				continue
			}
			if i == 0 && len(r.Attached) > 0 && a.ManagedPolicy {
				out.Policy = r.Attached[0].Text
			}
			for g := range r.Groups {
				if r.Groups[g].Activity == a.Name && len(r.Groups[g].Document.Statements) > 0 {
					out.Forms = append(out.Forms, Form{f.name, &r.Groups[g]})
				}
			}
		}
	}
	for _, q := range a.Decl.Quirks {
		out.Quirks = append(out.Quirks, quirk(d, q))
	}
	return out
}

func quirk(d *decl, q *dsl.Quirk) Quirk {
	out := Quirk{Code: "quirk-" + q.Name.Text, Summary: d.text(q.Summary), Detail: d.text(q.Detail), Fix: d.text(q.Fix), Source: d.text(q.Source)}
	if q.When != nil {
		var with []string
		for _, t := range q.When.Expr.Variables() {
			if root := t.RootName(); (root == "vpc" || root == "kms") && !slices.Contains(with, root) {
				with = append(with, root)
			}
		}
		slices.Sort(with)
		slices.Reverse(with)
		out.With = strings.Join(with, " and ")
	}
	return out
}

// A decl is a file of the catalogue, decoded.
type decl struct {
	config   *dsl.Config
	activity *dsl.Activity
	src      []byte
}

func read(edition, name string) (*decl, error) {
	file, data, ok := catalog.File(edition, name)
	if !ok {
		return nil, fmt.Errorf("edition %s has no activity %q", edition, name)
	}
	config, diags := dsl.DecodeActivity(dsl.File{Name: file, Bytes: data}, dsl.NewBudget())
	if diags.HasErrors() {
		return nil, fmt.Errorf("the catalogue is broken: %w", diags)
	}
	if len(config.Activities) != 1 {
		return nil, fmt.Errorf("the catalogue is broken: %s defines %d activities", file, len(config.Activities))
	}
	return &decl{config, config.Activities[0], data}, nil
}

// text is the value of an attribute that is a constant, "" without one.
func (d *decl) text(a *dsl.Attr) string {
	if a == nil {
		return ""
	}
	v, diags := d.config.Eval(a, nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() {
		return ""
	}
	return strings.TrimSpace(v.AsString())
}

// written is what stands at a range of the file.
func (d *decl) written(r hcl.Range) string { return string(d.src[r.Start.Byte:r.End.Byte]) }

func (d *decl) label(form int) string { return fmt.Sprintf("%s-%d", d.activity.Name.Text, form) }

// role is a role that has the activity in one form, with the arguments of the
// example.
func (d *decl) role(form int) string {
	vpc, kms := forms[form].vpc, forms[form].kms
	return d.block(d.label(form), func(name string) bool { return name == "vpc" && vpc || name == "kms" && kms })
}

// example is how a role uses the activity, with all that the example gives.
func (d *decl) example() string {
	return d.block("example", func(name string) bool { return true })
}

func (d *decl) block(label string, has func(block string) bool) string {
	var inside, outside strings.Builder
	if ex := d.activity.Example; ex != nil {
		for _, p := range d.activity.Parameters {
			a, given := ex.Attributes[p.Name.Text]
			if !given {
				continue
			}
			if from := d.text(p.From); from != "" {
				fmt.Fprintf(&outside, "%s = %s\n", from, d.written(a.Expr.Range()))
			} else {
				fmt.Fprintf(&inside, "%s = %s\n", a.Name, d.written(a.Expr.Range()))
			}
		}
		for _, blk := range ex.Blocks {
			if has(blk.Type) {
				fmt.Fprintf(&outside, "\n%s\n", d.written(hcl.RangeBetween(blk.TypeRange, blk.CloseBraceRange)))
			}
		}
	}
	body := "{}\n"
	if inside.Len() > 0 {
		body = "{\n" + inside.String() + "}\n"
	}
	text := fmt.Sprintf("role %q {\nactivity %q %s%s}\n", label, d.activity.Name.Text, body, outside.String())
	formatted, diags := dsl.Format(dsl.File{Name: "example.smr", Bytes: []byte(text)})
	if diags.HasErrors() {
		return text
	}
	return string(formatted)
}

// Personas reads the personas of an edition. The error is for an edition that
// does not exist, or for a catalogue that is broken.
func Personas(edition string) ([]Persona, error) {
	file, data, ok := catalog.File(edition, catalog.PersonasFile)
	if !ok {
		return nil, fmt.Errorf("edition %s has no personas", edition)
	}
	config, diags := dsl.DecodeActivity(dsl.File{Name: file, Bytes: data}, dsl.NewBudget())
	if diags.HasErrors() {
		return nil, fmt.Errorf("the catalogue is broken: %w", diags)
	}
	d := &decl{config: config, src: data}
	var out []Persona
	for _, p := range config.Personas {
		out = append(out, Persona{Name: p.Name.Text, Title: d.text(p.Title), Summary: d.text(p.Summary), Activities: d.list(p.Activities)})
	}
	return out, nil
}

// list is the value of an attribute that is a constant list of strings.
func (d *decl) list(a *dsl.Attr) []string {
	if a == nil {
		return nil
	}
	v, diags := d.config.Eval(a, nil)
	if diags.HasErrors() || !v.CanIterateElements() {
		return nil
	}
	var out []string
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		out = append(out, e.AsString())
	}
	return out
}

// Default is how the default of a parameter is written, "" without one.
func Default(a *Activity, p *ir.Param) string {
	if p.Decl == nil || p.Decl.Default == nil {
		return ""
	}
	_, data, ok := catalog.File(a.Edition, a.Name)
	if !ok {
		return ""
	}
	r := p.Decl.Default.Expr.Range()
	return string(data[r.Start.Byte:r.End.Byte])
}

// Granting names the activities of an edition with a statement that allows an
// action, with the customizations that it takes where it takes some.
func Granting(edition, action string) ([]string, error) {
	e, err := Read(edition)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range e.Activities {
		if form, ok := a.granting(action); ok {
			out = append(out, a.Name+with(form))
		}
	}
	return out, nil
}

// granting is the plainest form of an activity that allows an action.
func (a *Activity) granting(action string) (form string, ok bool) {
	for _, f := range a.Forms {
		for i := range f.Policy.Document.Statements {
			st := &f.Policy.Document.Statements[i]
			if st.Effect == policy.Allow && slices.ContainsFunc(st.Actions, func(p string) bool { return policy.MatchFold(p, action) }) {
				return f.Name, true
			}
		}
	}
	return "", false
}
