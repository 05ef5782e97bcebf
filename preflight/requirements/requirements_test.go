package requirements_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// TestSchema: files of the data hold what the package reads and nothing else.
func TestSchema(t *testing.T) {
	files, err := filepath.Glob("data/api/*.json")
	if err != nil || len(files) != 59 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var a requirements.API
		if err := decoder.Decode(&a); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, err := decoder.Token(); err != io.EOF {
			t.Errorf("%s: something stands behind the object", file)
		}
		if a.Name != strings.TrimSuffix(filepath.Base(file), ".json") {
			t.Errorf("%s is about %s", file, a.Name)
		}
		for _, p := range a.Permissions {
			entry(t, a.Name, &p)
		}
		for _, f := range a.Request {
			field(t, a.Name, &f)
		}
	}
}

func entry(t *testing.T, api string, p *requirements.Permission) {
	t.Helper()
	if !slices.Contains([]requirements.Actor{requirements.ExecutionRole, requirements.Caller, requirements.ClusterRole, requirements.ResourceOwner}, p.Actor) {
		t.Errorf("%s, %s: the actor %q", api, p.Action, p.Actor)
	}
	if !slices.Contains([]requirements.Basis{requirements.Documented, requirements.Derived, requirements.Reported, requirements.Inferred}, p.Basis) {
		t.Errorf("%s, %s: the basis %q", api, p.Action, p.Basis)
	}
	if s, ok := requirements.FindSource(p.Source); !ok || s.Title == "" {
		t.Errorf("%s, %s: the source %q", api, p.Action, p.Source)
	}
	if p.Basis == requirements.Documented && p.Source == "INF" {
		t.Errorf("%s, %s is documented by no document", api, p.Action)
	}
	if (p.Actor == requirements.ResourceOwner) != (p.Policy != "") {
		t.Errorf("%s, %s: the actor %s with the policy %q", api, p.Action, p.Actor, p.Policy)
	}
	for _, s := range requirements.Symbols(p.When) {
		if requirements.Conditions()[s] == "" {
			t.Errorf("%s, %s: the condition %q", api, p.Action, s)
		}
	}
	// Every action exists, and AWS asks about it with such a resource.
	found := 0
	for a := range facts.Expand(p.Action) {
		resource := p.Resource
		for _, name := range requirements.Placeholders(resource) {
			resource = strings.ReplaceAll(resource, "${"+name+"}", "*")
		}
		if resource == "*" || facts.MatchesResource(a.String(), resource) != facts.NoOverlap {
			found++
		}
	}
	// AWS says that these calls depend on sagemaker:AddTags, and does not list
	// what they make among what it tags.
	tags := p.Action == "sagemaker:AddTags" && (api == "CreateInferenceExperiment" || api == "CreateWorkforce")
	if found == 0 && !tags {
		t.Errorf("%s: AWS lists no %s on %s", api, p.Action, p.Resource)
	}
}

func field(t *testing.T, api string, f *requirements.Field) {
	t.Helper()
	if !slices.Contains(strings.Fields("role s3 kms image vpc lambda sns"), f.Kind) {
		t.Errorf("%s, %s: the kind %q", api, f.Path, f.Kind)
	}
	if len(f.Use) == 0 || strings.Trim(f.Path, "[].") != strings.TrimSuffix(f.Path, "[]") {
		t.Errorf("%s: the field %q for %q", api, f.Path, f.Use)
	}
}

// TestCounts: the numbers of the data are those of its documentation.
func TestCounts(t *testing.T) {
	permissions := 0
	bases := map[requirements.Basis]int{}
	for _, name := range requirements.APIs() {
		a, ok := requirements.Find(strings.ToUpper(name))
		if !ok {
			t.Fatalf("%s is not found without regard to case", name)
		}
		permissions += len(a.Permissions)
		for _, p := range a.Permissions {
			bases[p.Basis]++
		}
	}
	if permissions != 1004 || len(requirements.Conditions()) != 70 || len(requirements.Rules()) != 27 {
		t.Errorf("%d permissions, %d conditions, %d rules", permissions, len(requirements.Conditions()), len(requirements.Rules()))
	}
	if bases[requirements.Documented] != 692 || bases[requirements.Derived] != 246 || bases[requirements.Inferred] != 63 || bases[requirements.Reported] != 3 {
		t.Errorf("by basis: %v", bases)
	}
	for _, r := range requirements.Rules() {
		if len(r.Source) == 0 || r.Text == "" || !strings.HasSuffix(r.Text, ".") {
			t.Errorf("%s: %+v", r.ID, r)
		}
		for _, s := range r.Source {
			if _, ok := requirements.FindSource(s); !ok {
				t.Errorf("%s: the source %q", r.ID, s)
			}
		}
	}
}

// TestPassRole: every API of which AWS says that it depends on iam:PassRole asks
// the caller for it.
func TestPassRole(t *testing.T) {
	n := 0
	for _, name := range requirements.APIs() {
		a, _ := requirements.Find(name)
		if !requirements.PassesRole(name) {
			continue
		}
		n++
		if !slices.ContainsFunc(a.Permissions, func(p requirements.Permission) bool {
			return p.Actor == requirements.Caller && p.Action == "iam:PassRole"
		}) {
			t.Errorf("%s asks for no iam:PassRole", name)
		}
	}
	if n < 30 {
		t.Errorf("%d APIs pass roles", n)
	}
}

func TestConditions(t *testing.T) {
	yes := func(names ...string) func(string) bool {
		return func(s string) bool { return slices.Contains(names, s) }
	}
	for _, tt := range []struct {
		when string
		yes  []string
		want bool
	}{
		{"a", []string{"a"}, true},
		{"a", nil, false},
		{"a and b", []string{"a"}, false},
		{"a and b", []string{"a", "b"}, true},
		{"a or b and c", []string{"a"}, true},
		{"a or b and c", []string{"b"}, false},
		{"a or b and c", []string{"b", "c"}, true},
	} {
		if got := requirements.Holds(tt.when, yes(tt.yes...)); got != tt.want {
			t.Errorf("%s with %v: %v", tt.when, tt.yes, got)
		}
	}
	if _, ok := requirements.Find("../rules"); ok {
		t.Error("a path is an API")
	}
	if !requirements.LocalStorage("ml.g5.xlarge") || requirements.LocalStorage("ml.m5.xlarge") {
		t.Error("local storage")
	}
}
