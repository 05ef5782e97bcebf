package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/iam/authz"
)

// The requests that states are judged by: small enough to try all.
var (
	someActions   = []string{"s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:DeleteObject"}
	someResources = []string{"arn:aws:s3:::acme/a", "arn:aws:s3:::acme/b", "arn:aws:s3:::other/a"}
	somePlaces    = []string{"vpc-1", "vpc-2"}
	someCallers   = []authz.Principal{
		{Type: authz.Service, ID: "sagemaker.amazonaws.com"},
		{Type: authz.Service, ID: "glue.amazonaws.com"},
		{Type: authz.AWS, ID: "arn:aws:iam::123456789012:role/one"},
		{Type: authz.AWS, ID: "arn:aws:iam::123456789012:role/two"},
	}
)

// grants are the pairs of a caller and a request that a role grants, decided
// one by one by iam/authz: the proofs of the plan have no part in it.
type grants map[string]bool

func grantsOf(t *rapid.T, s *live.State, name string, hidden *live.Document) grants {
	out := grants{}
	r := s.Role(name)
	if r == nil {
		return out
	}
	text := func(arn string) authz.Policy {
		d := s.Policies[arn].Document()
		if d.Policy == nil {
			d = hidden
		}
		return authz.Policy{Name: arn, Document: d.Policy}
	}
	var p authz.Policies
	for _, arn := range r.Attached {
		p.Identity = append(p.Identity, text(arn))
	}
	for name, d := range r.Inline {
		p.Identity = append(p.Identity, authz.Policy{Name: name, Document: d.Policy})
	}
	if r.Boundary != "" {
		p.Boundaries = []authz.Policy{text(r.Boundary)}
	}
	access, err := authz.Compile(p, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := authz.Compile(authz.Policies{Resource: &authz.Policy{Name: "trust", Document: r.Trust.Policy}}, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	each(func(label string, q authz.Request) {
		q.Principal = authz.Principal{Type: authz.AWS, ID: "arn:aws:sts::123456789012:assumed-role/x/s"}
		if outcome, err := access.Decide(&q); err != nil {
			t.Fatal(err)
		} else if outcome == authz.Allow {
			allowed = append(allowed, label)
		}
	})
	for _, who := range someCallers {
		q := authz.Request{Principal: who, Action: "sts:AssumeRole", Resource: r.ARN, ResourceAccount: account}
		if outcome, err := trust.Decide(&q); err != nil {
			t.Fatal(err)
		} else if outcome == authz.Allow {
			for _, label := range allowed {
				out[who.ID+" "+label] = true
			}
		}
	}
	return out
}

func each(f func(label string, q authz.Request)) {
	for _, action := range someActions {
		for _, resource := range someResources {
			for _, vpc := range somePlaces {
				q := authz.Request{Action: action, Resource: resource}
				q.Context.Set("aws:SourceVpc", vpc)
				f(action+" "+resource+" "+vpc, q)
			}
		}
	}
}

// The generators write configurations as people do.

func drawStatement(t *rapid.T, i int) string {
	pick := func(name string, from []string) string { return rapid.SampledFrom(from).Draw(t, name) }
	effect := ""
	if rapid.IntRange(0, 4).Draw(t, "effect") == 0 {
		effect = "effect = \"Deny\"\n"
	}
	condition := ""
	if rapid.IntRange(0, 2).Draw(t, "condition") == 0 {
		condition = fmt.Sprintf("condition {\noperator = \"StringEquals\"\nkey = \"aws:SourceVpc\"\nvalues = [%q]\n}\n", pick("vpc", somePlaces))
	}
	return fmt.Sprintf("statement \"S%d\" {\n%sactions = [%q]\nresources = [%q]\n%s}\n", i, effect,
		pick("action", append([]string{"s3:Get*", "s3:*"}, someActions...)),
		pick("resource", append([]string{"arn:aws:s3:::acme/*", "arn:aws:s3:::*"}, someResources...)), condition)
}

func drawTrust(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"", "trust { services = [\"sagemaker.amazonaws.com\"] }\n",
		"trust { services = [\"sagemaker.amazonaws.com\", \"glue.amazonaws.com\"] }\n",
		"trust {\nservices = [\"glue.amazonaws.com\"]\nprincipals = [\"arn:aws:iam::123456789012:role/one\"]\n}\n",
		"trust { principals = [\"arn:aws:iam::123456789012:role/one\", \"arn:aws:iam::123456789012:role/two\"] }\n",
		"trust { principals = [\"arn:aws:iam::123456789012:role/two\"] }\n",
	}).Draw(t, "trust")
}

