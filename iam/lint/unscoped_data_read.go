package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unscopedDataRead() Rule {
	return Rule{
		Code: "unscoped-data-read", Severity: Warning,
		Checks:  []string{"DATA_EXFILTRATION"},
		Explain: "The statement allows reading data on every resource and without a condition: every object, secret and parameter of the account, and whatever of other accounts admits the role. Name the buckets, secrets and parameters. Source: cloudsplaining, \"Data exfiltration\".",
		Bad:     allow(act("secretsmanager:GetSecretValue"), on("*")),
		Good:    allow(act("secretsmanager:GetSecretValue"), on("arn:aws:secretsmanager:eu-west-1:123456789012:secret:forecast-*")),
		Statement: func(p *Pass) {
			star := slices.IndexFunc(p.Resources, func(r string) bool { return stars(r) || allData(r) })
			if star < 0 || !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 {
				return
			}
			var reads []string
			for _, name := range p.Actions {
				_, rest, ok := strings.Cut(name, ":")
				if ok && !stars(rest) && readsData(name) {
					reads = append(reads, name)
				}
			}
			if len(reads) > 0 {
				p.resource(star, "%s may read all data there is.", listed(reads)).Way = "Name what is to be read."
			}
		},
	}
}

// allData reports whether a pattern stands for all objects, secrets or
// parameters.
func allData(r string) bool {
	a, ok := policy.ParseARN(r)
	if !ok {
		return false
	}
	switch a.Service {
	case "s3":
		return stars(a.Resource) || a.Resource == "*/*"
	case "secretsmanager":
		return stars(a.Resource) || a.Resource == "secret:*"
	case "ssm":
		return stars(a.Resource) || a.Resource == "parameter/*" || a.Resource == "parameter*"
	}
	return false
}

// readsData reports whether an action pattern names an action that reads data
// kept for its contents.
func readsData(pattern string) bool {
	for _, name := range []string{"s3:GetObject", "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"} {
		if policy.MatchFold(pattern, name) {
			return true
		}
	}
	return false
}
