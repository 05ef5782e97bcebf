package comment

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/inert"
)

// farthest is how many lines an annotation is moved at most.
const farthest = 40

// Annotations are what the review finds, as many as GitHub shows. lines are the
// changed lines of head by file, as paths of the configuration: GitHub shows an
// annotation in the diff only on these. What lies on another line is put on the
// nearest changed one close by and names its own.
func Annotations(in *Input, lines map[string][]git.Lines) []inert.Annotation {
	list := slices.Concat(in.Invalid, checks(in))
	slices.SortStableFunc(list, func(a, b review.Finding) int { return cmp.Compare(weight(a, lines), weight(b, lines)) })
	var all []inert.Annotation
	for _, f := range list {
		all = append(all, annotation(in, f, lines[f.File]))
	}
	return inert.Budget(all, "the job summary")
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

func annotation(in *Input, f review.Finding, lines []git.Lines) inert.Annotation {
	a := inert.Annotation{Level: inert.Level(f.Severity), Title: f.Code + ": " + f.Summary, Message: f.Detail}
	if f.File == "" || f.Line <= 0 {
		return a
	}
	a.File, a.Line, a.EndLine = strings.TrimPrefix(path.Join(in.Directory, f.File), "/"), f.Line, max(f.Line, f.EndLine)
	if moved := nearest(lines, f.Line); moved != 0 && moved != f.Line {
		a.Message = fmt.Sprintf("%s (%s:%d)", f.Detail, f.File, f.Line)
		a.Line, a.EndLine = moved, moved
	}
	return a
}

// nearest is the line itself if it is changed, or the closest changed line; 0 if
// none is close.
func nearest(lines []git.Lines, line int) int {
	best := 0
	for _, l := range lines {
		at := min(max(line, l.First), l.Last)
		if d := abs(at - line); d <= farthest && (best == 0 || d < abs(best-line)) {
			best = at
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }
