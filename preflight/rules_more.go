package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

type irValue = ir.Value

// eachDenied reports whether f holds for a documented permission that the role
// or the caller lacks.
func (j *judge) eachDenied(f func(c *Check, who *principal, g *gap) bool) bool {
	return j.gapped(func(c *Check, g *gap) bool {
		return c.outcome == deny && c.Basis == requirements.Documented && g.layer == authz.Identity && !g.explicit && f(c, g.who, g)
	})
}

// unsupportedKeys: a statement would allow a denied action, were it not for a
// condition on a key that no request of the action carries.
func (j *judge) unsupportedKeys() bool {
	return j.eachDenied(func(_ *Check, who *principal, g *gap) bool {
		found := false
		j.allowing(who, g.question.action, func(s *policy.Statement) {
			found = found || len(unsupported(s, g.question.action)) > 0 && meets(s.Resources, g.question.resource)
		})
		return found
	})
}

// wrongResourceType: a statement names a denied action with resources that AWS
// never asks about for it.
func (j *judge) wrongResourceType() bool {
	return j.eachDenied(func(_ *Check, who *principal, g *gap) bool {
		found := false
		j.allowing(who, g.question.action, func(s *policy.Statement) {
			found = found || len(s.Resources) > 0 && !slices.ContainsFunc(s.Resources, func(r string) bool {
				return facts.MatchesResource(g.question.action, r) != facts.NoOverlap
			})
			if len(s.Resources) > 0 && strings.HasPrefix(g.question.action, "s3:") {
				found = found || bucketForObjects(s.Resources, g.question)
			}
		})
		return found
	})
}

// bucketForObjects reports whether the resources name the bucket alone where
// objects are asked about, or objects alone where the bucket is.
func bucketForObjects(resources []string, q *question) bool {
	bucket, _, object := strings.Cut(q.resource, "/")
	return slices.ContainsFunc(resources, func(r string) bool {
		return object && r == bucket || !object && r == bucket+"/*"
	})
}

// localStorage: a volume key is named for instances that have local storage.
func (j *judge) localStorage() bool {
	return len(j.facts.keys["volume"]) > 0 && slices.ContainsFunc(j.facts.instanceTypes, requirements.LocalStorage)
}

// foreignRole: the role that the call passes is of another account than the
// caller.
func (j *judge) foreignRole() bool {
	if !requirements.PassesRole(j.api.Name) {
		return false
	}
	account := j.role.role.Target.AccountID
	if j.caller != nil && j.caller.role.Target.AccountID != account {
		return true
	}
	return slices.ContainsFunc(j.facts.executionRole, func(arn string) bool {
		a, ok := policy.ParseARN(arn)
		return ok && a.Account != account
	})
}

// untrusted: the execution role does not trust SageMaker.
func (j *judge) untrusted() bool {
	if !j.needsRole() {
		return false
	}
	doc := j.role.role.Trust.Document
	if doc == nil {
		j.assume("The trust policy of the role is not known: it is taken to trust sagemaker.amazonaws.com.")
		return false
	}
	e, err := authz.Compile(authz.Policies{Resource: &authz.Policy{Name: "trust policy", Document: doc}}, prove.Options())
	if err != nil {
		return true
	}
	t := j.role.role.Target
	for _, source := range j.sources() {
		var c authz.Context
		c.Set("aws:SourceAccount", t.AccountID)
		c.Set("aws:SourceArn", fmt.Sprintf("arn:%s:sagemaker:%s:%s:%s", t.Partition, j.region, t.AccountID, source))
		c.Set("aws:PrincipalIsAWSService", "true")
		outcome, err := e.Decide(&authz.Request{
			Principal: authz.Principal{Type: authz.Service, ID: "sagemaker.amazonaws.com"}, Action: "sts:AssumeRole",
			Resource: j.role.role.ARN(), ResourceAccount: t.AccountID, Context: c,
		})
		if err == nil && outcome == authz.Allow {
			return false
		}
	}
	return true
}

