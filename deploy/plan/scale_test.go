package plan_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// A server answers as IAM does, page by page, with what a state holds.
type server struct {
	*httptest.Server
	state *live.State
	page  int // items at most

	mu    sync.Mutex
	calls map[string]int
}

func serve(t testing.TB, s *live.State, page int) (*server, *iam.Client) {
	srv := &server{state: s, page: page, calls: map[string]int{}}
	srv.Server = httptest.NewServer(srv)
	t.Cleanup(srv.Close)
	return srv, iam.New(iam.Options{
		BaseEndpoint: aws.String(srv.URL), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "example", ""),
	})
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	action := r.Form.Get("Action")
	s.mu.Lock()
	s.calls[action]++
	s.mu.Unlock()
	limit, _ := strconv.Atoi(r.Form.Get("MaxItems"))
	limit = min(max(limit, 1), s.page)
	from, _ := strconv.Atoi(r.Form.Get("Marker"))
	var b strings.Builder
	switch action {
	case "GetAccountAuthorizationDetails":
		s.details(&b, from, limit)
	case "ListRoles":
		s.roles(&b, r.Form.Get("PathPrefix"), from, limit)
	case "ListPolicyTags":
		b.WriteString("<Tags>")
		tags(&b, s.state.Policies[r.Form.Get("PolicyArn")].Tags)
		b.WriteString("</Tags><IsTruncated>false</IsTruncated>")
	default:
		http.Error(w, action, http.StatusNotImplemented)
		return
	}
	fmt.Fprintf(w, `<%sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%sResult>%s</%sResult></%sResponse>`, action, action, b.String(), action, action)
}

func tags(b *strings.Builder, m map[string]string) {
	for k, v := range m {
		b.WriteString("<member>" + element("Key", k) + element("Value", v) + "</member>")
	}
}

func element(name, text string) string {
	var b strings.Builder
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(&b, []byte(text))
	b.WriteString("</" + name + ">")
	return b.String()
}

func document(name string, d *live.Document) string {
	return element(name, strings.ReplaceAll(url.QueryEscape(d.Text), "+", "%20"))
}

// details writes roles first, then policies, one page over both.
func (s *server) details(b *strings.Builder, from, limit int) {
	names, arns := s.state.RoleNames(), s.state.PolicyARNs()
	end := min(from+limit, len(names)+len(arns))
	b.WriteString("<RoleDetailList>")
	for i := from; i < min(end, len(names)); i++ {
		r := s.state.Role(names[i])
		b.WriteString("<member>" + element("RoleName", r.Name) + element("RoleId", "AROA"+r.Name) + element("Arn", r.ARN) + element("Path", r.Path) + document("AssumeRolePolicyDocument", r.Trust))
		b.WriteString("<RolePolicyList>")
		for name, d := range r.Inline {
			b.WriteString("<member>" + element("PolicyName", name) + document("PolicyDocument", d) + "</member>")
		}
		b.WriteString("</RolePolicyList><AttachedManagedPolicies>")
		for _, arn := range r.Attached {
			b.WriteString("<member>" + element("PolicyArn", arn) + "</member>")
		}
		b.WriteString("</AttachedManagedPolicies><Tags>")
		tags(b, r.Tags)
		b.WriteString("</Tags></member>")
	}
	b.WriteString("</RoleDetailList><Policies>")
	for i := max(from, len(names)); i < end; i++ {
		p := s.state.Policies[arns[i-len(names)]]
		b.WriteString("<member>" + element("PolicyName", p.Name) + element("Arn", p.ARN) + element("Path", p.Path) + element("DefaultVersionId", p.DefaultVersion) + element("AttachmentCount", strconv.Itoa(p.Attachments)) + "<PolicyVersionList>")
		for _, v := range p.Versions {
			b.WriteString("<member>" + element("VersionId", v.ID) + element("IsDefaultVersion", strconv.FormatBool(v.ID == p.DefaultVersion)) + document("Document", v.Document) + element("CreateDate", "2026-11-20T10:00:00Z") + "</member>")
		}
		b.WriteString("</PolicyVersionList></member>")
	}
	b.WriteString("</Policies>")
	marker(b, end, len(names)+len(arns))
}

