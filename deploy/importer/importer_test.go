package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/dsl/catalog"
)

const catalogData = "../../testdata/catalog"

// params are the values that the documents in testdata/catalog were made with.
type params struct {
	Partition, Region string
	AccountID         string `json:"account_id"`
	VPC               map[string][]string
	KMS               map[string][]string
	PassRoles         []string `json:"pass_roles"`
	Activities        map[string]map[string][]string
	ManagedPolicies   map[string]string `json:"managed_policies"`
}

func readParams(t testing.TB) params {
	t.Helper()
	var p params
	data, err := os.ReadFile(filepath.Join(catalogData, "params.json"))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// header is the settings and the account of a configuration.
func (p params) header(edition string) string {
	return fmt.Sprintf("smr { edition = %q }\naccount \"prod\" {\n  id = %q\n  region = %q\n}\n", edition, p.AccountID, p.Region)
}

// role is a role with everything that its activities can ask for.
func (p params) role(label, body, form, layout string, activities []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "role %q {\n  %s\n  layout = %q\n  pass_roles = %s\n", label, body, layout, list(p.PassRoles))
	if strings.Contains(form, "vpc") {
		fmt.Fprintf(&b, "  vpc {\n    subnets = %s\n    security_groups = %s\n  }\n", list(p.VPC["subnets"]), list(p.VPC["security_groups"]))
	}
	if strings.Contains(form, "kms") {
		fmt.Fprintf(&b, "  kms {\n    data_keys = %s\n    volume_keys = %s\n  }\n", list(p.KMS["data_keys"]), list(p.KMS["volume_keys"]))
	}
	for _, a := range activities {
		fmt.Fprintf(&b, "  activity %q {\n", a)
		for name, values := range p.Activities[a] {
			fmt.Fprintf(&b, "    %s = %s\n", name, list(values))
		}
		b.WriteString("  }\n")
	}
	return b.String() + "}\n"
}

// compiled is the stack of a configuration without errors.
func compiled(t testing.TB, source string) *ir.Stack {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	for _, d := range r.Report().Diags {
		if d.Severity == 1 && d.Summary != "Oversized inline policies" { // no account holds such a role; a file can
			t.Fatalf("%s: %s\n%s", d.Summary, d.Detail, source)
		}
	}
	return r.Stack
}

// deployed is the account that holds the roles of a stack.
func deployed(stack *ir.Stack) *live.State {
	t := stack.Targets[0]
	state := live.New(t.AccountID, t.Partition)
	for _, r := range stack.Roles {
		role := &live.Role{
			Name: r.IAMName, Path: r.Path, ARN: r.ARN(), ID: "AROA" + r.IAMName, Description: r.Description, MaxSessionDuration: int32(r.MaxSessionDuration),
			Trust: live.FromPolicy(r.Trust.Document), Inline: map[string]*live.Document{}, Boundary: r.PermissionsBoundary, Tags: map[string]string{},
		}
		if role.MaxSessionDuration == 0 {
			role.MaxSessionDuration = 3600
		}
		for _, tag := range r.Tags {
			role.Tags[tag.Key] = tag.Value
		}
		for _, p := range r.Inline {
			role.Inline[p.Name] = live.FromPolicy(p.Document)
		}
		for _, p := range r.Managed {
			arn := state.PolicyARN(r.Path, p.Name)
			state.Policies[arn] = &live.Policy{ARN: arn, Name: p.Name, Path: r.Path, DefaultVersion: "v1", Attachments: 1, Versions: []live.Version{{ID: "v1", Document: live.FromPolicy(p.Document)}}}
			role.Attach(arn)
		}
		for _, v := range r.Attached {
			role.Attach(v.Text)
		}
		state.SetRole(role)
	}
	return state
}

// fatal is a test of either kind.
type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// imported imports all roles of a state, and fails the test if one is not.
func imported(t fatal, state *live.State, o Options) *Result {
	t.Helper()
	r, err := Import(context.Background(), []*Source{{State: state, Name: "prod"}}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures)+len(r.Skipped) > 0 {
		t.Fatalf("failures %+v, skipped %+v", r.Failures, r.Skipped)
	}
	return r
}

func text1(r *Result) string {
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Path, f.Data)
	}
	return b.String()
}

var forms = []string{"", "vpc", "kms", "vpc-kms"}

// TestPersonas imports the catalogue's personas of both editions, in every form
// and layout: access is proved equal by Import itself, every activity must be
// recognized, and no statement may be left over.
func TestPersonas(t *testing.T) {
	p := readParams(t)
	recognized := 0
	for _, name := range catalog.Editions() {
		e, err := editions()[name]()
		if err != nil {
			t.Fatal(err)
		}
		for _, persona := range e.personas {
			var activities []string
			for _, a := range persona.Activities.Literals() {
				if len(p.Activities[a]) > 0 {
					activities = append(activities, a)
				}
			}
			for _, form := range forms {
				for _, layout := range ir.Layouts {
					source := p.header(name) + p.role("x", fmt.Sprintf("persona = %q", persona.Name.Text), form, layout, activities)
					t.Run(name+" "+persona.Name.Text+" "+form+" "+layout, func(t *testing.T) {
						r := imported(t, deployed(compiled(t, source)), Options{})
						role := r.Roles[0]
						var got []string
						for _, a := range role.Activities {
							got = append(got, a.Name)
						}
						want := slices.Sorted(slices.Values(persona.Activities.Literals()))
						left := 0
						if persona.Name.Text == "compute" && strings.Contains(form, "vpc") {
							left = 1 // this text does not say which VPC: what it adds is an allow of the activity
						}
						if !slices.Equal(got, want) || role.Persona != persona.Name.Text || r.Edition != name || role.Statements > left {
							t.Errorf("%s, persona %q, activities %v, want %v; %d statements\n%s", r.Edition, role.Persona, got, want, role.Statements, text1(r))
						}
						recognized += len(got)
					})
				}
			}
		}
	}
	t.Logf("%d activities recognized", recognized)
}
