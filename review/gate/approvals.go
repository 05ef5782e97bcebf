package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/review"
)

// File is the name of the file with approvals, beside the configuration. It is
// read from the commit that is reviewed, and CODEOWNERS says who may change it.
const File = "smr.approvals"

// The digits of a digest that an approval takes, and that are shown to be
// copied. An approver relies on the digest to mean one set and no other.
// Whoever writes the change chooses what is digested, so 12 digits (48 bits)
// are too few to be safe against two sets made to share them; 32 are enough.
// Shorter ones are taken with a warning.
const (
	MinDigits   = 12
	ShownDigits = 32
	maxDigits   = 64
)

// LabelPrefix begins the labels that approve.
const LabelPrefix = "smr-approve:"

// An Approval accepts the items, or the set of items, with a digest.
type Approval struct {
	Digits string // hexadecimal, from MinDigits to 64; "" accepts whatever is there
	By     string // for people
	Line   int    // of the file, 0 elsewhere
}

var approveLine = regexp.MustCompile(`^approve[ \t]+"([0-9a-fA-F]*)"[ \t]*(#.*|//.*)?$`)

// maxApprovals bounds the lines of the file that are read.
const maxApprovals = 20000

// ParseApprovals reads the file: lines `approve "9f31ab6c08de…"`, blank lines and
// comments after # or //. What it cannot read is told and accepts nothing.
func ParseApprovals(data []byte) (list []Approval, findings []review.Finding) {
	wrong := func(line int, severity, code, summary, detail string) {
		if len(findings) < 20 {
			findings = append(findings, review.Finding{Severity: severity, Code: code, Summary: summary, Detail: detail, File: File, Line: line, EndLine: line})
		}
	}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, "//") {
			continue
		}
		m := approveLine.FindStringSubmatch(text)
		switch {
		case n > maxApprovals:
			wrong(n, "warning", "unread-approval", "Too many approvals", fmt.Sprintf("Only %d lines are read. Remove approvals of what has long been merged and released.", maxApprovals))
			return list, findings
		case m == nil || len(m[1]) < MinDigits || len(m[1]) > maxDigits:
			wrong(n, "warning", "unread-approval", "Approval not understood", fmt.Sprintf("%.80q approves nothing. A line is approve \"DIGEST\" with %d to %d hexadecimal digits, and may end with a comment.", text, MinDigits, maxDigits))
			continue
		}
		if len(m[1]) < ShownDigits {
			wrong(n, "notice", "short-approval", "Short approval", fmt.Sprintf("With %d digits, two sets of escalations can be made to share them. Write the %d that the review shows.", len(m[1]), ShownDigits))
		}
		list = append(list, Approval{Digits: strings.ToLower(m[1]), By: fmt.Sprintf("%s line %d", File, n), Line: n})
	}
	return list, findings
}

// A Review is one review of a pull request.
type Review struct {
	Login  string
	State  string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
	Commit string // the head that was reviewed
}

// A Labeling is the last time that a label which is on a pull request was put
// there.
type Labeling struct {
	Label string
	Actor string
}

// ByReview approves whatever is there if an approver who is not the author
// approves this very head, by the last review that is not a comment.
func ByReview(reviews []Review, approvers []string, author, head string) []Approval {
	last := map[string]Review{}
	var order []string
	for _, r := range reviews {
		login := strings.ToLower(r.Login)
		if r.State == "COMMENTED" || r.State == "PENDING" {
			continue
		}
		if _, seen := last[login]; !seen {
			order = append(order, login)
		}
		last[login] = r
	}
	var out []Approval
	for _, login := range order {
		r := last[login]
		if r.State == "APPROVED" && head != "" && r.Commit == head && may(login, approvers, author) {
			out = append(out, Approval{By: fmt.Sprintf("review of @%s", login)})
		}
	}
	return out
}

// ByLabel approves by labels that an approver who is not the author put on.
func ByLabel(labelings []Labeling, approvers []string, author string) []Approval {
	var out []Approval
	for _, l := range labelings {
		digits, ok := strings.CutPrefix(l.Label, LabelPrefix)
		if !ok || len(digits) < MinDigits || len(digits) > maxDigits || strings.Trim(digits, "0123456789abcdef") != "" || !may(l.Actor, approvers, author) {
			continue
		}
		out = append(out, Approval{Digits: digits, By: fmt.Sprintf("label of @%s", strings.ToLower(l.Actor))})
	}
	return out
}

// may reports whether somebody may approve what an author wrote. Without a
// known author nobody may, for it could be the same person.
func may(login string, approvers []string, author string) bool {
	return login != "" && author != "" && !strings.EqualFold(login, author) &&
		slices.ContainsFunc(approvers, func(a string) bool { return strings.EqualFold(a, login) })
}

// approve looks for what approves an item: by itself, as the only one of a set,
// which is what a review of it alone shows, or in the whole set. So changes that
// were approved one by one can be released together.
func (i *Item) approve(set string, rules Rules, approvals []Approval) {
	for n := range rules.Allow {
		if a := &rules.Allow[n]; a.allows(i) {
			i.Approved, i.By = true, fmt.Sprintf("the review block: %q", a.Reason)
			return
		}
	}
	digests := []string{set, i.Digest, review.SetDigest([]review.Escalation{i.Escalation})}
	for _, a := range approvals {
		if slices.ContainsFunc(digests, func(d string) bool { return strings.HasPrefix(strings.TrimPrefix(d, "sha256:"), a.Digits) }) {
			i.Approved, i.By = true, a.By
			return
		}
	}
}
