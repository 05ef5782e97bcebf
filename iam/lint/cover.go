package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// maxCompared is how many values of one list are compared with each other.
const maxCompared = 200

// covers reports whether every text that the pattern v matches is matched by
// the pattern w. It errs on the side of no.
func covers(w, v string) bool {
	if strings.Contains(w, "?") && strings.Contains(v, "*") {
		return w == v // a ? may not stand for a *
	}
	return policy.Match(w, v)
}

// coversARN is covers for resources, where a * of one part of an ARN is not
// relied on to run over the next.
func coversARN(w, v string) bool {
	if stars(w) || w == v {
		return true
	}
	a, ok := policy.ParseARN(w)
	if !ok {
		return false
	}
	b, ok := policy.ParseARN(v)
	return ok && covers(a.Partition, b.Partition) && covers(a.Service, b.Service) && covers(a.Region, b.Region) && covers(a.Account, b.Account) && covers(a.Resource, b.Resource)
}

// coversAction is covers for actions, which compare without regard to case.
func coversAction(w, v string) bool { return covers(policy.Lower(w), policy.Lower(v)) }

// needless yields the elements of a list that others of it cover; of equal ones
// the first stays.
func needless(list []string, covers func(w, v string) bool, yield func(i int, other string)) {
	if len(list) > maxCompared || len(list) < 2 {
		return
	}
	for i, v := range list {
		for j, w := range list {
			if i != j && covers(w, v) && (j < i || !covers(v, w)) {
				yield(i, w)
				break
			}
		}
	}
}

// coversAll reports whether every element of list is covered by one of others.
func coversAll(others, list []string, covers func(w, v string) bool) bool {
	for _, v := range list {
		found := false
		for _, w := range others {
			if covers(w, v) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
