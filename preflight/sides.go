package preflight

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// A gap is one layer that keeps a permission from being granted.
type gap struct {
	layer    authz.Layer
	explicit bool
	denied   bool // perhaps, by a Deny statement that no Allow outweighs
	who      *principal
	entry    *requirements.Permission
	resource string // of the entry, with its placeholders filled
	context  authz.Context
	question *question
	reason   *authz.Reason
	owned    *owned // of a resource's policy
	untold   string
}

// side decides a question for the principal or for the owner of the resource.
func (j *judge) side(p *requirements.Permission, who *principal, q *question, b *binding, resource string) (finding, []*gap) {
	mark := func(gaps []*gap) []*gap {
		for _, g := range gaps {
			g.entry, g.resource, g.question, g.context, g.untold = p, resource, q, q.context, b.untold
		}
		return gaps
	}
	o := j.owned(p, b)
	if p.Actor == requirements.ResourceOwner {
		f, g := j.ownerSays(who, q, o)
		return f, mark(g)
	}
	if b.key != nil && b.key.awsManaged && o != nil {
		// Its policy admits every principal of the account through Amazon S3, so
		// that no policy of the role is asked.
		f, _ := j.ownerSays(who, q, o)
		if f.outcome == deny {
			f.because = "the key aws/s3 admits principals of its own account alone, and nobody can edit its policy"
		}
		if f.outcome != allow {
			return f, nil
		}
		// What the role's side denies stays denied.
		if all := j.direct(who, q, o); all.outcome != allow {
			_, gaps := j.own(who, q)
			return all, mark(gaps)
		}
		return f, nil
	}
	f, gaps := j.own(who, q)
	if f.outcome != allow && o != nil && o.document != nil {
		if direct := j.direct(who, q, o); direct.outcome == allow {
			return direct, nil
		}
	}
	if o != nil {
		j.other(p, who, q, b, o, resource)
	}
	return f, mark(gaps)
}

// own decides what the principal's side says: identity-based policies within
// boundary and control policies, each of which has to allow.
func (j *judge) own(who *principal, q *question) (worst finding, gaps []*gap) {
	for _, l := range []*layer{who.identity, who.boundary, who.scps} {
		if l == nil {
			continue
		}
		f := j.decide(who, q, l)
		if f.outcome != allow {
			f.because = prefixed(l, &f, q)
		}
		if f.outcome != allow && (l.missing == "" || f.explicit) {
			gaps = append(gaps, &gap{layer: l.kind, explicit: f.explicit, denied: f.denied, who: who, reason: f.reason})
		}
		if worst.outcome == 0 || f.outcome > worst.outcome || f.outcome == worst.outcome && f.explicit && !worst.explicit {
			worst = f
		}
	}
	return worst, gaps
}

// prefixed says of which layer a reason speaks.
func prefixed(l *layer, f *finding, q *question) string {
	if f.outcome == unknown || f.explicit {
		return f.because
	}
	switch l.kind {
	case authz.Boundary:
		return "the permissions boundary does not allow it, and both it and the role's policies have to"
	case authz.SCP:
		return "no service control policy of a level allows it, and every level has to"
	}
	return "no policy of the role allows it" + nearest(l.policies.Identity, q)
}

// nearest names the statement that allows the action for other resources or
// under a condition that the request does not meet, the likeliest first.
func nearest(policies []authz.Policy, q *question) string {
	best, text := -1, ""
	for _, p := range policies {
		for i := range p.Document.Statements {
			s := &p.Document.Statements[i]
			if s.Effect != policy.Allow || !concerns(s, q.action) || len(s.Resources) == 0 {
				continue
			}
			for _, r := range s.Resources {
				same := 0
				for same < min(len(r), len(q.resource)) && r[same] == q.resource[same] {
					same++
				}
				if meets([]string{r}, q.resource) {
					same += 1 << 20 // a condition is what fails
				}
				if same <= best {
					continue
				}
				best = same
				text = fmt.Sprintf("; statement %d of %s does for %s", i+1, p.Name, spelled(r))
				if same >= 1<<20 && len(s.Conditions) > 0 {
					text = fmt.Sprintf("; statement %d of %s does where %s %s %s", i+1, p.Name, s.Conditions[0].Operator, s.Conditions[0].Key, spelled(strings.Join(s.Conditions[0].Values, " or ")))
				}
			}
		}
	}
	return text
}

