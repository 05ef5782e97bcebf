// Package preflight answers whether a call of Amazon SageMaker AI will work for
// a role in an environment, and if not which statement, in whose policy, is
// missing. What calls need is data (package requirements); what decides is the
// evaluation of IAM (package authz). What nobody told is never taken for given:
// such an answer is unknown.
package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// Schema names the layout of an answer's JSON form.
const Schema = "smr.preflight/1"

// A Verdict is the answer in a word.
type Verdict string

// The verdicts.
const (
	Works       Verdict = "works"
	DoesNotWork Verdict = "does-not-work"
	Unknown     Verdict = "unknown"
)

// A Call is what is asked: an API with facts, for a role in an environment.
type Call struct {
	API         string
	Role        *ir.StackRole // the execution role
	Caller      *ir.StackRole // nil: only the execution role and the resources' owners are judged
	ClusterRole *ir.StackRole // of HyperPod; nil where it is not told
	Environment *ir.Environment
	Facts       *Facts
	Config      *dsl.Config // that the role stands in; nil for a role from a file
	// Gather collects the policies of a role; nil gathers anew.
	Gather func(*ir.StackRole) *prove.Texts
}

// An Answer says whether a call works, and why.
type Answer struct {
	Schema  string   `json:"schema"`
	Role    string   `json:"role"`
	Caller  string   `json:"caller,omitempty"`
	Account string   `json:"account"`
	API     string   `json:"api"`
	Verdict Verdict  `json:"verdict"`
	Checks  []Check  `json:"checks"`
	Rules   []Hit    `json:"rules"`
	Fixes   []Fix    `json:"fixes"`           // what all gaps take together, one for each policy
	Notes   []string `json:"notes,omitempty"` // what was taken for given
}

// A Check is one permission with its decision.
type Check struct {
	Actor    requirements.Actor `json:"actor"`
	Action   string             `json:"action"`
	Resource string             `json:"resource"`
	Decision string             `json:"decision"` // allow, deny or unknown
	Because  string             `json:"because"`
	Basis    requirements.Basis `json:"basis"`
	Source   string             `json:"source"`           // the title of the document that asks for it
	AnyOf    string             `json:"any_of,omitempty"` // checks of this name are alternatives
	Met      bool               `json:"met_by_alternative,omitempty"`
	By       *Statement         `json:"by,omitempty"` // that decided
	Fix      *Fix               `json:"fix,omitempty"`
	Note     string             `json:"note,omitempty"`

	outcome outcome
	gaps    []*gap
}

