package render

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/plan"
)

// shownCalls is how many calls of a role are written; the JSON form has all.
const shownCalls = 12

// Plan writes a plan for people: what changes in access as a review shows it,
// the calls of each role, and what is to be known of them.
func Plan(w io.Writer, p *plan.Plan, o Options) error {
	pw := &planWriter{w: bufio.NewWriter(w), o: o}
	fmt.Fprintf(pw.w, "Account %s (%s), project %s\n\n", clean(p.AccountName), clean(p.Account), clean(p.Project))
	if len(p.Diff.Roles) > 0 {
		if err := pw.w.Flush(); err != nil {
			return err
		}
		if err := Diff(w, p.Diff, o, nil); err != nil {
			return err
		}
		fmt.Fprintln(pw.w)
	}
	pw.calls(p)
	pw.losses(p)
	pw.findings("Not possible", red, p.Refusals)
	pw.findings("To know", yellow, p.Findings)
	pw.summary(p)
	return pw.w.Flush()
}

// Drift writes what an account has otherwise than its configuration.
func Drift(w io.Writer, d *plan.Drift, o Options) error {
	pw := &planWriter{w: bufio.NewWriter(w), o: o}
	if !d.Drifted {
		fmt.Fprintf(pw.w, "Account %s (%s) is as the configuration says.\n", clean(d.AccountName), clean(d.Account))
		return pw.w.Flush()
	}
	fmt.Fprintf(pw.w, "Account %s (%s) is not as the configuration says.\n\n", clean(d.AccountName), clean(d.Account))
	for i := range d.Roles {
		r := &d.Roles[i]
		name, text := r.Name, map[plan.Cause]string{
			plan.Missing: "is not there", plan.Changed: "was changed since it was released", plan.NotReleased: "is not as released last, or the release did not end",
		}[r.Cause]
		if name == "" {
			name, text = "Policies", "that no role has"
		}
		fmt.Fprintf(pw.w, "%s %s\n", pw.paint(bold, clean(name)), pw.paint(yellow, text))
		for _, hint := range r.Hints {
			pw.line("  ", hint)
		}
		pw.list(r.Calls)
	}
	if len(d.Roles) > 0 {
		fmt.Fprintln(pw.w)
	}
	pw.findings("Also different", yellow, d.Findings)
	if d.Diff != nil && len(d.Diff.Roles) > 0 {
		fmt.Fprintln(pw.w, "To be as the configuration says:")
		if err := pw.w.Flush(); err != nil {
			return err
		}
		return Diff(w, d.Diff, o, nil)
	}
	return pw.w.Flush()
}

type planWriter struct {
	w *bufio.Writer
	o Options
}

func (p *planWriter) paint(s style, text string) string { return paint(p.o.Color, s, text) }

// line writes text, indented and wrapped.
func (p *planWriter) line(indent, text string) {
	width := 0
	if p.o.Width > 0 {
		width = max(p.o.Width-len(indent), 20)
	}
	for _, part := range wrap(clean(text), width) {
		fmt.Fprintln(p.w, indent+part)
	}
}

// list writes calls, a few of many.
func (p *planWriter) list(calls []string) {
	for i, call := range calls {
		if i == shownCalls && len(calls) > shownCalls+1 {
			fmt.Fprintf(p.w, "    and %d more\n", len(calls)-i)
			return
		}
		fmt.Fprintln(p.w, "    "+clean(call))
	}
}

// calls writes the calls of each role; roles with the same ones are told
// together.
func (p *planWriter) calls(pl *plan.Plan) {
	type group struct {
		change plan.Change
		names  []string
		calls  []string
	}
	byRole := map[string][]string{}
	for i := range pl.Operations {
		op := &pl.Operations[i]
		call := op.Kind
		if op.Policy != "" {
			call += " " + op.Policy[strings.LastIndexByte(op.Policy, '/')+1:]
		}
		if op.Announce {
			call += " (something is lost from here on for a while)"
		}
		byRole[op.Role] = append(byRole[op.Role], call)
	}
	index := map[string]int{}
	var groups []*group
	for i := range pl.Roles {
		r := &pl.Roles[i]
		calls := byRole[r.Name]
		own := strings.TrimPrefix(r.Name, "SageMaker-")
		key := string(r.Change) + "\x00" + strings.ReplaceAll(strings.Join(calls, "\x00"), own, "*")
		n, ok := index[key]
		if !ok {
			n = len(groups)
			index[key] = n
			groups = append(groups, &group{change: r.Change, calls: calls})
		}
		groups[n].names = append(groups[n].names, r.Name)
	}
	for _, g := range groups {
		p.heading(g.change, g.names, len(g.calls))
		p.list(g.calls)
	}
	if len(groups) > 0 {
		fmt.Fprintln(p.w)
	}
}

