package emit

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// ManifestName is the path of the manifest in every output. A later run finds
// there which files are its own.
const ManifestName = "manifest.json"

// ManifestSchema is the schema that the manifest names.
const ManifestSchema = "smr.manifest/1"

// An Entry says where a target put a role and the role's policies.
type Entry struct {
	Role     *ir.StackRole
	File     string // of Files
	Resource string // the resource's name in the file; "" where a file is one resource
	Policies []PolicyEntry
}

// A PolicyEntry says where a target put one policy of a role.
type PolicyEntry struct {
	Kind     string // "trust", "managed" or "inline"
	Policy   *ir.Policy
	File     string // "" when it is the role's
	Resource string // "" when the policy is part of the role's
}

// The kinds of policies.
const (
	Trust   = "trust"
	Managed = "managed"
	Inline  = "inline"
)

// Manifest describes files, which target wrote for stack, as a file with the
// schema "smr.manifest/1":
//
//   - files: path, digest (SHA-256) and bytes of every file but the manifest;
//   - roles: each role in each account, its ARN where no pseudo parameter is in
//     it, where it stands, its use of quotas, and its policies with their size
//     in characters as IAM counts them and, for each statement in order, the
//     file and line that brought it, the override that changed it, and the
//     number of its source;
//   - sources: the statements as they were written, each once: activity and
//     label, file and line, and why it is there.
func Manifest(target string, stack *ir.Stack, files []ir.File, entries []Entry) ir.File {
	m := manifest{sources: map[source]int{}, sizes: map[*policy.Document]int{}}
	w := &m.w
	w.Grow(1<<12 + 200*len(files) + 2000*len(entries))
	w.Open('{')
	w.Field("schema", ManifestSchema)
	w.Field("target", target)
	w.Field("project", stack.Project)
	w.Field("edition", stack.Edition)
	w.Key("files")
	m.files(files)
	w.Key("roles")
	w.Open('[')
	for i := range entries {
		m.role(&entries[i])
	}
	w.Close()
	w.Key("sources")
	w.Open('[')
	for i := range m.list {
		m.source(&m.list[i])
	}
	w.Close()
	w.Close()
	return ir.File{Path: ManifestName, Data: w.Bytes()}
}

type manifest struct {
	w       Writer
	sources map[source]int
	list    []source
	sizes   map[*policy.Document]int
}

// A source is a statement as it was written, whichever roles have it.
type source struct {
	activity, label, why, file string
	line                       int
	builtIn                    bool
}

func (m *manifest) files(files []ir.File) {
	w := &m.w
	digests := map[*byte]string{}
	w.Open('[')
	for _, f := range files {
		w.OpenLine('{')
		w.Field("path", f.Path)
		w.Field("digest", digest(f.Data, digests))
		w.Key("bytes")
		w.Int(len(f.Data))
		w.Close()
	}
	w.Close()
}

// digest is that of data; files that share their bytes are read once.
func digest(data []byte, known map[*byte]string) string {
	if len(data) == 0 {
		return Digest(nil)
	}
	d, ok := known[&data[0]]
	if !ok {
		d = Digest(data)
		known[&data[0]] = d
	}
	return d
}

// Digest is the SHA-256 of data as "sha256:" and 64 hexadecimal digits.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (m *manifest) role(e *Entry) {
	w, r := &m.w, e.Role
	w.Open('{')
	w.Field("role", r.Address())
	w.Field("account", r.Target.Name)
	w.Field("name", r.IAMName)
	w.Field("path", r.Path)
	if arn := r.ARN(); !policy.HasPseudo(arn) {
		w.Field("arn", arn)
	}
	w.Field("persona", r.Persona)
	w.Field("layout", string(r.Layout))
	w.Field("file", e.File)
	w.Field("resource", e.Resource)
	m.place("declared", RoleRange(r))
	if len(r.Refs) > 0 {
		w.List("refers_to", r.Refs)
	}
	if len(r.Attached) > 0 {
		w.Key("attached")
		w.Open('[')
		for _, a := range r.Attached {
			w.Text(spelled(a.Text))
		}
		w.Close()
	}
	m.quotas(r)
	w.Key("policies")
	w.Open('[')
	for i := range e.Policies {
		m.policy(&e.Policies[i])
	}
	w.Close()
	w.Close()
}

