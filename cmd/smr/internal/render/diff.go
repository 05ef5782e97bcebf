package render

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// DiffJSON writes a comparison of configurations or roles as one JSON object.
func DiffJSON(w io.Writer, d *review.Diff) error { return writeJSON(w, d) }

// ResultJSON writes a comparison of policies as one JSON object.
func ResultJSON(w io.Writer, r *access.Result) error { return writeJSON(w, r) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Diff writes a comparison of configurations or roles for people. Roles that
// change alike are told together. o shows the paths of head and before those of
// base; nil is as o.
func Diff(w io.Writer, d *review.Diff, o Options, before func(name string) string) error {
	dw := &diffWriter{w: bufio.NewWriter(w), o: o, before: before}
	if before == nil {
		dw.before = o.path
	}
	for _, g := range alikeRoles(d.Roles) {
		dw.role(g)
	}
	if len(d.Findings) > 0 {
		dw.findings(d)
	}
	dw.summary(d)
	return dw.w.Flush()
}

// Result writes a comparison of policies for people.
func Result(w io.Writer, r *access.Result, o Options) error {
	dw := &diffWriter{w: bufio.NewWriter(w), o: o, before: o.path}
	role := review.Role{
		NewAccess: r.NewAccess, LostAccess: r.LostAccess, UnknownBecause: r.UnknownBecause, IfStarCrossesColons: r.IfStarCrossesColons,
		StarWitness: r.StarWitness, FutureNamesOnly: r.FutureNamesOnly, OnlyIfAbsent: r.OnlyIfAbsent, Witness: r.Witness, LostWitness: r.LostWitness,
		Gained: review.Grants(r.Gained), Lost: review.Grants(r.Lost), Trust: review.Trust{NewAccess: access.No, LostAccess: access.No},
	}
	text, tint := dw.headline(&role)
	fmt.Fprintln(dw.w, paint(o.Color, tint, sentence(text)))
	dw.access(&role)
	return dw.w.Flush()
}

// A roleGroup is roles that change alike.
type roleGroup []*review.Role

// alikeRoles gathers roles whose changes read the same.
func alikeRoles(roles []review.Role) []roleGroup {
	index := map[string]int{}
	var groups []roleGroup
	for i := range roles {
		r := roles[i]
		r.Role, r.Account, r.Declared, r.Policies, r.RenamedFrom, r.Quotas = "", "", nil, nil, "", nil
		r.Witness, r.LostWitness, r.StarWitness, r.ARN = nil, nil, nil, nil
		r.Gained, r.Lost = sameLines(r.Gained), sameLines(r.Lost)
		r.Trust.Gained, r.Trust.Lost = sameLines(r.Trust.Gained), sameLines(r.Trust.Lost)
		r.Trust.Witness, r.Trust.LostWitness = nil, nil
		key, err := json.Marshal(r)
		if err != nil {
			panic("render: cannot happen: " + err.Error()) // the type holds nothing that JSON lacks
		}
		n, ok := index[string(key)]
		if !ok {
			n = len(groups)
			index[string(key)] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], &roles[i])
	}
	return groups
}

// sameLines are grants without the places that differ from role to role.
func sameLines(list []review.Grant) []review.Grant {
	out := slices.Clone(list)
	for i := range out {
		if from := out[i].From; from != nil {
			out[i].From = &review.Cause{Activity: from.Activity, Kind: from.Kind, Side: from.Side}
		}
	}
	return out
}

type diffWriter struct {
	w      *bufio.Writer
	o      Options
	before func(name string) string
}

func (d *diffWriter) paint(s style, text string) string { return paint(d.o.Color, s, text) }

// line writes cleaned text, indented and wrapped.
func (d *diffWriter) line(indent, text string) {
	width := d.o.Width
	if width > 0 {
		width = max(width-len(indent), 20)
	}
	for i, part := range wrap(clean(text), width) {
		if i > 0 && !strings.HasSuffix(indent, "  ") {
			indent += "  "
		}
		fmt.Fprintln(d.w, indent+part)
	}
}

