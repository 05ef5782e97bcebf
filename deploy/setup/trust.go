package setup

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Repository is one of GitHub. The ids are decimal numbers; both are known or
// none is.
type Repository struct {
	Owner, Name string
	OwnerID, ID string
}

// Subjects are the values of the sub claim that a role trusts, in the two forms
// that GitHub issues (GitHub Docs, "OpenID Connect reference"): with the ids of
// owner and repository, which repositories created, renamed or transferred since
// 2026-07-15 have, and of names alone, which older ones keep until they opt in.
// A name can be taken by somebody else after a rename, an id cannot.
type Subjects struct {
	Immutable []string // nil when the ids are not known
	Named     []string
}

var (
	ownerName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	repoName    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	decimalID   = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	issuerName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(/[A-Za-z0-9._-]+)*$`)
	audienceURI = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:/_-]{0,254}$`)
	// Names of roles, and of stacks and stack sets (IAM and CloudFormation API
	// models).
	roleName  = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
)

// check refuses what would not be matched literally. The subject is compared
// with StringEquals, for which * and ? are ordinary characters, but "${" starts
// a policy variable.
func (o *Options) check() error {
	r := o.Repository
	switch {
	case !ownerName.MatchString(r.Owner) || !repoName.MatchString(r.Name):
		return fmt.Errorf("%q is no repository of GitHub: write OWNER/REPO", r.Owner+"/"+r.Name)
	case (r.OwnerID == "") != (r.ID == ""):
		return fmt.Errorf("the ids of owner and repository go together, and one is missing")
	case r.ID != "" && (!decimalID.MatchString(r.OwnerID) || !decimalID.MatchString(r.ID)):
		return fmt.Errorf("the ids of owner and repository are decimal numbers, and these are %q and %q", r.OwnerID, r.ID)
	case !issuerName.MatchString(o.Issuer):
		return fmt.Errorf("the issuer %q is not HOST or HOST/PATH without https://", o.Issuer)
	case !audienceURI.MatchString(o.Audience):
		return fmt.Errorf("the audience %q is not a name such as %q", o.Audience, DefaultAudience)
	case !roleName.MatchString(o.PlanRole) || !roleName.MatchString(o.DeployRole):
		return fmt.Errorf("%q and %q must be names of roles: letters, digits and _+=,.@- in at most 64 characters", o.PlanRole, o.DeployRole)
	case strings.EqualFold(o.PlanRole, o.DeployRole):
		return fmt.Errorf("the plan and the deploy role are both named %q; names of roles are unique without regard to case", o.PlanRole)
	case !stackName.MatchString(o.Stack):
		return fmt.Errorf("%q is no name of a stack: a letter, then letters, digits and hyphens", o.Stack)
	case !slices.Contains(Engines(), string(o.Engine)):
		return fmt.Errorf("there is no engine %q", o.Engine)
	}
	for _, name := range append(slices.Clone(o.Environments), o.Branch) {
		if err := plainName(name); err != nil {
			return err
		}
	}
	if slices.Contains(o.Environments, "") {
		return fmt.Errorf("an environment has no name")
	}
	for _, b := range o.Boundaries {
		a, ok := policy.ParseARN(b)
		if !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") || strings.Contains(b, "${") {
			return fmt.Errorf("the boundary %q is no ARN of a managed policy: arn:PARTITION:iam::ACCOUNT:policy/NAME", b)
		}
	}
	return nil
}

// plainName refuses names of environments and branches that a trust policy would
// not take literally, or that invite mistaking them for patterns.
func plainName(name string) error {
	if i := strings.IndexFunc(name, func(r rune) bool {
		return r <= ' ' && r != ' ' || r == 0x7F || r > 0xFF || strings.ContainsRune("*?$\\\"", r)
	}); i >= 0 || len(name) > 255 {
		return fmt.Errorf("the name %q of an environment or branch cannot stand in a trust policy: characters up to U+00FF without * ? $ \\ \" and control characters, at most 255", name)
	}
	return nil
}

// deploySubjects are those of jobs of the environments. A branch or tag would not
// do: whoever can push it could deploy, and an environment has reviewers.
func (o *Options) deploySubjects() Subjects {
	var contexts []string
	for _, e := range o.Environments {
		contexts = append(contexts, "environment:"+claim(e))
	}
	return o.subjects(contexts)
}

// planSubjects are those of pull requests, of the branch whose schedule looks for
// drift, and of the environment beside each that deploys, in which a release is
// planned before anybody approves it: its job has a tag, by which no role is
// trusted.
func (o *Options) planSubjects() Subjects {
	contexts := []string{"pull_request"}
	for _, e := range o.Environments {
		contexts = append(contexts, "environment:"+claim(e)+PlanSuffix)
	}
	if o.Branch != "" {
		contexts = append(contexts, "ref:refs/heads/"+claim(o.Branch))
	}
	return o.subjects(contexts)
}

// PlanSuffix makes the name of the environment that plans for another: that of
// "production" is "production-plan".
const PlanSuffix = "-plan"

// claim is a name as it stands in the subject: GitHub writes ":" as "%3A" there
// (GitHub Docs, "OpenID Connect reference", "Filtering for a specific
// environment").
func claim(name string) string { return strings.ReplaceAll(name, ":", "%3A") }

func (o *Options) subjects(contexts []string) Subjects {
	var s Subjects
	r := o.Repository
	for _, c := range slices.Compact(slices.Sorted(slices.Values(contexts))) {
		s.Named = append(s.Named, "repo:"+r.Owner+"/"+r.Name+":"+c)
		if r.ID != "" {
			s.Immutable = append(s.Immutable, "repo:"+r.Owner+"@"+r.OwnerID+"/"+r.Name+"@"+r.ID+":"+c)
		}
	}
	return s
}

// trust is a trust policy for tokens of an issuer with exactly these subjects
// and this audience.
func trust(provider, issuer, audience string, subjects []string) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect:    policy.Allow,
		Principal: &policy.Principal{Federated: []string{provider}},
		Actions:   []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: []policy.Condition{
			{Operator: "StringEquals", Key: issuer + ":aud", Values: []string{audience}},
			{Operator: "StringEquals", Key: issuer + ":sub", Values: subjects},
		},
	}}}
}
