// Package setup writes what an account must have before smr may deploy to it
// from GitHub Actions: the trust policies of two roles, one that only reads
// ("plan") and one that changes ("deploy"), and their least privilege, fenced by
// the paths, permissions boundaries and policies that the configuration names.
//
// IAM has no condition key for the content of a policy document, so a role that
// writes policies can write any. What holds it are the permissions boundaries of
// the roles that it writes to: it can give such a role nothing that the boundary
// lacks, and can neither remove the boundary nor change it.
package setup

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Options say for which repository and how. The zero values of all but
// Repository are good.
type Options struct {
	Repository   Repository
	Environments []string // whose jobs deploy; none: DefaultEnvironment. NAME-plan may plan
	Branch       string   // whose jobs may also plan, as those of a schedule do; "" for none
	Issuer       string   // "": GitHub; of GitHub Enterprise Server HOST/_services/token
	Audience     string   // "": DefaultAudience
	PlanRole     string   // "": DefaultPlanRole
	DeployRole   string   // "": DefaultDeployRole
	Boundaries   []string // ARNs, with * and ?, that roles may have besides those of the configuration
	// Engine is what carries changes out; "" is Direct.
	Engine Engine
	// Stack is the name of the stack or stack set, for the engines that have one.
	Stack string
}

// The defaults of Options.
const (
	DefaultEnvironment = "production"
	DefaultIssuer      = "token.actions.githubusercontent.com"
	DefaultAudience    = "sts.amazonaws.com"
	DefaultPlanRole    = "smr-plan"
	DefaultDeployRole  = "smr-deploy"
)

// An Engine is what carries changes out.
type Engine string

// The engines.
const (
	Direct    Engine = "iam"        // smr apply, by calls of IAM
	Stack     Engine = "stack"      // a change set of one CloudFormation stack
	StackSets Engine = "stack-sets" // service-managed stack sets of an organization
)

// Engines are the values of Engine, the default first.
func Engines() []string { return []string{string(Direct), string(Stack), string(StackSets)} }

// An Account is what one account must have.
type Account struct {
	Name, ID, Partition string
	Provider            Provider
	Roles               []Role // plan, then deploy
	// Notes are whole sentences about what the fences cannot hold or do not
	// cover.
	Notes []string
}

// A Provider is the OpenID Connect provider of the account.
type Provider struct {
	ARN, URL string
	Audience string
}

// A Role is one of the two roles: its trust policy in each form of subject and
// its policies.
type Role struct {
	Name, ARN, Description string
	// Immutable is the trust policy for subjects with ids; nil when the ids of
	// the repository are not known.
	Immutable *policy.Document
	// Named is the trust policy for subjects of names alone.
	Named    *policy.Document
	Subjects Subjects
	Policies []Policy
}

// A Policy is one managed policy of a role.
type Policy struct {
	Name     string
	Document *policy.Document
}

// ErrNoAccount is returned by Make for a target whose id is not known.
var ErrNoAccount = errors.New("the policies name the account's id, and the configuration declares no account. Declare one: account \"NAME\" { id, region }")

// Make writes the roles for one target of a stack. The stack's roles in that
// target are what the fences are drawn around.
func Make(stack *ir.Stack, target *ir.Target, o Options) (*Account, error) {
	if target.Any {
		return nil, ErrNoAccount
	}
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	for _, r := range stack.Roles {
		if r.Target == target && (strings.EqualFold(r.IAMName, o.PlanRole) || strings.EqualFold(r.IAMName, o.DeployRole)) {
			return nil, fmt.Errorf("%s is a role of the configuration, and the setup's own roles are none: whoever deploys could change who deploys. Give --plan-role or --deploy-role another name, or take the role out of the configuration", r.IAMName)
		}
	}
	f := newFence(stack, target, o)
	a := &Account{
		Name: target.Name, ID: target.AccountID, Partition: target.Partition,
		Provider: Provider{ARN: f.provider, URL: "https://" + o.Issuer, Audience: o.Audience},
		Notes:    f.notes(),
	}
	plan, err := o.role(f, o.PlanRole, "Reads what smr plan compares with. It can change nothing.", o.planSubjects(), planStatements(f, o))
	if err != nil {
		return nil, err
	}
	deploy, err := o.role(f, o.DeployRole, "Deploys the roles of smr, within its path and under the permissions boundaries it names.", o.deploySubjects(), deployStatements(f, o))
	if err != nil {
		return nil, err
	}
	a.Roles = []Role{*plan, *deploy}
	return a, nil
}

