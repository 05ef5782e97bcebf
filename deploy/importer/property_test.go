package importer

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/access"
)

var examples = flag.Int("examples", 60, "configurations that TestRecognition draws")

// statements that a person may have written, with what is awkward in them.
var handWritten = []string{
	`actions = ["s3:GetObject"]
     resources = ["arn:aws:s3:::homes/$${aws:username}/*"]`,
	`effect = "Deny"
     actions = ["s3:Delete*"]
     resources = ["*"]`,
	`effect = "Deny"
     not_actions = ["sagemaker:*", "s3:*"]
     resources = ["*"]
     condition {
       operator = "StringNotEqualsIfExists"
       key = "aws:RequestedRegion"
       values = ["ap-northeast-1", "us-east-1"]
     }`,
	`actions = ["sqs:SendMessage", "sqs:ReceiveMessage"]
     resources = ["arn:aws:sqs:*:123456789012:jobs-%%{x}", "arn:aws:sqs:*:123456789012:done"]`,
	`actions = ["sagemaker:ListModels", "sagemaker:Search"]
     resources = ["*"]`,
	`actions = ["s3:ListBucket"]
     resources = ["arn:aws:s3:::acme-one"]
     condition {
       operator = "StringLike"
       key = "s3:prefix"
       values = ["a \"b\"/*", "é$x"]
     }`,
	`actions = ["dynamodb:GetItem"]
     not_resources = ["arn:aws:dynamodb:*:*:table/secret"]`,
}

var trusts = []string{
	"", "", "trust { services = [\"sagemaker.amazonaws.com\"] }",
	"trust {\n services = [\"sagemaker.amazonaws.com\", \"events.amazonaws.com\"]\n github {\n repository = \"acme/ml\"\n environment = \"prod:eu\"\n }\n }",
	"trust {\n principals = [\"arn:aws:iam::210987654321:root\"]\n condition {\n operator = \"StringEquals\"\n key = \"sts:ExternalId\"\n values = [\"x y\"]\n }\n }",
	"trust {\n oidc {\n provider = \"oidc.eks.eu-west-1.amazonaws.com/id/ABC\"\n audience = \"sts.amazonaws.com\"\n subjects = [\"system:serviceaccount:ml:*\"]\n }\n statement \"Tag\" {\n services = [\"sagemaker.amazonaws.com\"]\n actions = [\"sts:AssumeRole\", \"sts:SetSourceIdentity\"]\n }\n }",
}

// A sketch is a configuration of one role, drawn at random.
type sketch struct {
	source     string
	edition    string
	activities []string
	extra      int // statements and overrides that are not the catalogue's
}

func draw(t *rapid.T, p params) sketch {
	s := sketch{edition: rapid.SampledFrom(catalog.Editions()).Draw(t, "edition")}
	e, err := editions()[s.edition]()
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(e.activities))
	chosen := map[string]bool{}
	for range rapid.IntRange(0, 7).Draw(t, "activities") {
		need(e, rapid.SampledFrom(names).Draw(t, "activity"), chosen)
	}
	s.activities = slices.Sorted(maps.Keys(chosen))
	body := ""
	for range rapid.IntRange(0, 2).Draw(t, "statements") {
		s.extra++
		body += fmt.Sprintf("statement \"S%d\" {\n%s\n}\n", s.extra, rapid.SampledFrom(handWritten).Draw(t, "statement"))
	}
	if len(s.activities) > 0 && rapid.Bool().Draw(t, "override") {
		s.extra += 2
		a := rapid.SampledFrom(s.activities).Draw(t, "overridden")
		body += override(t, e, a)
	}
	body += rapid.SampledFrom(trusts).Draw(t, "trust") + "\n"
	if rapid.Bool().Draw(t, "more") {
		body += "tags = { \"a b\" = \"c=d\", e = \"\" }\ndescription = \"a \\\"b\\\" $${c}\"\nmax_session_duration = \"90m\"\npermissions_boundary = \"arn:aws:iam::123456789012:policy/b\"\nmanaged_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n"
	}
	form := rapid.SampledFrom(forms).Draw(t, "form")
	layout := rapid.SampledFrom(ir.Layouts).Draw(t, "layout")
	s.source = p.header(s.edition) + p.role(rapid.SampledFrom([]string{"x", "X_1-y"}).Draw(t, "label"), body, form, layout, s.activities)
	return s
}