// drawRole draws a configuration with one role x.
func drawRole(t *rapid.T) string {
	var b strings.Builder
	var have []string
	for a := range 3 {
		if n := rapid.IntRange(0, 2).Draw(t, "statements"); n > 0 {
			fmt.Fprintf(&b, "activity \"a%d\" {\nsummary = \"x\"\n", a)
			for i := range n {
				b.WriteString(drawStatement(t, i))
			}
			b.WriteString("}\n")
			have = append(have, fmt.Sprintf("activity \"a%d\" {}\n", a))
		}
	}
	fmt.Fprintf(&b, "role \"x\" {\nlayout = %q\n%s", rapid.SampledFrom([]string{"per_activity", "per_activity", "inline", "packed"}).Draw(t, "layout"), strings.Join(have, ""))
	b.WriteString(drawStatement(t, 9))
	b.WriteString(drawTrust(t))
	if arn := rapid.SampledFrom([]string{"", "wide", "reading", "acme"}).Draw(t, "boundary"); arn != "" {
		fmt.Fprintf(&b, "permissions_boundary = \"arn:aws:iam::123456789012:policy/%s\"\n", arn)
	}
	var foreign []string
	for _, name := range []string{"hub", "hidden"} {
		if rapid.IntRange(0, 2).Draw(t, name) == 0 {
			foreign = append(foreign, fmt.Sprintf("\"arn:aws:iam::123456789012:policy/%s\"", name))
		}
	}
	if len(foreign) > 0 {
		fmt.Fprintf(&b, "managed_policies = [%s]\n", strings.Join(foreign, ", "))
	}
	fmt.Fprintf(&b, "tags = { team = %q }\n}\n", rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tag"))
	return b.String()
}

// world is an account with policies that stand elsewhere.
func world(t tester) *live.State {
	s := live.New(account, "aws")
	for name, text := range map[string]string{
		"wide":    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"reading": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`,
		"acme":    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme/*"}]}`,
		"hidden":  `a text that smr cannot read`,
		"hub":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/a"},{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::acme/b"}]}`,
	} {
		arn := s.PolicyARN("/", name)
		d := live.NewDocument(text)
		if (d.Err != nil) != (name == "hidden") {
			t.Fatal(d.Err)
		}
		s.Policies[arn] = &live.Policy{ARN: arn, Name: name, Path: "/", DefaultVersion: "v1", Versions: []live.Version{{ID: "v1", Document: d}}, Tags: map[string]string{}}
	}
	return s
}

const roleX = "SageMaker-x"

// states does a plan and looks at the role after every call.
func states(t *rapid.T, s *live.State, p *plan.Plan, look func(i int, s *live.State, announced bool)) {
	losing := map[string]bool{} // the operations that end what is being lost
	for i := range p.Operations {
		op := &p.Operations[i]
		if got := digestIn(s, op.Resource); got != op.Before {
			t.Fatalf("%s: the digest before is %s, planned %s", op.ID, got, op.Before)
		}
		if err := plan.Step(s, op); err != nil {
			t.Fatalf("%s: %v", op.ID, err)
		}
		if got := digestIn(s, op.Resource); got != op.After {
			t.Fatalf("%s: the digest after is %s, planned %s", op.ID, got, op.After)
		}
		for _, l := range p.Losses {
			if l.From == op.ID {
				losing[l.Until] = true
			}
		}
		delete(losing, op.ID)
		look(i, s, len(losing) > 0)
	}
	if len(losing) > 0 {
		t.Fatalf("losses without an end: %+v", p.Losses)
	}
}

func digestIn(s *live.State, id string) string {
	if name, ok := strings.CutPrefix(id, "role/"); ok {
		return s.Role(name).Digest()
	}
	return s.Policies[strings.TrimPrefix(id, "policy/")].Digest()
}

// hiddenTexts are what the policy of unknown text may say; who judges knows it.
var hiddenTexts = []string{
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::acme/*"}]}`,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::acme/b"}]}`,
}

// quotas make the places that a role has scarce in some cases, so that things
// have to be lost. A configuration that does not fit is another's test.
var someQuotas = []string{"", "", "attached_policies_per_role = 3", "managed_policy_size = 330", "inline_policies_size = 400"}

