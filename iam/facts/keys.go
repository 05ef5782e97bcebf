package facts

import (
	"iter"
	"sort"
	"strings"
)

// A Key is a condition key.
type Key struct {
	Name       string // as AWS spells it; may hold a placeholder: "aws:ResourceTag/${TagKey}", "s3:ExistingObjectTag/<key>"
	Type       Type   // the type of its values
	Deprecated bool   // AWS says in its description that it is deprecated
	ReplacedBy string // the key that AWS names instead, "" when it names none

	placeholder  bool   // the name holds a placeholder
	head, suffix string // what stands before and after it
}

// split finds the placeholder in a key's name. AWS writes it in four ways:
// "${TagKey}", "<key>", "tag-key" at the end, and nothing after the last "/"
// ("sagemaker:ResourceTag/").
func (k *Key) split() {
	if head, ok := strings.CutSuffix(k.Name, "tag-key"); ok {
		k.placeholder, k.head = true, head
		return
	}
	if strings.HasSuffix(k.Name, "/") {
		k.placeholder, k.head = true, k.Name
		return
	}
	start, end := strings.Index(k.Name, "${"), strings.IndexByte(k.Name, '}')
	if start < 0 {
		start, end = strings.IndexByte(k.Name, '<'), strings.IndexByte(k.Name, '>')
	}
	if start >= 0 && end > start {
		k.placeholder, k.head, k.suffix = true, k.Name[:start], k.Name[end+1:]
	}
}

// Is says whether name names the key, without regard to case. A placeholder in
// the key's name stands for one character or more.
func (k *Key) Is(name string) bool {
	if !k.placeholder {
		return equalFold(k.Name, name)
	}
	return len(name) > len(k.head)+len(k.suffix) &&
		equalFold(name[:len(k.head)], k.head) && equalFold(name[len(name)-len(k.suffix):], k.suffix) ||
		equalFold(k.Name, name)
}

// A Type is the type of a condition key's values; an array type means that a
// request can carry several values of the key (IAM User Guide, "Multivalued
// context keys").
type Type uint8

// The types of condition keys as the Service Authorization Reference names
// them. EpochTime keys are dates to which numeric operators apply as well.
const (
	String Type = iota + 1
	ARN
	Bool
	Numeric
	Date
	IPAddress
	Binary
	ArrayOfString
	ArrayOfARN
	ArrayOfBool
	ArrayOfNumeric
	ArrayOfDate
	ArrayOfIPAddress
	ArrayOfBinary
)

// String returns the type as AWS prints it, such as "ArrayOfString".
func (t Type) String() string {
	if t == 0 || t > ArrayOfBinary {
		return ""
	}
	return typeNames()[t-1]
}

// Array says whether the key is multivalued.
func (t Type) Array() bool { return t >= ArrayOfString }

// Elem returns the type of one value: String for ArrayOfString, t itself for a
// type that is no array.
func (t Type) Elem() Type {
	if t.Array() {
		return t - ArrayOfString + String
	}
	return t
}

func typeNames() [14]string {
	return [...]string{
		"String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary",
		"ArrayOfString", "ArrayOfARN", "ArrayOfBool", "ArrayOfNumeric", "ArrayOfDate", "ArrayOfIPAddress", "ArrayOfBinary",
	}
}

func typeNamed(name string) Type {
	for i, n := range typeNames() {
		if n == name {
			return Type(i + 1)
		}
	}
	return 0
}

// A Support says what is known about a condition key in the requests of an
// action.
type Support uint8

// The answers of SupportsKey.
const (
	// KeyUnlisted: AWS lists the key neither for the action nor for a resource
	// type of it, nor among the global keys. The requests of the action do not
	// carry it, as far as AWS documents.
	KeyUnlisted Support = iota
	// KeyListed: the Service Authorization Reference lists it.
	KeyListed
	// KeyGlobal: a global condition key, or one of an identity provider; whether
	// a request carries it depends on the principal, the network or the kind of
	// call. See FindGlobalKey.
	KeyGlobal
	// KeyDeprecated: AWS lists no longer the key but its successor for the
	// action, and calls it deprecated. Whether requests still carry it is not
	// documented.
	KeyDeprecated
)

