package preflight

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// A rule tells when a verdict rule of the data applies.
type rule struct {
	id      string
	applies func(*judge) bool
}

// ruleTable is in the order of the ids.
func ruleTable() []rule {
	return []rule{
		{"R01", (*judge).awsKeyCrossAccount},
		{"R02", (*judge).outputWithoutKey},
		{"R03", (*judge).lifecycleName},
		{"R04", (*judge).lifecycleAccount},
		{"R05", (*judge).boundaryWithholds},
		{"R06", (*judge).resourceDenies},
		{"R07", (*judge).resourceWithholds},
		{"R08", (*judge).keyWithholds},
		{"R09", (*judge).scopedNetwork},
		{"R10", (*judge).viaServiceKey},
		{"R11", func(j *judge) bool {
			return j.nameRule("AmazonSageMakerFeatureStoreAccess", "SageMaker", "Sagemaker", "sagemaker")
		}},
		{"R12", func(j *judge) bool {
			return j.nameRule("AmazonSageMakerFullAccess", "SageMaker", "Sagemaker", "sagemaker", "aws-glue")
		}},
		{"R13", func(j *judge) bool {
			return j.nameRule("AmazonSageMakerGroundTruthExecution", "GroundTruth", "Groundtruth", "groundtruth", "SageMaker", "Sagemaker", "sagemaker")
		}},
		{"R14", (*judge).unsupportedKeys},
		{"R15", (*judge).localStorage},
		{"R16", (*judge).foreignRole},
		{"R17", (*judge).untrusted},
		{"R18", (*judge).unreachableS3},
		{"R19", (*judge).serverlessImage},
		{"R20", (*judge).imagePattern},
		{"R21", (*judge).wrongResourceType},
		{"R22", (*judge).mayBrowse},
		{"R23", (*judge).studioTags},
		{"R24", (*judge).studioTagConditions},
		{"R25", (*judge).stepFunctionsTags},
		{"R26", (*judge).foreignFeatureGroup},
		{"R27", (*judge).grantByCaller},
	}
}

// rules finds the verdict rules that apply.
func (j *judge) rules() {
	for _, r := range ruleTable() {
		if !r.applies(j) {
			continue
		}
		data, ok := requirements.FindRule(r.id)
		if !ok {
			continue
		}
		verdict := data.Verdict
		switch verdict {
		case "intersect", "both", "any":
			verdict = "info" // how policies combine; the checks have the outcome
		}
		j.answer.Rules = append(j.answer.Rules, Hit{ID: data.ID, Verdict: verdict, Text: data.Text, Basis: data.Basis, Source: title(data.Source[0])})
	}
}

// gapped reports whether some check that is not allowed has a gap like this.
func (j *judge) gapped(like func(*Check, *gap) bool) bool {
	for i := range j.answer.Checks {
		c := &j.answer.Checks[i]
		if c.outcome == allow || c.Met {
			continue
		}
		for _, g := range c.gaps {
			if like(c, g) {
				return true
			}
		}
	}
	return false
}

func (j *judge) boundaryWithholds() bool {
	return j.gapped(func(_ *Check, g *gap) bool { return g.layer == authz.Boundary })
}

func (j *judge) resourceDenies() bool {
	return j.gapped(func(_ *Check, g *gap) bool {
		return g.layer == authz.Resource && g.explicit && g.owned.kind == "bucket"
	})
}

func (j *judge) resourceWithholds() bool {
	return j.gapped(func(_ *Check, g *gap) bool {
		return g.layer == authz.Resource && !g.explicit && g.owned.kind == "bucket"
	})
}

func (j *judge) keyWithholds() bool {
	return j.gapped(func(_ *Check, g *gap) bool { return g.layer == authz.Resource && g.owned.kind == "kms_key" })
}

// awsKeyCrossAccount: a bucket of another account is encrypted with aws/s3.
func (j *judge) awsKeyCrossAccount() bool {
	return len(j.foreignAWSKeys()) > 0
}

func (j *judge) foreignAWSKeys() []location {
	var out []location
	for _, use := range []string{"input", "model", "lifecycle"} {
		for _, l := range j.facts.locations[use] {
			b := j.bucket(l.bucket)
			if b.Encryption.KMS() && j.awsManaged(b.Encryption) && j.owner(b) != j.role.role.Target.AccountID {
				out = append(out, l)
			}
		}
	}
	return out
}

// outputWithoutKey: output goes to a bucket of another account and the call
// names no key for it.
func (j *judge) outputWithoutKey() bool {
	if len(j.facts.keys["output"]) > 0 || !j.writesOutput() {
		return false
	}
	return slices.ContainsFunc(j.facts.locations["output"], func(l location) bool {
		return j.owner(j.bucket(l.bucket)) != j.role.role.Target.AccountID
	})
}

