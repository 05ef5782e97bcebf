package importer

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// fileBytes is how large a file with roles grows before the next is begun; the
// language admits dsl.MaxFileBytes.
const fileBytes = dsl.MaxFileBytes / 2

// reason is what overrides say that import writes.
const reason = "As the imported role has it"

// A draft is a configuration that is not proved yet.
type draft struct {
	files    []ir.File
	persona  map[*subject]string
	personas []*Persona
	notes    []string
}

// render writes the configuration.
func (im *importer) render() (*draft, error) {
	d := &draft{persona: map[*subject]string{}}
	im.assignPersonas(d)
	var head writer
	im.head(&head, d)
	var bodies []string
	for _, s := range im.subjects {
		var w writer
		im.role(&w, s, d)
		bodies = append(bodies, w.String())
	}
	var files []string
	text := head.String()
	for _, b := range bodies {
		if len(text)+len(b) > fileBytes && text != "" {
			files = append(files, text)
			text = ""
		}
		text += b + "\n"
	}
	files = append(files, text)
	for i, text := range files {
		name := "roles.smr"
		if i > 0 {
			name = fmt.Sprintf("roles-%04d.smr", i+1)
		}
		data, diags := dsl.Format(dsl.File{Name: name, Bytes: []byte(text)})
		if diags.HasErrors() {
			return nil, fmt.Errorf("what was written cannot be read again: %w", diags)
		}
		d.files = append(d.files, ir.File{Path: name, Data: data})
	}
	slices.SortFunc(d.files, func(a, b ir.File) int { return strings.Compare(a.Path, b.Path) })
	return d, nil
}

// head writes what stands before the roles.
func (im *importer) head(w *writer, d *draft) {
	w.open("smr")
	w.text("project", im.options.Project)
	w.text("edition", im.result.Edition)
	w.close()
	w.WriteByte('\n')
	for _, t := range im.targets {
		if t.name == "" {
			continue
		}
		w.open("account", t.name)
		w.text("id", t.account)
		w.text("region", t.region)
		if t.attached > 10 {
			w.open("quotas")
			w.set("attached_policies_per_role", itoa(t.attached))
			w.close()
		}
		w.close()
		w.WriteByte('\n')
	}
	for _, p := range d.personas {
		w.open("persona", p.Name)
		w.list("activities", p.Activities)
		w.close()
		w.WriteByte('\n')
	}
	im.policies(w, d)
}

// policies writes the texts of customer managed policies that stay attached or
// bound roles: without them what a role may do would be unknown.
func (im *importer) policies(w *writer, d *draft) {
	seen, names := map[string]bool{}, map[string]bool{}
	for _, s := range im.subjects {
		for _, arn := range append(slices.Clone(s.plan.managed), s.role.Boundary) {
			p := s.state.Policies[arn]
			if p == nil || p.Document() == nil || p.Document().Policy == nil || seen[arn] {
				continue
			}
			seen[arn] = true
			if err := readableAgain(p.Document().Policy); err != nil {
				d.notes = append(d.notes, fmt.Sprintf("the text of %s is left out: %v", arn, err))
				continue
			}
			label := strings.Map(func(r rune) rune {
				if plain(string(r), "_-") {
					return r
				}
				return '-'
			}, p.Name)
			if label == "" || !letter(label[0]) {
				label = "p-" + label
			}
			label = unique(names, label)
			path := "policies/" + label + ".json"
			w.open("policy", label)
			w.text("arn", arn)
			w.set("document", "policy_file("+quote(path)+")")
			w.close()
			w.WriteByte('\n')
			d.files = append(d.files, ir.File{Path: path, Data: append(policy.AppendIndent(nil, p.Document().Policy), '\n')})
		}
	}
}

