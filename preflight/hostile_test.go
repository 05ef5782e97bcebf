package preflight_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// TestHostileRequests: a request that is none is told, and none harms.
func TestHostileRequests(t *testing.T) {
	api, _ := requirements.Find("CreateTrainingJob")
	read := func(text string) error {
		f, _, _, err := preflight.Tell(api.Name, &ir.Environment{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f.ReadRequest(api, []byte(text))
	}
	for text, want := range map[string]string{
		"":                                "no JSON object",
		"[]":                              "no JSON object",
		"null":                            "is null",
		"1":                               "no JSON object",
		"{":                               "no JSON object",
		"{} {}":                           "something behind",
		`{"RoleArn": 1}`:                  "RoleArn is no string",
		`{"RoleArn": {"a": "b"}}`:         "RoleArn is no string",
		`{"VpcConfig": {"Subnets": [1]}}`: "VpcConfig.Subnets is no string",
		`{"OutputDataConfig": {"S3OutputPath": "acme"}}`:                  "no place in Amazon S3",
		`{"OutputDataConfig": {"S3OutputPath": "s3://"}}`:                 "no place in Amazon S3",
		`{"OutputDataConfig": {"S3OutputPath": "s3://a*"}}`:               "no place in Amazon S3",
		strings.Repeat("[", 1<<20):                                        "no JSON object",
		`{"a": "` + strings.Repeat("x", preflight.MaxRequestBytes) + `"}`: "larger than",
	} {
		err := read(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{
		`{"InputDataConfig": null}`, `{"InputDataConfig": {}}`, `{"InputDataConfig": [null, 1, {"DataSource": []}]}`, `{"VpcConfig": 1}`, `{"Tags": [1, {"Key": 2}]}`,
		`{"ResourceConfig": ` + strings.Repeat(`{"a":`, 900) + `1` + strings.Repeat(`}`, 900) + `}`,
	} {
		if err := read(text); err != nil {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// TestManyValues: a request of very many buckets is refused, and one of as many
// as there may be is judged.
func TestManyValues(t *testing.T) {
	request := func(n int) string {
		var channels []string
		for i := range n {
			channels = append(channels, fmt.Sprintf(`{"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket-%d/"}}}`, i))
		}
		return `{"InputDataConfig": [` + strings.Join(channels, ",") + `], "OutputDataConfig": {"S3OutputPath": "s3://out/"}}`
	}
	s := situation{api: "CreateTrainingJob", role: []policy.Statement{everything()}, request: request(200)}
	if a := s.ask(t); len(a.Checks) < 400 || a.Verdict != preflight.Works {
		t.Errorf("%s with %d checks", a.Verdict, len(a.Checks))
	}
	api, _ := requirements.Find("CreateTrainingJob")
	f, _, _, _ := preflight.Tell(api.Name, &ir.Environment{}, nil)
	if err := f.ReadRequest(api, []byte(request(201))); err == nil || !strings.Contains(err.Error(), "more than 200") {
		t.Error(err)
	}
}

// TestEnvironments: an environment that is none is told by file and place.
func TestEnvironments(t *testing.T) {
	read := func(text string) (*ir.Environment, error) {
		return preflight.ReadEnvironment(fstest.MapFS{
			"environment.json": {Data: []byte(text)}, "p.json": {Data: []byte(`{"Version": "2012-10-17", "Statement": []}`)}, "bad.json": {Data: []byte("{")},
		}, "environment.json")
	}
	for text, want := range map[string]string{
		"":                  "is no environment",
		"[]":                "is no environment",
		"{} 1":              "something behind",
		`{"bucket": []}`:    `unknown field "bucket"`,
		`{"buckets": [{}]}`: "buckets[0] has no name",
		`{"buckets": [{"name": "a", "account": "1"}]}`:                               "no account id",
		`{"buckets": [{"name": "a", "default_encryption": {"type": "KMS"}}]}`:        "SSE-KMS",
		`{"buckets": [{"name": "a", "policy": "{"}]}`:                                "policy cannot be read",
		`{"buckets": [{"name": "a", "policy": 1}]}`:                                  "policy cannot be read",
		`{"buckets": [{"name": "a", "policy": {"policy_file": "../p.json"}}]}`:       "leads out",
		`{"buckets": [{"name": "a", "policy": {"policy_file": "/etc/passwd"}}]}`:     "leads out",
		`{"buckets": [{"name": "a", "policy": {"policy_file": "missing.json"}}]}`:    "missing.json cannot be read",
		`{"buckets": [{"name": "a", "policy": {"policy_file": "bad.json"}}]}`:        "policy cannot be read",
		`{"kms_keys": [{"arn": "alias/x"}]}`:                                         "no ARN of a KMS key",
		`{"scps": [{"Statement": 1}]}`:                                               "scps[0]",
		`{"buckets": [` + strings.Repeat(`{"name":"a"},`, 10_000) + `{"name":"a"}]}`: "more than 10000",
	} {
		_, err := read(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "environment.json") {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
	env, err := read(`{"buckets": [{"name": "a", "policy": {"policy_file": "p.json"}, "default_encryption": {"type": "SSE-KMS"}}, {"name": "b", "policy": "{\"Statement\": []}"}],
		"kms_keys": [{"arn": "arn:aws:kms:eu-west-1:111122223333:key/1"}], "ecr": [{"uri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/a"}],
		"vpc": {"id": "vpc-1", "s3_endpoint": {"present": true, "policy": null}}, "scps": [[{"Statement": []}], [{"Statement": []}, {"Statement": []}]], "rcps": []}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(env.Buckets) != 2 || env.Buckets[0].Policy == nil || !env.Buckets[0].Encryption.AWSManaged || env.Keys[0].Account != account || len(env.SCPs) != 3 || env.SCPs[2].Level != 1 || env.Networks[0].S3Endpoint == nil {
		text, _ := json.Marshal(env)
		t.Errorf("%s", text)
	}
}

// FuzzRequest: whatever stands in a request, judging it neither panics nor
// hangs, and gives one of the three verdicts.
func FuzzRequest(f *testing.F) {
	f.Add("CreateTrainingJob", `{"RoleArn": "arn:aws:iam::1:role/x", "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": "s3://a/b"}}}], "OutputDataConfig": {"S3OutputPath": "s3://c", "KmsKeyId": "alias/x"}, "VpcConfig": {"Subnets": ["s"]}}`)
	f.Add("CreateCluster", `{"InstanceGroups": [{"LifeCycleConfig": {"SourceS3Uri": "s3://l/x"}, "ExecutionRole": "r"}], "Orchestrator": {"Eks": {"ClusterArn": "arn:aws:eks:::x"}}}`)
	f.Add("CreateModelPackage", `{"ModelPackageGroupName": "arn:aws:sagemaker:a:b:model-package-group/g"}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		api, ok := requirements.Find(name)
		if !ok {
			return
		}
		facts, _, _, err := preflight.Tell(api.Name, &ir.Environment{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if facts.ReadRequest(api, []byte(text)) != nil {
			return
		}
		a, err := preflight.Judge(&preflight.Call{API: name, Role: role("exec", allow("s3:* kms:*", "arn:aws:s3:::a/*", "*")), Caller: role("caller"), Environment: &ir.Environment{}, Facts: facts})
		if err != nil {
			t.Fatal(err)
		}
		switch a.Verdict {
		case preflight.Works, preflight.DoesNotWork, preflight.Unknown:
		default:
			t.Errorf("the verdict %q", a.Verdict)
		}
	})
}