// sources are what the ARN of the call's resource may end in, of which a trust
// policy has to admit one: AWS documents trust in a type of resource for the
// APIs below, and in all resources for every API (Amazon SageMaker AI Developer
// Guide, "Cross-service confused deputy prevention").
func (j *judge) sources() []string {
	out := []string{"job/call"}
	of, ok := map[string][2]string{
		"CreateTrainingJob": {"training-job/", "training_job_name"}, "CreateProcessingJob": {"processing-job/", "processing_job_name"},
		"CreateTransformJob": {"transform-job/", "transform_job_name"}, "CreateCompilationJob": {"compilation-job/", "compilation_job_name"},
		"CreatePipeline": {"pipeline/", "pipeline_name"}, "StartPipelineExecution": {"pipeline/", "pipeline_name"},
	}[j.api.Name]
	if !ok {
		return out
	}
	return append(out, of[0]+j.value(of[1], &binding{}))
}

// needsRole reports whether the API runs something as the execution role.
func (j *judge) needsRole() bool {
	return slices.ContainsFunc(j.api.Permissions, func(p requirements.Permission) bool { return p.Actor == requirements.ExecutionRole })
}

// unreachableS3: the job runs in a VPC from which S3 cannot be reached.
func (j *judge) unreachableS3() bool {
	n := j.facts.network
	if n == nil || n.S3Endpoint == nil {
		return false
	}
	if !n.S3Endpoint.Present {
		return true
	}
	if n.S3Endpoint.Policy == nil {
		return false
	}
	l := &layer{kind: authz.Endpoint, policies: authz.Policies{
		Identity: allowAll(), Resource: admitAccount(j.role.role.Target.Partition, j.role.role.Target.AccountID),
		Endpoints: []authz.Policy{{Name: "S3 endpoint policy", Document: n.S3Endpoint.Policy.Document}},
	}}
	for i := range j.bound {
		b := &j.bound[i]
		if b.entry.Actor != requirements.ExecutionRole || b.binding.bucket == nil {
			continue
		}
		for _, action := range concrete(b.entry.Action, b.entry.Resource) {
			q := &question{action: action, resource: j.expand(b.entry.Resource, &b.binding), account: j.owner(b.binding.bucket), context: j.sent(b.entry, action, &b.binding)}
			if j.decide(j.role, q, l).outcome != allow {
				j.leave("The policy of the S3 endpoint does not allow " + action + " on " + spelled(q.resource) + ": the call works only if another way leads to Amazon S3.")
				return true
			}
		}
	}
	return false
}

// serverlessImage: a serverless endpoint takes images of its own account, and
// those that AWS provides.
func (j *judge) serverlessImage() bool {
	if !j.facts.serverless {
		return false
	}
	return slices.ContainsFunc(j.facts.images, func(i image) bool {
		repo := j.repository(i)
		return i.account != j.role.role.Target.AccountID && !requirements.AWSRegistry(i.account) && (repo == nil || !repo.AWSManaged)
	})
}

// imagePattern: the role pulls images of repositories by a pattern that those
// of AWS's prebuilt images do not have.
func (j *judge) imagePattern() bool {
	return j.denied(func(c *Check, b *binding) bool {
		if b.image == nil || !strings.HasPrefix(c.Action, "ecr:") {
			return false
		}
		found := false
		j.allowing(j.role, c.Action, func(s *policy.Statement) {
			found = found || slices.ContainsFunc(s.Resources, func(r string) bool {
				return strings.Contains(strings.ToLower(r), "sagemaker") && strings.Contains(r, "*")
			})
		})
		return found && !strings.Contains(b.image.repository, "sagemaker")
	})
}

// mayBrowse: the caller may search, which shows what Describe would.
func (j *judge) mayBrowse() bool {
	if j.caller == nil {
		return false
	}
	t := j.caller.role.Target
	q := &question{action: "sagemaker:Search", resource: "*", account: t.AccountID}
	f, _ := j.own(j.caller, q)
	return f.outcome == allow
}

// studioTags: Studio tags what it creates, and reads tags.
func (j *judge) studioTags() bool {
	if j.caller == nil || !j.symbol("studio_caller", nil) || !strings.HasPrefix(j.api.Name, "Create") {
		return false
	}
	t := j.caller.role.Target
	for _, action := range []string{"sagemaker:AddTags", "sagemaker:ListTags"} {
		some := false
		j.allowing(j.caller, action, func(*policy.Statement) { some = true })
		q := &question{action: action, resource: "arn:" + t.Partition + ":sagemaker:" + j.region + ":" + t.AccountID + ":*", account: t.AccountID}
		if f, _ := j.own(j.caller, q); f.outcome == deny || !some {
			return true
		}
	}
	return false
}

