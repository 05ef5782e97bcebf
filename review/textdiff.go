package review

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// TextDiff shows how the text of the policy changes: a line for each statement
// that goes, after "-", or comes, after "+", with those between them that stay.
// It is at most so many lines long, each of at most so many characters; the last
// says how many are left out.
func (p *Policy) TextDiff(lines, width int) string {
	text := diff.Diff("base", statements(p.Texts[0]), "head", statements(p.Texts[1]))
	var out []string
	left := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "@@ "):
			continue
		case len(out) >= lines:
			left++
			continue
		}
		if r := []rune(line); len(r) > width {
			line = string(r[:width-1]) + "…"
		}
		out = append(out, line)
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("… and %d more", left))
	}
	return strings.Join(out, "\n")
}

// statements writes each statement of a policy in one line.
func statements(d *policy.Document) []byte {
	if d == nil {
		return nil
	}
	var b strings.Builder
	for i := range d.Statements {
		text := string(policy.AppendJSON(nil, &policy.Document{Statements: d.Statements[i : i+1]}))
		text = strings.TrimSuffix(strings.TrimPrefix(text, `{"Statement":[`), "]}")
		b.WriteString(spelled(text) + "\n")
	}
	return []byte(b.String())
}
