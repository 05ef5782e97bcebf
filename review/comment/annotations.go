package comment

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/git"
)

// GitHub shows ten errors, ten warnings and ten notices of a step, and cuts a
// message at 4,096 characters (source of actions/runner, ExecutionContext and
// Issue; read 2026-08-17). The tenth says how many more there are.
const (
	annotations   = 9
	maxTitle      = 80
	maxMessage    = 1000
	maxFile       = 400
	nearestAtMost = 40 // lines that an annotation is moved at most
)

// Annotations writes workflow commands for what the review finds. lines are the
// changed lines of head by file, as paths of the configuration: GitHub shows an
// annotation in the diff only on these. What lies on another line is put on the
// nearest changed one close by and names its own.
func Annotations(w io.Writer, in *Input, lines map[string][]git.Lines) error {
	byKind := map[string][]review.Finding{}
	for _, f := range slices.Concat(in.Invalid, checks(in)) {
		kind := f.Severity
		if kind != "error" && kind != "warning" {
			kind = "notice"
		}
		byKind[kind] = append(byKind[kind], f)
	}
	for _, kind := range []string{"error", "warning", "notice"} {
		list := byKind[kind]
		slices.SortStableFunc(list, func(a, b review.Finding) int { return cmp.Compare(weight(a, lines), weight(b, lines)) })
		n := min(len(list), annotations)
		for _, f := range list[:n] {
			if _, err := io.WriteString(w, annotation(in, kind, f, lines[f.File])+"\n"); err != nil {
				return err
			}
		}
		if rest := len(list) - n; rest > 0 {
			more := githubactions.Command{Name: kind, Message: fmt.Sprintf("%s in the summary", count(rest, "more "+kind))}
			if _, err := io.WriteString(w, more.String()+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// weight puts in front what fails the gate, quotas, then what lies on changed
// lines.
func weight(f review.Finding, lines map[string][]git.Lines) int {
	switch {
	case approvals(f):
		return 0
	case strings.HasPrefix(f.Code, "quota"):
		return 1
	case slices.ContainsFunc(lines[f.File], func(l git.Lines) bool { return l.Contains(f.Line) }):
		return 2
	}
	return 3
}

// annotation is the workflow command for one finding.
func annotation(in *Input, kind string, f review.Finding, lines []git.Lines) string {
	message := plainTo(f.Detail, maxMessage)
	cmd := githubactions.Command{Name: kind, Properties: githubactions.CommandProperties{"title": plainTo(f.Code+": "+f.Summary, maxTitle)}}
	if f.File != "" && f.Line > 0 {
		line, end := f.Line, max(f.Line, f.EndLine)
		if moved := nearest(lines, f.Line); moved != 0 && moved != line {
			message = plainTo(fmt.Sprintf("%s (%s:%d)", message, f.File, f.Line), maxMessage)
			line, end = moved, moved
		}
		cmd.Properties["file"] = plainTo(strings.TrimPrefix(path.Join(in.Directory, f.File), "/"), maxFile)
		cmd.Properties["line"], cmd.Properties["endLine"] = strconv.Itoa(line), strconv.Itoa(end)
	}
	cmd.Message = message
	return cmd.String()
}

// nearest is the line itself if it is changed, or the closest changed line; 0 if
// none is close.
func nearest(lines []git.Lines, line int) int {
	best := 0
	for _, l := range lines {
		at := min(max(line, l.First), l.Last)
		if d := abs(at - line); d <= nearestAtMost && (best == 0 || d < abs(best-line)) {
			best = at
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// plainTo is harmless text of at most n characters that no workflow command can
// hide in: the runner finds the older form ##[…] anywhere in a line.
func plainTo(s string, n int) string {
	s = plainOf(s, n)
	s = strings.ReplaceAll(s, "##[", "# #[")
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:max(n-1, 0)]) + "…"
	}
	return s
}
