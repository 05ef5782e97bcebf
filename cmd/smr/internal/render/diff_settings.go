package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// trust writes who gains and loses the right to assume the role.
func (d *diffWriter) trust(r *review.Role) {
	t := &r.Trust
	if r.Change == review.Added || r.Change == review.Removed || t.NewAccess == access.No && t.LostAccess == access.No && !t.Text {
		return
	}
	text := "Who may assume it: the same, the text changes."
	switch {
	case t.NewAccess == access.Unknown || t.LostAccess == access.Unknown:
		text = "Who may assume it is not decided: " + t.UnknownBecause + "."
	case t.NewAccess == access.Yes && t.LostAccess == access.Yes:
		text = "Who may assume it: some more, some no longer."
	case t.NewAccess == access.Yes:
		text = "Who may assume it: more."
	case t.LostAccess == access.Yes:
		text = "Who may assume it: fewer."
	}
	d.line("  ", text)
	d.grants("+", green, t.Gained)
	d.grants("-", red, t.Lost)
	d.witness("Was denied, now allowed", t.Witness)
	d.witness("Was allowed, now denied", t.LostWitness)
}

// settings writes everything that changes beside access.
func (d *diffWriter) settings(r *review.Role) {
	both := r.Change != review.Added && r.Change != review.Removed
	d.values("Permissions boundary", &r.Boundary, both)
	d.values("Name", r.Name, both)
	d.values("Path", r.Path, both)
	if r.Name == nil && r.Path == nil {
		d.values("ARN", r.ARN, both)
	}
	d.values("Description", r.Description, both)
	if n := r.SessionDuration; n != nil {
		d.line("  ", "Sessions last at most: "+seconds(n.Before)+" → "+seconds(n.After))
	}
	for _, t := range r.Tags {
		d.values("Tag "+t.Key, &t.Values, both)
	}
	for _, a := range r.Attached {
		word := "Attached: "
		if a.Change == review.Removed {
			word = "Detached: "
		}
		d.line("  ", word+a.ARN)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Quotas)) {
		d.quota(name, r.Quotas[name])
	}
}

// quota writes one that changes, or is passed.
func (d *diffWriter) quota(name string, q review.Quota) {
	over := q.After != nil && *q.After > q.Limit
	if q.Before == nil || q.After == nil || *q.Before == *q.After && !over {
		return
	}
	text := fmt.Sprintf("%s: %d → %d of %d", quotaText(name), *q.Before, *q.After, q.Limit)
	if over {
		text += ", over the limit"
	}
	d.line("  ", text)
}

func quotaText(name string) string {
	switch name {
	case "attached_policies":
		return "Policies attached"
	case "managed_policy_size":
		return "Characters of the largest policy"
	case "inline_policies_size":
		return "Characters of inline policies"
	case "trust_policy_size":
		return "Characters of the trust policy"
	case "tags":
		return "Tags"
	}
	return strings.ReplaceAll(name, "_", " ")
}

// values writes a text before and after where they differ.
func (d *diffWriter) values(what string, v *review.Values, both bool) {
	if v == nil || !both || v.Before == nil && v.After == nil || v.Before != nil && v.After != nil && *v.Before == *v.After {
		return
	}
	d.line("  ", what+": "+orNone(v.Before)+" → "+orNone(v.After))
}

func orNone(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

func seconds(n *int) string {
	if n == nil {
		return "1h (IAM's default)"
	}
	text := (time.Duration(*n) * time.Second).String()
	text = strings.TrimSuffix(text, "0s")
	return strings.TrimSuffix(text, "0m")
}

// findings writes what is found in head alone.
func (d *diffWriter) findings(diff *review.Diff) {
	fmt.Fprintln(d.w, d.paint(bold, "New findings"))
	for _, f := range diff.Findings {
		at := ""
		if f.File != "" {
			at = place(d.o.path(f.File), f.Line) + ": "
		}
		d.line("  ", fmt.Sprintf("%s%s: %s [%s]", at, f.Severity, f.Detail, f.Code))
	}
	if diff.FindingsOmitted > 0 {
		d.line("  ", fmt.Sprintf("and %d more", diff.FindingsOmitted))
	}
	d.w.WriteString("\n")
}

// summary counts what happens to roles.
func (d *diffWriter) summary(diff *review.Diff) {
	counts := map[string]int{}
	var order []string
	tint := green
	for i := range diff.Roles {
		text, t := d.headline(&diff.Roles[i])
		if counts[text] == 0 {
			order = append(order, text)
		}
		counts[text]++
		if t == yellow {
			tint = yellow
		}
	}
	if len(order) == 0 {
		fmt.Fprintln(d.w, d.paint(green, "No role changes."))
		return
	}
	var parts []string
	for i, text := range order {
		who := fmt.Sprint(counts[text])
		if i == 0 {
			who = Count(counts[text], "role")
		}
		parts = append(parts, who+" "+verb(text, counts[text]))
	}
	fmt.Fprintln(d.w, d.paint(tint, strings.Join(parts, "; ")+"."))
}
