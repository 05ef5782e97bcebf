package check

import (
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidCharacter() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-character", Severity: hcl.DiagError,
			Explain: "A policy document takes characters up to U+00FF only; IAM refuses any other (ValidationError). Names of objects in other scripts are matched with ? or *. Source: IAM API Reference, type policyDocumentType.",
			Bad:     characterExample("学習"), Good: characterExample("learning"),
		},
		Stack: func(p *StackPass) {
			done := map[*policy.Document]bool{}
			look := func(role *ir.StackRole, g *ir.Policy) {
				if g.Document == nil || done[g.Document] {
					return
				}
				done[g.Document] = true
				for i := range g.Document.Statements {
					texts(&g.Document.Statements[i], func(s string) {
						r, bad := beyondLatin(s)
						if !bad || i >= len(g.Origins) {
							return
						}
						o := &g.Origins[i]
						place := p.placeOf(role.Role, p.shared.place(p.reporter, o, s), o.Override, o.Use)
						if f := p.atText(role.Role, place, s); f != nil {
							f.errorf("%q holds %s, and IAM takes characters up to U+00FF in a policy.", s, fmt.Sprintf("%q (U+%04X)", r, r)).
								wayOut("Write ? for the character, or * for the text.")
						}
					})
				}
			}
			for _, role := range p.Roles {
				for i := range role.Groups {
					look(role, &role.Groups[i])
				}
				look(role, &role.Trust)
			}
		},
	}
}

// beyondLatin finds the first character that no policy document may have.
func beyondLatin(s string) (rune, bool) {
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			if s[i] >= ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r' {
				continue
			}
			return rune(s[i]), true
		}
		for _, r := range s[i:] {
			if r > 0xff && !pseudo(r) || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
				return r, true
			}
		}
		return 0, false
	}
	return 0, false
}

// texts visits every text of a statement.
func texts(s *policy.Statement, visit func(string)) {
	visit(s.SID)
	for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources} {
		for _, text := range list {
			visit(text)
		}
	}
	for _, c := range s.Conditions {
		visit(c.Key)
		for _, v := range c.Values {
			visit(v)
		}
	}
	for _, pr := range []*policy.Principal{s.Principal, s.NotPrincipal} {
		if pr == nil {
			continue
		}
		for _, list := range [][]string{pr.AWS, pr.Service, pr.Federated, pr.CanonicalUser} {
			for _, text := range list {
				visit(text)
			}
		}
	}
}

func characterExample(name string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::acme/" + name + "/*\"]\n  }\n}\n"
}
