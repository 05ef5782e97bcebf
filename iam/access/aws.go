package access

import (
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// AWS are the [Facts] that package facts holds.
type AWS struct{}

// Services implements [Facts].
func (AWS) Services() []string { return facts.Services() }

// Actions implements [Facts].
func (AWS) Actions(service string) []string {
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
func (AWS) Level(action string) Level {
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
	return ""
}

// KeyType implements [authz.KeyTypes].
func (AWS) KeyType(key string) (authz.KeyType, bool) {
	k, ok := facts.FindKey(key)
	if !ok {
		return authz.GlobalKeys{}.KeyType(key)
	}
	t := authz.KeyType{Multi: k.Type.Array()}
	switch k.Type.Elem() {
	case facts.ARN:
		t.Kind = authz.ARN
	case facts.Bool:
		t.Kind = authz.Bool
	case facts.Numeric:
		t.Kind = authz.Numeric
	case facts.Date:
		t.Kind = authz.Date
	case facts.IPAddress:
		t.Kind = authz.IPAddress
	case facts.Binary:
		t.Kind = authz.Binary
	default:
		t.Kind = authz.String
	}
	if g, ok := facts.FindGlobalKey(key); ok {
		t.Always = g.Presence == facts.Always || g.Presence == facts.Signed
	}
	return t, true
}
