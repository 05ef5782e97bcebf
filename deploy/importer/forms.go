package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The role-wide settings that fill activities.
const (
	passRoles      = "pass_roles"
	subnets        = "vpc.subnets"
	securityGroups = "vpc.security_groups"
	dataKeys       = "kms.data_keys"
	volumeKeys     = "kms.volume_keys"
)

// maxHoles bounds the parameters of one activity that can be empty or flags:
// each doubles its forms.
const maxHoles = 8

// firstTracer is the private-use character that stands for the first hole of a
// form. Such characters cannot be in a policy (IAM's API admits characters up
// to U+00FF), and dsl keeps another block of them for itself.
const firstTracer = '\uf100'

// A form is an activity with its switches set: with or without vpc and kms, its
// flags true or false, its lists empty or not. What is left open are holes, one
// for each list that is not empty.
type form struct {
	activity   *ir.Activity
	vpc, kms   bool
	flags      map[string]bool // parameters that are true or false
	empty      map[string]bool // lists that are empty
	holes      []string        // names: of parameters, or of role-wide settings
	statements []pattern
	managed    string
}

// A pattern is a statement with holes.
type pattern struct {
	label     string
	actions   []string // in lower case
	spelled   []string // the same as the catalogue writes them
	resources []value
	conds     []condition
	bound     bool // a condition has a hole
}

// A condition is one operator and key with values that may have holes.
type condition struct {
	operator, key string
	values        []value
}

// A value is a text with at most one hole.
type value struct {
	before, after string
	hole          string // "" without one; then before is the text
}

// An edition is the activities and personas of one edition of the catalogue.
type edition struct {
	name       string
	activities map[string]*ir.Activity
	personas   []*dsl.Persona
	forms      []*form
}

// editions are the editions of the catalogue, each read when it is asked for.
var editions = sync.OnceValue(func() map[string]func() (*edition, error) {
	out := map[string]func() (*edition, error){}
	for _, name := range catalog.Editions() {
		out[name] = sync.OnceValues(func() (*edition, error) { return loadEdition(name) })
	}
	return out
})

// A place is what the forms of an edition are written out for.
type place struct{ partition, region, account string }

// loadEdition compiles every form of every activity once.
func loadEdition(name string) (*edition, error) {
	e := &edition{name: name}
	var b strings.Builder
	fmt.Fprintf(&b, "smr { edition = %q }\nrole \"x\" {\n", name)
	for _, activity := range catalog.Names(name) {
		fmt.Fprintf(&b, "activity %q {}\n", activity)
	}
	b.WriteString("}\n")
	prog, _, err := program(b.String())
	if err != nil {
		return nil, err
	}
	e.activities = prog.Definitions
	if err := e.loadPersonas(); err != nil {
		return nil, err
	}
	b.Reset()
	fmt.Fprintf(&b, "smr { edition = %q }\n", name)
	for _, activity := range slices.Sorted(maps.Keys(e.activities)) {
		for _, f := range variants(e.activities[activity]) {
			f.write(&b, len(e.forms))
			e.forms = append(e.forms, f)
		}
	}
	return e, e.compile(b.String())
}

func (e *edition) loadPersonas() error {
	path, data, _ := catalog.File(e.name, catalog.PersonasFile)
	config, diags := dsl.DecodeActivity(dsl.File{Name: path, Bytes: data}, dsl.NewBudget())
	if diags.HasErrors() {
		return fmt.Errorf("the personas of edition %s: %w", e.name, diags)
	}
	e.personas = config.Personas
	return nil
}

// program resolves a configuration of the importer's own; errors of roles
// without arguments are expected.
func program(source string) (*ir.Program, bool, error) {
	config, diags := dsl.Decode([]dsl.File{{Name: "forms.smr", Bytes: []byte(source)}})
	if diags.HasErrors() {
		return nil, false, fmt.Errorf("the forms of the catalogue: %w", diags)
	}
	prog, diags := resolve.Resolve(config, resolve.Inputs{})
	return prog, diags.HasErrors(), nil
}

// compile lowers the forms, in each of which a tracer stands in every hole.
func (e *edition) compile(source string) error {
	prog, failed, err := program(source)
	if err == nil && failed {
		err = fmt.Errorf("the forms of edition %s do not resolve", e.name)
	}
	if err != nil {
		return err
	}
	stack, diags := lower.Lower(prog)
	if diags.HasErrors() {
		return fmt.Errorf("the forms of edition %s: %w", e.name, diags)
	}
	if len(stack.Roles) != len(e.forms) {
		return fmt.Errorf("edition %s has %d forms, of which %d compile", e.name, len(e.forms), len(stack.Roles))
	}
	for _, role := range stack.Roles {
		var n int
		if _, err := fmt.Sscanf(role.Label, "f%d", &n); err != nil {
			return fmt.Errorf("the form %q: %w", role.Label, err)
		}
		e.forms[n].read(role)
	}
	e.forms = slices.DeleteFunc(e.forms, func(f *form) bool { return len(f.statements) == 0 && f.managed == "" })
	return nil
}

