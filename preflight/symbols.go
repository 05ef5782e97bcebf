package preflight

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// symbol is whether a condition symbol holds, for a binding or, where that is
// nil, for the call as a whole. What is said wins over what follows from other
// facts; what neither says is not so, which [judge.unsaid] tells.
func (j *judge) symbol(name string, b *binding) bool {
	if said, ok := j.facts.symbols[name]; ok {
		return said
	}
	switch name {
	case "always", "multipart_output":
		return true
	case "role_lacks_create_grant":
		return true // the entries are alternatives, of which one is enough
	case "vpc":
		return j.facts.vpc || j.facts.network != nil
	case "tags_in_request":
		return len(j.facts.tags) > 0
	case "inference_component":
		if j.api.Name == "CreateInferenceComponent" {
			return true
		}
	}
	if holds, ok := j.keySymbol(name, b); ok {
		return holds
	}
	if holds, ok := j.bucketSymbol(name, b); ok {
		return holds
	}
	switch name {
	case "ecr_private":
		return len(j.facts.images) > 0
	case "cross_account_image":
		foreign := func(i image) bool { return i.account != j.role.role.Target.AccountID }
		if b != nil && b.image != nil {
			return foreign(*b.image)
		}
		return slices.ContainsFunc(j.facts.images, foreign)
	}
	return false
}

// keySymbol are the symbols about KMS keys.
func (j *judge) keySymbol(name string, b *binding) (holds, ok bool) {
	keys := func(use string) bool { return len(j.keysOf(use)) > 0 }
	switch name {
	case "input_kms", "output_kms", "volume_kms", "domain_kms", "capture_kms", "ecr_kms":
		return keys(strings.TrimSuffix(name, "_kms")), true
	case "model_artifact_kms":
		return keys("model"), true
	case "hyperpod_lifecycle_kms":
		return keys("lifecycle"), true
	case "fg_offline_kms":
		return keys("offline"), true
	case "fg_online_kms":
		return keys("online"), true
	case "input_kms_cmk":
		return slices.ContainsFunc(j.keysOf("input"), func(k keyRef) bool { return !k.awsManaged }), true
	case "input_kms_aws_managed":
		return slices.ContainsFunc(j.keysOf("input"), func(k keyRef) bool { return k.awsManaged }), true
	case "cross_account_key":
		foreign := func(k keyRef) bool {
			account := k.account
			if a, ok := policy.ParseARN(k.arn); ok {
				account = a.Account
			}
			return account != "" && account != j.role.role.Target.AccountID
		}
		if b != nil && b.key != nil {
			return foreign(*b.key), true
		}
		return slices.ContainsFunc(slices.Concat(j.keysOf("input"), j.keysOf("output"), j.keysOf("model")), foreign), true
	}
	return false, false
}

// bucketSymbol are the symbols about buckets.
func (j *judge) bucketSymbol(name string, b *binding) (holds, ok bool) {
	foreign := func(l location) bool { return j.owner(j.bucket(l.bucket)) != j.role.role.Target.AccountID }
	express := func(l location) bool { return strings.HasSuffix(l.bucket, "--x-s3") }
	var test func(location) bool
	places := slices.Concat(j.facts.locations["input"], j.facts.locations["output"], j.facts.locations["model"])
	switch name {
	case "cross_account_data":
		test = foreign
	case "s3_express":
		test = express
	case "hyperpod_lifecycle_cross_account":
		test, places = foreign, j.facts.locations["lifecycle"]
	case "hyperpod_lifecycle_not_sagemaker_prefix":
		test, places = func(l location) bool { return !strings.HasPrefix(l.bucket, "sagemaker-") }, j.facts.locations["lifecycle"]
	default:
		return false, false
	}
	if b != nil && b.bucket != nil {
		return test(b.place), true
	}
	return slices.ContainsFunc(places, test), true
}

// derived are the symbols that follow from facts, so that nobody need say them.
var derived = []string{
	"always", "multipart_output", "role_lacks_create_grant", "vpc", "tags_in_request",
	"cross_account_data", "cross_account_key", "cross_account_image", "s3_express",
	"hyperpod_lifecycle_cross_account", "hyperpod_lifecycle_not_sagemaker_prefix", "hyperpod_lifecycle_kms",
	"input_kms", "input_kms_cmk", "input_kms_aws_managed", "output_kms", "volume_kms", "domain_kms", "capture_kms", "ecr_kms",
	"model_artifact_kms", "fg_offline_kms", "fg_online_kms", "ecr_private",
}

// unsaid are the symbols of the API's conditions that nobody said anything of
// and that are taken not to hold.
func (j *judge) unsaid() []string {
	if j.facts.request {
		return nil
	}
	var out []string
	for i := range j.api.Permissions {
		for _, s := range requirements.Symbols(j.api.Permissions[i].When) {
			if _, said := j.facts.symbols[s]; !said && !slices.Contains(derived, s) && !slices.Contains(out, s) && !j.symbol(s, nil) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}
