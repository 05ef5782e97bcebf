package preflight_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// inputOf is a request of CreateTrainingJob with one channel and an output.
func inputOf(channel string) string {
	return `{"RoleArn": "arn:aws:iam::` + account + `:role/exec", "InputDataConfig": [{"DataSource": {"S3DataSource": {` + channel + `}}}],
		"OutputDataConfig": {"S3OutputPath": "s3://acme-out/results"}}`
}

// TestAnswers: calls whose answer hangs on one thing, with the verdict.
func TestAnswers(t *testing.T) {
	const (
		training = "input_buckets=acme-in output_bucket=acme-out"
		exec     = "arn:aws:iam::" + account + ":role/exec"
		session  = "arn:aws:sts::" + account + ":assumed-role/exec/SageMaker"
		object   = "arn:aws:s3:::acme-in/*"
	)
	all := []policy.Statement{everything()}
	guarded := func(s policy.Statement) ir.Environment {
		return ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Account: account, Policy: document(s)}}}
	}
	deny := func(s policy.Statement) policy.Statement { s.Effect = policy.Deny; return s }
	but := func(principals ...string) policy.Statement {
		s := deny(allow("s3:*", object))
		s.NotPrincipal = &policy.Principal{AWS: principals}
		return s
	}
	tagging := func(value string) []policy.Statement {
		return []policy.Statement{allow("sagemaker:CreateTrainingJob iam:PassRole", "*"), where(allow("sagemaker:AddTags", "*"), "StringEquals", "sagemaker:TaggingAction", value)}
	}
	plain := `"S3DataType": "S3Prefix", "S3Uri": "s3://acme-in/day"`
	manifest := `"S3DataType": "ManifestFile", "S3Uri": "s3://acme-in/list.manifest"`
	managed := ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Account: account, Encryption: ir.Encryption{Type: "SSE-KMS", AWSManaged: true}}}}
	withoutKMS := managed
	withoutKMS.SCPs = []*ir.ControlPolicy{{Label: "s", Policy: document(deny(allow("kms:*", "*")))}}
	controlled := ir.Environment{RCPs: []*ir.ControlPolicy{{Label: "r", Policy: document(by(deny(allow("s3:*", "*")), "*"))}}}
	tests := map[string]struct {
		situation
		want preflight.Verdict
	}{
		"aws/s3":                             {situation{api: "CreateTrainingJob", role: []policy.Statement{allow("s3:* logs:* cloudwatch:*", "*")}, env: managed, facts: training}, preflight.Works},
		"aws/s3 that the role denies":        {situation{api: "CreateTrainingJob", role: []policy.Statement{everything(), deny(allow("kms:Decrypt", "*"))}, env: managed, facts: training}, preflight.DoesNotWork},
		"aws/s3 that an SCP denies":          {situation{api: "CreateTrainingJob", role: all, env: withoutKMS, facts: training}, preflight.DoesNotWork},
		"aws/s3 that the boundary denies":    {situation{api: "CreateTrainingJob", role: all, boundary: []policy.Statement{everything(), deny(allow("kms:*", "*"))}, env: managed, facts: training}, preflight.DoesNotWork},
		"an RCP denies":                      {situation{api: "CreateTrainingJob", role: all, env: controlled, facts: training}, preflight.DoesNotWork},
		"a session of the role is denied":    {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(by(deny(allow("s3:*", object)), session))}, preflight.Unknown},
		"a session and its account":          {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(by(deny(allow("s3:*", object)), session, account))}, preflight.DoesNotWork},
		"a session of another role":          {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(by(deny(allow("s3:*", object)), strings.Replace(session, "/exec/", "/other/", 1)))}, preflight.Works},
		"all are denied but the role":        {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(but(exec, account))}, preflight.Unknown},
		"all are denied but a session":       {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(but(exec, session, account))}, preflight.Unknown},
		"all are denied but another role":    {situation{api: "CreateTrainingJob", role: all, facts: training, env: guarded(but("arn:aws:iam::" + account + ":role/other"))}, preflight.DoesNotWork},
		"tags of this call":                  {situation{api: "CreateTrainingJob", role: all, caller: tagging("CreateTrainingJob"), facts: training + " tags_in_request=true"}, preflight.Works},
		"tags of another call":               {situation{api: "CreateTrainingJob", role: all, caller: tagging("CreateModel"), facts: training + " tags_in_request=true"}, preflight.DoesNotWork},
		"a request":                          {situation{api: "CreateTrainingJob", role: all, request: inputOf(plain)}, preflight.Works},
		"a request with another role":        {situation{api: "CreateTrainingJob", role: all, request: strings.Replace(inputOf(plain), "role/exec", "role/else", 1)}, preflight.Unknown},
		"a manifest":                         {situation{api: "CreateTrainingJob", role: all, request: inputOf(manifest)}, preflight.Unknown},
		"a manifest whose objects are told":  {situation{api: "CreateTrainingJob", role: all, facts: "input_buckets=acme-in", request: inputOf(manifest)}, preflight.Works},
		"a request without output":           {situation{api: "CreateTrainingJob", role: all, request: `{"TrainingJobName": "a"}`}, preflight.Unknown},
		"a model by address, bucket in path": {situation{api: "CreateModel", role: []policy.Statement{allow("s3:* ecr:* logs:* cloudwatch:*", "arn:aws:s3:::acme-in/*")}, request: `{"PrimaryContainer": {"ModelDataUrl": "https://s3.eu-west-1.amazonaws.com/acme-models/m.tar.gz"}}`}, preflight.DoesNotWork},
		"a model by address, bucket in host": {situation{api: "CreateModel", role: []policy.Statement{allow("s3:* ecr:* logs:* cloudwatch:*", "arn:aws:s3:::acme-in/*")}, request: `{"PrimaryContainer": {"ModelDataUrl": "https://acme-models.s3.eu-west-1.amazonaws.com/m.tar.gz"}}`}, preflight.DoesNotWork},
		"a model by address that is allowed": {situation{api: "CreateModel", role: all, request: `{"PrimaryContainer": {"ModelDataUrl": "https://acme-models.s3.amazonaws.com/m.tar.gz"}}`}, preflight.Works},
		"an algorithm":                       {situation{api: "CreateTrainingJob", role: all, request: strings.Replace(inputOf(plain), "{", `{"AlgorithmSpecification": {"AlgorithmName": "acme"}, `, 1)}, preflight.Unknown},
		"an algorithm whose image is told":   {situation{api: "CreateTrainingJob", role: all, facts: "images=" + account + ".dkr.ecr.eu-west-1.amazonaws.com/a", request: strings.Replace(inputOf(plain), "{", `{"AlgorithmSpecification": {"AlgorithmName": "acme"}, `, 1)}, preflight.Works},
		"a model package":                    {situation{api: "CreateModel", role: all, request: `{"PrimaryContainer": {"ModelPackageName": "acme"}}`}, preflight.Unknown},
		"a query":                            {situation{api: "CreateProcessingJob", role: all, request: `{"ProcessingInputs": [{"DatasetDefinition": {"AthenaDatasetDefinition": {"OutputS3Uri": "s3://acme-out/x"}}}]}`}, preflight.Unknown},
		"a role that trusts training jobs":   {situation{api: "CreateTrainingJob", role: all, facts: training, trusts: "training-job/*"}, preflight.Works},
		"a role that trusts processing jobs": {situation{api: "CreateTrainingJob", role: all, facts: training, trusts: "processing-job/*"}, preflight.DoesNotWork},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if a := test.ask(t); a.Verdict != test.want {
				t.Errorf("%s, want %s: %v %v", a.Verdict, test.want, a.Gaps(), a.Notes)
			}
		})
	}
}

