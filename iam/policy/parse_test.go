package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// everyElement holds every element of the grammar.
const everyElement = `{"Version":"2012-10-17","Id":"all","Statement":[` +
	`{"Sid":"A","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/\"\\\u0001\n"],` +
	`"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1","aws:PrincipalTag/team":["é","日本"]},"NumericLessThan":{"s3:max-keys":"10"}}},` +
	`{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root","111122223333"],"Service":"s3.amazonaws.com",` +
	`"Federated":"accounts.google.com","CanonicalUser":"79a5"},"NotAction":["s3:*","ec2:?"],"NotResource":"*"},` +
	`{"Effect":"Allow","Action":"sts:AssumeRole"}]}`

func TestParsePrintsWhatItRead(t *testing.T) {
	for _, text := range []string{
		everyElement,
		`{"Statement":[]}`,
		`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{},"Action":[],"Resource":[],"Condition":{"StringEquals":{"a:b":[]}}}]}`,
	} {
		d, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(text, string(policy.AppendJSON(nil, d))); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestParseForms(t *testing.T) {
	got, err := policy.Parse([]byte(" { \"Statement\" : { \"Effect\" : \"Allow\", \"Action\": [\"a:b\"], \"Resource\": \"*\",\n\t\"Condition\":" +
		`{"Bool":{"k":true,"l":[false,"x"]},"NumericEquals":{"n":[1,-2.50e+3,0]},"Null":{"m":"\u00E9\u004B\ud83d\ude00\/\b\f\n\r\t\"\\"}},"Principal":{"AWS":"*"}}}` + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Actions: []string{"a:b"}, Resources: []string{"*"}, Principal: &policy.Principal{AWS: []string{"*"}},
		Conditions: []policy.Condition{
			{"Bool", "k", []string{"true"}},
			{"Bool", "l", []string{"false", "x"}},
			{"NumericEquals", "n", []string{"1", "-2.50e+3", "0"}},
			{"Null", "m", []string{"éK😀/\b\f\n\r\t\"\\"}},
		},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	const pre = `{"Statement":[{"Effect":"Allow","Action":"a:b",`
	tests := []struct {
		text   string
		offset int
		msg    string // a part of the message
	}{
		{``, 0, "The policy document must be an object, not the end of the text."},
		{`[]`, 0, "not a list"},
		{`"x"`, 0, "not a string"},
		{`-1`, 0, "not a number"},
		{`null`, 0, "not null"},
		{`nope`, 0, "not 'n'"},
		{"{\x00", 1, `not '\x00'`},
		{`{}`, 0, "has no Statement element"},
		{`{"Statement":[]} x`, 17, "goes on after the policy document with 'x'"},
		{"{\"Statement\":[]}\x00", 16, "goes on after the policy document"},
		{`{"Statement":[],"Statement":[]}`, 16, `holds "Statement" twice`},
		{`{"statement":[]}`, 1, `holds "statement"; IAM writes it "Statement"`},
		{`{"Statements":[]}`, 1, `unknown element "Statements". It may hold Version, Id, Statement.`},
		{`{"Version":"2012-10-18","Statement":[]}`, 11, `Version "2012-10-18" does not exist`},
		{`{"Version":2012,"Statement":[]}`, 11, "Version must be a string, not a number"},
		{`{"Id":[],"Statement":[]}`, 6, "Id must be a string, not a list"},
		{`{"Statement":1}`, 13, "Statement must be a statement or a list of statements, not a number"},
		{`{"Statement":[1]}`, 14, "Statement 1 must be an object"},
		{`{"Statement":[{}]}`, 14, "Statement 1 has no Effect"},
		{`{"Statement":{}}`, 13, "Statement 1 has no Effect"},
		{`{"Statement":[{"Effect":"allow"}]}`, 24, `Effect "allow" does not exist`},
		{`{"Statement":[{"Effect":null}]}`, 24, "Effect must be a string, not null"},
		{`{"Statement":[{"Effect":"Allow"}]}`, 14, "has no Action"},
		{pre + `"NotAction":"x"}]}`, 14, "has Action and NotAction"},
		{pre + `"Resource":"*","NotResource":"x"}]}`, 14, "has Resource and NotResource"},
		{pre + `"Principal":"*","NotPrincipal":"*"}]}`, 14, "has Principal and NotPrincipal"},
		{pre + `"Resource":1}]}`, 58, "Resource must be a string or a list of strings, not a number"},
		{pre + `"Resource":["a",[]]}]}`, 63, "not a list"},
		{pre + `"Principal":"x"}]}`, 59, `Principal "x" must be "*" or an object such as {"AWS": "x"}`},
		{pre + `"Principal":"x`, 59, "no closing quote"},
		{pre + `"Principal":{"aws":"x"}}]}`, 60, `IAM writes it "AWS"`},
		{pre + `"Resources":"x"}]}`, 47, `Statement 1 holds the unknown element "Resources". It may hold Sid, Effect`},
		{pre + `"Sid":{}}]}`, 53, "Sid must be a string, not an object"},
		{pre + `"Effect":"Deny"}]}`, 47, `Statement 1 holds "Effect" twice`},
		{pre + `"Condition":{"StringEqual":{}}}]}`, 60, `operator "StringEqual" does not exist`},
		{pre + `"Condition":{"Bool":{"k":null}}}]}`, 72, `condition key "k" must be a string, a number or a boolean, not null`},
		{pre + `"Condition":{"Bool":{"k":"1","k":"2"}}}]}`, 76, `Bool holds "k" twice`},
		{pre + `"Condition":{"Bool":{"k":01}}}]}`, 72, "The number is not written"},
		{pre + `"Condition":{"Bool":{"k":-}}}]}`, 72, "The number is not written"},
		{pre + `"Condition":{"Bool":{"k":1.}}}]}`, 72, "The number is not written"},
		{pre + `"Condition":{"Bool":{"k":1e-}}}]}`, 72, "The number is not written"},
		{pre + `"Sid" "x"}]}`, 53, "Expected ':' after \"Sid\", not a string"},
		{pre + `Sid:1}]}`, 47, "Expected a name in double quotes, not 'S'"},
		{pre + `"Sid":"x" "y"}]}`, 57, "Expected ',' or '}', not a string"},
		{pre + `"Resource":["x"}]}`, 62, "Expected ',' or ']', not '}'"},
		{`{"Statement":[{"Effect":"Allow","Action":"a:b"}`, 47, "not the end of the text"},
		{`{"Id`, 1, "no closing quote"},
		{"{\"Id\n\":1", 4, "control character U+000A"},
		{"{\"é", 1, "no closing quote"},
		{"{\"I\xffd\"", 3, "not UTF-8: byte 0xFF"},
		{`{"\`, 2, "The escape is not complete"},
		{`{"\x"`, 2, "JSON knows no such escape"},
		{`{"\u00g0"`, 2, "four hexadecimal digits"},
		{`{"\u00`, 2, "four hexadecimal digits"},
		{`{"\ud800"`, 2, "half of a surrogate pair"},
		{`{"\ud800\u0041"`, 2, "half of a surrogate pair"},
		{`{"\ud800\uzzzz"`, 2, "half of a surrogate pair"},
		{`{"Statement":[` + strings.Repeat("[", 100000), 14, "Statement 1 must be an object"},
	}
	for _, tt := range tests {
		_, err := policy.Parse([]byte(tt.text))
		var perr *policy.Error
		if !errors.As(err, &perr) {
			t.Errorf("%.80s: error %v", tt.text, err)
			continue
		}
		if perr.Offset != tt.offset || !strings.Contains(perr.Msg, tt.msg) || !strings.Contains(perr.Error(), tt.msg) {
			t.Errorf("%.80s\n got %v\nwant offset %d: %s", tt.text, perr, tt.offset, tt.msg)
		}
	}
}

func TestParseManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Statement":{"Effect":"Allow","Action":"a:b","Condition":{"Bool":{`)
	for i := range 40 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.Repeat("k", i+1) + `":1`)
	}
	if _, err := policy.Parse([]byte(b.String() + `}}}}`)); err != nil {
		t.Error(err)
	}
	if _, err := policy.Parse([]byte(b.String() + `,"kkkkkkkkkk":1}}}}`)); err == nil {
		t.Error("a name that stands twice among forty is accepted")
	}
}

func TestParseLoose(t *testing.T) {
	const text = `{"Statement":[{"Effect":"Allow","NotPrincipal":"x","Action":"a:b"}]}`
	got, err := policy.ParseLoose([]byte(text))
	if err != nil || !cmp.Equal(got.Statements[0].NotPrincipal, &policy.Principal{AWS: []string{"x"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
}
