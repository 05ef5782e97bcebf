// Package facts holds what AWS publishes about its services and their
// permissions, as data of a stated date: the actions, resource types and
// condition keys of every service (Service Authorization Reference), the
// global condition keys, the documents of the AWS managed policies, the quotas
// of IAM and the partitions.
//
// The data is embedded and decoded piece by piece when it is first asked for,
// so a program pays for the services it names and for nothing at its start.
// Everything returned is shared and must not be modified; all functions may be
// called from several goroutines.
//
// A fact that is missing here is not proof that AWS lacks it: services gain
// actions daily. Say the date (ServicesDate) where an answer depends on it.
package facts

import (
	"embed"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

//go:generate go run ./gen -packages $FACTS_PACKAGES

//go:embed data/services
var services embed.FS

// decoded remembers the services decoded so far, so that every caller shares
// one copy. It is a memory, not a state: FindService gives the same answer
// whatever it holds.
var decoded memory

type memory struct {
	services atomic.Pointer[map[string]*Service]
	fill     sync.Mutex
}

func (m *memory) get(prefix string) *Service {
	if known := m.services.Load(); known != nil {
		return (*known)[prefix]
	}
	return nil
}

// put remembers s unless another goroutine was faster, and returns the one
// that is remembered.
func (m *memory) put(s *Service) *Service {
	m.fill.Lock()
	defer m.fill.Unlock()
	grown := map[string]*Service{}
	if known := m.services.Load(); known != nil {
		if first := (*known)[s.Prefix]; first != nil {
			return first
		}
		for prefix, other := range *known {
			grown[prefix] = other
		}
	}
	grown[s.Prefix] = s
	m.services.Store(&grown)
	return s
}

// FindService returns the service with the action prefix, such as "s3" or
// "sagemaker", without regard to case; ok is false when AWS lists none.
func FindService(prefix string) (s *Service, ok bool) {
	prefix = strings.ToLower(prefix)
	if s := decoded.get(prefix); s != nil {
		return s, true
	}
	if strings.ContainsAny(prefix, "./\\:*?") {
		return nil, false // not a prefix, and no name of a file of ours
	}
	text, err := services.ReadFile("data/services/" + prefix + ".txt")
	if err != nil {
		return nil, false
	}
	return decoded.put(decode(string(text))), true
}

// Services returns the action prefixes of all services, sorted.
func Services() []string {
	entries, err := services.ReadDir("data/services")
	if err != nil {
		return nil // the directory is embedded, so it is there
	}
	prefixes := make([]string, len(entries))
	for i, e := range entries {
		prefixes[i] = strings.TrimSuffix(e.Name(), ".txt")
	}
	slices.Sort(prefixes) // "ec2-x.txt" stands before "ec2.txt"
	return prefixes
}

// FindAction returns the action of that name, such as "s3:GetObject", without
// regard to case; ok is false when AWS lists none. Wildcards are not expanded;
// see Expand.
func FindAction(name string) (a *Action, ok bool) {
	prefix, short, colon := strings.Cut(name, ":")
	if !colon {
		return nil, false
	}
	s, ok := FindService(prefix)
	if !ok {
		return nil, false
	}
	return s.Action(short)
}

// Expand yields the actions that an action pattern of a policy names: "*",
// "s3:*", "s3:Get?bject*", "s3:GetObject". Patterns are matched without regard
// to case (IAM User Guide, "IAM JSON policy elements: Action"). "*" and
// wildcards in the service prefix go through, and decode, every service.
func Expand(pattern string) iter.Seq[*Action] {
	prefix, name, colon := strings.Cut(pattern, ":")
	if !colon {
		if strings.Trim(pattern, "*") != "" || pattern == "" {
			return func(func(*Action) bool) {}
		}
		prefix, name = "*", "*"
	}
	prefixes := []string{prefix}
	if strings.ContainsAny(prefix, "*?") {
		prefixes = nil
		for _, p := range Services() {
			if globFold(prefix, p) {
				prefixes = append(prefixes, p)
			}
		}
	}
	return func(yield func(*Action) bool) {
		for _, p := range prefixes {
			s, ok := FindService(p)
			if !ok {
				continue
			}
			for a := range s.Match(name) {
				if !yield(a) {
					return
				}
			}
		}
	}
}
