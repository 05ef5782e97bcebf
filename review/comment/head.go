package comment

import (
	"fmt"
	"sort"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// The ways a role can change, in the order that they are shown.
const (
	gains    = "gains access"
	both     = "gains and loses access"
	undecide = "is not decided"
	loses    = "loses access"
	removed  = "is removed"
	setting  = "changes in settings"
	same     = "same meaning"
)

// wayOf says how a role changes.
func wayOf(r *review.Role) string {
	gained := r.NewAccess == access.Yes || r.Trust.NewAccess == access.Yes || len(r.Escalations) > 0
	lost := r.LostAccess != access.No || r.Trust.LostAccess != access.No
	switch {
	case r.Change == review.Removed:
		return removed
	case r.Change == review.SameMeaning:
		return same
	case r.NewAccess == access.Unknown || r.Trust.NewAccess == access.Unknown:
		return undecide
	case gained && lost && r.Change != review.Added:
		return both
	case gained || r.Change == review.Added:
		return gains
	case lost:
		return loses
	}
	return setting
}

func headline(in *Input) string {
	icon := "🟢"
	switch {
	case !in.Verdict.Passed():
		icon = "🔴"
	case in.Verdict.Highest != gate.None && !in.Verdict.Approved():
		icon = "🟡"
	}
	where := ""
	if in.Several {
		where = " in " + code(in.Directory)
	}
	return "### " + icon + " smr" + where + ": " + Headline(in)
}

// Headline is the outcome in one line of words of ours.
func Headline(in *Input) string {
	if len(in.Invalid) > 0 && len(in.Diff.Roles) == 0 {
		return fmt.Sprintf("the configuration has %s, access not compared", count(len(in.Invalid), "error"))
	}
	n := map[string]int{}
	for i := range in.Diff.Roles {
		n[wayOf(&in.Diff.Roles[i])]++
	}
	var parts []string
	part := func(k int, one, many string) {
		switch {
		case k == 0:
		case len(parts) > 0 && k == 1:
			parts = append(parts, "1 "+one)
		case len(parts) > 0:
			parts = append(parts, number(k)+" "+many)
		case k == 1:
			parts = append(parts, "1 role "+one)
		default:
			parts = append(parts, number(k)+" roles "+many)
		}
	}
	part(n[undecide], "undecided", "undecided")
	part(n[gains]+n[both], "gains access", "gain access")
	part(n[loses], "loses access", "lose access")
	part(n[removed], "removed", "removed")
	part(n[setting], "changes in settings", "change in settings")
	part(n[same], "unchanged in meaning", "unchanged in meaning")
	text := strings.Join(parts, ", ")
	if text == "" {
		text = "no access changes"
	}
	if len(in.Invalid) > 0 {
		text += fmt.Sprintf("; %s in the configuration", count(len(in.Invalid), "error"))
	}
	if in.Verdict.Approved() {
		text += ", approved"
	}
	return text
}

// invalid shows the errors of a configuration that could not be compared whole.
func (w *writer) invalid() {
	in := w.in
	if in.BaseInvalid {
		w.line("> [!WARNING]\n> The configuration that this one is compared with has errors. Everything counts as new access until that is mended.\n")
	}
	if len(in.Invalid) == 0 {
		return
	}
	w.linef("> [!CAUTION]\n> **%s in the configuration.** What they keep out is not compared.", count(len(in.Invalid), "error"))
	shown := in.Invalid[:min(len(in.Invalid), 20)]
	for _, f := range shown {
		w.linef("> - %s%s: %s", code(f.Code), w.at(f.File, f.Line, ", "), code(f.Detail))
	}
	if rest := len(in.Invalid) - len(shown); rest > 0 {
		w.linef("> - and %s", count(rest, "more error"))
	}
	w.line("")
}

// caution shows what needs approval, and what has it.
func (w *writer) caution() {
	v := w.in.Verdict
	open := v.Open()
	if len(open) > 0 {
		w.line("> [!CAUTION]")
		w.line(strings.TrimSpace(fmt.Sprintf("> **%s.** %s", needs(open), w.lead(open))))
		w.list(open)
		w.line("> " + w.accept(open))
		w.line("")
	}
	var approved []gate.Item
	for _, i := range v.Items {
		if i.Approved {
			approved = append(approved, i)
		}
	}
	if len(approved) == 0 {
		return
	}
	w.line("> [!NOTE]")
	w.line(strings.TrimSpace(fmt.Sprintf("> **%s approved.** %s", count(len(approved), noun(approved)), w.lead(approved))))
	w.list(approved)
	var by []string
	seen := map[string]bool{}
	for _, i := range approved {
		if !seen[i.By] && len(by) < 5 {
			seen[i.By] = true
			by = append(by, code(i.By))
		}
	}
	w.linef("> Approved by %s.\n", strings.Join(by, ", "))
}

func noun(items []gate.Item) string {
	for _, i := range items {
		if i.Level != gate.Escalation {
			return "new access right"
		}
	}
	return "escalation"
}

func needs(open []gate.Item) string {
	verb := " need approval"
	if len(open) == 1 {
		verb = " needs approval"
	}
	return count(len(open), noun(open)) + verb
}

// lead says a single item in the same paragraph.
func (w *writer) lead(items []gate.Item) string {
	if len(items) != 1 {
		return ""
	}
	return w.sentence(&items[0], code(items[0].Role)) + w.atPlace(items[0].Place, " (", ")") + "."
}

// list shows more than one item, those that say the same of several roles in one
// line.
func (w *writer) list(items []gate.Item) {
	if len(items) < 2 {
		return
	}
	shown := items
	if n := w.plan.escalating; n > 0 && len(items) > n {
		shown = items[:n]
		w.leave(len(items)-n, noun(items))
	}
	defer w.line(">") // so that what follows is no part of the list
	if w.plan.brief {
		w.briefList(shown)
		return
	}
	type line struct {
		text  string
		roles []string
	}
	var lines []*line
	byText := map[string]*line{}
	for i := range shown {
		item := &shown[i]
		text := w.sentence(item, "")
		l := byText[text]
		if l == nil {
			l = &line{text: text}
			byText[text] = l
			lines = append(lines, l)
		}
		l.roles = append(l.roles, code(item.Role)+w.atPlace(item.Place, " (", ")"))
	}
	for _, l := range lines {
		w.linef("> - %s%s", strings.Join(l.roles, ", "), l.text)
	}
}

// briefList names the roles of each kind and nothing else.
func (w *writer) briefList(items []gate.Item) {
	byKind := map[string][]string{}
	for i := range items {
		kind := items[i].Kind
		if l := byKind[kind]; len(l) == 0 || l[len(l)-1] != items[i].Role {
			byKind[kind] = append(l, items[i].Role)
		}
	}
	kinds := make([]string, 0, len(byKind))
	for k := range byKind {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		// One span for as many roles as it may hold.
		w.linef("> - %s, %s: %s", kindTitle(k), count(len(byKind[k]), "role"), strings.Join(spans(byKind[k]), ", "))
	}
}

// kindTitle is a kind of escalation in words.
func kindTitle(kind string) string {
	switch kind {
	case review.EscalationPassRole:
		return "passing of roles"
	case review.EscalationPermissions:
		return "management of permissions"
	case review.EscalationWildcard:
		return "every action of a sensitive service"
	case review.EscalationMethod:
		return "a known way to the permissions of others"
	case review.EscalationTrust:
		return "who may assume the role"
	case review.EscalationBoundary:
		return "permissions boundary"
	case review.EscalationPath:
		return "a way from role to role"
	case review.EscalationUnknown:
		return "not decided"
	}
	return "new access"
}

// sentence says what an item is, after the role's name.
func (w *writer) sentence(i *gate.Item, role string) string {
	var g *review.Grant
	if len(i.Grants) > 0 {
		g = &i.Grants[0]
	}
	switch {
	case g == nil || i.Kind == review.EscalationBoundary || i.Kind == review.EscalationUnknown:
		return role + ": " + code(i.Summary)
	case i.Kind == review.EscalationPassRole && len(g.Actions) == 1:
		text := role + " can now pass " + few(g.Resources)
		if to := passedTo(g); len(to) > 0 {
			text += " to " + few(to)
		}
		return text
	case i.Kind == review.EscalationTrust:
		var who []string
		for _, g := range i.Grants {
			who = append(who, g.Principals...)
		}
		return role + " may now be assumed by " + few(unique(who))
	case i.Kind == review.EscalationMethod:
		return role + " has a new way to the permissions of others: " + methods(i.Methods)
	}
	return role + " can now call " + few(g.Actions) + " on " + few(g.Resources)
}

// methods names ways by their actions.
func methods(ids []string) string {
	var parts []string
	for _, m := range escalation.Known().Methods {
		for _, id := range ids {
			if m.ID == id && len(parts) < 3 {
				var actions []string
				for _, a := range m.Actions {
					actions = append(actions, code(a))
				}
				parts = append(parts, strings.Join(actions, " with "))
			}
		}
	}
	text := strings.Join(parts, "; ")
	if rest := len(ids) - len(parts); rest > 0 {
		text += fmt.Sprintf("; and %d more", rest)
	}
	return text
}

// passedTo are the services that roles may be passed to.
func passedTo(g *review.Grant) []string {
	for operator, keys := range g.Conditions {
		for key, values := range keys {
			if strings.EqualFold(key, "iam:PassedToService") && strings.HasPrefix(operator, "String") && !strings.Contains(operator, "Not") {
				return values
			}
		}
	}
	return nil
}

// accept says how to approve.
func (w *writer) accept(open []gate.Item) string {
	text := fmt.Sprintf("To accept it, add %s to %s", code(fmt.Sprintf("approve %q", gate.Short(w.in.Verdict.Digest))), code(gate.File))
	if len(w.in.Verdict.Items) > 1 {
		text = strings.Replace(text, "accept it", "accept them", 1)
	}
	if w.in.Owners != "" {
		text += " (owned by " + code(w.in.Owners) + " in CODEOWNERS)"
	}
	return text + ". It covers exactly this set; any further access asks again." + apart(open)
}

// maxApart is how many lines of single items are shown.
const maxApart = 5

// apart names the lines that hold where a set is released in parts: account by
// account, or beside other changes.
func apart(open []gate.Item) string {
	if len(open) < 2 {
		return ""
	}
	text := " Where they are released apart, account by account or with other changes, each needs its own line"
	if len(open) > maxApart {
		return text + "; the report has them."
	}
	var lines []string
	for i := range open {
		lines = append(lines, code(fmt.Sprintf("approve %q", open[i].Short())))
	}
	return text + ": " + strings.Join(unique(lines), ", ") + "."
}

func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Counted are the numbers of a diff that outputs tell.
type Counted struct {
	Gaining, Losing, Same int // roles
	QuotaPercent          int // of the quota that is used most, rounded down
}

// Counts counts the roles of a diff by how they change.
func Counts(d *review.Diff) Counted {
	var c Counted
	for i := range d.Roles {
		r := &d.Roles[i]
		switch wayOf(r) {
		case gains, undecide:
			c.Gaining++
		case both:
			c.Gaining++
			c.Losing++
		case loses, removed:
			c.Losing++
		case same:
			c.Same++
		}
		for _, q := range r.Quotas {
			if q.After != nil && q.Limit > 0 {
				c.QuotaPercent = max(c.QuotaPercent, *q.After*100/q.Limit)
			}
		}
	}
	return c
}
