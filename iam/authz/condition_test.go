package authz_test

import (
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// TestConditions decides one condition on the key ex:k (or the one named)
// against a request value: "-" is an absent key, [a,b] a list.
func TestConditions(t *testing.T) {
	// operator, policy values split by |, request value, holds
	const table = `
StringEquals  a|b  a  yes
StringEquals  a|b  c  no
StringEquals  a    A  no
StringEquals  a*   ab no
StringEquals  a*   a* yes
StringEquals  a    -  no
stringequals  a    a  yes
StringEqualsIfExists a - yes
StringEqualsIfExists a b no
StringNotEquals a|b  a  no
StringNotEquals a|b  c  yes
StringNotEquals a    -  yes
StringNotEqualsIfExists a - yes
StringNotEqualsIfExists a a no
StringEqualsIgnoreCase Ab aB yes
StringEqualsIgnoreCase Ab b  no
StringNotEqualsIgnoreCase Ab aB no
StringNotEqualsIgnoreCase Ab - yes
StringLike  a*b?  axxbc yes
StringLike  a*b?  axxb  no
StringLike  arn:*:x arn:a:b:x yes
StringLike  A* ab no
StringLike  * - no
StringNotLike a* b yes
StringNotLike a*|b* b no
StringNotLike a* - yes
NumericEquals 10 10 yes
NumericEquals 10 10.0 yes
NumericEquals 10 1e1 yes
NumericEquals 9007199254740993 9007199254740992 no
NumericEquals 99999999999999999999 99999999999999999999 yes
NumericEquals 10 ten no
NumericEquals 10 0x0a no
NumericEquals 1 1e9999 no
NumericEquals ten ten no
NumericEquals 10 - no
NumericNotEquals 10 11 yes
NumericNotEquals 10|11 11 no
NumericNotEquals 10 - yes
NumericNotEquals 10 ten yes
NumericNotEquals ten 10 yes
NumericLessThan 10 9.99 yes
NumericLessThan 10 10 no
NumericLessThan 10|20 15 yes
NumericLessThanEquals 10 10 yes
NumericLessThanEquals 10 10.01 no
NumericLessThanEqualsIfExists 10 - yes
NumericGreaterThan -1.5 -1 yes
NumericGreaterThan 10 10 no
NumericGreaterThanEquals 10 10 yes
NumericGreaterThanEquals 10 9 no
NumericGreaterThanEquals 10 - no
DateEquals 2026-06-01T00:00:00Z 1780272000 yes
DateEquals 2026-06-01T02:00:00+02:00 2026-06-01T00:00:00Z yes
DateEquals 2026-06-01 2026-06-01T00:00Z yes
DateEquals 2026-06 2026-06-01T00:00:00 yes
DateEquals 2026-06-01T00:00:00.500Z 2026-06-01T00:00:00.5Z yes
DateEquals 2026-06-01T00:00:00,500Z 2026-06-01T00:00:00.5Z no
DateEquals 2024 1970-01-01T00:33:44Z yes
DateEquals today today no
DateNotEquals 2026-06-01 2026-06-02 yes
DateNotEquals 2026-06-01 today yes
DateNotEquals 2026-06-01 - yes
DateLessThan 2026-06-01T00:00:00Z 2026-05-31T23:59:59Z yes
DateLessThan 2026-06-01T00:00:00Z 2026-06-01T00:00:00Z no
DateLessThanEquals 2026-06-01T00:00:00Z 2026-06-01T00:00:00Z yes
DateGreaterThan 2026-06-01T00:00:00Z 2026-06-01T00:00:01Z yes
DateGreaterThan 2026-06-01T00:00:00Z - no
DateGreaterThanEquals 2026-06-01T00:00:00Z 2026-06-01T00:00:00Z yes
DateGreaterThanEquals 2026-06-01T00:00:00Z 2026-05-01T00:00 no
Bool true true yes
Bool TRUE True yes
Bool false true no
Bool false - no
Bool true|false - no
Bool yes yes no
Bool true yes no
BoolIfExists true - yes
BinaryEquals QmluYXJ5VmFsdWU= QmluYXJ5VmFsdWU= yes
BinaryEquals QmluYXJ5VmFsdWU= BinaryValue yes
BinaryEquals QmluYXJ5VmFsdWU= AAAA no
BinaryEquals not,base64 not,base64 yes
IpAddress 10.0.0.0/8 10.1.2.3 yes
IpAddress 10.1.2.3/8 10.9.9.9 yes
IpAddress 10.1.2.3 10.1.2.3 yes
IpAddress 10.1.2.3 10.1.2.4 no
IpAddress 2001:db8::/32 2001:db8:0:0:1::7 yes
IpAddress 2001:DB8::7 2001:db8:0::7 yes
IpAddress 10.0.0.0/8 2001:db8::1 no
IpAddress 0.0.0.0/0 2001:db8::1 no
IpAddress 10.0.0.0/33 10.0.0.1 no
IpAddress 10.0.0.0/8 10.0.0.0/8 no
IpAddress 10.0.0.0/8 fe80::1%25eth0 no
IpAddress fe80::1%25eth0 fe80::1 no
IpAddress 10.0.0.0/8 - no
NotIpAddress 10.0.0.0/8 11.0.0.1 yes
NotIpAddress 10.0.0.0/8|11.0.0.0/8 11.0.0.1 no
NotIpAddress 10.0.0.0/8 2001:db8::1 yes
NotIpAddress 10.0.0.0/8 nowhere yes
NotIpAddress 10.0.0.0/8 - yes
ArnEquals arn:aws:iam::1:role/* arn:aws:iam::1:role/a/b yes
ArnLike arn:aws:iam::*:role/a arn:aws:iam::1:role/a yes
ArnLike arn:aws:sns:*:t arn:aws:sns:eu:1:t no
ArnLike arn:aws:sns:*:*:t? arn:aws:sns:eu:1:t:x no
ArnLike arn:aws:sns:*:*:t* arn:aws:sns:eu:1:t:x yes
ArnLike arn:aws:*:1:x arn:aws:sns:eu:1:x no
ArnLike * arn:aws:sns:eu:1:x yes
ArnLike * notanarn no
ArnLike arn:aws:sns arn:aws:sns:eu:1:x no
ArnLike notanarn notanarn no
ArnLike arn:aws:iam::1:role/* arn:aws:iam::1:Role/a no
ArnLike arn:aws:iam::1:role/* - no
ArnNotEquals arn:aws:iam::1:role/* arn:aws:iam::1:user/a yes
ArnNotLike arn:aws:iam::1:role/* arn:aws:iam::1:role/a no
ArnNotLike arn:aws:iam::1:role/* - yes
ArnNotLike arn:aws:iam::1:role/* notanarn yes
Null true - yes
Null true a no
Null false a yes
Null false - no
Null true|false a yes
Null maybe - no
Null true [] yes
Null false [a] yes
StringEquals a [a] no
StringNotEquals b [a] no
StringEquals a [a,b] no
ForAllValues:StringEquals a|b [a,b] yes
ForAllValues:StringEquals a|b [a,c] no
ForAllValues:StringEquals a|b a yes
ForAllValues:StringEquals a|b - yes
ForAllValues:StringEquals a|b [] yes
ForAllValues:StringEquals a %00 yes
ForAllValues:StringNotEquals a|b [c,d] yes
ForAllValues:StringNotEquals a|b [a,c] no
ForAllValues:StringNotEquals a|b - yes
ForAnyValue:StringEquals a|b [c,b] yes
ForAnyValue:StringEquals a|b [c] no
ForAnyValue:StringEquals a|b - no
ForAnyValue:StringEquals a|b [] no
ForAnyValue:StringEqualsIfExists a - yes
ForAnyValue:StringLike * %00 no
ForAnyValue:StringNotEquals a|b [a,c] yes
ForAnyValue:StringNotEquals a|b [a,b] no
ForAnyValue:StringNotEquals a|b - no
ForAnyValue:StringLike a* [b,ab] yes
ForAllValues:ArnLike arn:aws:iam::*:role/* [arn:aws:iam::1:role/a,arn:aws:iam::1:user/a] no
ForAnyValue:IpAddress 10.0.0.0/8 [11.0.0.1,10.0.0.1] yes
`
	n := 0
	for line := range strings.Lines(strings.TrimSpace(table)) {
		f := strings.Fields(line)
		more := []string{"ex:K=" + strings.NewReplacer("%25", "%", "%00", "").Replace(f[2])}
		if f[2] == "-" {
			more = nil
		}
		values := strings.Split(strings.ReplaceAll(f[1], "%25", "%"), "|")
		if got := holds(t, f[0], "EX:k", values, more...); got != (f[3] == "yes") {
			t.Errorf("%s: got %v", strings.TrimSpace(line), got)
		}
		n++
	}
	if n < 100 {
		t.Fatalf("only %d conditions", n)
	}
}

// holds decides a statement with one condition.
func holds(t *testing.T, operator, key string, values []string, more ...string) bool {
	t.Helper()
	d := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"},
		Conditions: []policy.Condition{{Operator: operator, Key: key, Values: values}},
	}}}
	e, err := authz.Compile(authz.Policies{Identity: []authz.Policy{{Name: "p", Document: d}}}, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := e.Decide(request("arn:aws:iam::111122223333:user/ann", "s3:GetObject", "*", more...))
	if err != nil {
		t.Fatal(err)
	}
	return o == authz.Allow
}

