package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sagemaker-roles/smr/preflight"
)

// TestCatalogPasses: roles of the repaired catalogue, under VPC and KMS, may do
// what their activities are for, as AWS documents it: jobs with an output and a
// volume key, in the VPC, with tags.
func TestCatalogPasses(t *testing.T) {
	const source = `smr { edition = "2026" }
account "ml" {
  id     = "123456789012"
  region = "eu-west-1"
}
locals {
  data   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111"
  volume = "arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-2222-2222-222222222222"
}
network "n" {
  id              = "vpc-0a1b2c3d4e5f60718"
  subnets         = ["subnet-0a1b2c3d4e5f60718"]
  security_groups = ["sg-0a1b2c3d4e5f60718"]
}
bucket "data" {
  name               = "acme-forecast"
  default_encryption = { type = "SSE-KMS", kms_key_arn = local.data }
}
persona "closed" {
  kms {
    data_keys   = [local.data]
    volume_keys = [local.volume]
  }
  vpc {
    subnets         = ["subnet-0a1b2c3d4e5f60718"]
    security_groups = ["sg-0a1b2c3d4e5f60718"]
  }
}
persona "closed_compute" { extends = ["compute", "closed"] }
persona "closed_scientist" { extends = ["data_scientist", "closed"] }
role "train" {
  persona = "closed_compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["acme-forecast"]
    ecr_repositories = ["arn:aws:ecr:eu-west-1:123456789012:repository/train"]
  }
}
role "scientist" {
  persona    = "closed_scientist"
  pass_roles = [role.train.arn]
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
}
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "roles.smr"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	const facts = " input_buckets=bucket.data output_bucket=bucket.data output_key=11111111-1111-1111-1111-111111111111 volume_key=22222222-2222-2222-2222-222222222222" +
		" images=123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1 network=network.n tags_in_request=true --caller scientist"
	for _, api := range []string{"CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob", "CreateTransformJob"} {
		a, code := ask(t, dir, "train "+api+facts)
		if a.Verdict == preflight.Works && code == 0 {
			continue
		}
		t.Errorf("%s: %s", api, a.Verdict)
		for _, c := range a.Checks {
			if c.Decision != "allow" {
				t.Errorf("%s %s %s on %s: %s", c.Actor, c.Decision, c.Action, c.Resource, c.Because)
			}
		}
	}
}