// role writes the heading of a group and what changes for its roles; details
// that differ between them are those of the first.
func (d *diffWriter) role(g roleGroup) {
	r := g[0]
	text, tint := d.headline(r)
	where := ""
	if r.Declared != nil {
		where = "  " + place(d.path(r.Change == review.Removed, r.Declared.File), r.Declared.Line)
	}
	fmt.Fprintf(d.w, "%s %s%s\n", d.paint(bold, clean(g.names())), d.paint(tint, verb(text, len(g))), d.paint(cyan, where))
	if r.RenamedFrom != "" {
		d.line("  ", "Until now it was "+r.RenamedFrom+".")
	}
	d.access(r)
	d.trust(r)
	d.settings(r)
	d.w.WriteString("\n")
}

// names are up to three roles of a group with their accounts.
func (g roleGroup) names() string {
	byRole := map[string][]string{}
	var order []string
	for _, r := range g {
		if byRole[r.Role] == nil {
			order = append(order, r.Role)
		}
		byRole[r.Role] = append(byRole[r.Role], r.Account)
	}
	if len(order) > 3 {
		return fmt.Sprintf("%s, %s and %d more", order[0], order[1], len(order)-2)
	}
	var parts []string
	for _, name := range order {
		accounts := byRole[name]
		if len(accounts) > 3 {
			accounts = append(accounts[:2:2], fmt.Sprintf("%d more", len(accounts)-2))
		}
		parts = append(parts, name+" ("+strings.Join(accounts, ", ")+")")
	}
	return strings.Join(parts, ", ")
}

// headline says in a few words what happens to a role.
func (d *diffWriter) headline(r *review.Role) (string, style) {
	gains := r.NewAccess == access.Yes || r.IfStarCrossesColons == access.Yes || r.Trust.NewAccess == access.Yes
	loses := r.LostAccess == access.Yes || r.Trust.LostAccess == access.Yes
	open := slices.Contains([]access.Answer{r.NewAccess, r.LostAccess, r.IfStarCrossesColons, r.Trust.NewAccess, r.Trust.LostAccess}, access.Unknown)
	switch {
	case r.Change == review.Added:
		return "is new", yellow
	case r.Change == review.Removed:
		return "is removed", red
	case gains && loses:
		return "gains and loses access", yellow
	case gains:
		return "gains access", yellow
	case open:
		return "may change in access: not decided", yellow
	case loses:
		return "loses access", cyan
	case r.Change == review.Changed:
		return "changes, access stays the same", cyan
	}
	return "means the same", green
}

// verb is a headline about n roles.
func verb(headline string, n int) string {
	if n == 1 {
		return headline
	}
	switch headline {
	case "is new":
		return "are new"
	case "is removed":
		return "are removed"
	case "gains and loses access":
		return "gain and lose access"
	case "gains access":
		return "gain access"
	case "loses access":
		return "lose access"
	case "changes, access stays the same":
		return "change, access stays the same"
	case "means the same":
		return "mean the same"
	}
	return headline
}

// access writes what is gained and lost, with a request for each.
func (d *diffWriter) access(r *review.Role) {
	d.grants("+", green, r.Gained)
	d.grants("-", red, r.Lost)
	d.witness("Was denied, now allowed", r.Witness)
	d.witness("Was allowed, now denied", r.LostWitness)
	if r.IfStarCrossesColons != "" {
		d.witness("Now allowed if a * of an ARN runs on over colons, as AWS documents", r.StarWitness)
	}
	for _, e := range r.Escalations {
		if e.Kind == review.EscalationUnknown {
			continue // said below
		}
		fmt.Fprintf(d.w, "  %s ", d.paint(red, "Escalation:"))
		d.line("", e.Summary+".")
	}
	if r.UnknownBecause != "" {
		d.line("  ", "Not decided: "+r.UnknownBecause+".")
	}
	if r.FutureNamesOnly {
		d.line("  ", "Only actions are new that AWS does not list yet.")
	}
	if len(r.OnlyIfAbsent) > 0 {
		d.line("  ", "Only requests without "+strings.Join(r.OnlyIfAbsent, ", ")+" are new, and AWS documents that it always sends it.")
	}
}

