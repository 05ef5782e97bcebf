// Package gate decides whether a change of a configuration may be merged: which
// of its new access needs approval by the rules of the branch it goes to, and
// whether it has it.
//
// The Go API is not yet stable.
package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// A Level is how much new access weighs.
type Level string

// The levels, rising. Any and Never are for rules alone: everything new needs
// approval, or nothing.
const (
	Never       Level = "never"
	None        Level = "none"
	Any         Level = "any"
	List        Level = "list"
	Read        Level = "read"
	Tagging     Level = "tagging"
	Write       Level = "write"
	Permissions Level = "permissions"
	Escalation  Level = "escalation"
)

var ranks = []Level{None, Any, List, Read, Tagging, Write, Permissions, Escalation, Never}

// Levels are the values that fail_on takes.
func Levels() []Level {
	return []Level{Escalation, Permissions, Write, Tagging, Read, List, Any, Never}
}

// ParseLevel reads a value of fail_on.
func ParseLevel(s string) (Level, error) {
	if l := Level(s); slices.Contains(Levels(), l) {
		return l, nil
	}
	var names []string
	for _, l := range Levels() {
		names = append(names, string(l))
	}
	return "", fmt.Errorf("%.80q is no level. It is one of %s", s, strings.Join(names, ", "))
}

func (l Level) rank() int { return slices.Index(ranks, l) }

// AtLeast reports whether a level reaches another.
func (l Level) AtLeast(other Level) bool { return l.rank() >= other.rank() }

// LevelOf is the level of new access. Actions whose level is not known count as
// the highest.
func LevelOf(g *review.Grant) Level {
	switch {
	case g.Escalation:
		return Escalation
	case g.Level == "":
		return Permissions
	}
	return Level(g.Level)
}

// LevelOfRole is the highest level of what a role gains, None if it gains
// nothing.
func LevelOfRole(r *review.Role) Level {
	top := None
	if len(r.Escalations) > 0 {
		return Escalation
	}
	for i := range r.Gained {
		if l := LevelOf(&r.Gained[i]); l.rank() > top.rank() {
			top = l
		}
	}
	if top == None && r.Change != review.Removed && (r.NewAccess != access.No || r.Trust.NewAccess != access.No) {
		return Any // a new role that services may assume
	}
	return top
}

// An Item is new access that needs approval.
type Item struct {
	Role, Account string
	Level         Level
	review.Escalation
	Place *review.Place // in head; nil where nothing of head makes it new

	Approved bool
	By       string // how it was approved: words of ours and quoted names
}

// Short is the part of the item's digest that people write.
func (i *Item) Short() string { return Short(i.Digest) }

// Short is the part of a digest that people write in approvals.
func Short(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return hex[:min(len(hex), ShownDigits)]
}

// A Verdict is the answer for one change.
type Verdict struct {
	Rules   Rules
	Highest Level // of all new access
	Items   []Item
	// Digest is over all items; with the rules of most, it is the diff's
	// EscalationDigest.
	Digest string
	// Findings are what the gate has to say beside the findings of the diff:
	// errors fail it.
	Findings []review.Finding
	Errors   int // errors of the configuration itself
}

// Open are the items that nobody has approved.
func (v *Verdict) Open() []Item {
	return slices.DeleteFunc(slices.Clone(v.Items), func(i Item) bool { return i.Approved })
}

// Approved reports whether there are items and all of them are approved.
func (v *Verdict) Approved() bool { return len(v.Items) > 0 && len(v.Open()) == 0 }

// Passed reports whether the change may be merged.
func (v *Verdict) Passed() bool {
	return v.Errors == 0 && !slices.ContainsFunc(v.Findings, func(f review.Finding) bool { return f.Severity == "error" })
}

// Result is pass or fail.
func (v *Verdict) Result() string {
	if v.Passed() {
		return "pass"
	}
	return "fail"
}