// SupportsKey says whether requests of the action can carry the condition key,
// compared without regard to case. Keys about tags of resources and requests
// (aws:ResourceTag/…, aws:RequestTag/…, aws:TagKeys) are global by name, but a
// request carries them only if the service supports them for the action: they
// are KeyListed or KeyUnlisted, never KeyGlobal.
func (a *Action) SupportsKey(name string) Support {
	replaced := false
	for i := range a.svc.named(name) {
		if a.lists(i) {
			return KeyListed
		}
		for j := range a.svc.named(a.svc.keys[i].ReplacedBy) {
			replaced = replaced || a.lists(j)
		}
	}
	if replaced {
		return KeyDeprecated
	}
	if g, ok := FindGlobalKey(name); ok {
		if !g.PerService && g.supports(a) {
			return KeyGlobal
		}
		return KeyUnlisted
	}
	if federated(name) {
		return KeyGlobal
	}
	return KeyUnlisted
}

// federated says whether a key tells what an identity provider said of a
// federated user. AWS lists these keys with AWS STS; sessions carry them into
// requests to other services (IAM User Guide, "AWS global condition context
// keys", last section).
func federated(name string) bool {
	prefix, _, _ := strings.Cut(name, ":")
	if _, service := FindService(prefix); service || equalFold(prefix, "aws") {
		return false
	}
	if sts, ok := FindService("sts"); ok {
		if _, listed := sts.Key(name); listed {
			return true
		}
	}
	_, ok := providerKey(name)
	return ok
}

// named yields the numbers of the keys that name names in the service's list:
// more than one where AWS lists a key both with a placeholder and without
// ("sagemaker:ResourceTag/${TagKey}", "sagemaker:ResourceTag/").
func (s *Service) named(name string) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		i, ok := sort.Find(len(s.keys), func(i int) int { return compareFold(name, s.keys[i].Name) })
		if ok && !yield(uint16(i)) {
			return
		}
		for _, j := range s.shapes {
			if (!ok || int(j) != i) && s.keys[j].Is(name) && !yield(j) {
				return
			}
		}
	}
}

// Key returns the condition key that name names in the service's list, without
// regard to case: "s3:ExistingObjectTag/team" is "s3:ExistingObjectTag/<key>".
func (s *Service) Key(name string) (k *Key, ok bool) {
	for i := range s.named(name) {
		// The first may be an exact one; of placeholders, the longer name says more.
		if k == nil || k.placeholder && len(s.keys[i].Name) > len(k.Name) && !equalFold(k.Name, name) {
			k = &s.keys[i]
		}
	}
	return k, k != nil
}

// FindKey returns the condition key that name names, wherever AWS lists it:
// among the global keys, the keys of the service with its prefix, or, for
// prefixes that are no service (identity providers, "saml", "identitycenter"),
// the keys of the service that receives them. Without regard to case.
func FindKey(name string) (k *Key, ok bool) {
	if g, ok := FindGlobalKey(name); ok {
		return &g.Key, true
	}
	prefix, _, colon := strings.Cut(name, ":")
	if !colon {
		return nil, false
	}
	if s, ok := FindService(prefix); ok {
		if k, ok := s.Key(name); ok {
			return k, true
		}
	}
	for _, host := range hosts(strings.ToLower(prefix)) {
		if s, ok := FindService(host); ok {
			if k, ok := s.Key(name); ok {
				return k, true
			}
		}
	}
	return providerKey(name)
}

// providerKey returns the key of an identity provider that AWS does not list
// by name: its host name, a colon, and one of the claims that AWS STS reads
// from every token (IAM User Guide, "IAM and AWS STS condition context keys",
// "Available keys for AWS OIDC federation").
func providerKey(name string) (*Key, bool) {
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 || !strings.Contains(name[:colon], ".") {
		return nil, false
	}
	switch strings.ToLower(name[colon+1:]) {
	case "amr":
		return &Key{Name: name, Type: ArrayOfString}, true
	case "aud", "azp", "email", "oaud", "sub":
		return &Key{Name: name, Type: String}, true
	}
	return nil, false
}

// hosts returns the services in whose lists AWS prints keys of a foreign
// prefix; a test finds every key of the data through them.
func hosts(prefix string) []string {
	switch prefix {
	case "identitycenter":
		return []string{"sso"}
	case "identitystore":
		return []string{"qbusiness", "q"}
	case "catalog":
		return []string{"aws-marketplace"}
	case "cognito-identity-auth", "cognito-identity-unauth":
		return []string{"cognito-identity"}
	case "ec2", "ssm":
		return []string{"ssmmessages", "ec2messages", "ec2-instance-connect"}
	case "iam":
		return []string{"codestar"}
	case "logs":
		return []string{"xray"}
	case "connect":
		return []string{"cases"}
	case "iot":
		return []string{"iotjobsdata"}
	}
	return []string{"sts"} // saml and the host names of identity providers
}
