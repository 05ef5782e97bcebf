package live_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
	"github.com/sagemaker-roles/smr/deploy/live"
)

const account = "111122223333"

// An inAccount sends requests to one account of a moto server.
type inAccount struct{ id string }

func (a inAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Moto-Account-Id", a.id)
	return http.DefaultTransport.RoundTrip(r)
}

func client(m *peertest.Moto) *iam.Client {
	return iam.New(iam.Options{
		BaseEndpoint: aws.String(m.URL), Region: "us-east-1", HTTPClient: &http.Client{Transport: inAccount{account}},
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "example", ""),
	})
}

const (
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	read  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::acme/a b+c%20d/*"}]}`
	write = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`
)

// TestReadMoto: everything that decides on a role, read from an IAM that is not
// ours, is what was written to it.
func TestReadMoto(t *testing.T) {
	m := peertest.StartMoto(t)
	c, ctx := client(m), context.Background()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tags := []types.Tag{{Key: aws.String("smr:managed"), Value: aws.String("forecast")}}
	must(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("P_train"), Path: aws.String("/smr/forecast/"), PolicyDocument: aws.String(write), Tags: tags}))
	arn := "arn:aws:iam::111122223333:policy/smr/forecast/P_train"
	must(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(arn), PolicyDocument: aws.String(read), SetAsDefault: true}))
	must(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("edge"), PolicyDocument: aws.String(write)}))
	edge := "arn:aws:iam::111122223333:policy/edge"
	name := aws.String("SageMaker-train")
	must(c.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/smr/forecast/"), AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("Trains"),
		MaxSessionDuration: aws.Int32(7200), PermissionsBoundary: aws.String(edge), Tags: tags,
	}))
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(arn)}))
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")}))
	must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("own"), PolicyDocument: aws.String(read)}))
	must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("elsewhere"), AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("Not read")}))

	s, err := live.Read(ctx, c, live.Options{Account: account, Partition: "aws", Paths: []string{"/smr/forecast/", "/smr/forecast/deeper/"}})
	must(s, err)
	r := s.Role("sagemaker-TRAIN")
	if r == nil {
		t.Fatalf("no role among %v", s.RoleNames())
	}
	if r.Name != "SageMaker-train" || r.Path != "/smr/forecast/" || r.ARN != s.RoleARN(r.Path, r.Name) || r.ID == "" || r.Description != "Trains" ||
		r.MaxSessionDuration != 7200 || r.Boundary != edge || r.Tags["smr:managed"] != "forecast" || r.Template ||
		!slices.Equal(r.Attached, []string{arn, "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"}) {
		t.Errorf("%+v", r)
	}
	if !live.Same(r.Trust, live.NewDocument(trust)) || !live.Same(r.Inline["own"], live.NewDocument(read)) {
		t.Errorf("trust %s, inline %s", r.Trust.Text, r.Inline["own"].Text)
	}
	p := s.Policies[arn]
	if p == nil || p.Name != "P_train" || p.Path != "/smr/forecast/" || p.DefaultVersion != "v2" || len(p.Versions) != 2 || p.Attachments != 1 || p.Tags != nil ||
		!live.Same(p.Document(), live.NewDocument(read)) {
		t.Fatalf("%+v", p)
	}
	must(nil, s.ReadPolicyTags(ctx, c, []string{arn, "arn:aws:iam::111122223333:policy/none"}))
	if p.Tags["smr:managed"] != "forecast" || s.Policies[edge].Tags != nil {
		t.Errorf("tags %v and %v", p.Tags, s.Policies[edge].Tags)
	}
	if other := s.Role("elsewhere"); other == nil || other.Description != "" || other.MaxSessionDuration != 0 {
		t.Errorf("%+v", other)
	}
	if clone := s.Clone(); clone.Role("SageMaker-train").Digest() != r.Digest() || clone.Policies[arn].Digest() != p.Digest() {
		t.Error("a clone has other digests")
	}
}

// TestDecode: documents come URL-encoded; a plus is a plus.
func TestDecode(t *testing.T) {
	d := live.Decode(url.PathEscape(read))
	if d.Err != nil || d.Text != read {
		t.Errorf("%v %s", d.Err, d.Text)
	}
	if plain := live.Decode(trust); plain.Err != nil || plain.Text != trust {
		t.Errorf("%v %s", plain.Err, plain.Text)
	}
	if broken := live.Decode("%7Bnope"); broken.Err == nil || broken.Policy != nil || broken.Digest() == "" {
		t.Errorf("%+v", broken)
	}
}
