package lint

func misplacedElement() Rule {
	return Rule{
		Code: "misplaced-element", Severity: Warning,
		Checks:  []string{"UNSUPPORTED_PRINCIPAL", "MISSING_PRINCIPAL", "MISSING_RESOURCE", "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", "UNSUPPORTED_ELEMENT_COMBINATION"},
		Explain: "The statement has an element that this kind of policy does not take, or lacks one that it needs: principals stand in trust policies and policies of resources, resources in all but trust policies. IAM refuses the policy. Source: IAM User Guide, \"IAM JSON policy elements reference\".",
		Bad:     Example{Boundary, []string{one("Allow", []string{by("AWS", "123456789012"), act("s3:GetObject"), on(anObject)})}},
		Good:    Example{Boundary, []string{one("Allow", []string{act("s3:GetObject"), on(anObject)})}},
		Statement: func(p *Pass) {
			principal, resource := p.Principal != nil || p.NotPrincipal != nil, p.Resources != nil || p.NotResources != nil
			kind := p.options.Kind
			switch {
			case kind.principals() && !principal:
				p.whole("The statement names no principal, and a %s needs one.", kind).Way = "Add Principal."
			case !kind.principals() && principal:
				p.whole("The statement names a principal, and a %s takes none.", kind).Way = "Delete Principal."
			case kind == Trust && resource:
				p.whole("The statement names a resource, and a trust policy takes none: the role is the resource.").Way = "Delete Resource."
			case !kind.principals() && !resource:
				p.whole("The statement names no resource, and a %s needs one.", kind).Way = "Add Resource."
			}
		},
	}
}
