package authz_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// TestArchives decides the requests of testdata/authz/*.txtar. A file of an
// archive is a policy, placed by its name: identity, session, boundary,
// resource, endpoint, scp.<level> and rcp.<level>, each with an optional
// ".<anything>.json". The file "requests" has a line for each request:
//
//	outcome principal action resource [account=ID] [key=value]... [# because WORD...]
//
// A principal is an ARN, anonymous, service:NAME or federated:NAME; a value in
// brackets is a list. A word after because is a Sid that must match, the same
// with "!" one that must not, or a layer (such as "boundary") that must withhold.
func TestArchives(t *testing.T) {
	files, err := filepath.Glob("testdata/authz/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("found no archives")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { checkArchive(t, file) })
	}
}

func checkArchive(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var p authz.Policies
	var requests string
	for _, f := range ar.Files {
		if f.Name == "requests" {
			requests = string(f.Data)
			continue
		}
		d, err := policy.Parse(f.Data)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		place(t, &p, authz.Policy{Name: f.Name, Document: d})
	}
	e, err := authz.Compile(p, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(requests) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			checkLine(t, e, line)
			n++
		}
	}
	if n == 0 {
		t.Fatal("found no requests")
	}
}

func place(t *testing.T, p *authz.Policies, pol authz.Policy) {
	kind, rest, _ := strings.Cut(pol.Name, ".")
	level := func(list *[][]authz.Policy) {
		n := int(rest[0] - '0')
		for len(*list) <= n {
			*list = append(*list, nil)
		}
		(*list)[n] = append((*list)[n], pol)
	}
	switch kind {
	case "identity":
		p.Identity = append(p.Identity, pol)
	case "session":
		p.Session = append(p.Session, pol)
	case "boundary":
		p.Boundaries = append(p.Boundaries, pol)
	case "resource":
		p.Resource = &pol
	case "endpoint":
		p.Endpoints = append(p.Endpoints, pol)
	case "scp":
		level(&p.SCPs)
	case "rcp":
		level(&p.RCPs)
	default:
		t.Fatalf("no place for a policy named %q", pol.Name)
	}
}

func checkLine(t *testing.T, e *authz.Evaluator, line string) {
	t.Helper()
	text, words, _ := strings.Cut(line, "# because ")
	fields := strings.Fields(text)
	r := request(fields[1], fields[2], fields[3], fields[4:]...)
	d, err := e.Evaluate(r)
	if err != nil {
		t.Errorf("%s: %v", line, err)
		return
	}
	if d.Outcome.String() != fields[0] {
		t.Errorf("%s\ngot %s because %+v", line, d.Outcome, d.Reasons)
	}
	for _, word := range strings.Fields(words) {
		sid, absent := strings.CutPrefix(word, "!")
		found := slices.ContainsFunc(d.Reasons, func(r authz.Reason) bool {
			return r.Matched && r.SID == sid || !r.Matched && strings.Contains(r.Policy, sid)
		})
		if found == absent {
			t.Errorf("%s\n%s: got reasons %+v", line, word, d.Reasons)
		}
	}
}

// request makes a request of the fields of a line.
func request(principal, action, resource string, more ...string) *authz.Request {
	r := &authz.Request{Principal: authz.Principal{Type: authz.AWS, ID: principal}, Action: action, Resource: resource}
	if kind, id, _ := strings.Cut(principal, ":"); kind != "arn" {
		r.Principal = authz.Principal{Type: authz.PrincipalType(kind), ID: id}
	}
	for _, f := range more {
		key, value, _ := strings.Cut(f, "=")
		value = strings.ReplaceAll(value, "%20", " ")
		inner, list := strings.CutPrefix(value, "[")
		switch {
		case key == "account":
			r.ResourceAccount = value
		case list && inner == "]":
			r.Context.SetList(key)
		case list:
			r.Context.SetList(key, strings.Split(strings.TrimSuffix(inner, "]"), ",")...)
		default:
			r.Context.Set(key, value)
		}
	}
	return r
}
