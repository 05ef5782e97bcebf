package lint

import "strings"

func deletedPrincipal() Rule {
	return Rule{
		Code: "deleted-principal", Severity: Warning,
		Checks:  []string{"INVALID_ROLE_REFERENCE", "INVALID_USER_REFERENCE"},
		Explain: "The principal is an id such as AROA… or AIDA…, which IAM shows in place of the ARN when the role or user has been deleted. A role made anew under the old name has another id and is not let in. Source: IAM User Guide, \"AWS JSON policy elements: Principal\".",
		Bad:     trust(by("AWS", "AROAEXAMPLEEXAMPLE123"), act("sts:AssumeRole")),
		Good:    trust(by("AWS", aRole), act("sts:AssumeRole")),
		Statement: func(p *Pass) {
			if p.Principal == nil {
				return
			}
			for i, who := range p.Principal.AWS {
				if len(who) >= 16 && (strings.HasPrefix(who, "AROA") || strings.HasPrefix(who, "AIDA")) && only(who) {
					p.at("Principal/AWS", p.Principal.AWS, i, "%q is the id of a role or user that was deleted.", who).Way = "Write the ARN of the principal that took its place, or delete the id."
				}
			}
		},
	}
}
