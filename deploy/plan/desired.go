package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The tags that say what is owned and where it comes from.
const (
	TagManaged  = "smr:managed"  // the project: on roles and policies
	TagSource   = "smr:source"   // FILE:ROLE, for # and [ are no characters of tags
	TagDigest   = "smr:digest"   // of a role as the configuration says it, see Want
	TagRelease  = "smr:release"  // the release that last changed the role
	TagRetired  = "smr:retired"  // the day on which the role was retired
	TagAttached = "smr:attached" // which policies that stand elsewhere the configuration attached: see remember
	TagInline   = "smr:inline"   // which inline policies it wrote
	TagTags     = "smr:tags"     // which tags it set
)

// tagPrefix begins the tags that no configuration may set.
const tagPrefix = "smr:"

// A Desired is what a configuration says of one account.
type Desired struct {
	Account, AccountName, Partition string
	Project                         string
	Wants                           []*Want  // by name
	Paths                           []string // where what is owned may stand, sorted
	Digest                          string   // of all roles: "sha256:…"

	target *ir.Target
	result *compiler.Result
}

// A Want is one role as it is to be.
type Want struct {
	*ir.StackRole
	Trust   *live.Document
	Managed []WantPolicy
	Inline  map[string]*live.Document
	Source  string // for the tag smr:source
	Digest  string // over all of the role and its policies but the tags of smr: "sha256:…"
}

// A WantPolicy is a customer managed policy as it is to be.
type WantPolicy struct {
	ARN, Name, Path string
	Document        *live.Document
}

// NewDesired gathers what a compiled configuration says of the account with an
// id, which it must declare. The error is the user's to mend. The result must
// be without errors.
func NewDesired(r *compiler.Result, account string) (*Desired, error) {
	if r.Incomplete || r.Stack == nil {
		return nil, fmt.Errorf("a configuration with errors has no plan")
	}
	d := &Desired{Account: account, Project: r.Stack.Project, result: r}
	if d.Project == "" {
		return nil, fmt.Errorf("the configuration names no project, and without one nothing says which roles of an account are its own. Write smr { project = \"NAME\" }")
	}
	for _, t := range r.Stack.Targets {
		if !t.Any && t.AccountID == account {
			if d.target != nil {
				return nil, fmt.Errorf("the accounts %q and %q have the same id %s. Choose one with --account", d.AccountName, t.Name, account)
			}
			d.AccountName, d.Partition, d.target = t.Name, t.Partition, t
		}
	}
	if d.target == nil {
		return nil, fmt.Errorf("the configuration declares no account with the id %s. Declare it: account \"NAME\" { id = %q, region = \"…\" }", account, account)
	}
	paths := []string{d.projectPath()}
	for _, role := range r.Stack.Roles {
		if role.Target != d.target {
			continue
		}
		d.Wants = append(d.Wants, newWant(role))
		paths = append(paths, role.Path)
	}
	slices.SortFunc(d.Wants, func(a, b *Want) int {
		return cmp.Or(cmp.Compare(lower(a.IAMName), lower(b.IAMName)), cmp.Compare(a.IAMName, b.IAMName))
	})
	slices.Sort(paths)
	d.Paths = slices.Compact(paths)
	d.Digest = d.digest()
	return d, nil
}

func (d *Desired) projectPath() string { return "/smr/" + d.Project + "/" }

func (d *Desired) digest() string {
	var list []string
	for _, w := range d.Wants {
		list = append(list, w.Digest, fmt.Sprint(w.Retire, w.Exclusive), w.Source)
	}
	return hash(d.Account, d.Partition, d.Project, list)
}