// TestNetworkOfRequest: the network that has the subnets of a request is its
// network, whose endpoint is judged.
func TestNetworkOfRequest(t *testing.T) {
	env := ir.Environment{Networks: []*ir.Network{{
		Label: "n", ID: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"},
		S3Endpoint: &ir.Endpoint{Present: true, Policy: document(by(allow("s3:*", "arn:aws:s3:::other/*"), "*"))},
	}}}
	for subnet, want := range map[string]bool{"subnet-2": true, "subnet-3": false} {
		s := situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, env: env}
		s.request = strings.Replace(inputOf(`"S3Uri": "s3://acme-in/day"`), "{", `{"VpcConfig": {"Subnets": ["`+subnet+`"], "SecurityGroupIds": ["sg-1"]}, `, 1)
		a := s.ask(t)
		if got := has(a, "R18"); got != want || (a.Verdict == preflight.Works) == want {
			t.Errorf("%s: R18 %v, want %v: %s", subnet, got, want, a.Verdict)
		}
	}
}

// TestNoFixForDoubtfulDeny: where it is unknown whether a Deny matches, adding
// an Allow would not turn the answer, and none is shown.
func TestNoFixForDoubtfulDeny(t *testing.T) {
	doubtful := where(allow("s3:*", "arn:aws:s3:::acme-in/*"), "NotIpAddress", "aws:SourceIp", "10.0.0.0/8")
	doubtful.Effect = policy.Deny
	const facts = "input_buckets=acme-in output_bucket=acme-out"
	for name, s := range map[string]situation{
		"role":   {api: "CreateTrainingJob", role: []policy.Statement{everything(), doubtful}, facts: facts},
		"bucket": {api: "CreateTrainingJob", role: []policy.Statement{everything()}, facts: facts, env: ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Account: account, Policy: document(by(doubtful, "*"))}}}},
		"scp":    {api: "CreateTrainingJob", role: []policy.Statement{everything()}, facts: facts, env: ir.Environment{SCPs: []*ir.ControlPolicy{{Label: "s", Policy: document(doubtful)}}}},
	} {
		if a := s.ask(t); a.Verdict != preflight.Unknown || len(a.Fixes) > 0 {
			t.Errorf("%s: %s with the fixes %v", name, a.Verdict, a.Fixes)
		}
	}
}