func (p *planWriter) heading(change plan.Change, names []string, calls int) {
	verbs := map[plan.Change]string{plan.Create: "Make", plan.Update: "Change", plan.Retire: "Close for everybody", plan.Delete: "Delete"}
	tints := map[plan.Change]style{plan.Create: green, plan.Update: yellow, plan.Retire: red, plan.Delete: red}
	what := strings.Join(names[:min(len(names), 3)], ", ")
	each := ""
	if n := len(names); n > 3 {
		what += fmt.Sprintf(" and %d more", n-3)
	}
	if len(names) > 1 {
		each = " each"
	}
	verb := verbs[change]
	if names[0] == "" {
		verb, what = "Delete", "policies that nothing uses"
	}
	fmt.Fprintf(p.w, "%s %s: %s%s\n", p.paint(tints[change], verb), p.paint(bold, clean(what)), Count(calls, "call"), each)
}

func (p *planWriter) losses(pl *plan.Plan) {
	for i := range pl.Losses {
		l := &pl.Losses[i]
		fmt.Fprintf(p.w, "%s\n", p.paint(red, "Lost for a while"))
		p.line("  ", fmt.Sprintf("%s, from %s until %s: %s. %s.", l.Role, l.From, l.Until, l.What, upper(l.Because)))
		p.line("  ", "smr apply needs --allow-transient-loss for it.")
	}
	if len(pl.Losses) > 0 {
		fmt.Fprintln(p.w)
	}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (p *planWriter) findings(title string, tint style, list []plan.Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(p.w, p.paint(tint, title))
	byCode := map[string]int{}
	for i := range list {
		f := &list[i]
		if byCode[f.Code]++; byCode[f.Code] > 5 {
			continue
		}
		where := ""
		if f.File != "" {
			where = "  " + p.paint(cyan, place(p.o.path(f.File), f.Line))
		}
		fmt.Fprintf(p.w, "  %s [%s]%s\n", clean(f.Role), f.Code, where)
		p.line("    ", f.Detail)
	}
	var more []string
	for code, n := range byCode {
		if n > 5 {
			more = append(more, fmt.Sprintf("  and %d more [%s]", n-5, code))
		}
	}
	slices.Sort(more)
	for _, line := range more {
		fmt.Fprintln(p.w, line)
	}
	fmt.Fprintln(p.w)
}

// summary counts roles and calls, and says how the states were proved.
func (p *planWriter) summary(pl *plan.Plan) {
	if pl.Empty() {
		if pl.Refused() {
			fmt.Fprintln(p.w, "Nothing can be planned.")
		} else {
			fmt.Fprintln(p.w, "Nothing to do: the account is as the configuration says.")
		}
		return
	}
	count := map[plan.Change]int{}
	proofs := map[plan.Proof]int{}
	states := 0
	for i := range pl.Roles {
		if pl.Roles[i].Name != "" {
			count[pl.Roles[i].Change]++
		}
		for _, s := range pl.Roles[i].States {
			states++
			if s.NoExcess == plan.ByComparison || s.NoLoss == plan.ByComparison {
				proofs[plan.ByComparison]++
			}
		}
	}
	fmt.Fprintf(p.w, "%s to make, %d to change, %d to close, %d to delete: %s.\n",
		Count(count[plan.Create], "role"), count[plan.Update], count[plan.Retire], count[plan.Delete], Count(len(pl.Operations), "call"))
	if states > 0 {
		fmt.Fprintf(p.w, "Proved of %s on the way: nothing is granted that neither side grants", Count(states, "state"))
		if len(pl.Losses) == 0 {
			fmt.Fprint(p.w, ", nothing is missing that both grant")
		}
		if n := proofs[plan.ByComparison]; n > 0 {
			fmt.Fprintf(p.w, " (%d by comparing access)", n)
		}
		fmt.Fprintln(p.w, ".")
	}
	for _, q := range pl.Quotas {
		if q.After != q.Before {
			fmt.Fprintf(p.w, "%s: %d of %d.\n", strings.ReplaceAll(q.Name, "_", " "), q.After, q.Limit)
		}
	}
	fmt.Fprintf(p.w, "Plan %s\n", pl.Digest)
}
