package preflight

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// alternatives marks the checks of a group of which another is allowed, so that
// they do not count. Of a group whose caller nobody told, what the role lacks
// is not known to be missing.
func (j *judge) alternatives() {
	groups := map[string][]int{}
	for i := range j.answer.Checks {
		if g := j.answer.Checks[i].AnyOf; g != "" {
			groups[g] = append(groups[g], i)
		}
	}
	for g, members := range groups {
		met := slices.ContainsFunc(members, func(i int) bool { return j.answer.Checks[i].outcome == allow })
		for _, i := range members {
			c := &j.answer.Checks[i]
			switch {
			case c.outcome == allow:
			case met:
				c.Met = true
			case j.caller == nil && c.outcome == deny && j.callerCould(g) && !slices.ContainsFunc(c.gaps, func(g *gap) bool { return g.explicit }):
				c.outcome, c.Decision = unknown, unknown.String()
				c.Because += "; the caller may have it instead, and nobody told the caller"
			}
		}
	}
}

// callerCould reports whether an entry of the group is the caller's.
func (j *judge) callerCould(group string) bool {
	return slices.ContainsFunc(j.api.Permissions, func(p requirements.Permission) bool {
		return p.AnyOf == group && p.Actor == requirements.Caller
	})
}

// conclude gives the verdict: what AWS documents and is denied does not work;
// what is not known is never green; what is derived, reported or inferred and
// missing is told, and does not fail.
func (j *judge) conclude() {
	a := j.answer
	worst := allow
	judged, documented, open := false, false, false
	for i := range a.Checks {
		c := &a.Checks[i]
		judged = judged || c.Actor != requirements.ResourceOwner
		documented = documented || c.Actor != requirements.ResourceOwner && c.Basis == requirements.Documented
		open = open || c.outcome != allow && !c.Met
		if c.Basis == requirements.Documented && !c.Met {
			worst = max(worst, c.outcome)
		}
	}
	for _, h := range a.Rules {
		if h.Verdict == "fail" {
			worst = deny
		}
	}
	if worst == allow && judged && !documented && open {
		worst = unknown
		j.assume("AWS documents none of what this call needs, so that the missing permissions may or may not matter.")
	}
	if worst == allow && !judged {
		worst = unknown
		if j.caller == nil && slices.ContainsFunc(j.api.Permissions, func(p requirements.Permission) bool { return p.Actor == requirements.Caller }) {
			j.assume("Every permission of this call is the caller's, and nobody told the caller: write caller = role.NAME, or --caller NAME.")
		} else {
			j.assume("Under these conditions no requirement of this call is known, so nothing was judged.")
		}
	}
	if j.open {
		worst = max(worst, unknown)
	}
	if worst == allow && open {
		j.assume("The call may fail all the same: permissions that AWS does not document for it, and that follow from other facts, are not allowed.")
	}
	a.Verdict = map[outcome]Verdict{allow: Works, unknown: Unknown, deny: DoesNotWork}[worst]
	if list := j.unsaid(); len(list) > 0 {
		a.Notes = append(a.Notes, "Taken not to hold, since nobody said so: "+strings.Join(list, ", ")+".")
	}
	for i := range j.api.Permissions {
		if slices.Contains(requirements.Symbols(j.api.Permissions[i].When), "ecr_private") && !j.facts.request && !j.facts.told["images"] {
			j.assume("No image was told, so that nothing is said of Amazon ECR: images = [\"ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME\"].")
			break
		}
	}
	slices.Sort(a.Notes)
}

// Gaps are the checks that make the verdict other than works.
func (a *Answer) Gaps() []*Check {
	var out []*Check
	for i := range a.Checks {
		if c := &a.Checks[i]; c.outcome != allow && !c.Met && c.Basis == requirements.Documented {
			out = append(out, c)
		}
	}
	return out
}

// Warnings are the checks that are not allowed and that AWS does not document:
// derived, reported or inferred requirements.
func (a *Answer) Warnings() []*Check {
	var out []*Check
	for i := range a.Checks {
		if c := &a.Checks[i]; c.outcome != allow && !c.Met && c.Basis != requirements.Documented {
			out = append(out, c)
		}
	}
	return out
}
