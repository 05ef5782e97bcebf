package access

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// ServiceFacts returns the facts of package iam/facts: the actions and condition
// keys of all services, decoded service by service when they are asked for.
func ServiceFacts() Facts { return serviceFacts{} }

type serviceFacts struct{}

// kinds are the types of the service reference as authz names them.
var kinds = map[facts.Type]authz.Kind{
	facts.String: authz.String, facts.ARN: authz.ARN, facts.Bool: authz.Bool, facts.Numeric: authz.Numeric,
	facts.Date: authz.Date, facts.IPAddress: authz.IPAddress, facts.Binary: authz.Binary,
}

// KeyType implements [authz.KeyTypes].
func (serviceFacts) KeyType(key string) (authz.KeyType, bool) {
	if t, ok := (authz.GlobalKeys{}).KeyType(key); ok {
		return t, true
	}
	k, ok := facts.FindKey(key)
	if !ok {
		return authz.KeyType{}, false
	}
	return authz.KeyType{Kind: kinds[k.Type.Elem()], Multi: k.Type.Array()}, true
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
	switch a.Level {
	case facts.List:
		return LevelList
	case facts.Read:
		return LevelRead
	case facts.Tagging:
		return LevelTagging
	case facts.Write:
		return LevelWrite
	case facts.PermissionsManagement:
		return LevelPermissions
	}
	return Level(strings.ToLower(a.Level.String()))
}