// need adds an activity and what it depends on.
func need(e *edition, name string, chosen map[string]bool) {
	if chosen[name] {
		return
	}
	chosen[name] = true
	for _, any := range e.activities[name].Requires {
		if !slices.ContainsFunc(any, func(n string) bool { return chosen[n] }) {
			need(e, any[0], chosen)
		}
	}
}

// override draws an override of an activity.
func override(t *rapid.T, e *edition, name string) string {
	var f *form
	for _, g := range e.forms {
		if g.activity.Name == name && !g.vpc && !g.kms && len(g.statements) > 0 && len(g.empty) == 0 {
			f = g
			break
		}
	}
	if f == nil {
		return ""
	}
	st := rapid.SampledFrom(f.statements).Draw(t, "label")
	body := rapid.SampledFrom([]string{
		fmt.Sprintf("remove %q {}", st.label),
		fmt.Sprintf("remove_actions = [%q]", st.spelled[0]),
		fmt.Sprintf("narrow {\nstatements = [%q]\ncondition {\noperator = \"StringEquals\"\nkey = \"aws:PrincipalTag/team\"\nvalues = [\"a\"]\n}\n}", st.label),
		"allow \"More\" {\nactions = [\"s3:GetBucketLocation\"]\nresources = [\"*\"]\n}",
		"deny \"Less\" {\nactions = [\"s3:GetBucketLocation\"]\nresources = [\"*\"]\n}",
	}).Draw(t, "verb")
	return fmt.Sprintf("override %q {\nreason = \"x\"\n%s\n}\n", name, body)
}

// again imports what a sketch compiles to; ok is false where it does not
// compile. Import has proved that access and trust are the same; the rest is
// compared here once more.
func again(t fatal, s sketch) (r *Result, ok bool) {
	c := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(s.source)}}})
	if c.Diags.HasErrors() {
		return nil, false
	}
	before := c.Stack.Roles[0]
	r = imported(t, deployed(c.Stack), Options{Edition: s.edition})
	after := compiler.Compile(compiler.Options{FS: memory(r.Files)}).Stack.Roles[0]
	if after.IAMName != before.IAMName || after.Path != before.Path || after.Description != before.Description || len(after.Tags) != len(before.Tags) || len(after.Attached) != len(before.Attached) {
		t.Fatalf("%+v became %+v", before.Role, after.Role)
	}
	side := func(role *ir.StackRole) access.Side {
		var out access.Side
		for _, p := range slices.Concat(role.Managed, role.Inline) {
			out.Identity = append(out.Identity, p.Document)
		}
		return out
	}
	if same, err := equal(side(before), side(after)); err != nil || !same {
		t.Fatalf("access differs: %v\n%s\n%s", err, s.source, text1(r))
	}
	return r, true
}

// TestRoundTrip draws configurations, deploys them and imports what they are:
// all are proved.
func TestRoundTrip(t *testing.T) {
	p := readParams(t)
	rapid.Check(t, func(t *rapid.T) {
		if _, ok := again(t, draw(t, p)); !ok {
			t.Skip("the configuration has errors")
		}
	})
}

// TestRecognition counts how many of the same configurations, a fixed choice of
// them, come back in the catalogue's words: with no more statements than were
// written by hand.
func TestRecognition(t *testing.T) {
	p := readParams(t)
	sketches := rapid.Custom(func(t *rapid.T) sketch { return draw(t, p) })
	n, wordy := 0, 0
	for seed := range *examples {
		s := sketches.Example(seed)
		r, ok := again(t, s)
		if !ok {
			continue
		}
		n++
		// What forms for a VPC add without naming it becomes allows: at most three
		// statements, of a compute role or a cluster's.
		if slack := s.extra + 3*strings.Count(s.source, "subnets"); r.Roles[0].Statements > slack || strings.Contains(strings.Join(r.Roles[0].Notes, " "), "could not be kept") {
			wordy++
			t.Logf("%d statements, at most %d were not the catalogue's\n%s\n%s", r.Roles[0].Statements, slack, s.source, text1(r))
		}
	}
	if n < *examples/3 || 50*wordy > n {
		t.Errorf("%d of %d configurations came back with more statements than they had", wordy, n)
	}
}