// Judge decides about a change by rules that it does not make itself. errors
// counts those of head's configuration.
func Judge(d *review.Diff, rules Rules, approvals []Approval, errors int) *Verdict {
	v := &Verdict{Rules: rules, Highest: None, Errors: errors}
	var sealed []review.Escalation
	for i := range d.Roles {
		r := &d.Roles[i]
		if l := LevelOfRole(r); l.rank() > v.Highest.rank() {
			v.Highest = l
		}
		for _, item := range needed(r, rules) {
			sealed = append(sealed, item.Escalation)
			v.Items = append(v.Items, item)
		}
	}
	v.Digest = review.SetDigest(sealed)
	for i := range v.Items {
		v.Items[i].approve(v.Digest, rules, approvals)
	}
	v.Findings = append(v.findings(), headroom(d)...)
	return v
}

// needed lists what of a role's new access needs approval.
func needed(r *review.Role, rules Rules) []Item {
	if rules.FailOn == Never {
		return nil
	}
	var items []Item
	add := func(l Level, e review.Escalation) {
		items = append(items, Item{Role: r.Role, Account: r.Account, Level: l, Escalation: e, Place: placeOf(r, e)})
	}
	for _, e := range r.Escalations {
		add(Escalation, e)
	}
	for i := range r.Gained {
		if g := &r.Gained[i]; !g.Escalation && LevelOf(g).AtLeast(rules.FailOn) {
			add(LevelOf(g), r.Seal(*g))
		}
	}
	return items
}

// placeOf is the line of head to show for an item.
func placeOf(r *review.Role, e review.Escalation) *review.Place {
	for _, g := range e.Grants {
		if p := HeadPlace(g.From); p != nil {
			return p
		}
	}
	if r.Change == review.Removed {
		return nil
	}
	return r.Declared
}

// HeadPlace is the line of head that is a cause: the override, if one made it.
func HeadPlace(c *review.Cause) *review.Place {
	switch {
	case c == nil || c.Side != "head" || c.File == "":
		return nil
	case c.Override != nil:
		return c.Override
	}
	return &review.Place{File: c.File, Line: c.Line}
}

// findings says what fails the gate.
func (v *Verdict) findings() []review.Finding {
	var out []review.Finding
	for _, item := range v.Open() {
		code, summary := "escalation-not-approved", "Escalation not approved"
		if item.Level != Escalation {
			code, summary = "access-not-approved", "New access not approved"
		}
		f := review.Finding{Severity: "error", Code: code, Summary: summary, Detail: fmt.Sprintf(
			"New for role %q: %s. Narrow it, or let it be approved as %s.", item.Role, item.Summary, Short(v.Digest))}
		if item.Place != nil {
			f.File, f.Line, f.EndLine = item.Place.File, item.Place.Line, item.Place.Line
		}
		out = append(out, f)
	}
	return out
}

// Headroom is the share of a quota, in percent, from which a role is warned
// about.
const Headroom = 90

// headroom warns of quotas that a change brings near their limits.
func headroom(d *review.Diff) []review.Finding {
	var out []review.Finding
	for i := range d.Roles {
		r := &d.Roles[i]
		for _, name := range review.QuotaNames() {
			q := r.Quotas[name]
			if q.After == nil || q.Limit <= 0 || *q.After*100 < q.Limit*Headroom || *q.After > q.Limit || q.Before != nil && *q.After <= *q.Before {
				continue
			}
			f := review.Finding{Severity: "warning", Code: "quota-headroom", Summary: "Quota nearly used up", Detail: fmt.Sprintf(
				"Role %q uses %d of %d of its quota of %s. layout = \"packed\" merges policies where that saves room.", r.Role, *q.After, q.Limit, QuotaTitle(name))}
			if r.Declared != nil {
				f.File, f.Line, f.EndLine = r.Declared.File, r.Declared.Line, r.Declared.Line
			}
			out = append(out, f)
		}
	}
	return out
}

// QuotaTitle is a quota of the diff document in words.
func QuotaTitle(name string) string {
	return cmp.Or(map[string]string{
		"attached_policies": "managed policies attached", "managed_policy_size": "the size of a managed policy",
		"inline_policies_size": "inline policies in total", "trust_policy_size": "the size of the trust policy", "tags": "tags",
	}[name], name)
}

// ShortDigest is the part of the digest that people write to approve all items.
func (v *Verdict) ShortDigest() string { return Short(v.Digest) }
