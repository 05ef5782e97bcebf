package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// An Attr is one attribute as written; nil where it is not. Refs are what its
// expression refers to, but for names of its own for expressions, and Calls
// its function calls, both in the order of the text.
type Attr struct {
	Name      string
	NameRange hcl.Range
	Expr      hclsyntax.Expression
	Range     hcl.Range // from the name to the end of the value
	Refs      []hcl.Traversal
	Calls     []*hclsyntax.FunctionCallExpr

	wrong hcl.Diagnostics // why it is not evaluated: limits, or names that do not exist
}

// A Name is a label with its place.
type Name struct {
	Text  string
	Range hcl.Range
}

// A Config is one configuration, decoded: every block is a value of its type,
// expressions are not yet evaluated, and everything keeps its range.
type Config struct {
	Sources map[string][]byte // by file name, as ranges name them
	Ignores []diag.Ignore
	Budget  *Budget // what evaluating the configuration's expressions may cost

	Settings   *Settings // nil without an smr block
	Accounts   []*Account
	Variables  []*Variable
	Values     []*Attr // from *.auto.smrvars, in the order of the files
	Locals     []*Attr
	Activities []*Activity
	Personas   []*Persona
	Roles      []*Role
	Overrides  []*Override // at top level
	Policies   []*Policy
	Guardrails []*Guardrail
	Expects    []*Expect
	Facts      []*Fact
	Review     *Review

	cause     *hcl.Diagnostic // the first error that made a value unknown
	exhausted *hcl.Diagnostic // the error that stopped evaluating
	names     map[string]map[string]bool
	functions map[string]bool
	compared  int // names that suggestions were looked for among
}

// Settings is the smr block.
type Settings struct {
	RequiredVersion, Project, Edition, Layout *Attr
	Range                                     hcl.Range
}

// An Account is a target of deployment.
type Account struct {
	Name                  Name
	ID, Region, Partition *Attr
	Quotas                []*Attr
	Range                 hcl.Range
}

// A Variable is an input of the configuration.
type Variable struct {
	Name                       Name
	Type, Default, Description *Attr
	Validations                []Validation
	Range                      hcl.Range
}

// A Validation is a condition that a variable's value must meet.
type Validation struct {
	Condition, ErrorMessage *Attr
	Range                   hcl.Range
}

// An Activity defines a named set of statements.
type Activity struct {
	Name                       Name
	Title, Summary, PolicyName *Attr
	Requires, ManagedPolicy    *Attr
	Parameters                 []*Parameter
	Statements                 []*Statement
	Quirks                     []*Quirk
	Example                    *hclsyntax.Body // nil without an example
	Range                      hcl.Range
	BuiltIn                    bool
}

// A Parameter is what a role gives to an activity.
type Parameter struct {
	Name                             Name
	Type, Description, Default, From *Attr
	Range                            hcl.Range
}

// A Statement is one IAM statement before evaluation. In a trust policy it has
// principals and no resources.
type Statement struct {
	Label                                        Name
	When, Effect, SID, Why                       *Attr
	Actions, NotActions, Resources, NotResources *Attr
	Services, Principals, Federated              *Attr // trust policies only
	Conditions                                   []*Condition
	Range                                        hcl.Range
}

// A Condition is one operator, key and its values.
type Condition struct {
	Operator, Key, Values *Attr
	Range                 hcl.Range
}

// A Quirk is something to know about an activity of the catalogue: a finding
// that a policy text cannot hide, with its way out.
type Quirk struct {
	Name                               Name // the code is "quirk-" and this
	When, Summary, Detail, Fix, Source *Attr
	Range                              hcl.Range
}

// Common is what a persona and a role can both say.
type Common struct {
	Exclude, PassRoles, ManagedPolicies, PermissionsBoundary *Attr
	Layout, Accounts, IAMName, Path, Description             *Attr
	MaxSessionDuration, Tags                                 *Attr
	Uses                                                     []*Use
	Overrides                                                []*Override
	Statements                                               []*Statement
	VPC, KMS                                                 *Customization
	Trust                                                    *Trust
	Lifecycle                                                *Lifecycle
}

// A Persona is a set of activities and defaults that roles take.
type Persona struct {
	Name                Name
	Title, Summary      *Attr
	Extends, Activities *Attr
	Common
	Range   hcl.Range
	BuiltIn bool
}

// A Role is one IAM role, or with ForEach one for each key.
type Role struct {
	Name    Name
	Persona *Attr
	ForEach *Attr
	Common
	Range hcl.Range
}

// A Use is an activity block in a role or persona: it adds the activity and
// gives its parameters.
type Use struct {
	Activity Name
	Args     []*Attr // sorted by name
	Range    hcl.Range
}

// A Customization is a vpc or kms block: two lists that go to every activity
// that has the form. First is subnets or data_keys, Second security_groups or
// volume_keys.
type Customization struct {
	First, Second *Attr
	Range         hcl.Range
}

// An Override changes the statements of one activity.
type Override struct {
	Activity      Name
	Reason        *Attr
	Roles, Except *Attr // top level only
	Allow, Deny   []*Statement
	Remove        []Name
	Replace       []*Statement
	RemoveActions *Attr
	Narrow        []*Narrow
	Range         hcl.Range
}

// A Narrow limits what an activity allows.
type Narrow struct {
	Statements, Actions, Resources *Attr
	Conditions                     []*Condition
	Range                          hcl.Range
}

// A Trust is the trust policy of a role.
type Trust struct {
	Services, Principals *Attr
	Conditions           []*Condition
	GitHub               []*GitHub
	OIDC                 []*OIDC
	Statements           []*Statement
	Range                hcl.Range
}

// GitHub lets workflows of one repository assume the role.
type GitHub struct {
	Repository, Environment, Branch *Attr
	Range                           hcl.Range
}

// OIDC lets subjects of an OpenID Connect provider assume the role.
type OIDC struct {
	Provider, Audience, Subjects *Attr
	Range                        hcl.Range
}

// A Lifecycle says what deployment may do to the role.
type Lifecycle struct {
	Retire, Exclusive *Attr
	Range             hcl.Range
}

// A Policy gives the text of a customer-managed policy that is named by ARN.
type Policy struct {
	Name          Name
	ARN, Document *Attr
	Range         hcl.Range
}

// A Guardrail is access that no role may have.
type Guardrail struct {
	Name                  Name
	Reason, Roles, Except *Attr
	Never                 []*Never
	Range                 hcl.Range
}

// Never is one set of requests that a guardrail forbids.
type Never struct {
	Actions, NotActions, Resources, NotResources *Attr
	Conditions                                   []*Condition
	Range                                        hcl.Range
}

// An Expect is a test of one role.
type Expect struct {
	Name   Name
	Role   *Attr
	Checks []*Check
	Can    []*Can
	Range  hcl.Range
}

// A Check is one request that must be allowed or denied.
type Check struct {
	Denies                    bool
	Action, Resource, Context *Attr
	Range                     hcl.Range
}

// Can asks whether a SageMaker call works.
type Can struct {
	API   Name
	Args  []*Attr
	Range hcl.Range
}

// A Fact is a bucket, key, repository, network or SCP of the world outside.
type Fact struct {
	Kind  string
	Name  Name
	Args  []*Attr
	Range hcl.Range
}

// Review is what pull requests are judged by.
type Review struct {
	FailOn, Approvers *Attr
	Allow             []*ReviewAllow
	Range             hcl.Range
}

// ReviewAllow is an escalation accepted for ever.
type ReviewAllow struct {
	Reason, Roles, Actions, Resources *Attr
	Range                             hcl.Range
}