func (s *server) roles(b *strings.Builder, prefix string, from, limit int) {
	var names []string
	for _, name := range s.state.RoleNames() {
		if strings.HasPrefix(s.state.Role(name).Path, prefix) {
			names = append(names, name)
		}
	}
	end := min(from+limit, len(names))
	b.WriteString("<Roles>")
	for _, name := range names[from:end] {
		r := s.state.Role(name)
		b.WriteString("<member>" + element("RoleName", name) + element("RoleId", "AROA"+name) + element("Path", r.Path) + element("Description", r.Description) + element("MaxSessionDuration", strconv.Itoa(int(r.MaxSessionDuration))) + "</member>")
	}
	b.WriteString("</Roles>")
	marker(b, end, len(names))
}

func marker(b *strings.Builder, end, all int) {
	b.WriteString(element("IsTruncated", strconv.FormatBool(end < all)))
	if end < all {
		b.WriteString(element("Marker", strconv.Itoa(end)))
	}
}

// many is a configuration of n roles for teams, of which the first changed have
// another bucket.
func many(n, changed int) string {
	return fmt.Sprintf(`
role "team" {
  for_each = toset(flatten([for i in range(%d) : [for j in range(100) : "t${i}-${j}"]]))
  persona  = "data_scientist"
  exclude  = ["manage_models", "manage_endpoints"]
  pass_roles = []
  activity "s3_bucket_access" {
    buckets = [contains([for k in range(%d) : "t0-${k}"], each.key) ? "acme-new" : "acme-${each.key}"]
  }
  activity "query_athena_workgroups" {
    workgroups = [each.key]
  }
  description = "Team ${each.key}"
}
`, n/100, changed)
}

// measure releases n roles, changes one in a hundred, and plans against IAM
// served over HTTP. It returns how long compiling, reading and planning took.
func measure(t testing.TB, n int) (time.Duration, *plan.Plan, *server) {
	s := live.New(account, "aws")
	first := planned(t, s, desired(t, many(n, 0)), plan.Options{})
	apply(t, s, first)
	srv, client := serve(t, s, 1000)
	ctx, start := context.Background(), time.Now()
	d := desired(t, many(n, n/100))
	read, err := live.Read(ctx, client, live.Options{Account: account, Partition: "aws", Paths: d.Paths})
	if err != nil {
		t.Fatal(err)
	}
	if err := read.ReadPolicyTags(ctx, client, plan.Touched(read, d)); err != nil {
		t.Fatal(err)
	}
	p := planned(t, read, d, plan.Options{})
	return time.Since(start), p, srv
}

// TestManyRoles: the calls of a plan for many roles are few: two listings, and
// the tags of the policies that it touches alone.
func TestManyRoles(t *testing.T) {
	n := 100
	took, p, srv := measure(t, n)
	if len(p.Roles) != n/100 {
		t.Errorf("%d roles change, of %d", len(p.Roles), n/100)
	}
	touched := 0
	for _, op := range p.Operations {
		if op.Kind == plan.CreatePolicyVersion {
			touched++
		}
	}
	items := len(srv.state.Roles) + len(srv.state.Policies)
	if pages := (items + 999) / 1000; srv.calls["GetAccountAuthorizationDetails"] != pages || srv.calls["ListRoles"] != 1 || srv.calls["ListPolicyTags"] != touched || touched != n/100 {
		t.Errorf("%d items, %d policies touched: %v", items, touched, srv.calls)
	}
	t.Logf("%d roles with %d policies: %v, calls %v", len(srv.state.Roles), len(srv.state.Policies), took, srv.calls)
}

// BenchmarkPlan plans for 500 and for 1,000 roles of which one in a hundred
// changes, with compiling and reading.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{500, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var total time.Duration
			for range b.N {
				took, _, _ := measure(b, n)
				total += took
			}
			b.ReportMetric(total.Seconds()/float64(b.N), "s/plan")
		})
	}
}
