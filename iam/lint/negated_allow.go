package lint

func negatedAllow() Rule {
	return Rule{
		Code: "negated-allow", Severity: Warning,
		Checks:  []string{"NOTRESOURCE_WITH_ALLOW"},
		Explain: "An allow with not_actions or not_resources grants everything but what it names: every other service, every action that AWS adds later, every resource made tomorrow. That is seldom meant. Name what is allowed; not_actions and not_resources belong to denies. Source: IAM User Guide, \"IAM JSON policy elements: NotAction\" and \"NotResource\".",
		Bad:     allow(act("s3:GetObject"), `"NotResource":["`+anObject+`"]`),
		Good:    allow(act("s3:GetObject"), on(anObject)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind == Trust {
				return
			}
			element, name, list := "NotAction", "not_actions", p.NotActions
			if len(list) == 0 {
				element, name, list = "NotResource", "not_resources", p.NotResources
			}
			if len(list) == 0 {
				return
			}
			p.at(element, list, 0, "An allow with %s grants everything except what it names, also what AWS or others add later.", name).Way = "Name what is allowed, or write effect = \"Deny\"."
		},
	}
}
