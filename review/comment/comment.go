// Package comment writes a review for people on GitHub: the sticky comment of a
// pull request, the job summary and the annotations of lines. All three say what
// the diff document and the verdict of the gate say.
//
// Whatever stems from a configuration, a path or a branch is written inside of
// code spans only.
//
// The Go API is not yet stable.
package comment

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// MaxComment is the largest comment in characters: GitHub takes 65,536 characters or 262,144
// bytes, depending on whom one asks, and this is below both.
const MaxComment = 60_000

// MaxSummary is the largest summary in bytes. GitHub drops one of more than 1 MiB whole
// (GitHub Actions, "Workflow commands", step isolation and limits).
const MaxSummary = 1_000_000

// An Input is a review with what links need.
type Input struct {
	Diff    *review.Diff
	Verdict *gate.Verdict

	// Invalid are the errors of the configuration, if it cannot be compared or
	// only in part.
	Invalid []review.Finding
	// BaseInvalid says that the base has errors, so that everything counts as
	// new.
	BaseInvalid bool

	Server     string // https://github.com, without a slash at the end
	Repository string // owner/name; "" for no links
	Head, Base string // commits
	Branch     string // that the change goes to; "" if unknown
	Directory  string // of the configuration in the repository, "." for its root
	Several    bool   // other configurations of the repository are reviewed too
	Report     string // URL of the run with the full report, "" if there is none
	Owners     string // who CODEOWNERS names for smr.approvals, "" if unknown
}

// A plan is what a rendering leaves out. The zero plan leaves out nothing.
type plan struct {
	texts      bool // which policies changed in text alone
	quotas     bool // quotas below 80 %
	same       bool // roles of the same meaning one by one
	group      bool // identical changes one by one
	narrowing  bool // details of roles that only lose access
	grants     int  // of a role's grants, how many to keep; 0 for all
	details    bool // details of any role
	rows       int  // of the table of roles, how many to keep; 0 for all
	warnings   bool // checks that do not fail
	brief      bool // escalations as short as they can be
	escalating int  // of escalations, how many to keep; 0 for all

	limit int // characters after which it is given up; 0 for none
}

// ladder are the plans from the fullest to the shortest. Escalations and failed
// checks stay in all but the last ones, which are for reviews where these alone
// are too long for a comment.
func ladder() []plan {
	var steps []plan
	p := plan{}
	add := func(change func(*plan)) {
		change(&p)
		steps = append(steps, p)
	}
	add(func(*plan) {})
	add(func(p *plan) { p.texts = true })
	add(func(p *plan) { p.quotas = true })
	add(func(p *plan) { p.same = true })
	add(func(p *plan) { p.group = true })
	add(func(p *plan) { p.narrowing = true })
	add(func(p *plan) { p.grants = 5 })
	add(func(p *plan) { p.rows = 100 })
	add(func(p *plan) { p.grants, p.rows = 2, 40 })
	add(func(p *plan) { p.details = true })
	add(func(p *plan) { p.warnings, p.rows = true, 10 })
	add(func(p *plan) { p.brief = true })
	for _, n := range []int{800, 400, 200, 100, 50, 20, 5} {
		add(func(p *plan) { p.escalating = n })
	}
	return steps
}

// fullest is the first text of the ladder that fits. Each leaves out what the one
// before does and more, so that not all need be tried.
func fullest(in *Input, limit int, fits func(text string) bool) (string, bool) {
	steps := ladder()
	found := ""
	try := func(i int) bool {
		p := steps[i]
		p.limit = limit
		text := render(in, p)
		if !fits(text) {
			return false
		}
		found = text
		return true
	}
	if try(0) {
		return found, true
	}
	at := 1 + sort.Search(len(steps)-1, func(i int) bool { return try(i + 1) })
	return found, at < len(steps)
}

// Markdown is the body of the comment below its marker, of at most limit
// characters. "" means that there is nothing to say: no role changes and nothing
// fails.
func Markdown(in *Input, limit int) string {
	if Quiet(in) {
		return ""
	}
	fits := func(text string) bool { return utf8.RuneCountInString(text) <= limit }
	if text, ok := fullest(in, limit, fits); ok {
		return text
	}
	return cutTo(shortest(in), limit)
}

