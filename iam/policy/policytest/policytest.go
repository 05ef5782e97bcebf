// Package policytest generates policy documents, and parts of requests about
// them, for property tests. The alphabets are small, so that patterns overlap,
// values meet and a random request is often decided by more than a default.
package policytest

import (
	"maps"
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
	"pgregory.net/rapid"
)

// A Shape says which elements the statements of a document have.
type Shape struct {
	Principals bool // Principal or NotPrincipal, as in resource-based policies
	Denies     bool // also statements with Deny
	Variables  bool // policy variables in resources and conditions
}

// Accounts are the accounts that generated principals and resources are of.
func Accounts() []string { return []string{"111122223333", "444455556666"} }

// Actions are the actions that generated patterns tell apart.
func Actions() []string {
	return []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "kms:Decrypt", "sts:AssumeRole"}
}

// Resources are the resources that generated patterns tell apart.
func Resources() []string {
	return []string{
		"*", "arn:aws:s3:::data", "arn:aws:s3:::data/in/a", "arn:aws:s3:::data/out/b", "arn:aws:s3:::other/a",
		"arn:aws:sqs:eu-west-1:111122223333:jobs", "arn:aws:sqs:eu-west-1:444455556666:jobs:dead",
		"arn:aws:kms:eu-west-1:111122223333:key/k1", "arn:aws:iam::111122223333:role/target",
	}
}

// Principals are ARNs of callers.
func Principals() []string {
	return []string{
		"arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:role/train",
		"arn:aws:sts::111122223333:assumed-role/train/s1", "arn:aws:sts::444455556666:assumed-role/other/s2",
		"arn:aws:sts::111122223333:federated-user/ann", "arn:aws:iam::111122223333:root",
	}
}

// ContextKeys are the condition keys of generated conditions, each with values
// that requests may have for it. "ex:List" is multivalued.
func ContextKeys() map[string][]string {
	return map[string][]string{
		"aws:SourceVpc":          {"vpc-1", "vpc-2", "VPC-1"},
		"aws:PrincipalTag/team":  {"red", "blue", "*"},
		"aws:SourceIp":           {"10.0.0.1", "192.0.2.7", "2001:db8::1", "none"},
		"aws:CurrentTime":        {"2026-01-01T00:00:00Z", "1767225600", "2027-05-05T10:00:00Z"},
		"aws:MultiFactorAuthAge": {"0", "3600", "3600.5", "many"},
		"aws:SecureTransport":    {"true", "false"},
		"aws:PrincipalArn":       {"arn:aws:iam::111122223333:role/train", "arn:aws:iam::111122223333:user/ann"},
		"ex:List":                {"a", "b", "c"},
	}
}

// MultiKey is the multivalued key of [ContextKeys].
const MultiKey = "ex:List"

// Documents generates documents of one to five statements.
func Documents(s Shape) *rapid.Generator[*policy.Document] {
	return rapid.Custom(func(t *rapid.T) *policy.Document {
		d := &policy.Document{Version: rapid.SampledFrom([]string{policy.Version2012, policy.Version2012, policy.Version2008, ""}).Draw(t, "version")}
		if s.Variables {
			d.Version = policy.Version2012
		}
		d.ID = rapid.SampledFrom([]string{"", "", "id"}).Draw(t, "id")
		d.Statements = rapid.SliceOfN(Statements(s), 1, 5).Draw(t, "statements")
		return d
	})
}

// Statements generates statements.
func Statements(s Shape) *rapid.Generator[policy.Statement] {
	return rapid.Custom(func(t *rapid.T) policy.Statement {
		st := policy.Statement{SID: rapid.SampledFrom([]string{"", "One", "Two"}).Draw(t, "sid"), Effect: policy.Allow}
		if s.Denies && rapid.IntRange(0, 2).Draw(t, "deny") == 0 {
			st.Effect = policy.Deny
		}
		actions := list(t, "actions", actionPatterns())
		if rapid.IntRange(0, 4).Draw(t, "notAction") == 0 {
			st.NotActions = actions
		} else {
			st.Actions = actions
		}
		patterns := resourcePatterns()
		if s.Variables {
			patterns = append(patterns, "arn:aws:s3:::data/${aws:PrincipalTag/team}/*", "arn:aws:s3:::${aws:PrincipalTag/team, 'data'}/*", "arn:aws:s3:::data/${*}")
		}
		resources := list(t, "resources", patterns)
		if rapid.IntRange(0, 4).Draw(t, "notResource") == 0 {
			st.NotResources = resources
		} else {
			st.Resources = resources
		}
		if s.Principals {
			p := Elements().Draw(t, "principal")
			if rapid.IntRange(0, 4).Draw(t, "notPrincipal") == 0 {
				st.NotPrincipal = p
			} else {
				st.Principal = p
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "conditions") {
			c := Conditions(s).Draw(t, "condition")
			if !repeats(st.Conditions, c) {
				st.Conditions = append(st.Conditions, c)
			}
		}
		return st
	})
}

// repeats reports whether JSON has no place for c beside list.
func repeats(list []policy.Condition, c policy.Condition) bool {
	for _, x := range list {
		if x.Operator == c.Operator && x.Key == c.Key {
			return true
		}
	}
	return false
}

func list(t *rapid.T, label string, from []string) []string {
	return rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, label)
}

