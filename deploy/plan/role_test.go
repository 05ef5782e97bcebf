package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/review/gate"
)

// reader is a role x with one statement, and more in its block.
func reader(actions, more string) string {
	return fmt.Sprintf("role \"x\" {\nstatement \"Data\" {\nactions = [%s]\nresources = [\"arn:aws:s3:::acme/*\"]\n}\n%s}\n", actions, more)
}

// released is an account in which a configuration was released.
func released(t *testing.T, src string) *live.State {
	t.Helper()
	s := world(t)
	apply(t, s, planned(t, s, desired(t, src), plan.Options{}))
	return s
}

func codes(list []plan.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Code)
	}
	return strings.Join(out, " ")
}

// statementsX is the policy of hand-written statements of role x.
const statementsX = "arn:aws:iam::123456789012:policy/smr/forecast/Statements_x"

// TestCalls: the calls for one change each, and none for the same again.
func TestCalls(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"grow", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject", "s3:PutObject"`, ""), "CreatePolicyVersion"},
		{"same in another order", reader(`"s3:PutObject", "s3:GetObject"`, ""), reader(`"s3:GetObject", "s3:PutObject"`, ""), ""},
		{"description", reader(`"s3:GetObject"`, "description = \"a\"\n"), reader(`"s3:GetObject"`, ""), "UpdateRole"},
		{"session", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject"`, "max_session_duration = \"4h\"\n"), "UpdateRole"},
		{"a boundary", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject"`, "permissions_boundary = \"arn:aws:iam::123456789012:policy/wide\"\n"), "PutRolePermissionsBoundary"},
		{"no boundary", reader(`"s3:GetObject"`, "permissions_boundary = \"arn:aws:iam::123456789012:policy/wide\"\n"), reader(`"s3:GetObject"`, ""), "DeleteRolePermissionsBoundary"},
		{"trust", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject"`, "trust { services = [\"glue.amazonaws.com\"] }\n"), "UpdateAssumeRolePolicy"},
		{"to inline", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject"`, "layout = \"inline\"\n"), "PutRolePolicy DetachRolePolicy DeletePolicy"},
		{"from inline", reader(`"s3:GetObject"`, "layout = \"inline\"\n"), reader(`"s3:GetObject"`, ""), "CreatePolicy AttachRolePolicy DeleteRolePolicy"},
		{"attach", reader(`"s3:GetObject"`, ""), reader(`"s3:GetObject"`, "managed_policies = [\"arn:aws:iam::123456789012:policy/hub\"]\n"), "AttachRolePolicy"},
		{"detach", reader(`"s3:GetObject"`, "managed_policies = [\"arn:aws:iam::123456789012:policy/hub\"]\n"), reader(`"s3:GetObject"`, ""), "DetachRolePolicy"},
		{"a tag less", reader(`"s3:GetObject"`, "tags = { a = \"1\", b = \"2\" }\n"), reader(`"s3:GetObject"`, "tags = { a = \"1\" }\n"), ""},
	}
	for _, tt := range tests {
		s, d := released(t, tt.before), desired(t, tt.after)
		p := planned(t, s, d, plan.Options{})
		if got := kinds(p); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		apply(t, s, p)
		if again := planned(t, s, d, plan.Options{}); !again.Empty() {
			t.Errorf("%s: a second plan: %s", tt.name, again.JSON())
		}
		if r := s.Role(roleX); strings.HasPrefix(tt.name, "a tag") && (r.Tags["a"] != "1" || r.Tags["b"] != "") {
			t.Errorf("%s: %v", tt.name, r.Tags)
		}
	}
}

// TestVersions: five versions are the most; the oldest that is not the default
// one goes first.
func TestVersions(t *testing.T) {
	s := released(t, reader(`"s3:GetObject"`, ""))
	for _, action := range []string{"s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging", "s3:ListBucket", "s3:GetObject", "s3:PutObject"} {
		p := planned(t, s, desired(t, reader(fmt.Sprintf("%q", action), "")), plan.Options{})
		apply(t, s, p)
	}
	p := s.Policies[statementsX]
	if len(p.Versions) != plan.MaxVersions || p.DefaultVersion != "v7" || p.Versions[0].ID != "v3" {
		t.Errorf("default %s of %+v", p.DefaultVersion, p.Versions)
	}
}