func (o Options) withDefaults() Options {
	if len(o.Environments) == 0 {
		o.Environments = []string{DefaultEnvironment}
	}
	for _, d := range []struct {
		value     *string
		otherwise string
	}{
		{&o.Issuer, DefaultIssuer},
		{&o.Audience, DefaultAudience},
		{&o.PlanRole, DefaultPlanRole},
		{&o.DeployRole, DefaultDeployRole},
		{&o.Stack, "smr"},
	} {
		if *d.value == "" {
			*d.value = d.otherwise
		}
	}
	if o.Engine == "" {
		o.Engine = Direct
	}
	return o
}

// role makes one of the two roles.
func (o *Options) role(f *fence, name, description string, s Subjects, statements []policy.Statement) (*Role, error) {
	r := &Role{Name: name, ARN: f.arn("role/" + name), Description: description, Subjects: s, Named: trust(f.provider, o.Issuer, o.Audience, s.Named)}
	if len(s.Immutable) > 0 {
		r.Immutable = trust(f.provider, o.Issuer, o.Audience, s.Immutable)
	}
	limit := quota("trust_policy_size")
	for _, d := range []*policy.Document{r.Immutable, r.Named} {
		if d != nil && policy.Size(d) > limit {
			return nil, fmt.Errorf("the trust policy of %s would have %d characters, and IAM takes %d: name fewer environments", name, policy.Size(d), limit)
		}
	}
	docs, err := pack(statements)
	if err != nil {
		return nil, fmt.Errorf("the policies of %s: %w", name, err)
	}
	for i, d := range docs {
		p := Policy{Name: name, Document: d}
		if i > 0 {
			p.Name = fmt.Sprintf("%s-%d", name, i+1)
		}
		r.Policies = append(r.Policies, p)
	}
	return r, nil
}

// pack puts statements into as few managed policies as hold them, in order; a
// statement that fills more than one policy is cut by its resources, which
// changes nothing of what it decides.
func pack(statements []policy.Statement) ([]*policy.Document, error) {
	limit, count := quota("managed_policy_size"), quota("attached_policies_per_role")
	var docs []*policy.Document
	var cur *policy.Document
	queue := slices.Clone(statements)
	for len(queue) > 0 {
		st := queue[0]
		alone := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{st}}
		if policy.Size(alone) > limit {
			n := len(st.Resources)
			if n < 2 {
				return nil, fmt.Errorf("the statement %q alone has %d characters, and IAM takes %d", st.SID, policy.Size(alone), limit)
			}
			first, second := st, st
			first.Resources, second.Resources = st.Resources[:n/2], st.Resources[n/2:]
			first.SID, second.SID = st.SID+"A", st.SID+"B"
			queue = append([]policy.Statement{first, second}, queue[1:]...)
			continue
		}
		if cur != nil {
			cur.Statements = append(cur.Statements, st)
			if policy.Size(cur) > limit {
				cur.Statements = cur.Statements[:len(cur.Statements)-1]
				cur = nil
			}
		}
		if cur == nil {
			cur = alone
			docs = append(docs, cur)
		}
		queue = queue[1:]
	}
	if len(docs) > count {
		return nil, fmt.Errorf("they would be %d managed policies, and a role has at most %d. Roles without a permissions boundary, and roles on paths of their own, are named one by one: give them a boundary, or the path of the project", len(docs), count)
	}
	return docs, nil
}

// quota is the default of a quota.
func quota(name string) int {
	q, _ := facts.FindQuota(name)
	return q.Default
}