// TestKeyTypes: a key known to be single-valued or multivalued is that, however
// the request writes it.
func TestKeyTypes(t *testing.T) {
	tests := []struct {
		operator, key, value, given string
		want                        bool
	}{
		{"StringEquals", "aws:SourceVpc", "a", "[a]", true},
		{"StringEquals", "aws:SourceVpc", "a", "[a,a]", false},
		{"StringEquals", "aws:TagKeys", "a", "a", false},
		{"ForAnyValue:StringEquals", "aws:TagKeys", "a", "a", true},
		{"StringEquals", "aws:SourceVpc", "${aws:PrincipalOrgID}", "[a]", true},
		{"ForAnyValue:StringEquals", "aws:TagKeys", "${aws:CalledVia}", "a", false},
	}
	for _, tt := range tests {
		got := holds(t, tt.operator, tt.key, []string{tt.value}, tt.key+"="+tt.given, "aws:PrincipalOrgID=[a]", "aws:CalledVia=a")
		if got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
}

func TestGlobalKeys(t *testing.T) {
	for key, want := range map[string]authz.KeyType{
		"aws:currenttime":          {Kind: authz.Date, Always: true},
		"aws:tokenissuetime":       {Kind: authz.Date},
		"aws:multifactorauthage":   {Kind: authz.Numeric},
		"aws:securetransport":      {Kind: authz.Bool, Always: true},
		"aws:viaawsmcpservice":     {Kind: authz.Bool},
		"aws:sourceip":             {Kind: authz.IPAddress},
		"aws:principalarn":         {Kind: authz.ARN, Always: true},
		"aws:sourcearn":            {Kind: authz.ARN},
		"aws:calledvia":            {Kind: authz.String, Multi: true},
		"aws:userid":               {Kind: authz.String, Always: true},
		"aws:sourcevpce":           {Kind: authz.String},
		"aws:principaltag/team":    {Kind: authz.String},
		"aws:requesttag/a/b":       {Kind: authz.String},
		"aws:nonesuch":             {},
		"aws:nonesuch/x":           {},
		"sagemaker:resourcetag/it": {},
	} {
		if got, ok := (authz.GlobalKeys{}).KeyType(key); got != want || ok != (want != authz.KeyType{}) {
			t.Errorf("%s: got %+v, %v", key, got, ok)
		}
	}
}