// writesOutput reports whether the API's request has a key for its output.
func (j *judge) writesOutput() bool {
	return slices.ContainsFunc(j.api.Request, func(f requirements.Field) bool {
		return f.Kind == "kms" && slices.Contains(f.Use, "output")
	})
}

// attaches reports whether a role has an AWS managed policy.
func attaches(p *principal, name string) bool {
	return slices.ContainsFunc(p.role.Attached, func(v irValue) bool { return strings.HasSuffix(v.Text, "/"+name) })
}

// denied reports whether the test holds for a documented permission that the
// execution role is denied.
func (j *judge) denied(test func(*Check, *binding) bool) bool {
	for i := range j.bound {
		b := &j.bound[i]
		c := &j.answer.Checks[b.check]
		if c.outcome == deny && c.Basis == requirements.Documented && !c.Met && c.Actor == requirements.ExecutionRole && test(c, &b.binding) {
			return true
		}
	}
	return false
}

const clusterPolicy = "AmazonSageMakerClusterInstanceRolePolicy"

func (j *judge) lifecycleName() bool {
	return j.clusterAPI() && attaches(j.role, clusterPolicy) && j.denied(func(_ *Check, b *binding) bool {
		return b.bucket != nil && j.isLifecycle(b) && !strings.HasPrefix(b.bucket.Name, "sagemaker-")
	})
}

func (j *judge) lifecycleAccount() bool {
	return j.clusterAPI() && attaches(j.role, clusterPolicy) && j.denied(func(_ *Check, b *binding) bool {
		return b.bucket != nil && j.isLifecycle(b) && j.owner(b.bucket) != j.role.role.Target.AccountID
	})
}

func (j *judge) clusterAPI() bool {
	return j.api.Name == "CreateCluster" || j.api.Name == "UpdateCluster"
}

func (j *judge) isLifecycle(b *binding) bool {
	return slices.Contains(j.facts.locations["lifecycle"], b.place)
}

// nameRule: the role reads buckets by a managed policy that looks at their
// names, and the name has none of the words.
func (j *judge) nameRule(managed string, words ...string) bool {
	if !attaches(j.role, managed) {
		return false
	}
	for i := range j.bound {
		b := &j.bound[i]
		c := &j.answer.Checks[b.check]
		// Objects with such a word in their keys are allowed, which makes the
		// check unknown; those that a job reads have none.
		if c.outcome == allow || c.Basis != requirements.Documented || c.Actor != requirements.ExecutionRole || b.binding.bucket == nil || !strings.HasPrefix(c.Action, "s3:") {
			continue
		}
		place := b.binding.place.bucket + "/" + b.binding.place.prefix
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(place, w) }) {
			return true
		}
	}
	return false
}

// scopedNetwork: a processing job in a VPC needs its ec2 statement without
// conditions and for every resource.
func (j *judge) scopedNetwork() bool {
	if j.api.Name != "CreateProcessingJob" || !j.symbol("vpc", nil) {
		return false
	}
	for i := range j.api.Permissions {
		p := &j.api.Permissions[i]
		if !strings.HasPrefix(p.Action, "ec2:") || p.Actor != requirements.ExecutionRole {
			continue
		}
		some, whole := false, false
		j.allowing(j.role, p.Action, func(s *policy.Statement) {
			some = true
			whole = whole || len(s.Conditions) == 0 && slices.Contains(s.Resources, "*")
		})
		if some && !whole {
			return true
		}
	}
	return false
}

// allowing calls f with every Allow statement of a role that is about an action.
func (j *judge) allowing(who *principal, action string, f func(*policy.Statement)) {
	for _, p := range who.texts.Identity {
		for i := range p.Document.Statements {
			if s := &p.Document.Statements[i]; s.Effect == policy.Allow && concerns(s, action) {
				f(s)
			}
		}
	}
}

// viaServiceKey: the offline store's key is used by Amazon S3, so that a key
// policy with kms:ViaService of SageMaker refuses it.
func (j *judge) viaServiceKey() bool {
	if j.api.Name != "CreateFeatureGroup" {
		return false
	}
	for _, k := range j.facts.keys["offline"] {
		known := j.key(k.arn)
		if known == nil || known.Policy == nil {
			continue
		}
		for i := range known.Policy.Document.Statements {
			for _, c := range known.Policy.Document.Statements[i].Conditions {
				if strings.EqualFold(c.Key, "kms:ViaService") {
					return true
				}
			}
		}
	}
	return false
}