// shortest is the comment of a review that is too long for any other: how much
// needs approval, and how to approve it, is said there too.
func shortest(in *Input) string {
	text := headline(in) + "\n\n"
	if open := in.Verdict.Open(); len(open) > 0 {
		w := &writer{in: in}
		text += "> [!CAUTION]\n> **" + needs(open) + ".** " + w.accept(open) + "\n\n"
	}
	return text + "The review is too long for a comment. It is in the summary of the run.\n"
}

// Summary is the same for the summary of a job, of at most limit bytes.
func Summary(in *Input, limit int) string {
	if Quiet(in) {
		return cutBytes(headline(in)+"\n", limit)
	}
	// As many bytes as characters, or more.
	if text, ok := fullest(in, limit, func(text string) bool { return len(text) <= limit }); ok {
		return text
	}
	return cutBytes(headline(in)+"\n", limit)
}

// Quiet reports whether there is nothing that a comment would say.
func Quiet(in *Input) bool {
	return len(in.Diff.Roles) == 0 && len(in.Invalid) == 0 && !in.BaseInvalid && len(checks(in)) == 0
}

// Gone is what a comment becomes whose change changes no access any more. old is
// its former body, which is folded away as far as it fits.
func Gone(in *Input) string {
	return "### 🟢 smr: no access change any more\n\nCompared " + compared(in) + ".\n"
}

func render(in *Input, p plan) string {
	w := &writer{in: in, plan: p, accounts: severalAccounts(in.Diff)}
	w.line(headline(in))
	w.line("")
	w.invalid()
	w.caution()
	w.failed()
	w.table()
	w.details()
	w.checks()
	w.cut()
	w.line(footer(in))
	return w.String()
}

// A writer renders one review by one plan and counts what it leaves out.
type writer struct {
	strings.Builder
	in       *Input
	plan     plan
	accounts bool // roles are in more than one account
	runes    int
	left     []string // what was left out, with numbers
}

func (w *writer) line(s string) {
	w.WriteString(s)
	w.WriteByte('\n')
	w.runes += utf8.RuneCountInString(s) + 1
}

// over reports whether the text is too long already, so that the rest of it
// need not be made.
func (w *writer) over() bool { return w.plan.limit > 0 && w.runes > w.plan.limit }

func (w *writer) linef(format string, args ...any) { w.line(fmt.Sprintf(format, args...)) }

// leave notes that n things of a kind were left out.
func (w *writer) leave(n int, noun string) {
	if n > 0 {
		w.left = append(w.left, count(n, noun))
	}
}

// cut says what was left out.
func (w *writer) cut() {
	if len(w.left) == 0 {
		return
	}
	where := "the summary of the run and its report"
	if w.in.Report != "" {
		where = "[the summary of the run and its report](" + w.in.Report + ")"
	}
	w.linef("> [!NOTE]\n> Left out here to fit into a comment: %s. They are in %s.\n", strings.Join(w.left, ", "), where)
}

// footer says what was compared.
func footer(in *Input) string {
	parts := []string{"Compared " + compared(in)}
	if in.Report != "" {
		parts = append(parts, "[full report]("+in.Report+")")
	}
	local := "smr diff"
	if in.Base != "" {
		local = "smr diff " + short(in.Base)
	}
	return strings.Join(append(parts, "run "+code(local)+" to see this locally"), " · ")
}

func compared(in *Input) string {
	base := "nothing"
	if in.Base != "" {
		base = code(short(in.Base))
	}
	text := code(orElse(short(in.Head), "the working tree"))
	if in.Branch != "" {
		return text + " merged into " + code(in.Branch) + " at " + base
	}
	return text + " with " + base
}

func short(commit string) string { return commit[:min(7, len(commit))] }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ey") {
			noun = strings.TrimSuffix(noun, "y") + "ie"
		}
		noun += "s"
	}
	return number(n) + " " + noun
}

// number writes thousands apart.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func cutTo(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:max(limit, 0)])
}

func cutBytes(s string, limit int) string {
	for len(s) > max(limit, 0) {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
