package check

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// statementFacts is what AWS says of the actions and resources of a statement.
type statementFacts struct {
	actions   []actionFacts
	resources []*facts.Resource // of Resources, in their order
}

// actionFacts is one element of a statement's Action list.
type actionFacts struct {
	pattern string
	wide    bool // names actions of several services: nothing is said of it
	service *facts.Service
	known   []*facts.Action // that the pattern matches
}

// maxList is how many actions and resources of one statement are looked up.
const maxList = 2000

// look works out the facts of a statement, once.
func (w *written) look() *statementFacts {
	if w.facts != nil {
		return w.facts
	}
	w.facts = &statementFacts{}
	if len(w.Actions)+len(w.Resources) > maxList {
		return w.facts // no policy of IAM holds it; the quotas are what is wrong
	}
	for _, pattern := range w.Actions {
		w.facts.actions = append(w.facts.actions, lookAction(pattern))
	}
	for _, r := range w.Resources {
		w.facts.resources = append(w.facts.resources, facts.ParseResource(r))
	}
	return w.facts
}

func lookAction(pattern string) actionFacts {
	a := actionFacts{pattern: pattern}
	prefix, name, ok := strings.Cut(pattern, ":")
	if !ok || policy.HasWildcard(prefix) {
		a.wide = true
		return a
	}
	service, ok := facts.FindService(prefix)
	if !ok {
		return a
	}
	a.service = service
	for action := range service.Match(name) {
		a.known = append(a.known, action)
	}
	return a
}

// all reports whether something holds for every action of the pattern, and the
// pattern names at least one.
func (a *actionFacts) all(holds func(*facts.Action) bool) bool {
	for _, action := range a.known {
		if !holds(action) {
			return false
		}
	}
	return len(a.known) > 0
}
