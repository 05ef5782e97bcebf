package lower

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Service is SageMaker's service principal; the name is the same in every
// partition (AWS service principals, IAM User Guide, "AWS JSON policy
// elements: Principal").
const Service = "sagemaker.amazonaws.com"

// The OpenID Connect provider of GitHub Actions and the audience that AWS's
// action asks for (GitHub documentation, "Configuring OpenID Connect in Amazon
// Web Services").
const (
	githubProvider = "token.actions.githubusercontent.com"
	githubAudience = "sts.amazonaws.com"
)

// trust lowers who may assume the role.
func (l *lowerer) trust(role *ir.Role) ir.Policy {
	if role.Trust == nil {
		return l.defaultTrust(role)
	}
	t := role.Trust
	e := &evaluator{l: l, ctx: customized(role.Scope(ownTrust(role)), role)}
	p := ir.Policy{Document: &policy.Document{Version: policy.Version2012}}
	before := len(l.diags)
	add := func(s policy.Statement, at hcl.Range, label, why string) {
		p.Document.Statements = append(p.Document.Statements, s)
		p.Origins = append(p.Origins, ir.Origin{Label: label, Why: why, Range: at, Use: at})
	}
	if s, ok := e.trustees(t); ok {
		add(s, t.Range, "Trust", "")
	}
	for _, g := range t.GitHub {
		if s, ok := e.github(g, role); ok {
			add(s, g.Range, "GitHub", "Workflows of the repository may assume the role")
		}
	}
	for _, o := range t.OIDC {
		if s, ok := e.oidc(o, role); ok {
			add(s, o.Range, "OIDC", "Subjects of the provider may assume the role")
		}
	}
	labels := map[string]hcl.Range{}
	for _, d := range t.Statements {
		if !e.chosen(d) || !e.unique(d, labels) {
			continue
		}
		if s, ok := e.trustStatement(d); ok {
			why, _ := e.text(d.Why)
			add(s, d.Range, d.Label.Text, why)
		}
	}
	admits := slices.ContainsFunc(p.Document.Statements, func(s policy.Statement) bool { return s.Effect == policy.Allow })
	if !admits && len(l.diags) == before {
		l.errorf("empty-trust", t.Range, "The trust block names nobody, so no one could assume the role. Write services = [%q], principals = […], github {}, oidc {} or statement \"…\" {}; without a trust block SageMaker is trusted.", Service)
	}
	return p
}

// ownTrust reports whether the role's trust block stands in a persona.
func ownTrust(role *ir.Role) (persona bool) {
	for _, layer := range role.Layers {
		if layer.Common.Trust == role.Trust {
			return layer.Persona
		}
	}
	return false
}

// defaultTrust is what the consoles of SageMaker Role Manager wrote: SageMaker,
// on behalf of this account only.
func (l *lowerer) defaultTrust(role *ir.Role) ir.Policy {
	t := role.Target
	doc := l.trusts[t]
	if doc == nil {
		source := "arn:" + t.Partition + ":sagemaker:" + t.Region + ":" + t.AccountID + ":*"
		doc = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
			Effect: policy.Allow, Principal: &policy.Principal{Service: []string{Service}}, Actions: []string{"sts:AssumeRole"},
			Conditions: []policy.Condition{{Operator: "ArnLike", Key: "aws:SourceArn", Values: []string{source}}},
		}}}
		l.trusts[t] = doc
	}
	at := role.Decl.Name.Range
	return ir.Policy{Document: doc, Origins: []ir.Origin{{Label: "Trust", Why: "SageMaker assumes the role for this account", Range: at, Use: at}}}
}

// trustees lowers services and principals with their conditions.
func (e *evaluator) trustees(t *dsl.Trust) (policy.Statement, bool) {
	services, okS := e.list(t.Services)
	principals, okP := e.list(t.Principals)
	conditions, okC := e.conditions(t.Conditions)
	if !okS || !okP || !okC {
		return policy.Statement{}, false
	}
	if len(services)+len(principals) == 0 {
		if len(conditions) > 0 {
			e.l.errorf("empty-trust", t.Range, "The trust block has a condition and nobody whom it concerns. Write services = [%q] or principals = […] beside it.", Service)
		}
		return policy.Statement{}, false
	}
	return policy.Statement{
		Effect: policy.Allow, Principal: principal(services, principals, nil), Actions: []string{"sts:AssumeRole"}, Conditions: conditions,
	}, true
}

func principal(services, aws, federated []string) *policy.Principal {
	if len(services)+len(federated) == 0 && slices.Equal(aws, []string{"*"}) {
		return &policy.Principal{AWS: aws}
	}
	return &policy.Principal{Service: services, AWS: aws, Federated: federated}
}

