package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/sagemaker-roles/smr/review/comment"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/inert"
)

// outputs writes the outputs of the step. Those that hold no value that is safe
// for a shell are left out and said in the log.
func (r *reviewing) outputs(all []*judged, failure error) error {
	if !r.onGitHub() {
		return nil
	}
	var b bytes.Buffer
	put := func(name, value string) {
		if err := inert.WriteOutput(&b, name, value); err != nil {
			fmt.Fprintf(r.log(), "smr: %s\n", err)
		}
	}
	switch {
	case failure != nil:
		put("result", "error")
	case len(all) == 0:
		put("result", "pass")
	default:
		putCounts(all, put)
		if len(all) == 1 {
			all[0].put(put)
		}
	}
	return r.appendTo("GITHUB_OUTPUT", b.Bytes())
}

// putCounts writes the outputs that speak of all directories: sums, the worst
// result, the highest risk, the fullest quota.
func putCounts(all []*judged, put func(name, value string)) {
	result, approved, items := "pass", true, 0
	highest := gate.None
	var sum comment.Counted
	roles, escalations := 0, 0
	for _, j := range all {
		in := j.input
		v, n := in.Verdict, comment.Counts(in.Diff)
		if !v.Passed() {
			result = v.Result()
		}
		if v.Highest.AtLeast(highest) {
			highest = v.Highest
		}
		approved, items = approved && len(v.Open()) == 0, items+len(v.Items)
		roles, escalations = roles+len(in.Diff.Roles), escalations+len(in.Diff.Escalations())
		sum.Gaining, sum.Losing, sum.Same = sum.Gaining+n.Gaining, sum.Losing+n.Losing, sum.Same+n.Same
		sum.QuotaPercent = max(sum.QuotaPercent, n.QuotaPercent)
	}
	put("result", result)
	put("roles-changed", strconv.Itoa(roles))
	put("gained", strconv.Itoa(sum.Gaining))
	put("lost", strconv.Itoa(sum.Losing))
	put("unchanged-meaning", strconv.Itoa(sum.Same))
	put("highest-risk", string(highest))
	put("escalations", strconv.Itoa(escalations))
	put("approved", strconv.FormatBool(approved && items > 0))
	put("quota-max-percent", strconv.Itoa(sum.QuotaPercent))
}

// put writes the outputs that only one configuration has.
func (j *judged) put(put func(name, value string)) {
	put("escalation-digest", j.input.Verdict.Digest)
	put("digest", j.input.Diff.Digest)
	if j.status != "" {
		put("comment-status", j.status)
	}
	if j.comment != 0 {
		put("comment-id", strconv.FormatInt(j.comment, 10))
	}
	for name, file := range map[string]string{"sarif": j.sarif, "report": j.report, "page": j.page} {
		if file != "" {
			put(name, filepath.ToSlash(file))
		}
	}
}
