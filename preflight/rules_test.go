package preflight_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

const foreign = "444455556666"

// allow is an Allow statement; further arguments are resources.
func allow(actions string, resources ...string) policy.Statement {
	return policy.Statement{Effect: policy.Allow, Actions: strings.Fields(actions), Resources: resources}
}

// where adds a condition.
func where(s policy.Statement, operator, key string, values ...string) policy.Statement {
	s.Conditions = append(s.Conditions, policy.Condition{Operator: operator, Key: key, Values: values})
	return s
}

// by makes a statement one of a resource's policy.
func by(s policy.Statement, principals ...string) policy.Statement {
	s.Principal = &policy.Principal{AWS: principals}
	return s
}

func document(statements ...policy.Statement) *ir.KnownDocument {
	return &ir.KnownDocument{Document: &policy.Document{Version: policy.Version2012, Statements: statements}}
}

// everything allows all.
func everything() policy.Statement { return allow("*", "*") }

// A situation is a call in a table.
type situation struct {
	api        string
	role       []policy.Statement
	caller     []policy.Statement // nil: nobody told the caller
	attached   string             // a managed policy of AWS, by name
	boundary   []policy.Statement
	env        ir.Environment
	facts      string // NAME=VALUE, separated by blanks
	request    string
	trust      string // the service that the caller trusts
	callerIs   string // the caller's account
	untrusting bool   // the role does not trust SageMaker
	trusts     string // the resources of SageMaker that the role trusts; "" is all
}

func (s *situation) ask(t *testing.T) *preflight.Answer {
	t.Helper()
	env := s.env
	exec := role("exec", s.role...)
	if s.attached != "" {
		exec.Attached = []ir.Value{{Text: "arn:aws:iam::aws:policy/" + s.attached}}
	}
	if s.boundary != nil {
		exec.PermissionsBoundary = "arn:aws:iam::" + account + ":policy/boundary"
		exec.Target.Policies = map[string]*ir.KnownPolicy{exec.PermissionsBoundary: {Document: document(s.boundary...).Document}}
	}
	if s.untrusting {
		exec.Trust.Document.Statements[0].Principal.Service = []string{"ec2.amazonaws.com"}
	}
	if s.trusts != "" {
		exec.Trust.Document.Statements[0] = where(exec.Trust.Document.Statements[0], "ArnLike", "aws:SourceArn", "arn:aws:sagemaker:"+region+":"+account+":"+s.trusts)
	}
	var list []preflight.Telling
	for _, f := range strings.Fields(s.facts) {
		told, err := preflight.ParseTelling(f, &env)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, told)
	}
	facts, _, _, err := preflight.Tell(s.api, &env, list)
	if err != nil {
		t.Fatal(err)
	}
	if s.request != "" {
		api, _ := requirements.Find(s.api)
		if err := facts.ReadRequest(api, []byte(s.request)); err != nil {
			t.Fatal(err)
		}
	}
	call := &preflight.Call{API: s.api, Role: exec, Environment: &env, Facts: facts}
	if s.caller != nil {
		call.Caller = role("caller", s.caller...)
		if s.trust != "" {
			call.Caller.Trust.Document.Statements[0].Principal.Service = []string{s.trust}
		}
		if s.callerIs != "" {
			call.Caller.Target.AccountID = s.callerIs
		}
	}
	a, err := preflight.Judge(call)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func has(a *preflight.Answer, id string) bool {
	return slices.ContainsFunc(a.Rules, func(h preflight.Hit) bool { return h.ID == id })
}

