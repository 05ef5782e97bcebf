package comment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/inert"
)

// row writes a line of a table. What untrusted text its cells hold comes from
// cell.
func (w *writer) row(cells ...string) { w.line("| " + strings.Join(cells, " | ") + " |") }

// ranked are the roles of the diff, those with the highest risk first.
func ranked(d *review.Diff) []*review.Role {
	var out []*review.Role
	for i := range d.Roles {
		out = append(out, &d.Roles[i])
	}
	rank := func(r *review.Role) int {
		order := []string{undecide, both, gains, loses, removed, setting, same}
		n := slices.Index(order, wayOf(r))
		if len(r.Escalations) > 0 {
			n -= len(order)
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b *review.Role) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// risk says how much a change weighs, in words beside a sign.
func risk(r *review.Role) string {
	switch wayOf(r) {
	case undecide:
		return "🔴 not decided, counts as escalation"
	case loses, removed:
		return "🟢 narrower"
	case same:
		return "⚪ none"
	case setting:
		return "⚪ no access"
	}
	switch l := gate.LevelOfRole(r); l {
	case gate.Escalation, gate.Permissions:
		return "🔴 " + string(l)
	case gate.None, gate.Any:
		return "🟡 trust"
	default:
		return "🟡 " + string(l)
	}
}

func (w *writer) name(r *review.Role) string {
	text := cell(r.Role)
	if r.Declared != nil && r.Change != review.Removed {
		text = w.link(text, r.Declared.File, r.Declared.Line)
	}
	if w.accounts {
		text += " in " + cell(r.Account)
	}
	return text
}

// severalAccounts reports whether the roles of a diff are in more than one
// account.
func severalAccounts(d *review.Diff) bool {
	for i := range d.Roles {
		if d.Roles[i].Account != d.Roles[0].Account {
			return true
		}
	}
	return false
}

// table lists the roles.
func (w *writer) table() {
	roles := ranked(w.in.Diff)
	if len(roles) == 0 {
		return
	}
	w.line("| Role | Change | New · gone | Policies · largest |\n|:--|:--|:--|:--|")
	rows, folded, cut := 0, 0, 0
	for _, r := range roles {
		way := wayOf(r)
		switch {
		case w.plan.same && way == same:
			folded++
			continue
		case w.plan.rows > 0 && rows >= w.plan.rows:
			cut++
			continue
		}
		rows++
		text := way
		if len(r.Gained)+len(r.Trust.Gained)+len(r.Escalations) > 0 {
			text = "**" + way + "**"
		}
		if r.Change == review.Added {
			text += ", new role"
		}
		w.row(w.name(r), text+"<br>"+risk(r), fmt.Sprintf("+%d · −%d", len(r.Gained)+len(r.Trust.Gained), len(r.Lost)+len(r.Trust.Lost)), w.usage(r))
	}
	if folded > 0 {
		w.row(fmt.Sprintf("and %s", count(folded, "more role")), same, "+0 · −0", "")
	}
	if cut > 0 {
		w.row(fmt.Sprintf("and %s", count(cut, "more role")), "in the summary and the report", "", "")
	}
	w.line("")
	w.leave(cut, "row of roles")
}

// usage is how full the quotas are that are met first.
func (w *writer) usage(r *review.Role) string {
	var parts []string
	if q, ok := r.Quotas["attached_policies"]; ok && q.After != nil && q.Limit > 0 {
		parts = append(parts, fmt.Sprintf("%s %s/%s", bar(*q.After, q.Limit), number(*q.After), number(q.Limit)))
	}
	if q, ok := r.Quotas["managed_policy_size"]; ok && q.After != nil && q.Limit > 0 && *q.After > 0 {
		parts = append(parts, fmt.Sprintf("%s %d%%", bar(*q.After, q.Limit), *q.After*100/q.Limit))
	}
	return strings.Join(parts, "<br>")
}

// bar draws a share in ten steps, rounded down: what is not full is not drawn
// full.
func bar(n, limit int) string {
	full := 0
	if limit > 0 {
		full = min(max(n*10/limit, 0), 10)
	}
	return "`" + strings.Repeat("█", full) + strings.Repeat("░", 10-full) + "`"
}

// details shows what each role gains and loses.
func (w *writer) details() {
	if w.plan.details {
		w.leave(len(w.in.Diff.Roles), "table of grants")
		return
	}
	groups := map[string][]*review.Role{}
	var order []string
	for _, r := range ranked(w.in.Diff) {
		key := r.Account + "\x00" + r.Role
		if w.plan.group {
			key = w.body(r) // what is said of them is the same
		}
		if len(groups[key]) == 0 {
			order = append(order, key)
		}
		groups[key] = append(groups[key], r)
	}
	folded, narrow := 0, 0
	for _, key := range order {
		roles := groups[key]
		if w.over() {
			return
		}
		switch way := wayOf(roles[0]); {
		case way == same && w.plan.same:
			folded += len(roles)
		case (way == loses || way == removed || way == setting) && w.plan.narrowing:
			narrow += len(roles)
		default:
			w.detail(roles)
		}
	}
	w.leave(narrow, "role that only loses access in detail")
	if folded > 0 {
		w.linef("%s: policy text changed, no request changes its answer.\n", count(folded, "role means the same"))
	}
}

// detail shows one role, or several of which the same is to be said.
func (w *writer) detail(roles []*review.Role) {
	r := roles[0]
	open, sign := "", "🟡"
	switch {
	case len(r.Escalations) > 0:
		open, sign = " open", "🔴"
	case wayOf(r) == same || wayOf(r) == setting:
		sign = "⚪"
	case wayOf(r) == loses || wayOf(r) == removed:
		sign = "🟢"
	}
	w.linef("<details%s><summary>%s <b>%s</b></summary>\n", open, sign, sayHTML(roles))
	w.line(strings.TrimSuffix(w.body(r), "\n"))
	w.line("</details>\n")
}

// sayHTML is the line of a fold, where Markdown does not reach.
func sayHTML(roles []*review.Role) string {
	r := roles[0]
	var names []string
	for _, r := range roles[:min(3, len(roles))] {
		names = append(names, inert.HTML(r.Role))
	}
	who := strings.Join(names, ", ")
	if rest := len(roles) - len(names); rest > 0 {
		who += fmt.Sprintf(" and %s", count(rest, "more role"))
	}
	n, gone := len(r.Gained)+len(r.Trust.Gained), len(r.Lost)+len(r.Trust.Lost)
	verb := func(one, many string) string {
		if len(roles) == 1 {
			return one
		}
		return many
	}
	switch wayOf(r) {
	case same:
		return who + verb(" means the same", " mean the same")
	case undecide:
		return who + ": what is new is not decided"
	case both:
		return fmt.Sprintf("%s %s %s, %s %d", who, verb("gains", "gain"), count(n, "grant"), verb("loses", "lose"), gone)
	case gains:
		return fmt.Sprintf("%s %s %s", who, verb("gains", "gain"), count(n, "grant"))
	case removed:
		return who + verb(" is removed", " are removed")
	case setting:
		return who + verb(" changes in settings", " change in settings")
	}
	return fmt.Sprintf("%s %s %s", who, verb("loses", "lose"), count(gone, "grant"))
}

// body is what is said inside of a role's fold.
func (w *writer) body(r *review.Role) string {
	b := &writer{in: w.in, plan: w.plan, accounts: w.accounts}
	if wayOf(r) == same {
		b.line("Policy text changed, no request changes its answer. Compared exactly, not by text.\n")
	}
	if r.UnknownBecause != "" {
		b.linef("Not decided: %s. Counts as new access.\n", code(r.UnknownBecause))
	}
	if r.Trust.UnknownBecause != "" {
		b.linef("Who may assume it is not decided: %s. Counts as new access.\n", code(r.Trust.UnknownBecause))
	}
	b.grants("New", "➕", r.Gained, false)
	b.witness("Was denied, now allowed", r.Witness, "")
	b.grants("Gone", "➖", r.Lost, false)
	b.witness("Was allowed, now denied", r.LostWitness, " Whatever uses it breaks on deploy.")
	b.grants("May assume it, new", "➕", r.Trust.Gained, true)
	b.grants("May assume it no longer", "➖", r.Trust.Lost, true)
	b.settings(r)
	b.texts(r)
	b.quotas(r)
	return b.String()
}

// grants is a table of grants, those that weigh most first.
func (w *writer) grants(title, sign string, list []review.Grant, trust bool) {
	if len(list) == 0 {
		return
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b review.Grant) int {
		la, lb := gate.LevelOf(&a), gate.LevelOf(&b)
		switch {
		case la == lb:
			return 0
		case la.AtLeast(lb):
			return -1
		}
		return 1
	})
	what := "On"
	if trust {
		what = "Who"
	}
	w.linef("| %s | Actions | %s | When · why |\n|:--|:--|:--|:--|", title, what)
	n := len(sorted)
	if w.plan.grants > 0 {
		n = min(n, w.plan.grants)
	}
	for i := range sorted {
		if g := &sorted[i]; i < n {
			on := resources(g)
			if trust {
				on = except(g.Principals, g.NotPrincipals)
			}
			w.row(sign+" "+levelWord(g, trust), except(g.Actions, g.NotActions), on, w.when(g))
		}
	}
	if rest := len(sorted) - n; rest > 0 {
		w.row(sign, fmt.Sprintf("and %d more, in the report", rest), "", "")
	}
	w.line("")
}

func levelWord(g *review.Grant, trust bool) string {
	if trust {
		return "trust"
	}
	if g.Level == "" && !g.Escalation {
		return "level unknown"
	}
	if g.Escalation {
		return "escalation"
	}
	return string(g.Level)
}

func resources(g *review.Grant) string { return except(g.Resources, g.NotResources) }

func except(list, not []string) string {
	text := upTo(list, 6)
	if len(not) > 0 {
		text += " except " + upTo(not, 4)
	}
	return text
}

// when says the conditions of a grant and what made it.
func (w *writer) when(g *review.Grant) string {
	var parts []string
	for _, operator := range sortedKeys(g.Conditions) {
		for _, key := range sortedKeys(g.Conditions[operator]) {
			values := g.Conditions[operator][key]
			if len(parts) == 4 {
				parts = append(parts, "…")
			}
			if len(parts) > 4 {
				continue
			}
			sign := cell(operator)
			switch operator {
			case "StringEquals", "ArnEquals", "NumericEquals", "Bool":
				sign = "="
			case "StringLike", "ArnLike":
				sign = "like"
			}
			parts = append(parts, cell(key)+" "+sign+" "+few(values))
		}
	}
	text := strings.Join(parts, " and ")
	if g.Unproven {
		text = strings.TrimPrefix(text+" · not proved to exist", " · ")
	}
	if why := w.why(g.From); why != "" {
		text = strings.TrimPrefix(text+" · "+why, " · ")
	}
	return text
}

// why says what caused a grant.
func (w *writer) why(c *review.Cause) string {
	if c == nil {
		return ""
	}
	line := func(file string, n int) string {
		if file == "" {
			return ""
		}
		text := cell(fmt.Sprintf("%s:%d", file, n))
		if c.Side == "head" {
			return " " + w.link(text, file, n)
		}
		return " " + text + " before"
	}
	switch {
	case c.Override != nil:
		return "override" + line(c.Override.File, c.Override.Line)
	case c.Kind == review.CauseBoundary:
		return "permissions boundary" + line(c.File, c.Line)
	case c.Kind == review.CauseDeny && c.Side == "base":
		return "a deny is gone" + line(c.File, c.Line)
	case c.Kind == review.CauseDeny:
		return "a new deny" + line(c.File, c.Line)
	case c.Kind == review.CauseTrust:
		return "trust" + line(c.File, c.Line)
	case c.Kind == review.CauseManaged:
		return "policy " + cell(c.Policy) + line(c.File, c.Line)
	case c.Activity != "":
		return "activity " + cell(c.Activity) + line(c.File, c.Line)
	case c.Label != "":
		return "statement " + cell(c.Label) + line(c.File, c.Line)
	}
	return strings.TrimSpace(line(c.File, c.Line))
}