// quotas writes how much r uses of what IAM limits for each role. Sizes of
// documents with pseudo parameters are the most that they can become.
func (m *manifest) quotas(r *ir.StackRole) {
	largest, inline := 0, 0
	for i := range r.Managed {
		largest = max(largest, m.size(&r.Managed[i]))
	}
	for i := range r.Inline {
		inline += m.size(&r.Inline[i])
	}
	w := &m.w
	w.Key("quotas")
	w.Open('{')
	for _, q := range []struct {
		name string
		used int
	}{
		{"attached_policies_per_role", len(r.Managed) + len(r.Attached)},
		{"managed_policy_size", largest},
		{"inline_policies_size", inline},
		{"trust_policy_size", m.size(&r.Trust)},
		{"tags", len(r.Tags)},
	} {
		w.Key(q.name)
		w.OpenLine('{')
		w.Key("used")
		w.Int(q.used)
		w.Key("limit")
		w.Int(limit(r.Target, q.name))
		w.Close()
	}
	w.Close()
}

// limit is what the account block says of a quota, or IAM's default.
func limit(t *ir.Target, name string) int {
	if q, ok := t.Quotas[name]; ok {
		return q.Value
	}
	q, _ := facts.FindQuota(name)
	return q.Default
}

// size is that of p as IAM counts it; roles share documents.
func (m *manifest) size(p *ir.Policy) int {
	n, ok := m.sizes[p.Document]
	if !ok {
		n = policy.Size(p.Document)
		m.sizes[p.Document] = n
	}
	return n
}

// spelled writes pseudo parameters as the language does.
func spelled(s string) string {
	return Replace(s, "${partition}", "${region}", "${account_id}")
}

func (m *manifest) policy(e *PolicyEntry) {
	w, p := &m.w, e.Policy
	w.Open('{')
	w.Field("kind", e.Kind)
	w.Field("name", p.Name)
	w.Field("activity", p.Activity)
	w.Field("file", e.File)
	w.Field("resource", e.Resource)
	w.Key("size")
	w.Int(m.size(p))
	w.Key("statements")
	w.Open('[')
	for i := range p.Origins {
		m.statement(&p.Origins[i])
	}
	w.Close()
	w.Close()
}

func (m *manifest) statement(o *ir.Origin) {
	file, line := Source(o.Range)
	s := source{o.Activity, o.Label, o.Why, file, line, o.BuiltIn}
	n, ok := m.sources[s]
	if !ok {
		n = len(m.list)
		m.sources[s] = n
		m.list = append(m.list, s)
	}
	use := o.Use
	if use.Filename == "" {
		use = o.Range
	}
	w := &m.w
	w.OpenLine('{')
	w.Key("source")
	w.Int(n)
	if file, line := Source(use); file != "" {
		w.Field("file", file)
		w.Key("line")
		w.Int(line)
	}
	m.place("override", o.Override)
	w.Close()
}

// place writes a member with file and line, none for a zero range.
func (m *manifest) place(name string, r hcl.Range) {
	file, line := Source(r)
	if file == "" {
		return
	}
	m.w.Key(name)
	m.w.OpenLine('{')
	m.w.Field("file", file)
	m.w.Key("line")
	m.w.Int(line)
	m.w.Close()
}

func (m *manifest) source(s *source) {
	w := &m.w
	w.OpenLine('{')
	w.Field("activity", s.activity)
	w.Field("label", s.label)
	if s.file != "" {
		w.Field("file", s.file)
		w.Key("line")
		w.Int(s.line)
	}
	w.Key("built_in")
	w.Bool(s.builtIn)
	w.Field("why", s.why)
	w.Close()
}
