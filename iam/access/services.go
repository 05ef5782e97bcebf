package access

import (
	"cmp"
	"slices"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// ServiceFacts returns the facts of package iam/facts: the actions and condition
// keys of all services, decoded service by service when they are asked for.
func ServiceFacts() Facts { return serviceFacts{} }

type serviceFacts struct{}

// KeyType implements [authz.KeyTypes]. A service's multivalued keys count as
// unknown: AWS does not say how an operator for single values takes a list, so
// that whether their value is one is left to requests and operators.
func (serviceFacts) KeyType(key string) (authz.KeyType, bool) {
	if t, ok := (authz.GlobalKeys{}).KeyType(key); ok {
		return t, true
	}
	k, ok := facts.FindKey(key)
	if !ok || k.Type.Array() {
		return authz.KeyType{}, false
	}
	return authz.KeyType{Kind: kindOf(k.Type)}, true
}

func kindOf(t facts.Type) authz.Kind {
	switch t {
	case facts.ARN:
		return authz.ARN
	case facts.Bool:
		return authz.Bool
	case facts.Numeric:
		return authz.Numeric
	case facts.Date:
		return authz.Date
	case facts.IPAddress:
		return authz.IPAddress
	case facts.Binary:
		return authz.Binary
	}
	return authz.String
}

// Services implements [Facts].
func (serviceFacts) Services() []string { return facts.Services() }

// Actions implements [Facts].
func (serviceFacts) Actions(service string) []string {
	s, ok := facts.FindService(service)
	if !ok {
		return nil
	}
	var names []string
	for a := range s.Actions() {
		names = append(names, a.Name)
	}
	return names
}

// Level implements [Facts].
func (serviceFacts) Level(action string) Level {
	a, ok := facts.FindAction(action)
	if !ok {
		return ""
	}
	levels := [...]Level{
		facts.List: LevelList, facts.Read: LevelRead, facts.Tagging: LevelTagging,
		facts.Write: LevelWrite, facts.PermissionsManagement: LevelPermissions,
	}
	return levels[a.Level]
}

// Formats implements [Facts].
func (serviceFacts) Formats(action string) ([]string, bool) {
	a, ok := facts.FindAction(action)
	if !ok {
		return nil, false
	}
	// What a request always names comes first, and short formats before long.
	types := slices.Clone(a.ResourceTypes)
	slices.SortStableFunc(types, func(s, t facts.ActionType) int {
		switch {
		case s.Required == t.Required:
			return cmp.Compare(len(s.ARNs[0]), len(t.ARNs[0]))
		case s.Required:
			return -1
		}
		return 1
	})
	var list []string
	for _, t := range types {
		list = append(list, t.ARNs...)
	}
	return list, true
}