// variants lists the forms of an activity: plain before customized, flags off
// and lists given first.
func variants(a *ir.Activity) []*form {
	var flags, lists []string
	for _, p := range a.Params {
		switch {
		case p.Type.Cty == cty.Bool:
			flags = append(flags, p.Name)
		case p.Type.Cty.IsListType() && p.Type.Cty.ElementType() == cty.String:
			lists = append(lists, p.Name)
		default:
			return nil
		}
	}
	if len(flags)+len(lists) > maxHoles {
		return nil
	}
	var out []*form
	for _, custom := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		if custom[0] && !a.VPCForm || custom[1] && !a.KMSForm {
			continue
		}
		for bits := range 1 << (len(flags) + len(lists)) {
			f := &form{activity: a, vpc: custom[0], kms: custom[1], flags: map[string]bool{}, empty: map[string]bool{}}
			for i, name := range flags {
				f.flags[name] = bits>>i&1 == 1
			}
			for i, name := range lists {
				if bits>>(len(flags)+i)&1 == 1 {
					f.empty[name] = true
				} else {
					f.holes = append(f.holes, name)
				}
			}
			if f.vpc {
				f.holes = append(f.holes, subnets, securityGroups)
			}
			if f.kms {
				f.holes = append(f.holes, dataKeys, volumeKeys)
			}
			out = append(out, f)
		}
	}
	return out
}

func (f *form) tracer(hole string) string {
	if i := slices.Index(f.holes, hole); i >= 0 {
		return fmt.Sprintf("[\"%c\"]", firstTracer+rune(i))
	}
	return "[]"
}

// write writes a role that has the form.
func (f *form) write(b *strings.Builder, number int) {
	fmt.Fprintf(b, "role \"f%d\" {\n", number)
	if f.vpc {
		fmt.Fprintf(b, "vpc {\nsubnets = %s\nsecurity_groups = %s\n}\n", f.tracer(subnets), f.tracer(securityGroups))
	}
	if f.kms {
		fmt.Fprintf(b, "kms {\ndata_keys = %s\nvolume_keys = %s\n}\n", f.tracer(dataKeys), f.tracer(volumeKeys))
	}
	args := ""
	for _, p := range f.activity.Params {
		flag, isFlag := f.flags[p.Name]
		switch {
		case p.From != "":
			fmt.Fprintf(b, "%s = %s\n", p.From, f.tracer(p.Name))
		case isFlag:
			args += fmt.Sprintf("%s = %t\n", p.Name, flag)
		default:
			args += fmt.Sprintf("%s = %s\n", p.Name, f.tracer(p.Name))
		}
	}
	fmt.Fprintf(b, "activity %q {\n%s}\n}\n", f.activity.Name, args)
}

// read takes the statements that the form became.
func (f *form) read(role *ir.StackRole) {
	for _, v := range role.Attached {
		f.managed = v.Text
	}
	for _, g := range role.Groups {
		for i, s := range g.Document.Statements {
			p := pattern{label: g.Origins[i].Label}
			for _, a := range s.Actions {
				p.actions, p.spelled = append(p.actions, policy.Lower(a)), append(p.spelled, a)
			}
			for _, r := range s.Resources {
				p.resources = append(p.resources, f.value(r))
			}
			for _, c := range s.Conditions {
				op, _ := policy.ParseOperator(c.Operator)
				cond := condition{operator: op.String(), key: policy.Lower(c.Key)}
				for _, v := range c.Values {
					val := f.value(v)
					p.bound = p.bound || val.hole != ""
					cond.values = append(cond.values, val)
				}
				p.conds = append(p.conds, cond)
			}
			f.statements = append(f.statements, p)
		}
	}
}

// arguments is how many parameters are written for the form: those that have
// no default, or another value than it.
func (f *form) arguments() int {
	n := 0
	for _, p := range f.activity.Params {
		flag, isFlag := f.flags[p.Name]
		switch {
		case p.From != "":
		case p.Required:
			n++
		case isFlag && p.Default.False() == flag:
			n++
		case !isFlag && f.empty[p.Name] != (len(defaults(p.Default)) == 0):
			n++
		}
	}
	return n
}

// curtailed reports whether a list is empty that usually is not, so that the
// form lacks statements that the activity is for.
func (f *form) curtailed() bool {
	return slices.ContainsFunc(f.activity.Params, func(p *ir.Param) bool {
		return f.empty[p.Name] && p.From == "" && (p.Required || len(defaults(p.Default)) > 0)
	})
}

func (f *form) value(s string) value {
	for i, r := range s {
		if n := int(r - firstTracer); r >= firstTracer && n < len(f.holes) {
			return value{before: s[:i], hole: f.holes[n], after: s[i+utf8.RuneLen(r):]}
		}
	}
	return value{before: s}
}

// at are the forms with partition, Region and account written out.
func (e *edition) at(p place) []*form {
	spell := func(s string) string { return emit.Replace(s, p.partition, p.region, p.account) }
	spellAll := func(list []value) []value {
		out := make([]value, len(list))
		for i, v := range list {
			out[i] = value{spell(v.before), spell(v.after), v.hole}
		}
		return out
	}
	var list []*form
	for _, f := range e.forms {
		c := *f
		c.managed = spell(f.managed)
		c.statements = make([]pattern, len(f.statements))
		for i, s := range f.statements {
			s.resources = spellAll(s.resources)
			conds := make([]condition, len(s.conds))
			for j, cond := range s.conds {
				conds[j] = condition{cond.operator, cond.key, spellAll(cond.values)}
			}
			s.conds = conds
			c.statements[i] = s
		}
		list = append(list, &c)
	}
	return list
}