// TestOwnership: what is not the project's is never touched, and each refusal
// says the way out.
func TestOwnership(t *testing.T) {
	config := reader(`"s3:GetObject"`, "")
	tests := []struct {
		name   string
		change func(s *live.State, r *live.Role)
		code   string
		says   string
	}{
		{"no tag, and more than it has", func(s *live.State, r *live.Role) {
			delete(r.Tags, plan.TagManaged)
			s.Policies[statementsX].Tags = map[string]string{}
			r.Boundary = s.PolicyARN("/", "reading")
			r.Trust = live.NewDocument(strings.Replace(r.Trust.Text, "sagemaker", "glue", 1))
		}, "foreign-role", "smr import"},
		{"no tag, another path", func(_ *live.State, r *live.Role) { delete(r.Tags, plan.TagManaged); r.Path = "/" }, "foreign-role", "smr import"},
		{"another project", func(_ *live.State, r *live.Role) { r.Tags[plan.TagManaged] = "other" }, "foreign-role", `"other"`},
		{"CloudFormation", func(_ *live.State, r *live.Role) { r.Tags["aws:cloudformation:stack-name"] = "ml" }, "foreign-role", `stack "ml"`},
		{"service-linked", func(_ *live.State, r *live.Role) { r.Path = "/aws-service-role/x/" }, "foreign-role", "linked to a service"},
		{"reserved", func(_ *live.State, r *live.Role) { r.Path = "/aws-reserved/sso/" }, "foreign-role", "reserved"},
		{"template", func(_ *live.State, r *live.Role) { r.Template = true }, "foreign-role", "role template"},
		{"path", func(_ *live.State, r *live.Role) { r.Path = "/smr/elsewhere/" }, "moved-role", `path = "/smr/elsewhere/"`},
		{"case", func(s *live.State, r *live.Role) { r.Name = "sagemaker-X" }, "moved-role", `name = "sagemaker-X"`},
		{"policy", func(s *live.State, r *live.Role) {
			s.Policies[statementsX].Tags = map[string]string{}
			r.Detach(statementsX)
			s.Policies[statementsX].Attachments = 0
		}, "foreign-policy", "not the project's"},
		{"shared policy", func(s *live.State, r *live.Role) {
			s.Policies[statementsX].Versions[0].Document = live.NewDocument(`{"Version":"2012-10-17","Statement":[]}`)
			s.Policies[statementsX].Attachments = 2
		}, "shared-policy", "Detach it there"},
	}
	for _, tt := range tests {
		s := released(t, config)
		tt.change(s, s.Role(roleX))
		p := made(t, s, desired(t, config), plan.Options{AllowDelete: true})
		if !p.Refused() || p.Refusals[0].Code != tt.code || !strings.Contains(p.Refusals[0].Detail, tt.says) {
			t.Errorf("%s: %+v", tt.name, p.Refusals)
		}
		for _, op := range p.Operations {
			if op.Role == roleX {
				t.Errorf("%s: %s is planned", tt.name, op.Kind)
			}
		}
	}
	s := world(t)
	if p := made(t, s, desired(t, reader(`"s3:GetObject"`, "permissions_boundary = \"arn:aws:iam::123456789012:policy/none\"\n")), plan.Options{}); codes(p.Refusals) != "missing-policy" {
		t.Errorf("a boundary that is not there: %+v", p.Refusals)
	}
}

// TestAdopt: a role that nobody owns is taken over if that grants nothing new;
// what it has beside stays.
func TestAdopt(t *testing.T) {
	config := reader(`"s3:GetObject"`, "")
	s := released(t, config)
	r := s.Role(roleX)
	r.Tags = map[string]string{"team": "a"}
	r.ID = "AROAX"
	s.Policies[statementsX].Tags = map[string]string{}
	d := desired(t, config)
	p := planned(t, s, d, plan.Options{})
	if got := kinds(p); got != "TagPolicy" || !strings.Contains(codes(p.Findings), "adopted-role extra-tag") {
		t.Errorf("%s, %v", got, p.Findings)
	}
	apply(t, s, p)
	if s.Role(roleX).Tags[plan.TagManaged] != "forecast" || s.Policies[statementsX].Tags[plan.TagManaged] != "forecast" || s.Role(roleX).Tags["team"] != "a" {
		t.Errorf("%v, %v", s.Role(roleX).Tags, s.Policies[statementsX].Tags)
	}
	if again := planned(t, s, d, plan.Options{}); !again.Empty() {
		t.Errorf("again: %s", kinds(again))
	}
}