// readableAgain says why the language cannot read the text of a policy from a
// file.
func readableAgain(doc *policy.Document) error {
	for _, v := range texts(doc) {
		if err := speakable("the text", v); err != nil {
			return err
		}
	}
	if n := len(policy.AppendIndent(nil, doc)); n >= dsl.MaxFileBytes {
		return fmt.Errorf("it has %d bytes, and a file at most %d", n, dsl.MaxFileBytes)
	}
	return nil
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// assignPersonas gives roles the built-in persona with just their activities,
// or one that several roles share.
func (im *importer) assignPersonas(d *draft) {
	builtin := map[string]string{}
	for _, p := range im.editions[im.result.Edition].personas {
		if p.Activities != nil {
			builtin[setKey(p.Activities.Literals())] = p.Name.Text
		}
	}
	shared := map[string][]*subject{}
	for _, s := range im.subjects {
		names := s.plan.activities()
		key := setKey(names)
		if name, ok := builtin[key]; ok && len(names) > 0 {
			d.persona[s] = name
		} else if len(names) > 1 {
			shared[key] = append(shared[key], s)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(shared)) {
		if len(shared[key]) < 2 {
			continue
		}
		p := &Persona{Name: "imported_" + itoa(len(d.personas)+1), Activities: shared[key][0].plan.activities()}
		for _, s := range shared[key] {
			d.persona[s] = p.Name
			p.Roles = append(p.Roles, s.role.Name)
		}
		d.personas = append(d.personas, p)
	}
}

func setKey(names []string) string {
	return strings.Join(slices.Sorted(slices.Values(names)), " ")
}

func (p *plan) activities() []string {
	var out []string
	for _, c := range p.choices {
		out = append(out, c.name())
	}
	return out
}

// role writes one role block.
func (im *importer) role(w *writer, s *subject, d *draft) {
	p := s.plan
	w.open("role", s.label)
	w.text("persona", d.persona[s])
	if resolve.NamePrefix+s.label != s.role.Name {
		w.text("name", s.role.Name)
	}
	if s.role.Path != im.defaultPath() {
		w.text("path", s.role.Path)
	}
	w.text("description", s.role.Description)
	if len(im.targets) > 1 && s.target.name != "" {
		w.set("accounts", list([]string{s.target.name}))
	}
	im.passes(w, s)
	if layout := s.layout(); layout != string(ir.PerActivity) {
		w.text("layout", layout)
	}
	if n := s.role.MaxSessionDuration; n != 0 && n != 3600 {
		w.text("max_session_duration", duration(int(n)))
	}
	w.text("permissions_boundary", s.role.Boundary)
	w.list("managed_policies", p.managed)
	w.tags(s.tags())
	if s.replaced() {
		w.group(func(w *writer) {
			w.WriteString("# Imported: the policies that the role had are taken away once these are there.\n")
			w.open("lifecycle")
			w.set("exclusive", "true")
			w.close()
		})
	}
	w.custom("vpc", p.wide.vpc, "subnets", "security_groups", p.wide.vpcNote)
	w.custom("kms", p.wide.kms, "data_keys", "volume_keys", p.wide.kmsNote)
	w.group(func(w *writer) {
		for _, c := range p.choices {
			w.activity(c, d.persona[s] != "")
		}
	})
	for _, c := range p.choices {
		w.group(func(w *writer) { w.override(c) })
	}
	for i := range p.statements {
		w.group(func(w *writer) { w.statement("statement", &p.statements[i]) })
	}
	if s.role.Trust != nil {
		w.group(func(w *writer) { w.trust(s.role.Trust.Policy, s.target.place) })
	}
	w.close()
}

// replaced reports whether the configuration writes anew what a role of an
// account has: what was there stays otherwise, beside what takes its place, and
// holds open what a later release closes.
func (s *subject) replaced() bool {
	return s.role.ID != "" && (len(s.inline) > 0 || slices.ContainsFunc(s.managed, func(t text) bool { return !slices.Contains(s.plan.managed, t.arn) }))
}

func (im *importer) defaultPath() string {
	if im.options.Project != "" {
		return "/smr/" + im.options.Project + "/"
	}
	return "/smr/"
}

// passes writes pass_roles: as references where the role is imported too and
// passes none itself, so that there is no circle.
func (im *importer) passes(w *writer, s *subject) {
	takes := slices.ContainsFunc(s.plan.choices, func(c *choice) bool { return takesPassRoles(c.solution.form.activity) })
	if !takes {
		return
	}
	values := make([]string, len(s.plan.wide.pass))
	for i, arn := range s.plan.wide.pass {
		values[i] = quote(arn)
		for _, other := range im.subjects {
			if other != s && other.target == s.target && other.role.ARN == arn && len(other.plan.wide.pass) == 0 && referable.MatchString(other.label) {
				values[i] = "role." + other.label + ".arn"
			}
		}
	}
	if len(values) < 3 {
		w.set(passRoles, "["+strings.Join(values, ", ")+"]")
		return
	}
	w.set(passRoles, "[\n"+strings.Join(values, ",\n")+",\n]")
}

// referable labels can follow "role.".
var referable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func duration(seconds int) string {
	switch {
	case seconds%3600 == 0:
		return itoa(seconds/3600) + "h"
	case seconds%60 == 0:
		return itoa(seconds/60) + "m"
	}
	return itoa(seconds) + "s"
}

// tags are those that a configuration can set: AWS keeps aws: for itself, and
// smr writes its own.
func (s *subject) tags() map[string]string {
	out := map[string]string{}
	for k, v := range s.role.Tags {
		if !strings.HasPrefix(k, "aws:") && !strings.HasPrefix(k, tagPrefix) {
			out[k] = v
		}
	}
	return out
}

func (w *writer) tags(tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	w.WriteString("tags = {\n")
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		w.WriteString(quote(k) + " = " + quote(tags[k]) + "\n")
	}
	w.WriteString("}\n")
}

func (w *writer) custom(block string, values [2][]string, first, second, note string) {
	if len(values[0]) == 0 {
		return
	}
	w.WriteByte('\n')
	w.open(block)
	if note != "" {
		w.WriteString("# Imported: " + note + ".\n")
	}
	w.list(first, values[0])
	w.list(second, values[1])
	w.close()
}