// ruleCases are, for each verdict rule, a call to which it applies and one, as
// like it as can be, to which it does not.
func ruleCases() map[string][2]situation {
	const (
		training = "input_buckets=acme-in output_bucket=acme-out"
		exec     = "arn:aws:iam::" + account + ":role/exec"
	)
	all := []policy.Statement{everything()}
	bucket := func(name, owner string, more ...*ir.KnownDocument) ir.Environment {
		b := &ir.Bucket{Name: name, Account: owner}
		for _, d := range more {
			b.Policy = d
		}
		return ir.Environment{Buckets: []*ir.Bucket{b}}
	}
	encrypted := func(owner string, e ir.Encryption) ir.Environment {
		return ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Account: owner, Encryption: e, Policy: document(by(everything(), exec))}}}
	}
	aws := ir.Encryption{Type: "SSE-KMS", AWSManaged: true}
	admits := document(by(everything(), exec))
	foreignKey := "arn:aws:kms:" + region + ":" + foreign + ":key/k"
	ownKey := "arn:aws:kms:" + region + ":" + account + ":key/k"
	key := func(d *ir.KnownDocument) ir.Environment {
		return ir.Environment{Keys: []*ir.Key{{ARN: ownKey, Account: account, Policy: d}}}
	}
	network := func(e *ir.Endpoint) ir.Environment {
		return ir.Environment{Networks: []*ir.Network{{Label: "n", ID: "vpc-1", S3Endpoint: e}}}
	}
	vpc := "vpc=true " + training
	named := func(managed, bucket string) situation {
		return situation{api: "CreateTrainingJob", role: []policy.Statement{allow("cloudwatch:* logs:*", "*")}, attached: managed, facts: "input_buckets=" + bucket + " output_bucket=" + bucket}
	}
	studio := "studio_caller=true domain_id=d-1 space_name=s user_profile_name=u created_resource=x"
	return map[string][2]situation{
		"R01": {{api: "CreateTrainingJob", role: all, env: encrypted(foreign, aws), facts: training}, {api: "CreateTrainingJob", role: all, env: encrypted(account, aws), facts: training}},
		"R02": {{api: "CreateTrainingJob", role: all, env: bucket("acme-out", foreign, admits), facts: training}, {api: "CreateTrainingJob", role: all, env: bucket("acme-out", foreign, admits), facts: training + " output_key=" + foreignKey}},
		"R03": {{api: "CreateCluster", attached: "AmazonSageMakerClusterInstanceRolePolicy", facts: "lifecycle_bucket=acme-lifecycle"}, {api: "CreateCluster", attached: "AmazonSageMakerClusterInstanceRolePolicy", facts: "lifecycle_bucket=sagemaker-lifecycle"}},
		"R04": {
			{api: "CreateCluster", attached: "AmazonSageMakerClusterInstanceRolePolicy", env: bucket("sagemaker-lifecycle", foreign, admits), facts: "lifecycle_bucket=sagemaker-lifecycle"},
			{api: "CreateCluster", attached: "AmazonSageMakerClusterInstanceRolePolicy", env: bucket("sagemaker-lifecycle", account), facts: "lifecycle_bucket=sagemaker-lifecycle"},
		},
		"R05": {{api: "CreateTrainingJob", role: all, boundary: []policy.Statement{allow("s3:PutObject", "*")}, facts: training}, {api: "CreateTrainingJob", role: all, boundary: all, facts: training}},
		"R06": {
			{api: "CreateTrainingJob", role: all, env: bucket("acme-in", account, document(by(policy.Statement{Effect: policy.Deny, Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}, exec))), facts: training},
			{api: "CreateTrainingJob", role: all, env: bucket("acme-in", account, document(by(policy.Statement{Effect: policy.Deny, Actions: []string{"s3:DeleteObject"}, Resources: []string{"*"}}, exec))), facts: training},
		},
		"R07": {{api: "CreateTrainingJob", role: all, env: bucket("acme-in", foreign, document(by(allow("s3:ListBucket", "*"), exec))), facts: training}, {api: "CreateTrainingJob", role: all, env: bucket("acme-in", foreign, admits), facts: training}},
		"R08": {
			{api: "CreateTrainingJob", role: all, env: key(document(by(everything(), "arn:aws:iam::"+account+":role/other"))), facts: training + " output_key=" + ownKey},
			{api: "CreateTrainingJob", role: all, env: key(document(by(everything(), "arn:aws:iam::"+account+":root"))), facts: training + " output_key=" + ownKey},
		},
		"R09": {
			{api: "CreateProcessingJob", role: []policy.Statement{allow("s3:* logs:* cloudwatch:*", "*"), where(allow("ec2:*", "*"), "StringEquals", "ec2:Region", region)}, facts: vpc},
			{api: "CreateProcessingJob", role: []policy.Statement{allow("s3:* logs:* cloudwatch:*", "*"), allow("ec2:*", "*")}, facts: vpc},
		},
		"R10": {
			{api: "CreateFeatureGroup", role: all, env: key(document(where(by(everything(), exec), "StringLike", "kms:ViaService", "sagemaker.*.amazonaws.com"))), facts: "fg_offline=true output_bucket=acme-out offline_key=" + ownKey},
			{api: "CreateFeatureGroup", role: all, env: key(document(where(by(everything(), exec), "StringLike", "kms:ViaService", "sagemaker.*.amazonaws.com"))), facts: "fg_offline=true output_bucket=acme-out online_key=" + ownKey},
		},
		"R11": {
			{api: "CreateFeatureGroup", attached: "AmazonSageMakerFeatureStoreAccess", facts: "fg_offline=true output_bucket=acme-out"},
			{api: "CreateFeatureGroup", attached: "AmazonSageMakerFeatureStoreAccess", facts: "fg_offline=true output_bucket=acme-sagemaker-out"},
		},
		"R12": {named("AmazonSageMakerFullAccess", "acme-data"), named("AmazonSageMakerFullAccess", "acme-sagemaker-data")},
		"R13": {
			{api: "CreateLabelingJob", attached: "AmazonSageMakerGroundTruthExecution", facts: training},
			{api: "CreateLabelingJob", attached: "AmazonSageMakerGroundTruthExecution", facts: "input_buckets=acme-groundtruth output_bucket=acme-groundtruth"},
		},
		"R14": {
			{api: "CreateTransformJob", role: all, caller: []policy.Statement{where(allow("sagemaker:CreateTransformJob", "*"), "Null", "sagemaker:VpcSubnets", "false")}, facts: training},
			{api: "CreateTransformJob", role: all, caller: []policy.Statement{allow("sagemaker:CreateTransformJob", "*")}, facts: training},
		},
		"R15": {
			{api: "CreateTrainingJob", role: all, facts: training + " instance_types=ml.g5.xlarge volume_key=" + ownKey},
			{api: "CreateTrainingJob", role: all, facts: training + " instance_types=ml.m5.xlarge volume_key=" + ownKey},
		},
		"R16": {{api: "CreateTrainingJob", role: all, caller: all, callerIs: foreign, facts: training}, {api: "CreateTrainingJob", role: all, caller: all, facts: training}},
		"R17": {{api: "CreateTrainingJob", role: all, untrusting: true, facts: training}, {api: "CreateTrainingJob", role: all, facts: training}},
		"R18": {
			{api: "CreateTrainingJob", role: all, env: network(&ir.Endpoint{Present: true, Policy: document(by(allow("s3:GetObject", "arn:aws:s3:::other/*"), "*"))}), facts: "network=network.n " + training},
			{api: "CreateTrainingJob", role: all, env: network(&ir.Endpoint{Present: true, Policy: document(by(everything(), "*"))}), facts: "network=network.n " + training},
		},
		"R19": {
			{api: "CreateEndpointConfig", role: all, facts: "serverless=true images=" + foreign + ".dkr.ecr.eu-west-1.amazonaws.com/x"},
			{api: "CreateEndpointConfig", role: all, facts: "serverless=true images=763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference"},
		},
		"R20": {
			{api: "CreateModel", role: []policy.Statement{allow("ecr:*", "arn:aws:ecr:*:*:repository/*sagemaker*")}, facts: "model_bucket=m images=763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2"},
			{api: "CreateModel", role: []policy.Statement{allow("ecr:*", "arn:aws:ecr:*:*:repository/*sagemaker*")}, facts: "model_bucket=m images=763104351884.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tensorflow:2"},
		},
		"R21": {
			{api: "CreateTrainingJob", role: []policy.Statement{allow("s3:ListBucket s3:GetObject s3:PutObject", "arn:aws:s3:::acme-in/*", "arn:aws:s3:::acme-out/*")}, facts: training},
			{api: "CreateTrainingJob", role: []policy.Statement{allow("s3:ListBucket s3:GetObject s3:PutObject", "arn:aws:s3:::acme-*")}, facts: training},
		},
		"R22": {{api: "CreateTrainingJob", role: all, caller: all, facts: training}, {api: "CreateTrainingJob", role: all, caller: []policy.Statement{allow("sagemaker:Create*", "*")}, facts: training}},
		"R23": {{api: "CreateSpace", role: all, caller: []policy.Statement{allow("sagemaker:CreateSpace", "*")}, facts: studio}, {api: "CreateSpace", role: all, caller: all, facts: studio}},
		"R24": {
			{api: "CreateSpace", role: all, caller: []policy.Statement{allow("sagemaker:CreateSpace sagemaker:ListTags", "*"), where(allow("sagemaker:AddTags", "*"), "ForAllValues:StringEquals", "aws:TagKeys", "team")}, facts: studio},
			{api: "CreateSpace", role: all, caller: []policy.Statement{allow("sagemaker:CreateSpace sagemaker:ListTags", "*"), where(allow("sagemaker:AddTags", "*"), "ForAllValues:StringLike", "aws:TagKeys", "sagemaker:*")}, facts: studio},
		},
		"R25": {
			{api: "CreateTrainingJob", role: all, caller: []policy.Statement{allow("sagemaker:CreateTrainingJob iam:PassRole", "*")}, trust: "states.amazonaws.com", facts: training},
			{api: "CreateTrainingJob", role: all, caller: []policy.Statement{allow("sagemaker:CreateTrainingJob iam:PassRole", "*")}, trust: "lambda.amazonaws.com", facts: training},
		},
		"R26": {
			{api: "PutRecord", role: all, caller: all, facts: "feature_group_name=arn:aws:sagemaker:eu-west-1:" + foreign + ":feature-group/g"},
			{api: "PutRecord", role: all, caller: all, facts: "feature_group_name=g"},
		},
		"R27": {
			{api: "CreateTrainingJob", role: []policy.Statement{allow("s3:* logs:* cloudwatch:*", "*")}, caller: all, facts: training + " volume_key=" + ownKey},
			{api: "CreateTrainingJob", role: all, caller: all, facts: training + " volume_key=" + ownKey},
		},
	}
}