// direct decides all policies together, the resource's own among them, which
// can grant a request by itself.
func (j *judge) direct(who *principal, q *question, o *owned) finding {
	all := authz.Policies{Identity: who.texts.Identity, Boundaries: who.texts.Boundary, Resource: &authz.Policy{Name: o.name, Document: o.document}}
	missing := who.identity.missing
	if who.boundary != nil {
		missing = strings.TrimPrefix(missing+" and "+who.boundary.missing, " and ")
		missing = strings.TrimSuffix(missing, " and ")
	}
	if who.scps != nil {
		all.SCPs = who.scps.policies.SCPs
	}
	f := j.decide(who, q, &layer{kind: authz.Resource, policies: all, missing: missing})
	f.document = o.stated
	if f.outcome == allow {
		f.because = o.name + " grants it by itself"
	}
	return f
}

// ownerSays decides what the resource's policy says of a principal whose own side
// allows everything.
func (j *judge) ownerSays(who *principal, q *question, o *owned) (finding, []*gap) {
	switch {
	case o == nil:
		return finding{outcome: unknown, because: "nobody told whose resource it is"}, nil
	case o.open != "" && (o.crosses || len(j.env.RCPs) == 0):
		return finding{outcome: allow, because: o.open}, nil
	case o.open != "":
		return j.controlled(who, q, o)
	case o.document == nil:
		f := finding{outcome: unknown, because: "nobody told " + o.name}
		return f, []*gap{{layer: authz.Resource, who: who, owned: o}}
	}
	l := j.owners[o.document]
	if l == nil {
		l = &layer{kind: authz.Resource, policies: authz.Policies{
			Identity: allowAll(), Resource: &authz.Policy{Name: o.name, Document: o.document}, RCPs: j.levels(j.env.RCPs),
		}}
		j.owners[o.document] = l
	}
	f := j.decide(who, q, l)
	f.document = o.stated
	if f.outcome == allow {
		f.because = o.name + " admits the role"
		return f, nil
	}
	if f.outcome == deny && !f.explicit {
		f.because = o.name + " does not admit the role, and has to"
	}
	return f, []*gap{{layer: authz.Resource, explicit: f.explicit, denied: f.denied, who: who, reason: f.reason, owned: o}}
}

// controlled decides what resource control policies say of a resource of the
// role's account that has no policy of its own.
func (j *judge) controlled(who *principal, q *question, o *owned) (finding, []*gap) {
	t := j.role.role.Target
	f := j.decide(who, q, &layer{kind: authz.RCP, policies: authz.Policies{
		Identity: allowAll(), Resource: admitAccount(t.Partition, t.AccountID), RCPs: j.levels(j.env.RCPs),
	}})
	if f.outcome == allow {
		return finding{outcome: allow, because: o.open}, nil
	}
	return f, nil
}

// other adds a check of the resource's policy beside that of the role, where
// the policy stands in the way or is not known.
func (j *judge) other(p *requirements.Permission, who *principal, q *question, b *binding, o *owned, resource string) {
	key := string(requirements.ResourceOwner) + "|" + p.Action + "|" + resource
	if _, done := j.checked[key]; done || j.listed(p, b) {
		return
	}
	f, gaps := j.ownerSays(who, q, o)
	if f.outcome == allow || f.outcome == unknown && p.Basis != requirements.Documented {
		return
	}
	for _, g := range gaps {
		g.entry, g.resource, g.question, g.context = p, resource, q, q.context
	}
	rule, _ := requirements.FindRule(o.rule(f.explicit))
	c := Check{
		Actor: requirements.ResourceOwner, Action: p.Action, Resource: spelled(resource), Basis: requirements.Documented, Source: title(rule.Source[0]),
		outcome: f.outcome, Decision: f.outcome.String(), Because: f.because, gaps: gaps, By: j.statement(who, &f),
	}
	if p.Basis != requirements.Documented {
		c.Basis, c.Source = p.Basis, title(p.Source)
	}
	j.checked[key] = len(j.answer.Checks)
	j.answer.Checks = append(j.answer.Checks, c)
}

// listed reports whether the API has an entry of its own for the owner's side,
// which holds for the same resource.
func (j *judge) listed(p *requirements.Permission, b *binding) bool {
	for i := range j.api.Permissions {
		e := &j.api.Permissions[i]
		if e.Actor == requirements.ResourceOwner && e.Action == p.Action && e.Resource == p.Resource &&
			requirements.Holds(e.When, func(s string) bool { return j.symbol(s, b) }) {
			return true
		}
	}
	return false
}

// An owned is a resource with what its own policy says.
type owned struct {
	kind     string // bucket, kms_key or ecr_repository
	label    string // of its block, "" without one
	name     string // as messages say it
	account  string
	document *policy.Document  // nil where it is not known
	stated   *ir.KnownDocument // nil where it is not stated
	open     string            // why the resource's side needs nothing, "" where a policy decides
	crosses  bool              // it belongs to another account than the role
}