// github lets workflows of one repository in. The subject is the form of
// repositories from before 2026-07-15, or the one with ids when the repository
// is written OWNER@ID/REPO@ID; a colon in the name of an environment is %3A
// (GitHub documentation, "OpenID Connect reference").
func (e *evaluator) github(g *dsl.GitHub, role *ir.Role) (policy.Statement, bool) {
	repositories, ok := e.list(g.Repository)
	environment, okE := e.text(g.Environment)
	branch, okB := e.text(g.Branch)
	if !ok || !okE || !okB {
		return policy.Statement{}, false
	}
	if len(repositories) == 0 {
		if g.Repository != nil {
			e.l.errorf("empty-condition", g.Repository.Expr.Range(), "A github block without a repository would let in every workflow of GitHub. Write OWNER/REPO.")
		}
		return policy.Statement{}, false
	}
	var subjects []string
	for _, repo := range repositories {
		owner, name, found := strings.Cut(repo, "/")
		if !found || owner == "" || name == "" || strings.ContainsAny(repo, " *?:") || strings.Contains(name, "/") {
			e.l.errorf("invalid-repository", g.Repository.Find(repo), "%q is no GitHub repository. Write OWNER/REPO, or OWNER@ID/REPO@ID for one created or renamed since 2026-07-15.", repo)
			return policy.Statement{}, false
		}
		switch {
		case environment != "" && branch != "":
			e.l.errorf("conflicting-arguments", g.Branch.NameRange, "The subject of a GitHub token names the environment or the branch, not both. Delete one; an environment can be limited to branches on GitHub.")
			return policy.Statement{}, false
		case environment != "":
			subjects = append(subjects, "repo:"+repo+":environment:"+strings.ReplaceAll(environment, ":", "%3A"))
		case branch != "":
			subjects = append(subjects, "repo:"+repo+":ref:refs/heads/"+branch)
		default:
			subjects = append(subjects, "repo:"+repo+":*")
		}
	}
	return federated(providerARN(role, githubProvider), githubProvider, githubAudience, subjects), true
}

func (e *evaluator) oidc(o *dsl.OIDC, role *ir.Role) (policy.Statement, bool) {
	provider, okP := e.text(o.Provider)
	audience, okA := e.text(o.Audience)
	subjects, okS := e.list(o.Subjects)
	if !okP || !okA || !okS {
		return policy.Statement{}, false
	}
	if o.Provider == nil || o.Subjects == nil {
		return policy.Statement{}, false // reported when it was decoded
	}
	if len(subjects) == 0 {
		e.l.errorf("empty-condition", o.Subjects.Expr.Range(), "An oidc block without subjects would let in every token of the provider. Write the subjects.")
		return policy.Statement{}, false
	}
	arn, host := provider, ""
	if i := strings.Index(provider, ":oidc-provider/"); i >= 0 {
		host = provider[i+len(":oidc-provider/"):]
	} else {
		host = strings.TrimPrefix(provider, "https://")
		arn = providerARN(role, host)
	}
	return federated(arn, host, audience, subjects), true
}

func providerARN(role *ir.Role, host string) string {
	return "arn:" + role.Target.Partition + ":iam::" + role.Target.AccountID + ":oidc-provider/" + host
}

// federated admits tokens of a provider by audience and subject.
func federated(arn, host, audience string, subjects []string) policy.Statement {
	var conditions []policy.Condition
	if audience != "" {
		conditions = append(conditions, policy.Condition{Operator: "StringEquals", Key: host + ":aud", Values: []string{audience}})
	}
	operator := "StringEquals"
	if slices.ContainsFunc(subjects, policy.HasWildcard) {
		operator = "StringLike"
	}
	conditions = append(conditions, policy.Condition{Operator: operator, Key: host + ":sub", Values: subjects})
	return policy.Statement{
		Effect: policy.Allow, Principal: &policy.Principal{Federated: []string{arn}},
		Actions: []string{"sts:AssumeRoleWithWebIdentity"}, Conditions: conditions,
	}
}

// trustStatement lowers a statement of a trust policy written by hand.
func (e *evaluator) trustStatement(d *dsl.Statement) (s policy.Statement, ok bool) {
	if s, ok = e.common(d); !ok {
		return s, false
	}
	services, okS := e.list(d.Services)
	principals, okP := e.list(d.Principals)
	fed, okF := e.list(d.Federated)
	if !okS || !okP || !okF {
		return s, false
	}
	if len(services)+len(principals)+len(fed) == 0 {
		if d.Services != nil || d.Principals != nil || d.Federated != nil { // else reported when it was decoded
			e.l.errorf("empty-trust", d.Range, "The statement %q names nobody: its lists are empty. Write whom it concerns in services, principals or federated, or delete it.", d.Label.Text)
		}
		return s, false
	}
	if len(s.Actions)+len(s.NotActions) == 0 {
		e.l.errorf("empty-list", d.Range, "The statement %q has no actions. Write them, such as [\"sts:AssumeRole\"], or delete it.", d.Label.Text)
		return s, false
	}
	s.Principal = principal(services, principals, fed)
	return s, true
}
