// Package requirements holds what calls of Amazon SageMaker AI need: for each
// of 59 APIs the permissions by actor and condition with the source of each,
// the fields of a request that name roles, buckets, keys, images and networks,
// and the rules that no policy can mend. It is data with sources and dates
// (data/sources.json); the packages above decide what it means for a role.
//
// Everything returned is shared and must not be modified.
package requirements

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed data
var data embed.FS

// A Basis says how sure a requirement is.
type Basis string

// The bases, from the surest down.
const (
	Documented Basis = "documented" // stated by the source
	Derived    Basis = "derived"    // follows from what the source states
	Reported   Basis = "reported"   // by users, in a public issue
	Inferred   Basis = "inferred"   // a judgment: not stated in a document that was found
)

// An Actor is who needs a permission.
type Actor string

// The actors.
const (
	ExecutionRole Actor = "execution_role" // the role that the call names
	Caller        Actor = "caller"         // who makes the call
	ClusterRole   Actor = "cluster_role"   // the ClusterRole of a HyperPod cluster
	ResourceOwner Actor = "resource_owner" // who owns the bucket, key or repository, in its policy
)

// A Permission is one entry: an actor needs an action on a resource when the
// condition holds.
type Permission struct {
	Actor    Actor
	Action   string // service:name; the name may end in *
	Resource string // an ARN with placeholders such as ${input_bucket}, or "*"
	When     string // symbols of Conditions with and, or; "always"
	Basis    Basis
	Source   string            // an id of Sources
	Policy   string            // of a resource owner: which policy of the resource
	AnyOf    string            `json:"any_of"` // entries of an API with the same name are alternatives
	Context  map[string]string // condition keys that the request carries, with placeholders
	Note     string
}

// A Field is a member of a request that states a fact.
type Field struct {
	Path string   // members joined by ".", with [] after a list
	Kind string   // role, s3, kms, image, vpc, lambda or sns
	Use  []string // what the value is for: input, output, model, volume, …
}

// An API is one operation of SageMaker, or something that calls several.
type API struct {
	Name        string `json:"api"`
	Permissions []Permission
	Request     []Field
}

// A Rule is a verdict that depends on more than permissions.
type Rule struct {
	ID      string
	Verdict string // fail, warn, info; intersect, both and any are how policies combine
	When    string // in words
	Text    string
	Source  []string // ids of Sources
	Basis   Basis
}

// A Source is a document that entries come from.
type Source struct {
	Title string
	URL   string
	Date  string // when the document was last compared: a year or a month
}

// apis are the names in order of the alphabet.
var apis = sync.OnceValue(func() []string {
	entries, err := data.ReadDir("data/api")
	if err != nil {
		panic(err) // embedded
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(out)
	return out
})

// APIs names the APIs, sorted.
func APIs() []string { return slices.Clone(apis()) }

// cache remembers the APIs decoded so far.
var cache sync.Map

// Find returns the API of a name, without regard to case; ok is false when
// nothing is known of it.
func Find(name string) (a *API, ok bool) {
	i := slices.IndexFunc(apis(), func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return nil, false
	}
	name = apis()[i]
	if known, ok := cache.Load(name); ok {
		return known.(*API), true
	}
	a = &API{}
	read("api/"+name+".json", a)
	known, _ := cache.LoadOrStore(name, a)
	return known.(*API), true
}

// read decodes an embedded file, which the tests hold to its shape.
func read(name string, v any) {
	text, err := data.ReadFile("data/" + name)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		panic(fmt.Sprintf("requirements: %s: %s", name, err))
	}
}

func once[T any](name string) func() T {
	return sync.OnceValue(func() T {
		var v T
		read(name, &v)
		return v
	})
}

var (
	conditions = once[map[string]string]("conditions.json")
	rules      = once[[]Rule]("rules.json")
	sources    = once[map[string]Source]("sources.json")
	passRole   = once[[]string]("pass_role.json")
	localDisks = once[[]string]("local_storage.json")
	registries = once[[]string]("registries.json")
)

// Conditions are the symbols of When with what each means.
func Conditions() map[string]string { return conditions() }

// Rules are the verdict rules by id.
func Rules() []Rule { return rules() }

// FindRule returns the rule with an id such as "R01".
func FindRule(id string) (r Rule, ok bool) {
	i := slices.IndexFunc(rules(), func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules()[i], true
}

// FindSource returns a document by the id that entries have.
func FindSource(id string) (s Source, ok bool) {
	s, ok = sources()[id]
	return s, ok
}

// PassesRole reports whether AWS lists iam:PassRole among what an API depends
// on (Service Authorization Reference, dependent actions).
func PassesRole(api string) bool { return slices.Contains(passRole(), api) }

// LocalStorage reports whether instances of a type, such as ml.g5.xlarge, have
// local storage, whose volume takes no key of a request (Amazon EC2 Instance
// Types Guide, instance store volumes).
func LocalStorage(instanceType string) bool {
	family, _, _ := strings.Cut(strings.TrimPrefix(instanceType, "ml."), ".")
	return slices.Contains(localDisks(), family)
}

// AWSRegistry reports whether an account is one of those in which AWS keeps
// prebuilt images that every account may pull.
func AWSRegistry(account string) bool { return slices.Contains(registries(), account) }

// Placeholders are the names in ${…} of a resource, in order.
func Placeholders(resource string) []string {
	var out []string
	for {
		start := strings.Index(resource, "${")
		if start < 0 {
			return out
		}
		end := strings.IndexByte(resource[start:], '}')
		if end < 0 {
			return out
		}
		out = append(out, resource[start+2:start+end])
		resource = resource[start+end+1:]
	}
}

// Holds evaluates a condition: symbols joined by and, which binds closer, and
// or.
func Holds(when string, symbol func(string) bool) bool {
	for alternative := range strings.SplitSeq(when, " or ") {
		all := true
		for s := range strings.SplitSeq(alternative, " and ") {
			all = all && symbol(s)
		}
		if all {
			return true
		}
	}
	return false
}

// Symbols are the symbols of a condition.
func Symbols(when string) []string {
	return strings.FieldsFunc(strings.NewReplacer(" and ", "|", " or ", "|").Replace(when), func(r rune) bool { return r == '|' })
}
