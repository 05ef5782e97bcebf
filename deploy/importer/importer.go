package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A Result is a configuration that was proved, with what is to be said about
// it. Without roles, or with failures, there are no files.
type Result struct {
	Files    []ir.File  `json:"-"`
	Edition  string     `json:"edition"`
	Roles    []*Role    `json:"roles"`
	Personas []*Persona `json:"personas,omitempty"`
	Skipped  []Skip     `json:"skipped,omitempty"`
	Failures []Failure  `json:"failures,omitempty"`
	Notes    []string   `json:"notes,omitempty"`
}

// A Role says what was recognized of one role.
type Role struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Account    string     `json:"account,omitempty"`
	Persona    string     `json:"persona,omitempty"`
	Activities []Activity `json:"activities"`
	Statements int        `json:"statements"` // that no activity makes
	Attached   int        `json:"attached"`   // policies that stay attached by their ARN
	Layout     string     `json:"layout,omitempty"`
	Notes      []string   `json:"notes,omitempty"`
}

// An Activity says what was recognized of one activity.
type Activity struct {
	Name       string   `json:"name"`
	Parameters []string `json:"parameters,omitempty"` // that it is given
	Overrides  []string `json:"overrides,omitempty"`  // verbs, such as `remove "PassRole"`
}

// A Persona is one that was made for roles with the same activities.
type Persona struct {
	Name       string   `json:"name"`
	Activities []string `json:"activities"`
	Roles      []string `json:"roles"`
}

// A Failure is a role that no configuration can express, and what of it.
type Failure struct {
	Role   string `json:"role"`
	Reason string `json:"reason"`
}

// maxRounds bounds how often a configuration is compiled: every round moves at
// least one role to a plainer form.
const maxRounds = 12

// An importer is one run.
type importer struct {
	options  Options
	targets  []*target
	subjects []*subject
	result   *Result
	editions map[string]*edition
	placed   map[placed][]*form
}

// placed is an edition and where its forms are written out for.
type placed struct {
	edition *edition
	place   place
}

// planner is a planner for a role, with the forms that roles of one place share.
func (im *importer) planner(e *edition, s *subject, level int) *planner {
	key := placed{e, s.target.place}
	if im.placed[key] == nil {
		im.placed[key] = e.at(s.target.place)
	}
	return newPlanner(e, s, im.placed[key], level)
}

// Import writes the roles of sources as a configuration and proves that it
// compiles to what they are. The error is a fault of the machine, or of smr.
func Import(ctx context.Context, sources []*Source, o Options) (*Result, error) {
	im := &importer{options: o, result: &Result{}, editions: map[string]*edition{}, placed: map[placed][]*form{}}
	var all []*subject
	for _, src := range sources {
		if src.Name != "" && (!accountNames.MatchString(src.Name) || src.Name == "any") {
			return nil, fmt.Errorf("an account cannot be named %q: a name takes 1 to 64 letters, digits, _ and -, and is not \"any\"", src.Name)
		}
	}
	all, im.result.Skipped = subjects(sources, o)
	for _, s := range all {
		if err := s.gather(); err != nil {
			im.fail(s, err.Error())
			continue
		}
		if err := s.expressible(); err != nil {
			im.fail(s, err.Error())
			continue
		}
		im.subjects = append(im.subjects, s)
	}
	if len(im.subjects) == 0 {
		return im.result, nil
	}
	im.unknownProperties()
	im.locate()
	im.label()
	if err := im.chooseEdition(ctx); err != nil {
		return nil, err
	}
	if err := im.settle(ctx); err != nil {
		return nil, err
	}
	return im.result, nil
}

// unknownProperties notes what the authorization details of an account leave
// out: a configuration that does not say it would change it.
func (im *importer) unknownProperties() {
	n := 0
	for _, s := range im.subjects {
		if s.role.MaxSessionDuration == 0 {
			n++
		}
	}
	if n > 0 {
		im.result.Notes = append(im.result.Notes, fmt.Sprintf("the files do not say the description and session duration of %d of the roles; give the JSON of `aws iam list-roles` beside them", n))
	}
}

func (im *importer) fail(s *subject, reason string) {
	im.result.Failures = append(im.result.Failures, Failure{s.role.Name, reason})
	im.subjects = slices.DeleteFunc(im.subjects, func(o *subject) bool { return o == s })
}

// expressible looks for what not even statements can say.
func (s *subject) expressible() error {
	for _, t := range slices.Concat(s.managed, s.inline) {
		for i := range t.doc.Statements {
			if err := expressible(&t.doc.Statements[i], false); err != nil {
				return fmt.Errorf("the policy %q, statement %d: %w", t.name, i+1, err)
			}
		}
	}
	if s.role.Trust != nil {
		for i := range s.role.Trust.Policy.Statements {
			if err := expressible(&s.role.Trust.Policy.Statements[i], true); err != nil {
				return fmt.Errorf("the trust policy, statement %d: %w", i+1, err)
			}
		}
	}
	return s.speakable()
}

