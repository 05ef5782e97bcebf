package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/policy"
	"pgregory.net/rapid"
)

func TestParseTemplate(t *testing.T) {
	lit := func(s string) policy.Part { return policy.Part{Kind: policy.Literal, Text: s} }
	variable := func(s string) policy.Part { return policy.Part{Kind: policy.Variable, Text: s} }
	star, one := policy.Part{Kind: policy.AnyText}, policy.Part{Kind: policy.AnyOne}
	tests := []struct {
		text string
		want policy.Template
	}{
		{"", policy.Template{}},
		{"a*b?", policy.Template{lit("a"), star, lit("b"), one}},
		{"${aws:username}", policy.Template{variable("aws:username")}},
		{"x${ aws:username }y", policy.Template{lit("x"), variable("aws:username"), lit("y")}},
		{"${k, 'd}e'}", policy.Template{{Kind: policy.Variable, Text: "k", Default: "d}e", HasDefault: true}}},
		{"${k,'${*}'}", policy.Template{{Kind: policy.Variable, Text: "k", Default: "${*}", HasDefault: true}}},
		{"a${*}b${?}${$}", policy.Template{lit("a*b?$")}},
		{"$a${", policy.Template{lit("$a${")}},
		{"${}", policy.Template{lit("${}")}},
		{"${ }*", policy.Template{lit("${ }"), star}},
		{"${a", policy.Template{lit("${a")}},
		{"${a'}", policy.Template{lit("${a'}")}},
		{"${a${b}", policy.Template{lit("${a"), variable("b")}},
		{"${a,}", policy.Template{lit("${a,}")}},
		{"${a, ", policy.Template{lit("${a, ")}},
		{"${a, 'x", policy.Template{lit("${a, 'x")}},
		{"${a, 'x' y}", policy.Template{lit("${a, 'x' y}")}},
		{"${a, 'x'", policy.Template{lit("${a, 'x'")}},
	}
	for _, tt := range tests {
		got := policy.ParseTemplate(tt.text, true)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: -want +got\n%s", tt.text, diff)
		}
		if diff := cmp.Diff(got, policy.ParseTemplate(got.String(), true)); diff != "" {
			t.Errorf("%q printed as %q: -want +got\n%s", tt.text, got, diff)
		}
	}
	if got := policy.ParseTemplate("${aws:username}*", false); !cmp.Equal(got, policy.Template{lit("${aws:username}"), star}) {
		t.Errorf("without variables: %+v", got)
	}
}

func TestTemplatePrintsWhatItRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("$${}*?,' ab")), 0, 14, -1).Draw(t, "text")
		got := policy.ParseTemplate(text, true)
		if again := policy.ParseTemplate(got.String(), true); !cmp.Equal(got, again) {
			t.Fatalf("%q: %+v printed %q: %+v", text, got, got.String(), again)
		}
	})
}

func TestTemplateIsLinear(t *testing.T) {
	for _, unit := range []string{"${", "${a", "${a,'", "${a, 'x", "${a'"} {
		policy.ParseTemplate(strings.Repeat(unit, 300_000), true)
	}
}

func TestVariables(t *testing.T) {
	if got := policy.Variables("a${aws:username}${*}${aws:PrincipalTag/team, 'x'}"); !cmp.Equal(got, []string{"aws:username", "aws:PrincipalTag/team"}) {
		t.Errorf("got %q", got)
	}
	if got := policy.Variables("a*$"); got != nil {
		t.Errorf("got %q", got)
	}
	for version, want := range map[string]bool{policy.Version2012: true, policy.Version2008: false, "": false} {
		if d := (&policy.Document{Version: version}); d.HasVariables() != want {
			t.Errorf("version %q: HasVariables is %v", version, !want)
		}
	}
	for text, want := range map[string]bool{"": true, "a${*}": true, "a*": false, "${a}": false, "?": false} {
		if _, ok := policy.ParseTemplate(text, true).Constant(); ok != want {
			t.Errorf("Constant of %q is %v", text, ok)
		}
	}
}
