package escalation

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func parsed(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const base = "arn:aws:iam::123456789012:role/"

// role makes a role that trusts one principal, written as JSON, with statements.
func role(t *testing.T, name, trusts string, statements ...string) Role {
	t.Helper()
	list := `{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}`
	for _, s := range statements {
		list += "," + s
	}
	return Role{
		ARN:   base + name,
		Side:  access.Side{Identity: []*policy.Document{parsed(t, `{"Version":"2012-10-17","Statement":[`+list+`]}`)}},
		Trust: parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":`+trusts+`,"Action":"sts:AssumeRole"}]}`),
	}
}

const (
	toSageMaker = `{"Service":"sagemaker.amazonaws.com"}`
	toAccount   = `{"AWS":"123456789012"}`
	attach      = `{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"arn:aws:iam::123456789012:role/*"}`
	train       = `{"Effect":"Allow","Action":"sagemaker:CreateTrainingJob","Resource":"*"}`
)

func pass(name, condition string) string {
	return `{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + base + name + `"` + condition + `}`
}

func judge() *Judge { return NewJudge(access.Options{Facts: access.ServiceFacts()}) }

// TestPathsToAdministrator holds which steps there are, one at a time.
func TestPathsToAdministrator(t *testing.T) {
	to := func(service string) string {
		return `,"Condition":{"StringEquals":{"iam:PassedToService":"` + service + `"}}`
	}
	boundary := parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sagemaker:*"],"Resource":"*"}]}`)
	tests := map[string]struct {
		from, admin Role
		want        Way // "" for no path
	}{
		"pass":                   {role(t, "a", toAccount, train, pass("admin", "")), role(t, "admin", toSageMaker, attach), Pass},
		"pass, pattern":          {role(t, "a", toAccount, train, pass("*", "")), role(t, "admin", toSageMaker, attach), Pass},
		"pass, to SageMaker":     {role(t, "a", toAccount, train, pass("admin", to("sagemaker.amazonaws.com"))), role(t, "admin", toSageMaker, attach), Pass},
		"pass, to Lambda":        {role(t, "a", toAccount, train, pass("admin", to("lambda.amazonaws.com"))), role(t, "admin", toSageMaker, attach), ""},
		"pass, not trusted":      {role(t, "a", toAccount, train, pass("admin", "")), role(t, "admin", `{"Service":"lambda.amazonaws.com"}`, attach), ""},
		"pass, nothing to run":   {role(t, "a", toAccount, pass("admin", "")), role(t, "admin", toSageMaker, attach), ""},
		"pass, another role":     {role(t, "a", toAccount, train, pass("other", "")), role(t, "admin", toSageMaker, attach), ""},
		"pass, denied":           {role(t, "a", toAccount, train, pass("admin", ""), `{"Effect":"Deny","Action":"iam:*","Resource":"*"}`), role(t, "admin", toSageMaker, attach), ""},
		"assume, account":        {role(t, "a", toAccount, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+base+`admin"}`), role(t, "admin", toAccount, attach), Assume},
		"assume, not allowed":    {role(t, "a", toAccount), role(t, "admin", toAccount, attach), ""},
		"assume, named":          {role(t, "a", toAccount), role(t, "admin", `{"AWS":"`+base+`a"}`, attach), Assume},
		"assume, not let in":     {role(t, "a", toAccount, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`), role(t, "admin", toSageMaker, attach), ""},
		"edit":                   {role(t, "a", toAccount, `{"Effect":"Allow","Action":"iam:UpdateAssumeRolePolicy","Resource":"`+base+`admin"}`), role(t, "admin", toSageMaker, attach), Edit},
		"target is kept small":   {role(t, "a", toAccount, train, pass("admin", "")), bounded(role(t, "admin", toSageMaker, attach), boundary), ""},
		"source is kept small":   {bounded(role(t, "a", toAccount, train, pass("admin", "")), boundary), role(t, "admin", toSageMaker, attach), ""},
		"target on one resource": {role(t, "a", toAccount, train, pass("admin", "")), role(t, "admin", toSageMaker, `{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"`+base+`x"}`), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			paths, _ := judge().Paths([]Role{tt.from, tt.admin})
			var got Way
			for _, p := range paths {
				if p.Action != "" {
					got = p.Steps[0].Way
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q: %+v", got, tt.want, paths)
			}
		})
	}
}

func bounded(r Role, boundary *policy.Document) Role {
	r.Side.Boundary = boundary
	return r
}

// TestPathsAreShortest holds that each role is told its shortest way, also
// where roles lead in a circle.
func TestPathsAreShortest(t *testing.T) {
	assume := func(name string) string {
		return `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + base + name + `"}`
	}
	roles := []Role{
		role(t, "a", toAccount, assume("b")),
		role(t, "b", toAccount, assume("c"), assume("a")),
		role(t, "c", toAccount, assume("admin"), assume("b")),
		role(t, "admin", toAccount, attach, assume("a")),
	}
	paths, _ := judge().Paths(roles)
	var lengths []int
	for _, p := range paths {
		lengths = append(lengths, len(p.Steps))
		if p.Action != "iam:AttachRolePolicy" || p.Steps[len(p.Steps)-1].To != 3 {
			t.Errorf("%+v does not end at the administrator", p)
		}
	}
	if !slices.Equal(lengths, []int{3, 2, 1}) {
		t.Errorf("lengths %v", lengths)
	}
}

// TestManyRoles holds that a thousand roles which pass one role are cheap, and
// that each is told of.
func TestManyRoles(t *testing.T) {
	roles := []Role{role(t, "admin", toSageMaker, attach)}
	for i := range 1000 {
		roles = append(roles, role(t, fmt.Sprint("r", i), toAccount, train, pass("admin", "")))
	}
	paths, unknown := judge().Paths(roles)
	if len(paths) != 1000 || unknown != 0 {
		t.Errorf("%d paths, %d unknown", len(paths), unknown)
	}
}

// TestTooMany holds that pairs beyond the budget are counted and not taken for
// harmless.
func TestTooMany(t *testing.T) {
	var roles []Role
	for i := range 40 {
		roles = append(roles, role(t, fmt.Sprint("r", i), toAccount,
			fmt.Sprintf(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"%sr%d"}`, base, i+1),
			fmt.Sprintf(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b%d/*"}`, i)))
	}
	roles = append(roles, roles[:30]...)
	for i := 40; i < len(roles); i++ {
		roles[i].ARN += "x"
		roles[i].Side.Identity = append([]*policy.Document{parsed(t, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::c%d/*"}]}`, i))}, roles[i].Side.Identity...)
	}
	paths, unknown := judge().Paths(roles)
	if len(paths) == 0 || unknown == 0 {
		t.Errorf("%d paths, %d unknown", len(paths), unknown)
	}
}