func (s *subject) note(format string, args ...any) {
	s.report.Notes = append(s.report.Notes, fmt.Sprintf(format, args...))
}

// settle compiles and proves, and writes roles more plainly that are not
// proved, until all are.
func (im *importer) settle(ctx context.Context) error {
	for _, s := range im.subjects {
		s.layouts()
	}
	for range maxRounds + len(im.subjects) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(im.subjects) == 0 {
			return nil
		}
		im.options.progress("proving", 0, len(im.subjects))
		d, err := im.render()
		if err != nil {
			return err
		}
		faults, err := im.prove(ctx, d)
		if err != nil {
			return err
		}
		if len(faults) == 0 {
			im.accept(d)
			return nil
		}
		im.plainer(faults)
	}
	return errors.New("the configuration does not settle: this is a mistake of smr")
}

// givenUp says what each level gives up.
var givenUp = [...]string{levelEdited: "overrides", levelExact: "activities", levelStatements: ""}

// plainer moves roles that are not proved to another layout, or to fewer words
// of the catalogue.
func (im *importer) plainer(faults map[*subject]*fault) {
	for _, s := range slices.Clone(im.subjects) {
		f := faults[s]
		switch {
		case f == nil:
		case f.quota && s.tries+1 < len(s.order):
			s.tries++
		case f.activity != "" && s.level < levelStatements && !slices.Contains(s.without, f.activity):
			s.note("%s could not be kept: %s", f.activity, f.reason)
			s.without = append(s.without, f.activity)
			im.replan(s)
		case s.level+1 < levels:
			s.note("%s could not be kept: %s", givenUp[s.level], f.reason)
			s.level++
			im.replan(s)
		default:
			im.fail(s, f.reason)
		}
	}
}

// replan plans a role anew, as plainly as it has come to.
func (im *importer) replan(s *subject) {
	s.tries = 0
	p := im.planner(im.editions[im.result.Edition], s, s.level)
	p.without = s.without
	s.plan = p.plan()
}

// accept keeps what is proved.
func (im *importer) accept(d *draft) {
	im.result.Files = d.files
	im.result.Personas = d.personas
	for _, s := range im.subjects {
		s.report.Label, s.report.Layout = s.label, s.layout()
		if s.target.name != "" {
			s.report.Account = s.target.name
		}
		s.report.Persona = d.persona[s]
		s.report.Activities = []Activity{}
		s.report.Statements = len(s.plan.statements)
		s.report.Attached = len(s.plan.managed)
		for _, c := range s.plan.choices {
			s.report.Activities = append(s.report.Activities, c.describe())
			s.report.Statements += len(c.edits.allow) + len(c.edits.deny)
		}
		for _, name := range slices.Sorted(maps.Keys(s.plan.lacking)) {
			s.note("the role has %s without %s, on which it depends; it is written as what it grants", name, s.plan.lacking[name])
		}
		for _, n := range []string{s.plan.wide.vpcNote, s.plan.wide.kmsNote} {
			if n != "" {
				s.note("%s", n)
			}
		}
		im.result.Roles = append(im.result.Roles, s.report)
	}
	im.result.Notes = append(im.result.Notes, d.notes...)
	slices.SortStableFunc(im.result.Roles, func(a, b *Role) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Label, b.Label))
	})
	if len(im.result.Failures) > 0 {
		im.result.Files = nil
	}
}

// describe says what a choice writes.
func (c *choice) describe() Activity {
	a := Activity{Name: c.name()}
	for _, name := range slices.Sorted(maps.Keys(c.solution.args)) {
		if name != subnets && name != securityGroups && name != dataKeys && name != volumeKeys {
			a.Parameters = append(a.Parameters, name)
		}
	}
	for _, flag := range slices.Sorted(maps.Keys(c.solution.form.flags)) {
		if c.solution.form.flags[flag] {
			a.Parameters = append(a.Parameters, flag)
		}
	}
	for _, l := range c.edits.remove {
		a.Overrides = append(a.Overrides, fmt.Sprintf("remove %q", l))
	}
	if len(c.edits.removeActions) > 0 {
		a.Overrides = append(a.Overrides, fmt.Sprintf("remove_actions (%d)", len(c.edits.removeActions)))
	}
	for _, n := range c.edits.narrow {
		for _, l := range append([]string{n.label}, n.also...) {
			a.Overrides = append(a.Overrides, fmt.Sprintf("narrow %q", l))
		}
	}
	for _, l := range c.edits.allow {
		a.Overrides = append(a.Overrides, fmt.Sprintf("allow %q", l.label))
	}
	for _, l := range c.edits.deny {
		a.Overrides = append(a.Overrides, fmt.Sprintf("deny %q", l.label))
	}
	return a
}
