package setup_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/deploy/setup"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// calls are the operations of a service that packages make, by the inputs that
// their sources name, as actions.
func calls(t *testing.T, service string, packages ...string) []string {
	t.Helper()
	input := regexp.MustCompile(`\b` + service + `\.([A-Za-z]+)Input\b`)
	var out []string
	for _, p := range packages {
		files, err := fs.Glob(os.DirFS("../"+p), "*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", p, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile("../" + p + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range input.FindAllStringSubmatch(string(src), -1) {
				out = append(out, service+":"+m[1])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Actions are what the sources call, but for two that they could: the removal of
// a boundary, which the deploy role may not do, and a tag's of a policy, which no
// plan has.
func TestActionsAreCalled(t *testing.T) {
	want := []string{"iam:DeleteRolePermissionsBoundary", "iam:UntagPolicy"}
	for _, u := range setup.Actions() {
		want = append(want, u.Action)
	}
	slices.Sort(want)
	if d := cmp.Diff(want, calls(t, "iam", "live", "apply", "account")); d != "" {
		t.Errorf("-want +called\n%s", d)
	}
	var plan []string
	for _, u := range setup.Actions() {
		if !u.Deploy {
			plan = append(plan, u.Action)
		}
	}
	if d := cmp.Diff(plan, calls(t, "iam", "live")); d != "" {
		t.Errorf("reads: -want +called\n%s", d)
	}
}

// The engines of smr release are allowed what it calls.
func TestEngineActionsAreCalled(t *testing.T) {
	var got []string
	for _, engine := range []setup.Engine{setup.Stack, setup.StackSets} {
		o := options()
		o.Engine = engine
		for _, r := range account(t, bounded, o).Roles {
			for _, p := range r.Policies {
				for _, st := range p.Document.Statements {
					for _, a := range st.Actions {
						if st.Effect == policy.Allow && strings.HasPrefix(a, "cloudformation:") {
							got = append(got, a)
						}
					}
				}
			}
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(calls(t, "cloudformation", "organization"), slices.Compact(got)); d != "" {
		t.Errorf("-called +allowed\n%s", d)
	}
}
