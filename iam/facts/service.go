package facts

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
)

// A Service is one row of the Service Authorization Reference: everything a
// policy can say about the actions of one prefix.
type Service struct {
	Prefix string // "sagemaker"
	Title  string // "Amazon SageMaker"

	actions []Action       // in the order of their lower-case names
	types   []ResourceType // likewise
	keys    []Key          // likewise
	sets    [][]uint16     // sets of numbers in keys
	shapes  []uint16       // numbers of the keys that hold a placeholder
}

// A Level is the access level that AWS assigns to an action (Service
// Authorization Reference, "Access levels in policy summaries").
type Level uint8

// The access levels, from the least to the most consequential.
const (
	List Level = iota + 1
	Read
	Tagging
	Write
	PermissionsManagement
)

// String returns the level as AWS prints it, such as "Permissions management".
func (l Level) String() string {
	names := [...]string{"", "List", "Read", "Tagging", "Write", "Permissions management"}
	if int(l) >= len(names) {
		return ""
	}
	return names[l]
}

// An Action is what a service can be asked to do.
type Action struct {
	Service       string       // the prefix, "sagemaker"
	Name          string       // "CreateTrainingJob", as AWS spells it
	Level         Level        // the access level
	ResourceTypes []ActionType // none for an action that accepts only the resource "*"
	Dependents    []string     // actions that the caller needs as well, sorted; of DependentsDate

	own []uint16 // condition keys listed beside the action itself
	svc *Service
}

// String returns the name with its prefix, "sagemaker:CreateTrainingJob".
func (a *Action) String() string { return a.Service + ":" + a.Name }

// An ActionType is a resource type in the row of an action.
type ActionType struct {
	*ResourceType
	Required bool // marked "*" in the reference: a request always names such a resource

	own []uint16 // condition keys for this action and type
}

// A ResourceType is a kind of resource of a service. An action may list a type
// whose ARNs belong to another service (s3:GetObject lists none such, but
// ssm:StartSession lists EC2 instances).
type ResourceType struct {
	Name string   // "training-job"
	ARNs []string // formats, usually one: "arn:${Partition}:s3:::${BucketName}/${ObjectName}"

	set     []uint16
	svc     *Service
	once    sync.Once
	formats []shape
}

// Action returns the action of that name, without prefix and without regard to
// case.
func (s *Service) Action(name string) (a *Action, ok bool) {
	i, ok := sort.Find(len(s.actions), func(i int) int { return compareFold(name, s.actions[i].Name) })
	if !ok {
		return nil, false
	}
	return &s.actions[i], true
}

// Actions yields all actions of the service in the order of their names.
func (s *Service) Actions() iter.Seq[*Action] { return s.Match("*") }

// Match yields the actions whose names match a pattern with "*" and "?", such
// as "Create*", without regard to case and in the order of their names.
func (s *Service) Match(pattern string) iter.Seq[*Action] {
	return func(yield func(*Action) bool) {
		if !strings.ContainsAny(pattern, "*?") {
			if a, ok := s.Action(pattern); ok {
				yield(a)
			}
			return
		}
		for i := range s.actions {
			if globFold(pattern, s.actions[i].Name) && !yield(&s.actions[i]) {
				return
			}
		}
	}
}

// ResourceTypes returns the resource types of the service by name.
func (s *Service) ResourceTypes() []*ResourceType {
	list := make([]*ResourceType, len(s.types))
	for i := range s.types {
		list[i] = &s.types[i]
	}
	return list
}

// ResourceType returns the resource type of that name, without regard to case.
func (s *Service) ResourceType(name string) (t *ResourceType, ok bool) {
	i, ok := sort.Find(len(s.types), func(i int) int { return compareFold(name, s.types[i].Name) })
	if !ok {
		return nil, false
	}
	return &s.types[i], true
}

// Keys returns the condition keys that the reference lists for the service, by
// name; keys of other prefixes and "aws:ResourceTag/${TagKey}" are among them.
func (s *Service) Keys() []*Key {
	list := make([]*Key, len(s.keys))
	for i := range s.keys {
		list[i] = &s.keys[i]
	}
	return list
}

// ConditionKeys returns the condition keys that the reference lists for the
// action: beside the action, beside its resource types in the table of actions,
// and beside them in the table of resource types. Global keys, which every
// request may carry, are not repeated; see GlobalKeys.
func (a *Action) ConditionKeys() []*Key {
	numbers := slices.Clone(a.own)
	for _, t := range a.ResourceTypes {
		numbers = append(numbers, t.own...)
		numbers = append(numbers, t.set...)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	list := make([]*Key, len(numbers))
	for i, n := range numbers {
		list[i] = &a.svc.keys[n]
	}
	return list
}

// ConditionKeys returns the condition keys listed for the resource type itself.
func (t *ResourceType) ConditionKeys() []*Key {
	list := make([]*Key, len(t.set))
	for i, n := range t.set {
		list[i] = &t.svc.keys[n]
	}
	return list
}

// lists says whether the reference lists the key with that number for the
// action.
func (a *Action) lists(key uint16) bool {
	if slices.Contains(a.own, key) {
		return true
	}
	for _, t := range a.ResourceTypes {
		if slices.Contains(t.own, key) || slices.Contains(t.set, key) {
			return true
		}
	}
	return false
}
