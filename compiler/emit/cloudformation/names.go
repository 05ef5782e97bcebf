package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// maxLogicalID is the length of the longest logical id (CloudFormation User
// Guide, "CloudFormation quotas").
const maxLogicalID = 255

// logicalIDs names the resources of roles: DsForecast for the role ds-forecast,
// DsForecastSMModelManagement for its policy SM_ModelManagement_ds-forecast. An
// id depends on the role and the policy alone, so that adding others changes
// none: CloudFormation takes a new id for a new resource. Only ids that would
// be equal, as for a-b and a_b, all get some digits of a digest.
type logicalIDs map[any]string // by *ir.StackRole and *ir.Policy

func nameResources(roles []*ir.StackRole) logicalIDs {
	type resource struct {
		of       any
		id, text string
	}
	var all []resource
	count := map[string]int{}
	want := func(of any, id, text string) {
		if len(id) > maxLogicalID-8 {
			id = id[:maxLogicalID-16] + digits(text, 8)
		}
		count[id]++
		all = append(all, resource{of, id, text})
	}
	for _, r := range roles {
		id := camel(r.Label) + camel(r.Key)
		if id == "" || !letter(id[0]) {
			id = "Role" + id
		}
		want(r, id, r.Address())
		for i := range r.Managed {
			p := &r.Managed[i]
			want(p, id+policyID(r, p.Name), r.Address()+" "+p.Name)
		}
	}
	ids := make(logicalIDs, len(all))
	taken := make(map[string]bool, len(all))
	for _, r := range all {
		id := r.id
		for n := 8; taken[id] || n == 8 && count[r.id] > 1; n += 8 {
			id = r.id + digits(r.text, n)
		}
		taken[id] = true
		ids[r.of] = id
	}
	return ids
}

// policyID is the part of a policy's id that tells it from the role's other
// policies: its name without what is the role's.
func policyID(r *ir.StackRole, name string) string {
	short := strings.TrimPrefix(r.IAMName, "SageMaker-")
	id := camel(strings.TrimPrefix(strings.TrimSuffix(name, "_"+short), short+"_"))
	if id == "" || !letter(id[0]) {
		id = "Policy" + id
	}
	return id
}

// camel is s without what a logical id cannot hold, words in capitals.
func camel(s string) string {
	var b strings.Builder
	start := true
	for i := range len(s) {
		c := s[i]
		switch {
		case letter(c):
			if start {
				c &^= 0x20
			}
			b.WriteByte(c)
			start = false
		case '0' <= c && c <= '9':
			b.WriteByte(c)
			start = false
		default:
			start = true
		}
	}
	return b.String()
}

// digits are the first n hexadecimal digits of the digest of text, 64 at most.
func digits(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToUpper(hex.EncodeToString(sum[:]))[:min(n, 64)]
}
