package lint

import "slices"

func credentialsExposure() Rule {
	return Rule{
		Code: "credentials-exposure", Severity: Warning,
		Checks:  []string{"CREDENTIALS_EXPOSURE"},
		Explain: "The statement allows, on every resource and without a condition, an action that answers with credentials: keys of users, passwords, sessions of other roles. ecr:GetAuthorizationToken is left out, since pulling an image needs it. Source: policy_sentry and cloudsplaining, \"Credentials exposure\".",
		Bad:     allow(act("sts:AssumeRole"), on("*")),
		Good:    allow(act("sts:AssumeRole"), on(aRole)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 || !slices.ContainsFunc(p.Resources, anyRole) && starIn(p.Resources) < 0 {
				return
			}
			p.look()
			for i := range p.actions {
				if a := &p.actions[i]; a.names() && exposesCredentials(a.known[0].String()) {
					p.action(i, "%q answers with credentials, here those of anybody.", a.pattern).Way = "Name the resources."
				}
			}
		},
	}
}

// exposesCredentials reports whether an action answers with credentials.
func exposesCredentials(action string) bool {
	switch action {
	case "codepipeline:PollForJobs", "cognito-identity:GetOpenIdToken", "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:GetCredentialsForIdentity",
		"connect:GetFederationToken", "ec2:GetPasswordData", "gamelift:RequestUploadCredentials",
		"lightsail:GetInstanceAccessDetails", "lightsail:GetRelationalDatabaseMasterUserPassword", "rds-db:connect",
		"redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM", "sso:GetRoleCredentials",
		"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:GetFederationToken":
		return true
	}
	return false
}