// rule is the verdict rule by which the policy decides.
func (o *owned) rule(explicit bool) string {
	switch {
	case o.kind == "kms_key":
		return "R08"
	case explicit:
		return "R06"
	}
	return "R07"
}

// owned finds the policy of the resource that an entry is about; nil where it
// has none.
func (j *judge) owned(p *requirements.Permission, b *binding) *owned {
	service, _, _ := strings.Cut(p.Action, ":")
	switch {
	case b.bucket != nil && service == "s3":
		return j.bucketPolicy(b.bucket)
	case b.key != nil && service == "kms" && b.key.awsManaged:
		return j.managedKey(b.key)
	case b.key != nil && service == "kms" && b.key.arn != "":
		return j.keyPolicy(b.key.arn)
	case b.image != nil && service == "ecr" && p.Resource != "*":
		return j.repositoryPolicy(b)
	}
	return nil
}

func (j *judge) bucketPolicy(b *ir.Bucket) *owned {
	account := j.role.role.Target.AccountID
	o := &owned{kind: "bucket", label: b.Label, name: "the policy of the bucket " + b.Name, account: j.owner(b), stated: b.Policy}
	o.crosses = o.account != account
	switch {
	case b.Policy != nil:
		o.document = b.Policy.Document
	case !o.crosses:
		o.open = "the bucket has no policy that stands in the way"
	}
	return o
}

// keyPolicy is the policy of a customer managed key.
func (j *judge) keyPolicy(arn string) *owned {
	t := j.role.role.Target
	o := &owned{kind: "kms_key", name: "the policy of the key " + arn}
	a, _ := policy.ParseARN(arn)
	o.account = a.Account
	if k := j.key(arn); k != nil {
		if k.AWSManaged {
			return j.managedKey(&keyRef{arn: arn, awsManaged: true})
		}
		o.label, o.stated, o.account = k.Label, k.Policy, k.Account
	}
	o.crosses = o.account != t.AccountID
	switch {
	case o.stated != nil:
		o.document = o.stated.Document
	case !o.crosses:
		j.assume("The key " + arn + " has the default key policy, which leaves access to the IAM policies of its account. State another: kms_key \"NAME\" { arn = …, policy = … }.")
		o.document = j.defaultKeyPolicy()
	}
	return o
}

// defaultKeyPolicy is one document for every key, so that it is made ready once.
func (j *judge) defaultKeyPolicy() *policy.Document {
	if j.defaultKey == nil {
		t := j.role.role.Target
		j.defaultKey = admitAccount(t.Partition, t.AccountID).Document
	}
	return j.defaultKey
}

// managedKey is the key aws/s3, whose policy nobody can edit: it admits every
// principal of its account through Amazon S3 (AWS KMS Developer Guide, "AWS
// managed keys"). It is always the account's of the bucket.
func (j *judge) managedKey(k *keyRef) *owned {
	t := j.role.role.Target
	account := t.AccountID
	if a, ok := policy.ParseARN(k.arn); ok {
		account = a.Account
	} else if k.account != "" {
		account = k.account
	}
	o := &owned{kind: "kms_key", name: "the policy of the AWS managed key for S3", account: account, crosses: account != t.AccountID}
	o.document = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: &policy.Principal{AWS: []string{"*"}}, Resources: []string{"*"},
		Actions: []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"},
		Conditions: []policy.Condition{
			{Operator: "StringEquals", Key: "kms:CallerAccount", Values: []string{account}},
			{Operator: "StringEquals", Key: "kms:ViaService", Values: []string{"s3." + j.region + ".amazonaws.com"}},
		},
	}}}
	return o
}

func (j *judge) repositoryPolicy(b *binding) *owned {
	o := &owned{kind: "ecr_repository", name: fmt.Sprintf("the policy of the repository %s", b.image.repository), account: b.image.account}
	o.crosses = o.account != j.role.role.Target.AccountID
	switch {
	case b.repo != nil && b.repo.Policy != nil:
		o.label, o.stated = b.repo.Label, b.repo.Policy
		o.document = everywhere(b.repo.Policy.Document)
	case requirements.AWSRegistry(o.account) || b.repo != nil && b.repo.AWSManaged:
		o.open = "the registry is one of AWS's, which every account may pull from"
	case !o.crosses:
		o.open = "the repository has no policy that stands in the way"
	}
	if b.repo != nil {
		o.label = b.repo.Label
	}
	return o
}

// everywhere is a repository policy with the Resource element that those of
// Amazon ECR do not have.
func everywhere(d *policy.Document) *policy.Document {
	c := d.Clone()
	for i := range c.Statements {
		if s := &c.Statements[i]; s.Resources == nil && s.NotResources == nil {
			s.Resources = []string{"*"}
		}
	}
	return c
}