// TestDoubtOfWorks: works, although what AWS does not document is denied, says
// so.
func TestDoubtOfWorks(t *testing.T) {
	s := situation{api: "CreateTransformJob", caller: []policy.Statement{everything()}, role: []policy.Statement{allow("s3:PutObject kms:* ecr:* logs:* cloudwatch:*", "*")}, facts: "input_buckets=acme-in output_bucket=acme-out"}
	doubts := func(a *preflight.Answer) bool {
		return slices.ContainsFunc(a.Notes, func(n string) bool { return strings.Contains(n, "may fail all the same") })
	}
	if a := s.ask(t); a.Verdict != preflight.Works || !doubts(a) {
		t.Errorf("%s: %v", a.Verdict, a.Notes)
	}
	s.role = []policy.Statement{everything()}
	if a := s.ask(t); a.Verdict != preflight.Works || doubts(a) {
		t.Errorf("%s: %v", a.Verdict, a.Notes)
	}
}

// TestHollowRequests: a request of which nothing would be judged is refused.
func TestHollowRequests(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:               "is empty",
		`{"roleArn": "x"}`: `the member of CreateTrainingJob is "RoleArn"`,
		`{"outputdataconfig": {"S3OutputPath": "s3://acme-out/x"}}`: `"OutputDataConfig"`,
		inputOf(`"S3Uri": "https://example.org/acme-in/day"`):       "no place in Amazon S3",
		inputOf(`"S3Uri": "https://user@s3.amazonaws.com/acme-in"`): "no place in Amazon S3",
	} {
		api, _ := requirements.Find("CreateTrainingJob")
		f, _, _, err := preflight.Tell(api.Name, &ir.Environment{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.ReadRequest(api, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