// A Statement is a statement of a policy, with the place that it comes from.
type Statement struct {
	Layer     string `json:"layer"`
	Policy    string `json:"policy"`
	Statement int    `json:"statement"` // from 0; -1 where no statement, but the want of one decides
	SID       string `json:"sid,omitempty"`
	Effect    string `json:"effect"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Activity  string `json:"activity,omitempty"`

	at hcl.Range
}

// A Hit is a verdict rule that applies.
type Hit struct {
	ID      string             `json:"id"`
	Verdict string             `json:"verdict"` // fail, warn or info
	Text    string             `json:"text"`
	Basis   requirements.Basis `json:"basis"`
	Source  string             `json:"source"`
}

// A judge decides one call.
type judge struct {
	call    *Call
	api     *requirements.API
	facts   *Facts
	env     *ir.Environment
	role    *principal
	caller  *principal // nil
	cluster *principal // nil
	region  string
	shapes  *shapes
	answer  *Answer
	assumed map[string]bool
	bound   []bound
	owners  map[*policy.Document]*layer
	checked map[string]int // index of a check by what it is about

	open bool // something that the answer depends on is not known

	defaultKey *policy.Document
}

// A bound is an entry with one way to fill its placeholders, and the check
// that came of it.
type bound struct {
	entry   *requirements.Permission
	binding binding
	check   int
}

// A principal is a role with the layers of policies that decide on it.
type principal struct {
	actor    requirements.Actor
	role     *ir.StackRole
	texts    *prove.Texts
	identity *layer
	boundary *layer // nil without a boundary
	scps     *layer // nil without service control policies
}

// Judge answers a call. The error tells a call that cannot be judged at all: an
// API that nothing is known of, or a role without an account.
func Judge(c *Call) (*Answer, error) {
	api, ok := requirements.Find(c.API)
	if !ok {
		return nil, &UnknownAPIError{Name: c.API}
	}
	if c.Role.Target.Any {
		return nil, ErrAccountRequired
	}
	j := newJudge(c, api)
	j.entries()
	j.alternatives()
	j.rules()
	j.conclude()
	j.fixes()
	return j.answer, nil
}

func newJudge(c *Call, api *requirements.API) *judge {
	env, f := c.Environment, c.Facts
	if env == nil {
		env = &ir.Environment{}
	}
	if f == nil {
		f = newFacts()
	}
	t := c.Role.Target
	j := &judge{
		call: c, api: api, facts: f, env: env, region: t.Region, assumed: map[string]bool{}, owners: map[*policy.Document]*layer{}, checked: map[string]int{},
		shapes: &shapes{map[*policy.Statement]*prove.Shape{}},
		answer: &Answer{Schema: Schema, Role: c.Role.Address(), Account: t.Name, API: api.Name, Checks: []Check{}, Rules: []Hit{}, Fixes: []Fix{}},
	}
	if j.region == "" {
		j.region = j.regionOfFacts()
	}
	j.role = j.principal(c.Role, requirements.ExecutionRole)
	j.facts = j.settle(f)
	for _, arn := range f.executionRole {
		if arn != c.Role.ARN() {
			j.leave("The request names the role " + arn + "; what is judged is " + c.Role.ARN() + ".")
		}
	}
	for _, text := range f.beyond {
		j.leave(text)
	}
	if c.Caller != nil {
		j.caller = j.principal(c.Caller, requirements.Caller)
		j.answer.Caller = c.Caller.Address()
	}
	if c.ClusterRole != nil {
		j.cluster = j.principal(c.ClusterRole, requirements.ClusterRole)
	}
	return j
}

// regionOfFacts is the Region that the call's facts name, where the role's
// file tells none.
func (j *judge) regionOfFacts() string {
	if told := j.facts.values["region"]; len(told) == 1 {
		return told[0]
	}
	for _, i := range j.facts.images {
		return i.region
	}
	j.assume("The role's file tells no Region: us-east-1 is taken. Say region=REGION.")
	return "us-east-1"
}

func (j *judge) principal(role *ir.StackRole, actor requirements.Actor) *principal {
	gather := j.call.Gather
	if gather == nil {
		gather = prove.NewTexts
	}
	texts := gather(role)
	p := &principal{actor: actor, role: role, texts: texts}
	// What the resource's owner says is judged apart, so that here the account
	// of the role is admitted.
	admitted := admitAccount(role.Target.Partition, role.Target.AccountID)
	p.identity = &layer{kind: authz.Identity, policies: authz.Policies{Identity: texts.Identity, Resource: admitted}, missing: missing(texts)}
	if role.PermissionsBoundary != "" {
		p.boundary = &layer{kind: authz.Boundary, policies: authz.Policies{Identity: allowAll(), Boundaries: texts.Boundary, Resource: admitted}}
		if texts.MissingBoundary != "" {
			p.boundary.missing = fmt.Sprintf("the permissions boundary %q", texts.MissingBoundary)
		}
	}
	if levels := j.levels(j.env.SCPs); len(levels) > 0 {
		p.scps = &layer{kind: authz.SCP, policies: authz.Policies{Identity: allowAll(), SCPs: levels, Resource: admitted}}
	}
	return p
}

// missing names the policies of a role whose text is not known.
func missing(t *prove.Texts) string {
	var arns []string
	for _, v := range t.Missing {
		arns = append(arns, fmt.Sprintf("%q", v.Text))
	}
	return strings.Join(arns, " and ")
}

// levels are control policies by level. A level of which only Deny statements
// are stated has FullAWSAccess as well, which AWS attaches by itself: without
// it nothing at all would be allowed (AWS Organizations User Guide, "SCP
// evaluation").
func (j *judge) levels(list []*ir.ControlPolicy) [][]authz.Policy {
	byLevel := map[int][]authz.Policy{}
	allows := map[int]bool{}
	top := -1
	for _, c := range list {
		if c.Policy == nil {
			continue
		}
		byLevel[c.Level] = append(byLevel[c.Level], authz.Policy{Name: "scp " + c.Label, Document: c.Policy.Document})
		top = max(top, c.Level)
		for i := range c.Policy.Document.Statements {
			allows[c.Level] = allows[c.Level] || c.Policy.Document.Statements[i].Effect == policy.Allow
		}
	}
	var out [][]authz.Policy
	for level := 0; level <= top; level++ {
		policies := byLevel[level]
		if len(policies) == 0 {
			continue
		}
		if !allows[level] {
			everything := allowAll()
			everything[0].Name = "FullAWSAccess"
			policies = append(policies, everything...)
		}
		out = append(out, policies)
	}
	return out
}

// assume notes what is taken for given, once.
func (j *judge) assume(text string) {
	if !j.assumed[text] {
		j.assumed[text] = true
		j.answer.Notes = append(j.answer.Notes, text)
	}
}

// leave notes what nobody told and what the answer depends on, so that it is
// not works.
func (j *judge) leave(text string) {
	j.open = true
	j.assume(text)
}

// entries judges every entry of the API whose condition holds.
func (j *judge) entries() {
	for i := range j.api.Permissions {
		p := &j.api.Permissions[i]
		for _, b := range j.bindings(p) {
			if !requirements.Holds(p.When, func(s string) bool { return j.symbol(s, &b) }) {
				continue
			}
			if b.express && strings.HasPrefix(p.Action, "s3:") {
				continue // directory buckets know s3express:CreateSession alone
			}
			j.entry(p, &b)
		}
	}
}

// entry judges one entry with one way to fill its placeholders.
func (j *judge) entry(p *requirements.Permission, b *binding) {
	resource := j.expand(p.Resource, b)
	if strings.Contains(resource, ":*:*:") {
		t := j.role.role.Target
		resource = strings.Replace(resource, ":*:*:", ":"+j.region+":"+t.AccountID+":", 1)
	}
	who := j.actor(p.Actor)
	if who == nil && p.Actor == requirements.Caller {
		return
	}
	key := string(p.Actor) + "|" + p.Action + "|" + resource
	if at, done := j.checked[key]; done {
		// Two entries of one permission: the surer one counts.
		if rank(p.Basis) < rank(j.answer.Checks[at].Basis) {
			j.answer.Checks[at].Basis, j.answer.Checks[at].Source = p.Basis, title(p.Source)
		}
		j.bound = append(j.bound, bound{p, *b, at})
		return
	}
	c := Check{Actor: p.Actor, Action: p.Action, Resource: spelled(resource), Basis: p.Basis, Source: title(p.Source), AnyOf: p.AnyOf, Note: p.Note}
	if who == nil {
		c.outcome, c.Because = unknown, "the role is not told: write cluster_role = role.NAME"
	} else {
		j.check(&c, p, who, resource, b)
	}
	c.Decision = c.outcome.String()
	j.checked[key] = len(j.answer.Checks)
	j.bound = append(j.bound, bound{p, *b, len(j.answer.Checks)})
	j.answer.Checks = append(j.answer.Checks, c)
}

// rank orders bases from the surest down.
func rank(b requirements.Basis) int {
	return slices.Index([]requirements.Basis{requirements.Documented, requirements.Derived, requirements.Reported, requirements.Inferred}, b)
}

func title(source string) string {
	s, _ := requirements.FindSource(source)
	return s.Title
}

// actor is who an entry speaks of; nil where the role is not told.
func (j *judge) actor(a requirements.Actor) *principal {
	switch a {
	case requirements.Caller:
		return j.caller
	case requirements.ClusterRole:
		return j.cluster
	}
	return j.role
}

// check decides one entry, as the worst of the requests that it stands for.
func (j *judge) check(c *Check, p *requirements.Permission, who *principal, resource string, b *binding) {
	t := who.role.Target
	first := true
	for _, action := range concrete(p.Action, resource) {
		for _, r := range asked(action, resource, t.Partition, j.region, t.AccountID) {
			q := &question{action: action, resource: r, account: j.accountOf(r, b), context: j.sent(p, action, b)}
			own, g := j.side(p, who, q, b, resource)
			if first || own.outcome > c.outcome {
				first = false
				c.outcome, c.Because, c.gaps, c.By = own.outcome, own.because, g, j.statement(who, &own)
				if c.outcome != allow && action != p.Action {
					c.Because = action + ": " + c.Because
				}
			}
		}
	}
	if first {
		c.outcome, c.Because = unknown, "AWS lists no action "+p.Action+" for such a resource as of "+facts.ServicesDate
	}
	if b.untold != "" && c.outcome != allow {
		c.Because = "nobody told " + b.untold + ", so it is any; " + c.Because
	}
}

// accountOf is the account that owns a resource.
func (j *judge) accountOf(resource string, b *binding) string {
	if b.bucket != nil {
		return j.owner(b.bucket)
	}
	if arn, ok := policy.ParseARN(resource); ok && policy.IsAccountID(arn.Account) {
		return arn.Account
	}
	return j.role.role.Target.AccountID
}