func (d *diffWriter) witness(text string, w *access.Witness) {
	if w == nil {
		return
	}
	text += ": " + prove.Describe(w)
	if w.Principal != "" && w.PrincipalType != "" && !strings.HasSuffix(w.Principal, ":role/example") {
		text += ", by " + w.Principal
	}
	d.line("  ", text+".")
	if w.Assumes != "" {
		d.line("    ", w.Assumes)
	}
}

// grants writes rows: what, on what, when, and where it comes from.
func (d *diffWriter) grants(sign string, tint style, list []review.Grant) {
	const indent = "      "
	for i := range list {
		g := &list[i]
		level := cmp.Or(string(g.Level), "access")
		text := brief(g.Actions)
		if len(g.NotActions) > 0 {
			text += " except " + brief(g.NotActions)
		}
		if g.Unproven {
			text += " (if policy variables have values for it)"
		}
		lead := fmt.Sprintf("  %s ", sign)
		for n, part := range wrap(clean(level+" "+text), d.rest(indent)) {
			if n > 0 {
				lead = indent
			}
			fmt.Fprintln(d.w, lead+d.paint(tint, part))
		}
		on := brief(g.Resources)
		if len(g.NotResources) > 0 {
			on += " except " + brief(g.NotResources)
		}
		if on != "" {
			d.line(indent, "on "+on)
		}
		if len(g.Principals) > 0 {
			by := brief(g.Principals)
			if len(g.NotPrincipals) > 0 {
				by += " except " + brief(g.NotPrincipals)
			}
			d.line(indent, "by "+by)
		}
		for _, condition := range conditions(g.Conditions) {
			d.line(indent, "when "+condition)
		}
		if g.From != nil && (g.From.File != "" || g.From.Policy != "") { // of a role that no file has, nothing is known
			fmt.Fprintln(d.w, indent+d.paint(cyan, d.cause(g.From)))
		}
	}
}

// path is the path to show for a file of one of the configurations.
func (d *diffWriter) path(base bool, name string) string {
	if base {
		return d.before(name)
	}
	return d.o.path(name)
}

// shownItems is how many actions, resources or principals of a row are written;
// the JSON form has all.
const shownItems = 8

func brief(list []string) string {
	if len(list) <= shownItems+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shownItems], ", "), len(list)-shownItems)
}

// rest is the width that an indent leaves.
func (d *diffWriter) rest(indent string) int {
	if d.o.Width <= 0 {
		return 0
	}
	return max(d.o.Width-len(indent), 20)
}

// conditions writes each operator and key with its values.
func conditions(all map[string]map[string][]string) []string {
	var out []string
	for _, operator := range slices.Sorted(maps.Keys(all)) {
		for _, key := range slices.Sorted(maps.Keys(all[operator])) {
			out = append(out, operator+" "+key+" = "+strings.Join(all[operator][key], " or "))
		}
	}
	return out
}

// cause says where a difference comes from.
func (d *diffWriter) cause(c *review.Cause) string {
	text := ""
	switch {
	case c.Kind == review.CauseDeny && c.Side == "base":
		text = "a Deny is gone: "
	case c.Kind == review.CauseDeny:
		text = "a Deny is new: "
	case c.Kind == review.CauseBoundary:
		text = "permissions boundary: "
	case c.Kind == review.CauseManaged:
		text = c.Policy + ": "
	case c.Side == "base":
		text = "was "
	}
	if c.File == "" {
		return clean(text + c.Policy)
	}
	from := Origin{File: d.path(c.Side == "base", c.File), Line: c.Line, Activity: c.Activity, Label: c.Label}
	if c.Override != nil {
		from.Override = &Origin{File: d.path(c.Side == "base", c.Override.File), Line: c.Override.Line}
	}
	return clean(text) + origin(&from)
}
