package authz

import "strings"

// A Kind is the data type of a condition key.
type Kind uint8

// The data types of condition keys (Service Authorization Reference, "Condition
// keys": the Type column).
const (
	String Kind = iota + 1
	ARN
	Bool
	Numeric
	Date
	IPAddress
	Binary
)

// A KeyType describes a condition key.
type KeyType struct {
	Kind   Kind
	Multi  bool // the key holds a list in the request context, also of one value
	Always bool // AWS sends the key with every signed request
}

// KeyTypes knows condition keys. Implementations must be safe for concurrent
// use and deterministic.
type KeyTypes interface {
	// KeyType describes a key, given in lower case; ok is false if it is
	// unknown.
	KeyType(key string) (t KeyType, ok bool)
}

// GlobalKeys knows AWS's global condition keys (IAM User Guide, "AWS global
// condition context keys").
type GlobalKeys struct{}

// KeyType implements [KeyTypes].
func (GlobalKeys) KeyType(key string) (KeyType, bool) {
	rest, ok := strings.CutPrefix(key, "aws:")
	if !ok {
		return KeyType{}, false
	}
	if tag, _, ok := strings.Cut(rest, "/"); ok {
		switch tag {
		case "principaltag", "requesttag", "resourcetag":
			return KeyType{Kind: String}, true
		}
		return KeyType{}, false
	}
	switch rest {
	case "currenttime", "epochtime":
		return KeyType{Kind: Date, Always: true}, true
	case "tokenissuetime":
		return KeyType{Kind: Date}, true
	case "multifactorauthage":
		return KeyType{Kind: Numeric}, true
	case "securetransport", "principalisawsservice", "viaawsservice":
		return KeyType{Kind: Bool, Always: true}, true
	case "multifactorauthpresent", "ismcpserviceaction", "viaawsmcpservice":
		return KeyType{Kind: Bool}, true
	case "sourceip", "vpcsourceip":
		return KeyType{Kind: IPAddress}, true
	case "principalarn":
		return KeyType{Kind: ARN, Always: true}, true
	case "sourcearn", "ec2instancesourcearn", "lambda:sourcefunctionarn", "sourcevpcarn", "vpcearn":
		return KeyType{Kind: ARN}, true
	case "calledvia", "tagkeys", "principalorgpaths", "resourceorgpaths", "sourceorgpaths", "vpceorgpaths", "principalservicenameslist":
		return KeyType{Kind: String, Multi: true}, true
	case "principalaccount", "principaltype", "requestedregion", "userid", "useragent":
		return KeyType{Kind: String, Always: true}, true
	case "calledviafirst", "calledvialast", "federatedprovider", "principalorgid", "principalservicename", "referer",
		"resourceaccount", "resourceorgid", "sourceaccount", "sourceidentity", "sourceorgid", "sourcevpc", "sourcevpce",
		"username", "vpceaccount", "vpceorgid", "ec2instancesourcevpc", "ec2instancesourceprivateipv4",
		"assumedroot", "chatbotsourcearn", "signinsessionarn":
		return KeyType{Kind: String}, true
	}
	return KeyType{}, false
}
