package lint_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

var update = flag.Bool("update", false, "rewrite testdata/managed.txt")

// TestTraps holds what is easily taken for a fault and is none.
func TestTraps(t *testing.T) {
	allow := func(members string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + members + `}]}`
	}
	vpc := func(operator, values string) string {
		return allow(`"Action":"sagemaker:StopTransformJob","Resource":"arn:aws:sagemaker:eu-west-1:123456789012:transform-job/*","Condition":{"` + operator + `":{"sagemaker:VpcSubnets":` + values + `}}`)
	}
	tests := map[string]struct {
		kind lint.Kind
		text string
	}{
		"a star runs over slashes: the pattern is of buckets and objects":     {lint.Identity, allow(`"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::sagemaker-*"`)},
		"IfExists says that the key may be absent":                            {lint.Identity, vpc("ForAnyValue:StringEqualsIfExists", `"subnet-0a1b2c3d"`)},
		"Null true asks for the key to be absent":                             {lint.Identity, vpc("Null", `"true"`)},
		"tags may be absent under ForAllValues":                               {lint.Identity, allow(`"Action":"sagemaker:AddTags","Resource":"arn:aws:sagemaker:eu-west-1:123456789012:training-job/*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`)},
		"an image cannot be pulled without a token":                           {lint.Identity, allow(`"Action":"ecr:GetAuthorizationToken","Resource":"*"`)},
		"actions without resources take a star":                               {lint.Identity, allow(`"Action":["sagemaker:ListModels","s3:ListAllMyBuckets"],"Resource":"*"`)},
		"variables are wildcards to nobody":                                   {lint.Identity, allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"${aws:PrincipalTag/team}"}}`)},
		"an escaped star is a star":                                           {lint.Identity, allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme","Condition":{"StringEquals":{"s3:prefix":"a${*}"}}`)},
		"a boundary is broad":                                                 {lint.Boundary, allow(`"Action":"*","Resource":"*"`)},
		"a boundary may be all but":                                           {lint.Boundary, allow(`"NotAction":"iam:*","Resource":"*"`)},
		"a service control policy denies broadly":                             {lint.Control, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`},
		"SageMaker's own trust":                                               {lint.Trust, allow(`"Action":"sts:AssumeRole","Principal":{"Service":"sagemaker.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:eu-west-1:123456789012:*"}}`)},
		"one environment of one repository":                                   {lint.Trust, allow(`"Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:acme/ml:environment:prod"}}`)},
		"a deny on every role that names the roles meant is how passing ends": {lint.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::123456789012:role/train"}]}`},
		"pseudo parameters stand for any value":                               {lint.Identity, allow(`"Action":"sagemaker:StopTrainingJob","Resource":"arn:` + policy.PseudoPartition + `:sagemaker:` + policy.PseudoRegion + `:` + policy.PseudoAccount + `:training-job/*"`)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, f := range lint.Document(parse(t, tt.text), lint.Options{Kind: tt.kind, Account: account}) {
				t.Errorf("%s: %s", f.Code, f.Message)
			}
		})
	}
}

// TestManagedPolicies judges AWS's managed policies for SageMaker and holds the
// number of findings by rule to what was looked at.
func TestManagedPolicies(t *testing.T) {
	counts, in, policies := map[string]int{}, map[string]map[string]bool{}, 0
	judge := escalation.NewJudge(access.Options{Facts: access.ServiceFacts()})
	for m := range facts.ManagedPolicies() {
		if !strings.Contains(m.Name, "SageMaker") {
			continue
		}
		policies++
		d := parse(t, string(m.Document()))
		list := lint.Document(d, lint.Options{})
		for _, f := range lint.Policies(lint.Role{Policies: []*policy.Document{d}, Complete: true, Judge: judge}) {
			list = append(list, f.Finding)
		}
		for _, f := range list {
			counts[f.Code]++
			if in[f.Code] == nil {
				in[f.Code] = map[string]bool{}
			}
			in[f.Code][m.Name] = true
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d policies of %s\n", policies, facts.ManagedPoliciesDate)
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%s: %d in %d\n", code, counts[code], len(in[code]))
	}
	const file = "testdata/managed.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("findings about managed policies (-want +got):\n%s", diff)
	}
}
