package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// github is the OpenID Connect provider of GitHub Actions (GitHub
// documentation, "Configuring OpenID Connect in Amazon Web Services").
const (
	github         = "token.actions.githubusercontent.com"
	githubAudience = "sts.amazonaws.com"
)

// expressible says what of a statement the language has no words for; nil if
// it has.
func expressible(s *policy.Statement, trust bool) error {
	switch {
	case s.NotPrincipal != nil:
		return fmt.Errorf("NotPrincipal, which smr has no words for; name who may assume the role instead")
	case trust && s.Principal == nil:
		return fmt.Errorf("a trust statement without Principal, which IAM refuses")
	case trust && len(s.Resources)+len(s.NotResources) > 0:
		return fmt.Errorf("the element Resource in a trust policy, which IAM refuses")
	case trust && len(s.Principal.CanonicalUser) > 0:
		return fmt.Errorf("the principal CanonicalUser, which cannot assume a role")
	case !trust && s.Principal != nil:
		return fmt.Errorf("the element Principal in an identity-based policy, which IAM refuses")
	case len(s.Actions)+len(s.NotActions) == 0:
		return fmt.Errorf("a statement with an empty list of actions, which does nothing; delete it")
	case !trust && len(s.Resources)+len(s.NotResources) == 0:
		return fmt.Errorf("a statement with an empty list of resources, which does nothing; delete it")
	}
	for _, c := range s.Conditions {
		if len(c.Values) == 0 {
			return fmt.Errorf("the condition %s on %q without values", c.Operator, c.Key)
		}
	}
	return nil
}

// trust writes the trust block of a role; nothing where the default says it.
func (w *writer) trust(doc *policy.Document, at place) {
	if doc == nil || sameDocument(doc, defaultTrust(at)) {
		return
	}
	w.open("trust")
	var blocks writer
	labels := map[string]bool{}
	whole := false
	for _, s := range doc.Statements {
		s = s.Clone()
		if !doc.HasVariables() {
			literal(&s)
		}
		switch {
		case !whole && simple(&s):
			whole = true
			w.list("services", s.Principal.Service)
			w.list("principals", awsPrincipals(s.Principal))
			w.conditions(s.Conditions)
		case blocks.federated(&s, at):
		default:
			if !plain(s.SID, "") {
				s.SID = ""
			}
			blocks.statement("statement", &labeled{unique(labels, trustLabel(&s)), s})
		}
	}
	w.WriteString(blocks.String())
	w.close()
}

func defaultTrust(at place) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: &policy.Principal{Service: []string{lower.Service}}, Actions: []string{"sts:AssumeRole"},
		Conditions: []policy.Condition{{Operator: "ArnLike", Key: "aws:SourceArn", Values: []string{"arn:" + at.partition + ":sagemaker:" + at.region + ":" + at.account + ":*"}}},
	}}}
}

func sameDocument(a, b *policy.Document) bool {
	return policy.Canonical(a, policy.CanonicalOptions{}).Equal(policy.Canonical(b, policy.CanonicalOptions{}))
}

// simple reports whether the arguments of a trust block say the statement.
func simple(s *policy.Statement) bool {
	p := s.Principal
	return s.Effect == policy.Allow && len(s.Actions) == 1 && strings.EqualFold(s.Actions[0], "sts:AssumeRole") &&
		len(p.Federated) == 0 && len(p.Service)+len(awsPrincipals(p)) > 0
}

// federated writes a github or oidc block where that says exactly the
// statement.
func (w *writer) federated(s *policy.Statement, at place) bool {
	if s.Effect != policy.Allow || len(s.Actions) != 1 || !strings.EqualFold(s.Actions[0], "sts:AssumeRoleWithWebIdentity") ||
		len(s.Principal.Federated) != 1 || len(s.Principal.Service)+len(s.Principal.AWS) > 0 || s.Principal.Any {
		return false
	}
	provider := s.Principal.Federated[0]
	arn, ok := policy.ParseARN(provider)
	host, isOIDC := strings.CutPrefix(arn.Resource, "oidc-provider/")
	if !ok || !isOIDC {
		return false
	}
	var audience, subjects []string
	exact := true
	for _, c := range canonicalConditions(s.Conditions) {
		switch {
		case c.Key == policy.Lower(host)+":aud" && c.Operator == "StringEquals" && len(c.Values) == 1:
			audience = c.Values
		case c.Key == policy.Lower(host)+":sub" && (c.Operator == "StringEquals" || c.Operator == "StringLike"):
			subjects = c.Values
			exact = (c.Operator == "StringLike") == slices.ContainsFunc(c.Values, policy.HasWildcard)
		default:
			return false
		}
	}
	if len(subjects) == 0 || !exact || len(s.Conditions) != 1+len(audience) {
		return false
	}
	own := "arn:" + at.partition + ":iam::" + at.account + ":oidc-provider/" + github
	if provider == own && slices.Equal(audience, []string{githubAudience}) && w.github(subjects) {
		return true
	}
	w.open("oidc")
	w.text("provider", provider)
	if audience != nil {
		w.text("audience", audience[0])
	}
	w.list("subjects", subjects)
	w.close()
	return true
}

// github writes a block where all subjects are one environment or branch, or
// everything, of repositories.
func (w *writer) github(subjects []string) bool {
	var repositories []string
	var environment, branch string
	for i, s := range subjects {
		rest, ok := strings.CutPrefix(s, "repo:")
		repo, what, found := strings.Cut(rest, ":")
		owner, name, slash := strings.Cut(repo, "/")
		if !ok || !found || !slash || owner == "" || name == "" || strings.ContainsAny(repo, " *?:") || strings.Contains(name, "/") {
			return false
		}
		env, isEnv := strings.CutPrefix(what, "environment:")
		ref, isRef := strings.CutPrefix(what, "ref:refs/heads/")
		env = strings.ReplaceAll(env, "%3A", ":")
		switch {
		case isEnv && env != "" && !policy.HasWildcard(env) && (i == 0 || env == environment):
			environment = env
		case isRef && ref != "" && !policy.HasWildcard(ref) && (i == 0 || ref == branch):
			branch = ref
		case what == "*" && environment == "" && branch == "":
		default:
			return false
		}
		repositories = append(repositories, repo)
	}
	if environment != "" && branch != "" {
		return false
	}
	w.open("github")
	if len(repositories) == 1 {
		w.text("repository", repositories[0])
	} else {
		w.list("repository", repositories)
	}
	w.text("environment", environment)
	w.text("branch", branch)
	w.close()
	return true
}

func trustLabel(s *policy.Statement) string {
	switch {
	case plain(s.SID, "_-") && len(s.SID) <= 100:
		return s.SID
	case s.Effect == policy.Deny:
		return "Deny"
	case len(s.Principal.Federated) > 0:
		return "Federated"
	}
	return "Trust"
}
