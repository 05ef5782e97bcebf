package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func wildcardResource() Rule {
	return Rule{
		Code: "wildcard-resource", Severity: Warning,
		Checks:  []string{"RESOURCE_STAR", "WRITE_WITHOUT_CONSTRAINTS", "ADMIN_STAR", "SAGEMAKER_NOTEBOOK_ROLE_STAR"},
		Explain: "A statement allows actions that write, on every resource and without a condition, although AWS lets these actions be limited to resources: they reach everything of their kind in the account, and whatever of other accounts admits the role. Name the resources, or add a condition such as aws:ResourceAccount or aws:ResourceTag. Source of what writes: AWS Service Authorization Reference, access levels.",
		Bad:     allow(act("s3:PutObject"), on("*")),
		Good:    allow(act("s3:PutObject"), on(anObject)),
		Statement: func(p *Pass) {
			star := starIn(p.Resources)
			if star < 0 || !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 {
				return
			}
			p.look()
			writes, everything := p.writing()
			switch {
			case everything:
				p.resource(star, "%s on every resource makes the role an administrator.", listed(writes)).Way = "Name the actions and the resources."
			case len(writes) > 0:
				p.resource(star, "%s may write to every resource.", listed(writes)).Way = "Name the resources, or add a condition such as aws:ResourceAccount."
			}
		},
	}
}

// writing are the action patterns that hold an action which writes and can be
// limited to resources; everything reports a pattern over all services. What
// other rules tell of by name is left to them.
func (p *Pass) writing() (patterns []string, everything bool) {
	for i := range p.actions {
		a := &p.actions[i]
		if a.wide && strings.HasPrefix(a.pattern, "*") {
			return []string{a.pattern}, true
		}
		if a.names() && (exposesCredentials(a.known[0].String()) || is(a.known[0], "cloudwatch:PutMetricData") || a.known[0].Level == facts.PermissionsManagement && !toldByName(a)) {
			continue
		}
		for _, one := range a.known {
			if one.Level >= facts.Write && len(one.ResourceTypes) > 0 {
				patterns = append(patterns, a.pattern)
				break
			}
		}
	}
	return patterns, false
}
