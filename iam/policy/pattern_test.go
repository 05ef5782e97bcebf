package policy_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/iam/policy"
	"pgregory.net/rapid"
)

// naive decides by definition: the first character of pattern, then the rest.
func naive(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	if pattern[0] == '*' {
		for i := 0; ; {
			if naive(pattern[1:], s[i:]) {
				return true
			}
			if i == len(s) {
				return false
			}
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
	}
	if s == "" {
		return false
	}
	_, n := utf8.DecodeRuneInString(s)
	if pattern[0] == '?' {
		return naive(pattern[1:], s[n:])
	}
	return pattern[0] == s[0] && naive(pattern[1:], s[1:])
}

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"", ""}, {"*", "é"}, {"?", "é"}, {"a*b?c*", "aXbbYccZ"}, {"**a", "ba"}, {"a?*b", "ab"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) || strings.Count(pattern, "*") > 4 || len(s) > 30 {
			return
		}
		checkMatch(t, pattern, s)
	})
}

func TestMatchIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab:é*?")), 0, 8, -1)
		checkMatch(t, text.Draw(t, "pattern"), strings.NewReplacer("*", "a", "?", "b").Replace(text.Draw(t, "s")))
	})
}

type fataler interface{ Fatalf(string, ...any) }

func checkMatch(t fataler, pattern, s string) {
	want := naive(pattern, s)
	if got := policy.Match(pattern, s); got != want {
		t.Fatalf("Match(%q, %q) = %v", pattern, s, got)
	}
	p := policy.NewPattern(pattern, policy.PatternOptions{})
	if got := p.Match(s, nil); got != want {
		t.Fatalf("NewPattern(%q).Match(%q) = %v", pattern, s, got)
	}
	// The general form: a default without wildcards in front makes it one.
	if !strings.Contains(pattern, "${") {
		p = policy.NewPattern("${none, 'x'}"+pattern, policy.PatternOptions{Variables: true})
		if got := p.Match("x"+s, nil); got != want {
			t.Fatalf("template of %q on %q = %v", pattern, s, got)
		}
	}
	fold := policy.NewPattern(strings.ToUpper(pattern), policy.PatternOptions{Fold: true})
	if want && isASCII(pattern) && !fold.Match(strings.ToLower(s), nil) || policy.MatchFold(pattern, s) != policy.MatchFold(strings.ToLower(pattern), s) && isASCII(pattern) {
		t.Fatalf("%q and %q differ by case", pattern, s)
	}
	exact := policy.NewPattern(pattern, policy.PatternOptions{Exact: true})
	if exact.Match(s, nil) != (pattern == s) {
		t.Fatalf("exact pattern %q on %q", pattern, s)
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func TestMatchIsNotExponential(t *testing.T) {
	pattern := strings.Repeat("a*", 2000) + "b"
	if policy.Match(pattern, strings.Repeat("a", 20000)) {
		t.Error("matches")
	}
	p := policy.NewPattern("${x, 'a'}"+pattern, policy.PatternOptions{Variables: true})
	if p.Match(strings.Repeat("a", 20000), nil) {
		t.Error("template matches")
	}
}

// vars is a request's values for policy variables.
type vars map[string]string

func (v vars) Variable(key string) (string, bool) {
	s, ok := v[key]
	return s, ok
}

func TestPatternVariables(t *testing.T) {
	values := vars{"aws:username": "ann", "aws:principaltag/team": "a*"}
	tests := []struct {
		pattern, s string
		o          policy.PatternOptions
		want       bool
	}{
		{"home/${aws:username}/*", "home/ann/x", policy.PatternOptions{Variables: true}, true},
		{"home/${AWS:UserName}/*", "home/ann/x", policy.PatternOptions{Variables: true}, true},
		{"home/${aws:username}/*", "home/bob/x", policy.PatternOptions{Variables: true}, false},
		{"home/${aws:username}/*", "home/${aws:username}/x", policy.PatternOptions{}, true},
		{"${missing}", "", policy.PatternOptions{Variables: true}, false},
		{"${missing}*", "x", policy.PatternOptions{Variables: true}, false},
		{"${missing, 'd'}", "d", policy.PatternOptions{Variables: true}, true},
		{"${ missing , 'd' }", "d", policy.PatternOptions{Variables: true}, true},
		{"${missing, ''}x", "x", policy.PatternOptions{Variables: true}, true},
		{"${aws:username, 'd'}", "ann", policy.PatternOptions{Variables: true}, true},
		{"${aws:PrincipalTag/team}", "ab", policy.PatternOptions{Variables: true}, false},
		{"${aws:PrincipalTag/team}", "a*", policy.PatternOptions{Variables: true}, true},
		{"${*}${?}${$}*", "*?$x", policy.PatternOptions{Variables: true}, true},
		{"${*}*", "ax", policy.PatternOptions{Variables: true}, false},
		{"a*${*}?", "a*b", policy.PatternOptions{Variables: true}, true},
		{"a*${aws:username}?", "a*ann?", policy.PatternOptions{Variables: true, Exact: true}, true},
		{"a*${aws:username}?", "a*annb", policy.PatternOptions{Variables: true, Exact: true}, false},
		{"${*}", "*", policy.PatternOptions{Variables: true, Exact: true}, true},
		{"X${aws:username}", "xANN", policy.PatternOptions{Variables: true, Fold: true}, true},
		{"X${aws:username}", "xANT", policy.PatternOptions{Variables: true, Fold: true}, false},
		{"ab", "AB", policy.PatternOptions{Fold: true, Exact: true}, true},
		{"ab", "A", policy.PatternOptions{Fold: true, Exact: true}, false},
		{"Ab*", "aBc", policy.PatternOptions{Fold: true}, true},
		{"Ab*", "a", policy.PatternOptions{Fold: true}, false},
		{"Ab*", "xyz", policy.PatternOptions{Fold: true}, false},
	}
	for _, tt := range tests {
		p := policy.NewPattern(tt.pattern, tt.o)
		if got := p.Match(tt.s, values); got != tt.want {
			t.Errorf("%q %+v on %q: got %v", tt.pattern, tt.o, tt.s, got)
		}
		missing := strings.Contains(tt.pattern, "${missing}") && tt.o.Variables
		if p.Resolvable(values) == missing {
			t.Errorf("%q: Resolvable is %v", tt.pattern, !missing)
		}
	}
	if all := policy.NewPattern("*", policy.PatternOptions{}); !all.All() || !all.Resolvable(nil) {
		t.Error("* is not all")
	}
}

func TestARNPattern(t *testing.T) {
	values := vars{"aws:username": "ann"}
	identity := policy.ARNOptions{Variables: true, Complete: true}
	crossing := policy.ARNOptions{Variables: true, Complete: true, StarCrossesColons: true}
	const queue, object = "arn:aws:sqs:eu-west-1:111122223333:jobs", "arn:aws:s3:::b/home/ann/x:y"
	tests := []struct {
		pattern, resource string
		o                 policy.ARNOptions
		want              bool
	}{
		{"*", queue, policy.ARNOptions{}, true},
		{"*", "*", policy.ARNOptions{}, true},
		{queue, "*", policy.ARNOptions{}, false},
		{queue, queue, policy.ARNOptions{}, true},
		{"arn:aws:sqs:*:*:j?b*", queue, policy.ARNOptions{}, true},
		{"arn:aws:sqs:*:jobs", queue, policy.ARNOptions{}, false},
		{"arn:aws:sqs:*:jobs", queue, crossing, false}, // completed: the resource is *, the account jobs
		{"arn:aws:sqs", queue, identity, true},
		{"arn:aws:sqs", queue, policy.ARNOptions{}, false},
		{"arn:aws:sq*", queue, policy.ARNOptions{}, true},
		{"arn:aws:sn*", queue, policy.ARNOptions{}, false},
		{"arn:", queue, identity, false},
		{"a*", queue, policy.ARNOptions{}, true},
		{"s3:*", queue, policy.ARNOptions{}, false},
		{"arn:aws:s3:::b/home/${aws:username}/*", object, identity, true},
		{"arn:aws:s3:::b/home/${aws:username}/*", "arn:aws:s3:::b/home/bob/x", identity, false},
		{"arn:aws:s3:::b/home/${aws:userid}/*", object, identity, false},
		{"arn:aws:s3:::b/*:y", object, policy.ARNOptions{}, true},
		{"arn:aws:s3::*:b/*", "arn:aws:s3::x:b/home", policy.ARNOptions{}, true},
		{"arn:aws:*:jobs:x", queue, crossing, false},
		{"arn:aws:*:eu-west-1:*:jobs", queue, crossing, true},
		{"arn:aws:a*:b:c:d", "arn:aws:ax:y:b:c:d", policy.ARNOptions{}, false},
		{"arn:aws:a*:b:c:d", "arn:aws:ax:y:b:c:d", crossing, true},
		{"arn:aws:*a:b:c:d", "arn:aws:x:ya:b:c:d", crossing, false},
		{"arn:aws:?:b*:c:d?${aws:username}é", "arn:aws:é:b:x:c:dxanné", crossing, true},
		{"arn:aws:?:b*:c:d${aws:userid}", "arn:aws:é:b:x:c:d", crossing, false},
		{"arn:aws:?:b*:c:d", "arn:aws:::b:c:d", crossing, false},
		{"arn:aws:s:b*:c:${aws:userid, ''}", "arn:aws:s:b:x:c:", crossing, true},
	}
	for _, tt := range tests {
		p := policy.NewARNPattern(tt.pattern, tt.o)
		r := policy.NewResourceName(tt.resource)
		if got := p.Match(&r, values); got != tt.want {
			t.Errorf("%q %+v on %q: got %v", tt.pattern, tt.o, tt.resource, got)
		}
		if p.Resolvable(values) == strings.Contains(tt.pattern, "${aws:userid}") {
			t.Errorf("%q: Resolvable", tt.pattern)
		}
		a, ok := r.ARN()
		if p.All() != (tt.pattern == "*") || r.Text() != tt.resource || ok && a.String() != tt.resource {
			t.Errorf("%q on %q: All, Text or ARN", tt.pattern, tt.resource)
		}
	}
}

func TestARN(t *testing.T) {
	for text, want := range map[string]policy.ARN{
		"arn:aws:s3:::b/k":                           {Partition: "aws", Service: "s3", Resource: "b/k"},
		"arn:aws:logs:us-east-1:1:log-group:/a:b:*":  {"aws", "logs", "us-east-1", "1", "log-group:/a:b:*"},
		"arn:aws:s3::${aws:PrincipalAccount}:${a:b}": {"aws", "s3", "", "${aws:PrincipalAccount}", "${a:b}"},
		"arn:aws:s3::$x:${a":                         {"aws", "s3", "", "$x", "${a"},
	} {
		got, ok := policy.ParseARN(text)
		if !ok || got != want || got.String() != text {
			t.Errorf("%s: got %+v, %v", text, got, ok)
		}
		if got, _ := policy.ParseARN(got.String()); got != want {
			t.Errorf("%s: read again: %+v", text, got)
		}
	}
	for _, text := range []string{"", "*", "arn", "ARN:aws:s3:::b", "arn:aws:s3::b", "arn:aws:s3:${a:b}:c"} {
		if got, ok := policy.ParseARN(text); ok {
			t.Errorf("%q: got %+v", text, got)
		}
	}
	for text, want := range map[string]string{
		"111122223333": "111122223333", "arn:aws:iam::111122223333:root": "111122223333",
		policy.PseudoAccount: policy.PseudoAccount, "arn:aws:iam::" + policy.PseudoAccount + ":root": policy.PseudoAccount,
		"11112222333": "", "11112222333x": "", "arn:aws:iam::1:root": "", "arn:aws:iam::111122223333:user/root": "",
		"arn:aws:sts::111122223333:root": "", "arn:aws:iam:x:111122223333:root": "", "*": "",
	} {
		if got, ok := policy.RootAccount(text); got != want || ok != (want != "") {
			t.Errorf("RootAccount(%q) = %q, %v", text, got, ok)
		}
	}
}
