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
// the first stays. same is the form in which equal ones are equal. At most
// maxCompared patterns are compared with the others.
func needless(list []string, same func(string) string, covers func(w, v string) bool, yield func(i int, other string)) {
	if len(list) > maxList {
		return
	}
	first, patterns := make(map[string]int, len(list)), []int(nil)
	for i, v := range list {
		if _, known := first[same(v)]; !known {
			first[same(v)] = i
		}
		if policy.HasWildcard(v) && len(patterns) < maxCompared {
			patterns = append(patterns, i)
		}
	}
	for i, v := range list {
		if j := first[same(v)]; j != i {
			yield(i, list[j])
			continue
		}
		for _, j := range patterns {
			if w := list[j]; i != j && covers(w, v) && (j < i || !covers(v, w)) {
				yield(i, w)
				break
			}
		}
	}
}

func asWritten(s string) string { return s }

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