// fitting compiles what is drawn, and draws again where it breaks a quota.
func fitting(t *rapid.T, quotas string) (string, *plan.Desired) {
	for {
		text := drawRole(t)
		if d := compiled(t, strings.Replace(header, "roles_per_account ", quotas+"\nroles_per_account ", 1)+text, quotas != ""); d != nil {
			t.Logf("%s", text)
			return text, d
		}
	}
}

// TestEveryStateKeepsBoth: between two configurations drawn by chance, after
// every call, nothing is granted that neither grants, and nothing lacks that
// both grant, unless it was announced; and a run killed anywhere is mended by
// running again, by the same rules.
func TestEveryStateKeepsBoth(t *testing.T) {
	losses, plans, replans, refused := 0, 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := world(rt)
		hidden := live.NewDocument(rapid.SampledFrom(hiddenTexts).Draw(rt, "hidden text"))
		quotas := rapid.SampledFrom(someQuotas).Draw(rt, "quotas")
		rt.Logf("hidden: %s\n%s", hidden.Text, quotas)
		if rapid.IntRange(0, 3).Draw(rt, "fresh") > 0 {
			_, first := fitting(rt, quotas)
			p := made(rt, s, first, plan.Options{})
			if roomless(rt, p, quotas) {
				refused++
				return
			}
			apply(rt, s, p)
		}
		before := grantsOf(rt, s, roleX, hidden)
		_, want := fitting(rt, quotas)
		p := made(rt, s, want, plan.Options{})
		if roomless(rt, p, quotas) {
			refused++
			return
		}
		plans++
		losses += min(1, len(p.Losses))
		end := s.Clone()
		apply(rt, end, p)
		after := grantsOf(rt, end, roleX, hidden)
		if again := planned(rt, end, want, plan.Options{}); !again.Empty() {
			rt.Fatalf("a second plan has operations: %s", again.JSON())
		}
		check := func(what string, s *live.State, announced bool) {
			has := grantsOf(rt, s, roleX, hidden)
			for g := range has {
				if !before[g] && !after[g] {
					rt.Fatalf("%s: grants %s, which neither side grants\n%s", what, g, p.JSON())
				}
			}
			for g := range before {
				if after[g] && !has[g] && !announced {
					rt.Fatalf("%s: lacks %s, which both sides grant\n%s", what, g, p.JSON())
				}
			}
			for _, arn := range s.PolicyARNs() {
				if n := len(s.Policies[arn].Versions); n > plan.MaxVersions {
					rt.Fatalf("%s: %s has %d versions", what, arn, n)
				}
			}
		}
		var left []*live.State
		var lossy []bool
		states(rt, s, p, func(i int, s *live.State, announced bool) {
			check(p.Operations[i].ID, s, announced)
			left, lossy = append(left, s.Clone()), append(lossy, announced)
		})
		for i, crashed := range left {
			again := made(rt, crashed, want, plan.Options{})
			if roomless(rt, again, quotas) {
				refused++
				continue
			}
			replans++
			states(rt, crashed, again, func(k int, s *live.State, announced bool) {
				check(fmt.Sprintf("killed after %s, then %s", p.Operations[i].ID, again.Operations[k].ID), s, announced || lossy[i])
			})
			if a, b := crashed.Role(roleX).Digest(), end.Role(roleX).Digest(); a != b {
				rt.Fatalf("killed after %s, it ends elsewhere: %s", p.Operations[i].ID, again.JSON())
			}
			if a, b := crashed.PolicyARNs(), end.PolicyARNs(); !slices.Equal(a, b) {
				rt.Fatalf("killed after %s, it leaves %v, not %v", p.Operations[i].ID, a, b)
			}
		}
	})
	t.Logf("%d plans, %d of them with losses; %d refused; %d plans from where a run was killed", plans, losses, refused, replans)
}

// roomless reports whether a plan is refused, for which only a want of room for
// the policy that denies everything is a reason.
func roomless(t *rapid.T, p *plan.Plan, quotas string) bool {
	if len(p.Refusals) > 0 && (codes(p.Refusals) != "unproved-order" || !strings.HasPrefix(quotas, "inline")) {
		t.Fatalf("refused: %+v", p.Refusals)
	}
	return len(p.Refusals) > 0
}
