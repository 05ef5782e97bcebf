package lint

import "strings"

// allow is an example of one identity-based policy with one Allow statement;
// members are the statement's other members as JSON.
func allow(members ...string) Example { return Example{Identity, []string{one("Allow", members)}} }

// deny is allow with a Deny statement.
func deny(members ...string) Example { return Example{Identity, []string{one("Deny", members)}} }

// trust is an example of a trust policy with one Allow statement.
func trust(members ...string) Example { return Example{Trust, []string{one("Allow", members)}} }

func one(effect string, members []string) string {
	return document(`{"Effect":"` + effect + `",` + strings.Join(members, ",") + `}`)
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// act and on write the members Action and Resource.
func act(names ...string) string { return `"Action":["` + strings.Join(names, `","`) + `"]` }

func on(arns ...string) string { return `"Resource":["` + strings.Join(arns, `","`) + `"]` }

// when writes the member Condition with one condition.
func when(operator, key string, values ...string) string {
	return `"Condition":{"` + operator + `":{"` + key + `":["` + strings.Join(values, `","`) + `"]}}`
}

// by writes the member Principal with one principal.
func by(kind, name string) string { return `"Principal":{"` + kind + `":"` + name + `"}` }

const (
	aBucket  = "arn:aws:s3:::acme"
	anObject = "arn:aws:s3:::acme/*"
	aJob     = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/*"
	aRole    = "arn:aws:iam::123456789012:role/train"
	aKey     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111"
)
