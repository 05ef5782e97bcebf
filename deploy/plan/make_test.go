package plan_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

const account = "123456789012"

// header begins every configuration.
const header = `
smr {
  project = "forecast"
  edition = "2026"
}
account "main" {
  id     = "123456789012"
  region = "eu-west-1"
  quotas {
    roles_per_account            = 10000
    managed_policies_per_account = 10000
  }
}
`

// now is when plans are made.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// desired compiles a configuration, which must be without errors.
func desired(t tester, src string) *plan.Desired {
	t.Helper()
	return compiled(t, header+src, false)
}

// compiled is nil for a configuration that breaks a quota, if it may.
func compiled(t tester, src string, may bool) *plan.Desired {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(src)}}})
	for _, d := range r.Diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		if !may {
			t.Fatalf("%s: %s: %s", diag.InfoOf(d).Code, d.Summary, d.Detail)
		}
		return nil
	}
	d, err := plan.NewDesired(r, account)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// planned is a plan that is not refused.
func planned(t tester, s *live.State, d *plan.Desired, o plan.Options) *plan.Plan {
	t.Helper()
	p := made(t, s, d, o)
	for _, f := range p.Refusals {
		t.Fatalf("refused: %s: %s", f.Code, f.Detail)
	}
	return p
}

func made(t tester, s *live.State, d *plan.Desired, o plan.Options) *plan.Plan {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	p, err := plan.Make(s, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// apply does a plan to a state in memory.
func apply(t tester, s *live.State, p *plan.Plan) {
	t.Helper()
	for i := range p.Operations {
		op := &p.Operations[i]
		if err := plan.Step(s, op); err != nil {
			t.Fatalf("%s: %v", op.ID, err)
		}
	}
}

// kinds are the calls of a plan, without those for tags.
func kinds(p *plan.Plan) string {
	var out []string
	for _, op := range p.Operations {
		if op.Kind != plan.TagRole && op.Kind != plan.UntagRole {
			out = append(out, op.Kind)
		}
	}
	return strings.Join(out, " ")
}

const train = `
role "train" {
  persona = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["acme-data"]
    ecr_repositories = ["arn:aws:ecr:eu-west-1:123456789012:repository/train"]
  }
}
`

// TestCreateConverges: what a plan makes needs no second one.
func TestCreateConverges(t *testing.T) {
	s, d := live.New(account, "aws"), desired(t, train)
	p := planned(t, s, d, plan.Options{})
	if p.Empty() || p.Roles[0].Change != plan.Create || len(p.Losses) > 0 {
		t.Fatalf("%s", p.JSON())
	}
	apply(t, s, p)
	if again := planned(t, s, d, plan.Options{}); !again.Empty() {
		t.Errorf("a second plan: %s", again.JSON())
	}
}

// A tester is a test, or a case of a property.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
