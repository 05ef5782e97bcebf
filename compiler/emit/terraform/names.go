package terraform

import (
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A resource is what stands in a module: the value is a *ir.StackRole, the
// *ir.Policy of one, or an attachment.
type resource any

// An attachment is a policy that stands elsewhere, by its number among the
// role's.
type attachment struct {
	role   *ir.StackRole
	number int
}

// names are the names of a module's files and resources. They depend on the
// role and the policy alone but where that would give two the same name.
type names struct {
	file     map[*ir.StackRole]string
	resource map[resource]string
}

// nameAll names the files and resources of roles by their folders, which are
// unique without regard to case.
//
// Terraform takes override.tf.json and *_override.tf.json for changes to other
// files (Terraform language, "Override files"), so a role with such a name gets
// another, as does one with the name of the shared file.
func nameAll(roles []*ir.StackRole, folder map[*ir.StackRole]string) names {
	n := names{file: make(map[*ir.StackRole]string, len(roles)), resource: make(map[resource]string, 8*len(roles))}
	files, roleNames, policies, attachments := taken{}, taken{}, taken{}, taken{}
	for _, r := range roles { // names that need no change go first
		f := folder[r]
		if !overrides(f) {
			n.file[r] = files.claim(f) + ".tf.json"
		}
		if identifier(f) == f {
			n.resource[r] = roleNames.claim(f)
		}
	}
	for _, r := range roles {
		f := folder[r]
		if overrides(f) {
			n.file[r] = files.claim(f+"_role") + ".tf.json"
		}
		if identifier(f) != f {
			n.resource[r] = roleNames.claim(identifier(f))
		}
		name := n.resource[r] + "__"
		for _, list := range [][]ir.Policy{r.Managed, r.Inline} {
			for i := range list {
				n.resource[&list[i]] = policies.claim(name + shortName(r, list[i].Name))
			}
		}
		for i := range r.Managed {
			attachments.claim(n.resource[&r.Managed[i]])
		}
		for i, a := range r.Attached {
			text := a.Text[strings.LastIndexByte(a.Text, '/')+1:]
			n.resource[attachment{r, i}] = attachments.claim(name + word(text))
		}
	}
	return n
}

// overrides reports whether a role's file would be an override file, or the
// shared one.
func overrides(folder string) bool {
	lower := strings.ToLower(folder)
	return lower == "override" || strings.HasSuffix(lower, "_override") || lower+".tf.json" == sharedFile
}

// taken are names that are in use, without regard to case.
type taken map[string]bool

// claim returns name, with a number where it is taken.
func (t taken) claim(name string) string {
	unique := name
	for n := 2; t[strings.ToLower(unique)]; n++ {
		unique = name + "_" + strconv.Itoa(n)
	}
	t[strings.ToLower(unique)] = true
	return unique
}

// shortName is a policy's name without its role's.
func shortName(r *ir.StackRole, name string) string {
	short := strings.TrimPrefix(r.IAMName, "SageMaker-")
	return word(strings.TrimPrefix(strings.TrimSuffix(name, "_"+short), short+"_"))
}

// word is s with "_" for what no identifier holds.
func word(s string) string {
	s = strings.NewReplacer(policy.PseudoAccount, "account", policy.PseudoPartition, "partition", policy.PseudoRegion, "region").Replace(s)
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, s)
}

// identifier is name, with "_" before it where Terraform wants a letter first
// (Terraform language, "Identifiers").
func identifier(name string) string {
	if name == "" || '0' <= name[0] && name[0] <= '9' || name[0] == '-' {
		return "_" + name
	}
	return name
}