// TestTooMany: policies that were attached by hand and stay leave no room.
func TestTooMany(t *testing.T) {
	s := released(t, reader(`"s3:GetObject"`, ""))
	for i := range 9 {
		arn := fmt.Sprintf("arn:aws:iam::aws:policy/hand-%d", i)
		s.Role(roleX).Attach(arn)
	}
	p, err := plan.Make(s, desired(t, reader(`"s3:GetObject"`, "managed_policies = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n")), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if codes(p.Refusals) != "unproved-order" || !strings.Contains(p.Refusals[0].Detail, "11 managed policies") || !strings.Contains(p.Refusals[0].Detail, "exclusive") {
		t.Errorf("%v", p.Refusals)
	}
}

// TestExtra: what was made by hand stays and is told, unless the role is
// exclusive; what a configuration gave goes with it.
func TestExtra(t *testing.T) {
	config := reader(`"s3:GetObject"`, "")
	s := released(t, config)
	r := s.Role(roleX)
	r.Inline["by-hand"] = live.NewDocument(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`)
	r.Attach(s.PolicyARN("/", "hub"))
	s.Policies[s.PolicyARN("/", "hub")].Attachments = 1
	p := planned(t, s, desired(t, config), plan.Options{})
	if !p.Empty() || codes(p.Findings) != "extra-policy extra-policy no-boundary" {
		t.Errorf("%s: %v", kinds(p), p.Findings)
	}
	d := desired(t, reader(`"s3:GetObject"`, "lifecycle { exclusive = true }\n"))
	p = planned(t, s, d, plan.Options{})
	if got := kinds(p); !strings.Contains(got, "DetachRolePolicy") || !strings.Contains(got, "DeleteRolePolicy") {
		t.Errorf("exclusive: %s", got)
	}
	apply(t, s, p)
	if s.Policies[s.PolicyARN("/", "hub")] == nil {
		t.Error("the policy of somebody else is gone")
	}
	if again := planned(t, s, d, plan.Options{}); !again.Empty() {
		t.Errorf("exclusive, again: %s", kinds(again))
	}
}

// TestRetire: a role goes in two releases, and not while it is used.
func TestRetire(t *testing.T) {
	s := released(t, reader(`"s3:GetObject"`, "managed_policies = [\"arn:aws:iam::123456789012:policy/hub\"]\n"))
	d := desired(t, "")
	if p := planned(t, s, d, plan.Options{}); !p.Empty() || codes(p.Findings) != "leftover-role" {
		t.Fatalf("without being allowed to: %s %v", kinds(p), p.Findings)
	}
	first := plan.Options{AllowDelete: true, Release: "one"}
	p := planned(t, s, d, first)
	if got := kinds(p); got != "UpdateAssumeRolePolicy" || p.Roles[0].Change != plan.Retire {
		t.Fatalf("the first release: %s", got)
	}
	apply(t, s, p)
	for _, o := range []plan.Options{first, {Release: "two"}} { // nothing to do, and why
		again := planned(t, s, d, o)
		if !again.Empty() || codes(again.Findings) != "leftover-role" || !strings.Contains(again.Findings[0].Detail, `was closed for everybody on 2026-11-22`) || !strings.Contains(again.Findings[0].Detail, `"one"`) {
			t.Fatalf("after the first release, with %+v: %s %v", o, kinds(again), again.Findings)
		}
	}
	second := plan.Options{AllowDelete: true, Release: "two"}
	s.Role(roleX).LastUsed = now.Add(-time.Hour)
	if p := planned(t, s, d, second); !p.Empty() || codes(p.Findings) != "role-in-use" {
		t.Fatalf("used an hour ago: %s %v", kinds(p), p.Findings)
	}
	s.Role(roleX).LastUsed = now.Add(-30 * 24 * time.Hour)
	s.Role(roleX).InstanceProfiles = []string{"box"}
	if p := planned(t, s, d, second); !p.Empty() || codes(p.Findings) != "role-in-use" {
		t.Fatalf("in an instance profile: %s %v", kinds(p), p.Findings)
	}
	s.Role(roleX).InstanceProfiles = nil
	p = planned(t, s, d, second)
	if got := kinds(p); got != "DetachRolePolicy DetachRolePolicy DeleteRole DeletePolicy" || !p.Deletes() {
		t.Fatalf("the second release: %s", got)
	}
	apply(t, s, p)
	if s.Role(roleX) != nil || s.Policies[statementsX] != nil || s.Policies[s.PolicyARN("/", "hub")] == nil {
		t.Error("not just the role and its own policy are gone")
	}
}

// TestRetireAndReturn: a role that comes back asks for what a new one asks for.
func TestRetireAndReturn(t *testing.T) {
	config := reader(`"s3:GetObject"`, "")
	s := released(t, config)
	apply(t, s, planned(t, s, desired(t, reader(`"s3:GetObject"`, "lifecycle { retire = true }\n")), plan.Options{Release: "one"}))
	if r := s.Role(roleX); r.Tags[plan.TagRetired] != "2026-11-22" || strings.Contains(r.Trust.Text, "Allow") {
		t.Fatalf("%+v", r)
	}
	d := desired(t, config)
	p := planned(t, s, d, plan.Options{Release: "two"})
	if got := kinds(p); got != "UpdateAssumeRolePolicy" {
		t.Errorf("%s", got)
	}
	apply(t, s, p)
	if r := s.Role(roleX); r.Tags[plan.TagRetired] != "" {
		t.Errorf("%v", r.Tags)
	}
}

// TestDeletedPrincipal: IAM shows a principal that was deleted by its id. A
// role of the same name made since is somebody else, so nobody takes the place
// without being asked.
func TestDeletedPrincipal(t *testing.T) {
	config := reader(`"s3:GetObject"`, "trust { principals = [\"arn:aws:iam::123456789012:role/one\"] }\n")
	s := released(t, config)
	r := s.Role(roleX)
	r.Trust = live.NewDocument(strings.Replace(r.Trust.Text, "arn:aws:iam::123456789012:role/one", "AROAEXAMPLE1234567890", 1))
	d := desired(t, config)
	if p := planned(t, s, d, plan.Options{}); !p.Empty() || !strings.Contains(codes(p.Findings), "stale-principal") {
		t.Errorf("%s %v", kinds(p), p.Findings)
	}
	if p := planned(t, s, d, plan.Options{RenewPrincipals: true}); kinds(p) != "UpdateAssumeRolePolicy" {
		t.Errorf("asked to: %s", kinds(p))
	}
	without := desired(t, reader(`"s3:GetObject"`, "trust { services = [\"sagemaker.amazonaws.com\"] }\n"))
	if p := planned(t, s, without, plan.Options{}); kinds(p) != "UpdateAssumeRolePolicy" {
		t.Errorf("taken out of the configuration: %s", kinds(p))
	}
}

// TestLoss: where all places are taken and a statement moves to a new policy,
// something is lost, the plan says what and for how long, and nothing is
// granted in exchange.
func TestLoss(t *testing.T) {
	role := func(first string) string {
		var b, names strings.Builder
		for i := range 10 {
			name := fmt.Sprintf("a%d", i)
			if i == 0 {
				name = first
			}
			fmt.Fprintf(&b, "activity %q {\nsummary = \"x\"\nstatement \"S\" {\nactions = [\"s3:GetObject\"]\nresources = [\"arn:aws:s3:::acme/%d\"]\n}\n}\n", name, i)
			fmt.Fprintf(&names, "activity %q {}\n", name)
		}
		return b.String() + "role \"x\" {\n" + names.String() + "}\n"
	}
	s := released(t, role("old"))
	p := planned(t, s, desired(t, role("new")), plan.Options{})
	if len(p.Losses) != 1 || !strings.Contains(p.Losses[0].What, "arn:aws:s3:::acme/0") || !strings.Contains(p.Losses[0].Because, "10 policies are attached, of 10") {
		t.Fatalf("%s: %+v", kinds(p), p.Losses)
	}
	i := slices.IndexFunc(p.Operations, func(op plan.Operation) bool { return op.ID == p.Losses[0].From })
	j := slices.IndexFunc(p.Operations, func(op plan.Operation) bool { return op.ID == p.Losses[0].Until })
	if p.Operations[i].Kind != plan.DetachRolePolicy || p.Operations[j].Kind != plan.AttachRolePolicy || !p.Operations[i].Announce || j-i > 2 {
		t.Errorf("lost from %s to %s: %s", p.Losses[0].From, p.Losses[0].Until, kinds(p))
	}
	for _, st := range p.Roles[0].States {
		if st.NoExcess == plan.NotProved {
			t.Errorf("%+v", st)
		}
	}
}

// TestSeal: where policies that stand elsewhere deny what others allow, no
// order of attaching them is good by itself: everything is denied meanwhile,
// and a killed run goes on from there.
func TestSeal(t *testing.T) {
	s := world(t)
	d := desired(t, reader(`"s3:GetObject"`, "managed_policies = [\"arn:aws:iam::123456789012:policy/hub\", \"arn:aws:iam::123456789012:policy/hidden\"]\n"))
	p := planned(t, s, d, plan.Options{})
	seal := slices.IndexFunc(p.Operations, func(op plan.Operation) bool { return op.Kind == plan.PutRolePolicy })
	last := p.Operations[len(p.Operations)-1]
	if seal < 0 || p.Operations[seal].Policy != plan.SealName || last.Kind != plan.DeleteRolePolicy || last.Policy != plan.SealName || len(p.Losses) > 0 {
		t.Fatalf("%s, losses %v", kinds(p), p.Losses)
	}
	for i := range len(p.Operations) - 1 {
		if err := plan.Step(s, &p.Operations[i]); err != nil {
			t.Fatal(err)
		}
	}
	again := planned(t, s, d, plan.Options{})
	if got := kinds(again); got != "DeleteRolePolicy" || codes(again.Findings) != "no-boundary" {
		t.Errorf("killed before the end: %s %v", got, again.Findings)
	}
}

// TestApproval: an escalation that the released commit does not approve is
// refused; one that was begun, or undone by hand since, is not asked for again.
func TestApproval(t *testing.T) {
	const rules = "review {\nfail_on = \"escalation\"\n}\n"
	before, after := rules+reader(`"s3:GetObject"`, ""), rules+reader(`"s3:GetObject", "iam:PutRolePolicy"`, "")
	s, d := released(t, before), desired(t, after)
	p := made(t, s, d, plan.Options{})
	if !p.Refused() || p.Refusals[0].Code != "escalation-not-approved" {
		t.Fatalf("%+v", p.Refusals)
	}
	by := []gate.Approval{{Digits: gate.Short(p.EscalationDigest)}}
	if !strings.Contains(p.Refusals[0].Detail, by[0].Digits) {
		t.Errorf("no way out in %s", p.Refusals[0].Detail)
	}
	p = planned(t, s, d, plan.Options{Approvals: by})
	mid := s.Clone()
	if err := plan.Step(mid, &p.Operations[0]); err != nil || p.Operations[0].Kind != plan.TagRole {
		t.Fatalf("%s: %v", p.Operations[0].Kind, err)
	}
	planned(t, mid, d, plan.Options{}) // begun
	apply(t, s, p)
	hand := s.Policies[statementsX]
	hand.Versions[len(hand.Versions)-1].Document = live.NewDocument(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}]}`)
	if p := planned(t, s, d, plan.Options{}); kinds(p) != "CreatePolicyVersion" {
		t.Errorf("undone by hand: %s", kinds(p))
	}
}

// TestTagAlone: a tag that policies look at changes by itself.
func TestTagAlone(t *testing.T) {
	look := func(value, action string) string {
		return reader(fmt.Sprintf("%q", action), fmt.Sprintf("statement \"Own\" {\nactions = [\"s3:PutObject\"]\nresources = [\"arn:aws:s3:::acme/*\"]\ncondition {\noperator = \"StringEquals\"\nkey = \"aws:PrincipalTag/team\"\nvalues = [\"a\"]\n}\n}\ntags = { team = %q }\n", value))
	}
	s := released(t, look("a", "s3:GetObject"))
	if p := planned(t, s, desired(t, look("b", "s3:GetObject")), plan.Options{}); p.Empty() {
		t.Error("nothing is planned")
	}
	if p := made(t, s, desired(t, look("b", "s3:DeleteObject")), plan.Options{}); codes(p.Refusals) != "tag-with-access" {
		t.Errorf("%+v", p.Refusals)
	}
}

// TestOrder: a role is made before one whose trust policy names it.
func TestOrder(t *testing.T) {
	src := "role \"a\" {\nstatement \"S\" {\nactions = [\"s3:GetObject\"]\nresources = [\"*\"]\n}\ntrust { principals = [role.b.arn] }\n}\n" +
		"role \"b\" {\nstatement \"S\" {\nactions = [\"s3:PutObject\"]\nresources = [\"*\"]\n}\n}\n"
	p := planned(t, world(t), desired(t, src), plan.Options{})
	if len(p.Roles) != 2 || p.Roles[0].Name != "SageMaker-b" || !slices.Equal(p.Roles[1].After, []string{"SageMaker-b"}) {
		t.Errorf("%+v", p.Roles)
	}
}
