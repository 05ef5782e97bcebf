package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/sagemaker-roles/smr/iam/access"
)

// An item is what a digest covers of one role: meaning, no places, no texts.
type item struct {
	Role, Account           string
	Change                  Kind
	NewAccess, LostAccess   access.Answer
	IfStarCrossesColons     access.Answer
	Gained, Lost            []Grant
	TrustNew, TrustLost     access.Answer
	TrustGained, TrustMinus []Grant
	Boundary                Values
	ARN                     *Values
	Session                 *Numbers
	Tags                    []TagChange
	Attached                []Attached
}

// seal fills in the digests.
func (d *Diff) seal() {
	all := []item{}
	for i := range d.Roles {
		r := &d.Roles[i]
		if r.Change != SameMeaning {
			all = append(all, item{
				r.Role, r.Account, r.Change, r.NewAccess, r.LostAccess, r.IfStarCrossesColons, bare(r.Gained), bare(r.Lost),
				r.Trust.NewAccess, r.Trust.LostAccess, bare(r.Trust.Gained), bare(r.Trust.Lost),
				r.Boundary, r.ARN, r.SessionDuration, r.Tags, r.Attached,
			})
		}
	}
	d.Digest, d.EscalationDigest = digestOf(all), SetDigest(d.Escalations())
}

// SetDigest is over a set of escalations, whatever their order: for those of a
// diff, its EscalationDigest.
func SetDigest(list []Escalation) string {
	digests := []string{}
	for _, e := range list {
		digests = append(digests, e.Digest)
	}
	slices.Sort(digests)
	return digestOf(slices.Compact(digests))
}

// bare are grants without where they come from.
func bare(list []Grant) []Grant {
	out := make([]Grant, len(list))
	for i, g := range list {
		g.From, g.Escalation = nil, false
		out[i] = g
	}
	return out
}

// digestOf is the SHA-256 of the items as JSON, which sorts the keys of maps.
func digestOf(items any) string {
	data, err := json.Marshal(items)
	if err != nil {
		panic("review: cannot happen: " + err.Error()) // the types hold nothing that JSON lacks
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