func actionPatterns() []string {
	return append(Actions(), "*", "s3:*", "s3:Get*", "S3:*object", "s3:?etObject", "sqs:*", "*:*List*", "kms:De*")
}

func resourcePatterns() []string {
	return append(Resources(), "arn:aws:s3:::data/*", "arn:aws:s3:::*/a", "arn:aws:s3:::data*", "arn:aws:s3:::data/??/?", "arn:aws:sqs",
		"arn:aws:sqs:*:*:jobs", "arn:aws:sqs:*:jobs:dead", "arn:aws:*:*:111122223333:*", "arn:aws:s3:::")
}

// Elements generates Principal elements.
func Elements() *rapid.Generator[*policy.Principal] {
	return rapid.Custom(func(t *rapid.T) *policy.Principal {
		if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
			return &policy.Principal{Any: true}
		}
		p := &policy.Principal{}
		aws := append(Principals(), "*", "111122223333", "arn:aws:iam::444455556666:root", "arn:aws:iam::111122223333:role/path/train")
		p.AWS = list(t, "aws", aws)
		if rapid.IntRange(0, 2).Draw(t, "more") == 0 {
			p.Service = list(t, "service", []string{"sagemaker.amazonaws.com", "s3.amazonaws.com"})
			p.Federated = list(t, "federated", []string{"accounts.google.com"})
		}
		return p
	})
}

// Conditions generates conditions of every operator, with values that often
// suit the key's type.
func Conditions(s Shape) *rapid.Generator[policy.Condition] {
	return rapid.Custom(func(t *rapid.T) policy.Condition {
		keys := ContextKeys()
		key := rapid.SampledFrom(slices.Sorted(maps.Keys(keys))).Draw(t, "key")
		op := policy.Operator{
			Set:        rapid.SampledFrom([]policy.SetQuantifier{policy.SingleValue, policy.SingleValue, policy.ForAllValues, policy.ForAnyValue}).Draw(t, "set"),
			Comparison: rapid.SampledFrom(comparisons(key)).Draw(t, "comparison"),
			IfExists:   rapid.Bool().Draw(t, "ifExists"),
		}
		if op.Comparison == policy.Null {
			op = policy.Operator{Comparison: policy.Null}
		}
		values := append([]string{"*", "vpc-?", "10.0.0.0/8", "true", "arn:aws:iam::*:role/*", "2026-06-01"}, keys[key]...)
		if s.Variables {
			values = append(values, "${aws:PrincipalTag/team}", "${aws:SourceVpc, 'vpc-1'}")
		}
		return policy.Condition{Operator: op.String(), Key: key, Values: list(t, "values", values)}
	})
}

// comparisons are those that suit the type of key, and a few that do not.
func comparisons(key string) []policy.Comparison {
	out := []policy.Comparison{policy.Null, policy.StringEquals, policy.StringNotEquals, policy.StringLike, policy.StringNotLike}
	from, to := policy.StringEqualsIgnoreCase, policy.StringNotEqualsIgnoreCase
	switch key {
	case "aws:SourceIp":
		from, to = policy.IPAddress, policy.NotIPAddress
	case "aws:CurrentTime":
		from, to = policy.DateEquals, policy.DateGreaterThanEquals
	case "aws:MultiFactorAuthAge":
		from, to = policy.NumericEquals, policy.NumericGreaterThanEquals
	case "aws:SecureTransport":
		from, to = policy.Bool, policy.BinaryEquals
	case "aws:PrincipalArn":
		from, to = policy.ARNEquals, policy.ARNNotLike
	}
	for c := from; c <= to; c++ {
		out = append(out, c)
	}
	return out
}