func newWant(role *ir.StackRole) *Want {
	w := &Want{StackRole: role, Trust: live.FromPolicy(role.Trust.Document), Inline: map[string]*live.Document{}}
	at := live.New(role.Target.AccountID, role.Target.Partition)
	for _, p := range role.Managed {
		w.Managed = append(w.Managed, WantPolicy{ARN: at.PolicyARN(role.Path, p.Name), Name: p.Name, Path: role.Path, Document: live.FromPolicy(p.Document)})
	}
	for _, p := range role.Inline {
		w.Inline[p.Name] = live.FromPolicy(p.Document)
	}
	file, _ := emit.Source(emit.RoleRange(role))
	w.Source = tagText(file + ":" + role.Folder())
	w.Digest = w.digest()
	return w
}

func (w *Want) digest() string {
	parts := []any{w.ARN(), w.Description, w.session(), w.PermissionsBoundary, w.Trust.Digest(), w.attached(), w.userTags()}
	for _, p := range w.Managed {
		parts = append(parts, p.ARN, p.Document.Digest())
	}
	inline := map[string]string{}
	for name, d := range w.Inline {
		inline[name] = d.Digest()
	}
	return hash(append(parts, inline)...)
}

func hash(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // strings, numbers, lists and maps have a JSON form
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (w *Want) session() int32 {
	if w.MaxSessionDuration == 0 {
		return defaultSession
	}
	return int32(w.MaxSessionDuration) //nolint:gosec // at most 43,200: a check of the compiler holds it
}

// attached are the ARNs of policies that stand elsewhere, sorted.
func (w *Want) attached() []string {
	list := []string{}
	for _, v := range w.Attached {
		list = append(list, v.Text)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (w *Want) userTags() map[string]string {
	out := map[string]string{}
	for _, t := range w.Tags {
		out[t.Key] = t.Value
	}
	return out
}

// tags are all tags that the role is to have but smr:release.
func (w *Want) tags(project string) map[string]string {
	out := w.userTags()
	keys := []string{}
	for key := range out {
		keys = append(keys, key)
	}
	inline := []string{}
	for name := range w.Inline {
		inline = append(inline, name)
	}
	out[TagManaged], out[TagSource], out[TagDigest] = project, w.Source, w.Digest
	for tag, list := range map[string][]string{TagAttached: w.attached(), TagInline: inline, TagTags: keys} {
		if text := remember(list); text != "" {
			out[tag] = text
		}
	}
	return out
}

// maxTagValue is how long the value of a tag may be (IAM User Guide, "IAM and
// AWS STS quotas").
const maxTagValue = 256

// remember writes which names a configuration gave to a role, so that those
// which it no longer gives can be told from what somebody made by hand: the
// first digits of each name's digest. Names beyond the length of a tag are
// left out, and are then taken for made by hand.
func remember(names []string) string {
	marks := make([]string, 0, len(names))
	for _, name := range names {
		marks = append(marks, mark(name))
	}
	slices.Sort(marks)
	for _, digits := range []int{8, 6, 4} {
		if len(marks)*(digits+1) <= maxTagValue+1 || digits == 4 {
			for i := range marks {
				marks[i] = marks[i][:digits]
			}
			break
		}
	}
	return strings.Join(marks[:min(len(marks), (maxTagValue+1)/5)], " ")
}

func mark(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

// remembered reports whether a tag's value holds a name.
func remembered(value, name string) bool {
	m := mark(name)
	return slices.ContainsFunc(strings.Fields(value), func(f string) bool { return len(f) >= 4 && strings.HasPrefix(m, f) })
}

// tagText replaces what no value of a tag holds (API model of IAM,
// tagValueType) and cuts it to its length.
func tagText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > 0x7e || r < 0x20 || strings.ContainsRune("#[]\"'`*?<>|\\!$%&(){};,~^", r) {
			return '_'
		}
		return r
	}, s)
	return s[:min(len(s), maxTagValue)]
}

// suffix ends the names of a role's own policies.
func suffix(roleName string) string { return "_" + strings.TrimPrefix(roleName, resolve.NamePrefix) }

// knownTexts are the texts that policy blocks give.
func (d *Desired) knownTexts() map[string]*policy.Document {
	out := map[string]*policy.Document{}
	for arn, k := range d.target.Policies {
		out[arn] = k.Document
	}
	return out
}
