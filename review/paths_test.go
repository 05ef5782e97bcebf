package review

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPathEscalations: a change that opens a way from role to role is an
// escalation of the role that opens it, though no policy of either allows more.
func TestPathEscalations(t *testing.T) {
	block := func(name, body string) string { return "role \"" + name + "\" {\n" + body + "\n}\n" }
	const (
		prod    = "account \"prod\" {\nid = \"111122223333\"\nregion = \"eu-west-1\"\n}\n"
		service = "trust {\nservices = [\"sagemaker.amazonaws.com\"]\n}\n"
	)
	passer := prod + block("sci", statement(`"iam:PassRole"`, `"arn:aws:iam::111122223333:role/sm-*"`, "")+statement(`"sagemaker:CreateTrainingJob"`, `"*"`, ""))
	remove := statement(`"s3:DeleteObject"`, `"*"`, "")
	read := statement(`"s3:GetObject"`, `"*"`, "")
	at := func(name string) string { return "name = \"" + name + "\"\npath = \"/\"\n" + service }
	attach := statement(`"iam:AttachRolePolicy"`, `"*"`, "")
	const passed = `path: "sci" may pass "b" to sagemaker.amazonaws.com with sagemaker:CreateTrainingJob`
	trusts := func(name string) string {
		return block("b", "path = \"/\"\ntrust {\nprincipals = [\"arn:aws:iam::111122223333:role/"+name+"\"]\n}\n"+remove)
	}
	tests := []struct {
		name, base, head string
		want             []string
	}{
		{"a name that may be passed", passer + block("b", at("b")+remove), passer + block("b", at("sm-b")+remove), []string{"b " + passed}},
		{"a path that may be passed", strings.Replace(passer, "sm-*", "sm/*", 1) + block("b", at("b")+remove), strings.Replace(passer, "sm-*", "sm/*", 1) + block("b", strings.Replace(at("b"), `"/"`, `"/sm/"`, 1)+remove), []string{"b " + passed}},
		{"a name that may be passed no longer", passer + block("b", at("sm-b")+remove), passer + block("b", at("b")+remove), nil},
		{"the name of a trusted role", prod + block("ci", at("ci")+read) + trusts("op"), prod + block("ci", at("op")+read) + trusts("op"), []string{`ci path: "ci" may assume "b"`}},
		{"a new role with a trusted name", prod + trusts("op"), prod + trusts("op") + block("ci", at("op")+read), []string{`ci path: "ci" may assume "b"`}},
		{
			"a new role between", prod + block("a", at("a")+read) + trusts("op"), prod + block("a", at("a")+read) + trusts("op") + block("op", "name = \"op\"\npath = \"/\"\ntrust {\nprincipals = [role.a.arn]\n}\n"+read),
			[]string{`op path: "a" may assume "op", and "op" may assume "b", and 1 more`},
		},
		{
			"a new administrator", passer, passer + block("b", at("sm-b")+attach),
			[]string{"b permissions: iam:AttachRolePolicy on *", "b method: iam:AttachRolePolicy lead to the permissions of others", "b " + passed + `, and "b" may call iam:AttachRolePolicy on any role`},
		},
		{"a new role that may be passed", passer, passer + block("b", at("sm-b")+remove), nil}, // its own access is shown, and judged as such
		{"less", passer + block("b", at("sm-b")+attach), passer + block("b", at("sm-b")+remove), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := escalated(t, tt.base, tt.head)
			var got []string
			for _, r := range d.Roles {
				for _, e := range r.Escalations {
					got = append(got, r.Role+" "+e.Kind+": "+e.Summary)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if text, err := json.Marshal(d); err != nil || strings.Contains(string(text), `"kind":"path"`) != strings.Contains(string(text), `"paths":[`) {
				t.Errorf("paths are not in the document: %v %s", err, text)
			}
		})
	}
}

// TestNameOfAnother: whoever may use an ARN has what stands behind it, so roles
// are compared with what had their ARN.
func TestNameOfAnother(t *testing.T) {
	block := func(label, name, actions string) string {
		return "role \"" + label + "\" {\nname = \"" + name + "\"\n" + statement(actions, `"*"`, "") + "}\n"
	}
	read, kms := `"s3:GetObject"`, `"kms:*"`
	for name, tt := range map[string]struct{ base, head string }{
		"names are swapped":                   {block("a", "A", read) + block("b", "B", kms), block("a", "B", read) + block("b", "A", kms)},
		"the name of a role that was removed": {block("a", "A", read) + block("b", "B", kms), block("b", "A", kms)},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range escalated(t, tt.base, tt.head).Escalations() {
				got = append(got, e.Kind)
			}
			if diff := cmp.Diff([]string{EscalationWildcard}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestPathDigests: approvals of a way hold for that way alone.
func TestPathDigests(t *testing.T) {
	one := Escalation{Kind: EscalationPath, Summary: "x", Paths: []Path{{From: Ref{"a", "prod"}, Steps: []PathStep{{To: Ref{"b", "prod"}, Way: "assume"}}}}}
	two := one
	two.Paths = []Path{{From: Ref{"c", "prod"}, Steps: one.Paths[0].Steps}}
	r := &Role{Role: "b", Account: "prod"}
	if escalationDigest(r, "arn", &one, "") == escalationDigest(r, "arn", &two, "") {
		t.Error("two ways have one digest")
	}
}

// TestTagEscalations: a tag that trust or policies of other roles look at opens
// them, though no text changes.
func TestTagEscalations(t *testing.T) {
	block := func(name, body string) string { return "role \"" + name + "\" {\n" + body + "\n}\n" }
	looks := func(key string) string {
		return "condition {\noperator = \"StringEquals\"\nkey = \"" + key + "/Team\"\nvalues = [\"ops\"]\n}\n"
	}
	tagged := func(value string) string { return "tags = { team = \"" + value + "\" }\n" }
	trusting := func(key string) string {
		return block("b", "trust {\nprincipals = [\"arn:aws:iam::111122223333:root\"]\n"+looks(key)+"}\n")
	}
	assumes := statement(`"sts:AssumeRole"`, `"*"`, "")
	for name, tt := range map[string]struct {
		base, head string
		want       int
	}{
		"trust looks at it":             {block("a", tagged("dev")+assumes) + trusting("aws:PrincipalTag"), block("a", tagged("ops")+assumes) + trusting("aws:PrincipalTag"), 1},
		"a new tag that trust looks at": {block("a", assumes) + trusting("aws:PrincipalTag"), block("a", tagged("ops")+assumes) + trusting("aws:PrincipalTag"), 1},
		"a policy looks at it": {
			block("a", tagged("dev")) + block("b", statement(`"iam:PassRole"`, `"*"`, looks("aws:ResourceTag"))),
			block("a", tagged("ops")) + block("b", statement(`"iam:PassRole"`, `"*"`, looks("aws:ResourceTag"))), 1,
		},
		"a policy looks at it by the name of IAM": {
			block("a", tagged("dev")) + block("b", statement(`"iam:PassRole"`, `"*"`, looks("iam:ResourceTag"))),
			block("a", tagged("ops")) + block("b", statement(`"iam:PassRole"`, `"*"`, looks("iam:ResourceTag"))), 1,
		},
		"nothing looks at it":      {block("a", tagged("dev")+assumes) + block("b", ""), block("a", tagged("ops")+assumes) + block("b", ""), 0},
		"trust looks at another":   {block("a", "tags = { x = \"y\" }\n") + trusting("aws:PrincipalTag"), block("a", "tags = { x = \"z\" }\n") + trusting("aws:PrincipalTag"), 0},
		"tags are as they were":    {block("a", tagged("ops")+assumes) + trusting("aws:PrincipalTag"), block("a", tagged("ops")+"description = \"x\"\n"+assumes) + trusting("aws:PrincipalTag"), 0},
		"only its own access asks": {block("a", tagged("dev")) + block("b", statement(`"s3:GetObject"`, `"*"`, looks("aws:PrincipalTag"))), block("a", tagged("ops")) + block("b", statement(`"s3:GetObject"`, `"*"`, looks("aws:PrincipalTag"))), 0},
	} {
		t.Run(name, func(t *testing.T) {
			list := escalated(t, tt.base, tt.head).Escalations()
			if len(list) != tt.want || tt.want > 0 && (list[0].Kind != EscalationUnknown || !strings.Contains(list[0].Summary, "team")) {
				t.Errorf("%d escalations, want %d: %+v", len(list), tt.want, list)
			}
		})
	}
}