// studioTagConditions: tag conditions keep Studio from tagging as it must.
func (j *judge) studioTagConditions() bool {
	if j.caller == nil || !j.symbol("studio_caller", nil) {
		return false
	}
	return j.eachDenied(func(c *Check, who *principal, g *gap) bool {
		if c.Actor != requirements.Caller || c.Action != "sagemaker:AddTags" && c.Action != "sagemaker:CreateSpace" {
			return false
		}
		found := false
		j.allowing(who, c.Action, func(s *policy.Statement) {
			for _, cond := range s.Conditions {
				key := policy.Lower(cond.Key)
				found = found || strings.HasPrefix(key, "aws:requesttag/") || key == "aws:tagkeys"
			}
		})
		return found
	})
}

// stepFunctionsTags: Step Functions tags the jobs that it waits for.
func (j *judge) stepFunctionsTags() bool {
	if j.caller == nil || j.api.Name != "CreateTrainingJob" && j.api.Name != "CreateTransformJob" || j.caller.role.Trust.Document == nil {
		return false
	}
	states := false
	for _, s := range j.caller.role.Trust.Document.Statements {
		states = states || s.Effect == policy.Allow && s.Principal != nil && slices.ContainsFunc(s.Principal.Service, func(p string) bool { return strings.HasPrefix(p, "states.") })
	}
	if !states {
		return false
	}
	t := j.caller.role.Target
	kind := map[string]string{"CreateTrainingJob": "training-job", "CreateTransformJob": "transform-job"}[j.api.Name]
	q := &question{action: "sagemaker:AddTags", resource: "arn:" + t.Partition + ":sagemaker:" + j.region + ":" + t.AccountID + ":" + kind + "/*", account: t.AccountID}
	f, _ := j.own(j.caller, q)
	return f.outcome != allow
}

// foreignFeatureGroup: records of an online store are read and written by its
// own account.
func (j *judge) foreignFeatureGroup() bool {
	switch j.api.Name {
	case "PutRecord", "GetRecord", "DeleteRecord", "BatchGetRecord":
	default:
		return false
	}
	account := j.role.role.Target.AccountID
	if j.caller != nil {
		account = j.caller.role.Target.AccountID
	}
	for _, name := range j.facts.values["feature_group_name"] {
		if a, ok := policy.ParseARN(name); ok && a.Account != account {
			return true
		}
	}
	return false
}

// grantByCaller: the caller makes the grant on the volume key, which the role
// then need not.
func (j *judge) grantByCaller() bool {
	return slices.ContainsFunc(j.answer.Checks, func(c Check) bool { return c.Met && c.AnyOf == "volume_grant" })
}

// ruleFix is what mends a verdict that no policy does, where it can be written.
func (j *judge) ruleFix(id string) *Fix {
	switch id {
	case "R01":
		return j.encryptionFix()
	case "R02":
		f := &Fix{Owner: "the call", Text: "Name a customer managed key for the output, which both accounts may use."}
		if key := j.customerKey(""); key != nil {
			f.In = fmt.Sprintf("can %q", j.api.Name)
			f.HCL = fmt.Sprintf("output_key = kms_key.%s\n", key.Label)
		}
		return f
	case "R15":
		return &Fix{Owner: "the call", Text: "Name no volume key for these instance types: their local storage is encrypted by the hardware."}
	case "R16":
		return &Fix{Owner: "the call", Text: "Pass a role of the caller's own account."}
	}
	return nil
}

// encryptionFix names another key for the first bucket of another account that
// is encrypted with aws/s3.
func (j *judge) encryptionFix() *Fix {
	b := j.bucket(j.foreignAWSKeys()[0].bucket)
	f := &Fix{
		Owner: "bucket " + b.Name + " in account " + j.owner(b),
		Text:  "Encrypt the bucket with a customer managed key whose policy admits the role, and its objects anew: the key aws/s3 cannot be shared.",
	}
	if key := j.customerKey(j.owner(b)); key != nil && b.Label != "" {
		f.In = fmt.Sprintf("bucket %q", b.Label)
		f.HCL = fmt.Sprintf("default_encryption = {\n  type        = \"SSE-KMS\"\n  kms_key_arn = kms_key.%s.arn\n}\n", key.Label)
	}
	return f
}

// customerKey is a customer managed key that is stated, of an account if that
// is not "".
func (j *judge) customerKey(account string) *ir.Key {
	for _, k := range j.env.Keys {
		if !k.AWSManaged && k.Label != "" && (account == "" || k.Account == account) {
			return k
		}
	}
	return nil
}
