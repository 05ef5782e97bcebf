package gate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sagemaker-roles/smr/review"
)

// Owners are who a CODEOWNERS file names for a path of the repository: those of
// the last pattern that matches it, nil if none does or that one names nobody.
// Patterns are those of GitHub Docs, "About code owners": as in .gitignore, but
// without "!" and "[ ]", and "docs/*" matches no directory below.
func Owners(codeowners []byte, path string) []string {
	var owners []string
	for line := range strings.Lines(string(codeowners)) {
		if i := strings.Index(line, "#"); i == 0 || i > 0 && strings.ContainsAny(line[i-1:i], " \t") {
			line = line[:i]
		}
		fields := strings.Fields(line)
		if len(fields) > 0 && ownerPattern(fields[0]).MatchString(path) {
			owners = fields[1:]
		}
	}
	if len(owners) == 0 {
		return nil
	}
	return owners
}

// nothing matches no path.
const nothing = `$.`

func ownerPattern(p string) *regexp.Regexp {
	if strings.ContainsAny(p, "![]\\") {
		return regexp.MustCompile(nothing)
	}
	inner := strings.TrimSuffix(p, "/")
	expr := "^(?:.*/)?"
	if strings.Contains(inner, "/") {
		expr = "^"
	}
	rest := strings.TrimPrefix(inner, "/")
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "**/"):
			expr, rest = expr+"(?:.*/)?", rest[3:]
		case strings.HasPrefix(rest, "**"):
			expr, rest = expr+".*", rest[2:]
		case rest[0] == '*':
			expr, rest = expr+"[^/]*", rest[1:]
		case rest[0] == '?':
			expr, rest = expr+"[^/]", rest[1:]
		default:
			expr, rest = expr+regexp.QuoteMeta(rest[:1]), rest[1:]
		}
	}
	switch {
	case strings.HasSuffix(p, "/"):
		expr += "/.*$" // a directory
	case strings.HasSuffix(inner, "/*"):
		expr += "$"
	default:
		expr += "(?:/.*)?$" // a file, or a directory with all that it holds
	}
	re, err := regexp.Compile(expr)
	if err != nil { // bytes that are not UTF-8
		return regexp.MustCompile(nothing)
	}
	return re
}

// Unowned tells that a change approves its own access by lines of the approvals
// file that it adds itself, where nobody has to agree to changes of that file.
// head and base are the lines of both revisions.
func Unowned(v *Verdict, head, base []Approval, owners []string) []review.Finding {
	if len(owners) > 0 {
		return nil
	}
	old := map[string]bool{}
	for _, a := range base {
		old[a.Digits] = true
	}
	for _, a := range head {
		if old[a.Digits] {
			continue
		}
		for _, i := range v.Items {
			if i.Approved && i.By == a.By {
				return []review.Finding{{
					Severity: "warning", Code: "unowned-approval", Summary: "Approval by the change itself", File: File, Line: a.Line, EndLine: a.Line,
					Detail: fmt.Sprintf("The change approves its own access, and CODEOWNERS of the branch that it goes to names nobody for %s: whoever may merge may approve. Name the approvers there, and protect the branch so that their review is required.", File),
				}}
			}
		}
	}
	return nil
}