// TestRules: each verdict rule applies to the first call and not to the second,
// and what fails does not work.
func TestRules(t *testing.T) {
	cases := ruleCases()
	for _, r := range requirements.Rules() {
		pair, ok := cases[r.ID]
		if !ok {
			t.Errorf("%s has no test", r.ID)
			continue
		}
		a := pair[0].ask(t)
		if !has(a, r.ID) {
			t.Errorf("%s does not apply: %s %+v", r.ID, a.Verdict, a.Gaps())
		}
		if r.Verdict == "fail" && a.Verdict != preflight.DoesNotWork {
			t.Errorf("%s fails, and the call %s", r.ID, a.Verdict)
		}
		if b := pair[1].ask(t); has(b, r.ID) {
			t.Errorf("%s applies where it should not: %s", r.ID, b.Verdict)
		}
	}
}

// TestTraps holds what is easily got wrong.
func TestTraps(t *testing.T) {
	const (
		training = "input_buckets=acme-in output_bucket=acme-out"
		exec     = "arn:aws:iam::" + account + ":role/exec"
		jobs     = "logs:* cloudwatch:*"
	)
	key := "arn:aws:kms:" + region + ":" + account + ":key/k"
	base := allow(jobs, "*")
	tests := map[string]struct {
		situation
		want preflight.Verdict
		says string // part of some reason
	}{
		"a name pattern covers objects": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:ListBucket s3:GetObject s3:PutObject", "arn:aws:s3:::acme-*")}, facts: training}, preflight.Works, "",
		},
		"a policy that grants part of what is read is not enough": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:ListBucket s3:PutObject", "*"), allow("s3:GetObject", "arn:aws:s3:::acme-in/train/*")}, facts: training}, preflight.Unknown, "only arn:aws:s3:::acme-in/train/* of arn:aws:s3:::acme-in/*",
		},
		"the prefix that is read decides": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:ListBucket s3:PutObject", "*"), allow("s3:GetObject", "arn:aws:s3:::acme-in/train/*")}, facts: "input_buckets=acme-in/train/ output_bucket=acme-out"}, preflight.Works, "",
		},
		"a Deny of part of what is read is not known to spare the job": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything(), {Effect: policy.Deny, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-in/secret/*"}}}, facts: training}, preflight.Unknown, "denies only arn:aws:s3:::acme-in/secret/*",
		},
		"a condition on a key that nobody told is not known to hold": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, where(allow("s3:*", "*"), "StringEquals", "aws:SourceVpce", "vpce-1")}, facts: training}, preflight.Unknown, "aws:SourceVpce",
		},
		"a Deny unless from a network is not known to spare the job": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything(), where(policy.Statement{Effect: policy.Deny, Actions: []string{"s3:*"}, Resources: []string{"*"}}, "StringNotEquals", "aws:SourceVpce", "vpce-1")}, facts: training}, preflight.Unknown, "aws:SourceVpce",
		},
		"a condition on a key that the action never carries is decided": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, where(allow("s3:*", "*"), "StringEquals", "sagemaker:VpcSubnets", "subnet-1")}, facts: training}, preflight.DoesNotWork, "",
		},
		"s3 writes with a key ask for all three actions": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:* kms:GenerateDataKey kms:Decrypt", "*")}, facts: training + " output_key=" + key}, preflight.DoesNotWork, "",
		},
		"the account's key policy leaves access to IAM": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:* kms:*", "*")}, facts: training + " output_key=" + key}, preflight.Works, "",
		},
		"aws/s3 needs no permission of the role": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:*", "*")}, env: ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Encryption: ir.Encryption{Type: "SSE-KMS", AWSManaged: true}}}}, facts: training}, preflight.Works, "",
		},
		"a bucket policy that names the role grants by itself": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:PutObject", "*")}, env: ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Policy: document(by(allow("s3:*", "*"), exec))}}}, facts: training}, preflight.Works, "",
		},
		"a boundary limits what a bucket policy grants the role": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:PutObject", "*")}, boundary: []policy.Statement{allow("s3:PutObject "+jobs, "*")}, env: ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Policy: document(by(allow("s3:*", "*"), exec))}}}, facts: training}, preflight.DoesNotWork, "",
		},
		"the policy of a foreign bucket that nobody told is not known": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, env: ir.Environment{Buckets: []*ir.Bucket{{Name: "acme-in", Account: foreign}}}, facts: training}, preflight.Unknown, "nobody told the policy of the bucket acme-in",
		},
		"a control policy denies": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, env: ir.Environment{SCPs: []*ir.ControlPolicy{{Label: "no", Policy: document(policy.Statement{Effect: policy.Deny, Actions: []string{"s3:PutObject"}, Resources: []string{"*"}})}}}, facts: training}, preflight.DoesNotWork, "",
		},
		"a control policy of Deny alone leaves the rest": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, env: ir.Environment{SCPs: []*ir.ControlPolicy{{Label: "no", Policy: document(policy.Statement{Effect: policy.Deny, Actions: []string{"s3:DeleteBucket"}, Resources: []string{"*"}})}}}, facts: training}, preflight.Works, "",
		},
		"a list of what a level allows": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, env: ir.Environment{SCPs: []*ir.ControlPolicy{{Label: "some", Policy: document(allow("s3:*", "*"))}}}, facts: training}, preflight.DoesNotWork, "every level has to",
		},
		"a directory bucket asks for a session": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3express:CreateSession", "*"), allow("s3:PutObject", "*")}, facts: "input_buckets=acme--euw1-az1--x-s3 output_bucket=acme-out"}, preflight.Works, "",
		},
		"the compute role may leave the grant to its caller, who is not told": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:*", "*")}, facts: training + " volume_key=" + key}, preflight.Unknown, "the caller may have it instead",
		},
		"a key that its block says is AWS's": {
			situation{api: "CreateTrainingJob", role: []policy.Statement{base, allow("s3:*", "*")}, env: ir.Environment{
				Buckets: []*ir.Bucket{{Name: "acme-in", Encryption: ir.Encryption{Type: "SSE-KMS", KeyARN: key}}}, Keys: []*ir.Key{{ARN: key, Account: account, AWSManaged: true}},
			}, facts: training}, preflight.Works, "",
		},
		"PassRole for another service": {
			situation{
				api: "CreateTrainingJob", role: []policy.Statement{everything()}, facts: training + " training_job_name=j",
				caller: []policy.Statement{allow("sagemaker:*", "*"), where(allow("iam:PassRole", "*"), "StringEquals", "iam:PassedToService", "lambda.amazonaws.com")},
			}, preflight.DoesNotWork, "",
		},
		"both the endpoint and its configuration": {
			situation{api: "UpdateEndpoint", role: []policy.Statement{everything()}, caller: []policy.Statement{allow("sagemaker:UpdateEndpoint", "arn:aws:sagemaker:*:*:endpoint/*")}, facts: "endpoint_name=e endpoint_config_name=c"}, preflight.DoesNotWork, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := tt.ask(t)
			if a.Verdict != tt.want {
				t.Errorf("%s, want %s: %s", a.Verdict, tt.want, reasons(a))
			}
			if !strings.Contains(reasons(a), tt.says) {
				t.Errorf("%q does not say %q", reasons(a), tt.says)
			}
		})
	}
}

func reasons(a *preflight.Answer) string {
	var out []string
	for i := range a.Checks {
		if c := &a.Checks[i]; c.Decision != "allow" {
			out = append(out, fmt.Sprintf("%s %s on %s: %s", c.Actor, c.Action, c.Resource, c.Because))
		}
	}
	return strings.Join(append(out, a.Notes...), "\n")
}
