package importer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// documents are the committed policies of SageMaker Role Manager, by name:
// those that were printed, those of the CDK library with KMS, and those that
// were observed.
func documents(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(catalogData, "role-manager-2024", "*.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = string(text)
	}
	return out
}

// handMade is an account with one role that has policies as inline ones, under
// names that say nothing.
func handMade(p params, policies ...string) *live.State {
	state := live.New(p.AccountID, p.Partition)
	role := &live.Role{
		Name: "handmade", Path: "/team/", ARN: state.RoleARN("/team/", "handmade"), MaxSessionDuration: 7200, Inline: map[string]*live.Document{}, Tags: map[string]string{"team": "a"},
		Trust: live.NewDocument(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}
	for i, text := range policies {
		role.Inline["p"+itoa(i)] = live.NewDocument(text)
	}
	state.SetRole(role)
	return state
}

// TestDocuments imports every committed document as the only policy of a
// hand-made role: its activity is recognized without statements, but for texts
// that do not say which VPC or keys they are for.
func TestDocuments(t *testing.T) {
	p := readParams(t)
	for name, text := range documents(t) {
		t.Run(name, func(t *testing.T) {
			activity, form, _ := strings.Cut(name, ".")
			r := imported(t, handMade(p, text), Options{Edition: "role-manager-2024"})
			role := r.Roles[0]
			switch {
			case activity == "domain-creation": // a bucket with a slash, which is none
				if len(role.Activities) == 0 {
					t.Errorf("nothing was recognized\n%s", text1(r))
				}
			case activity == "hyperpod_cluster_instance" || activity == "canvas_kendra_access": // need more than the document
				if role.Statements == 0 {
					t.Errorf("recognized without what it needs\n%s", text1(r))
				}
			case activity == "access_required_aws_services" && strings.Contains(form, "vpc"):
				if len(role.Activities) != 1 || role.Activities[0].Name != activity || role.Statements != 1 {
					t.Errorf("%+v\n%s", role, text1(r))
				}
			case len(role.Activities) != 1 || role.Activities[0].Name != activity || role.Statements > 0 || len(role.Activities[0].Overrides) > 0:
				t.Errorf("%+v\n%s", role, text1(r))
			}
		})
	}
}

// TestAllDocuments imports hand-made roles with all documents of one form, each
// as policies of their own and as one list of statements.
func TestAllDocuments(t *testing.T) {
	p := readParams(t)
	docs := documents(t)
	forms := map[string][]string{}
	for _, form := range []string{"", "vpc", "kms", "vpc-kms"} {
		for _, name := range []string{
			"access_required_aws_services", "access_required_mlflow", "manage_endpoints", "manage_experiments", "manage_glue_tables", "manage_ml_jobs",
			"manage_mlflow_tracking_servers", "manage_model_monitoring", "manage_models", "manage_pipelines", "query_athena_workgroups",
			"run_studio_applications", "s3_bucket_access", "s3_full_access", "search_and_visualize_experiments", "use_mlflow",
		} {
			for _, f := range []string{form, strings.TrimSuffix(form, "-kms"), strings.TrimPrefix(form, "vpc-"), ""} {
				full := strings.TrimSuffix(name+"."+f, ".")
				if _, ok := docs[full]; ok {
					forms[form] = append(forms[form], full)
					break
				}
			}
		}
	}
	for form, names := range forms {
		var texts []string
		var want []string
		for _, n := range names {
			texts = append(texts, docs[n])
			activity, _, _ := strings.Cut(n, ".")
			want = append(want, activity)
		}
		for _, one := range []bool{false, true} {
			t.Run(form, func(t *testing.T) {
				state := handMade(p, texts...)
				if one {
					state = handMade(p, joined(t, texts))
				}
				r := imported(t, state, Options{})
				var got []string
				for _, a := range r.Roles[0].Activities {
					got = append(got, a.Name)
					if len(a.Overrides) > 0 {
						t.Errorf("%s: %v", a.Name, a.Overrides)
					}
				}
				if slices.Sort(want); !slices.Equal(got, want) || r.Roles[0].Statements > 0 || r.Edition != "role-manager-2024" {
					t.Errorf("%s: recognized %v, want %v; %d statements\n%s", r.Edition, got, want, r.Roles[0].Statements, text1(r))
				}
			})
		}
	}
}

// TestEdited imports a hand-made role whose policies were changed in every way
// that an override says.
func TestEdited(t *testing.T) {
	docs := documents(t)
	change := func(name string, f func(*policy.Document)) string {
		d := live.NewDocument(docs[name]).Policy.Clone()
		f(d)
		return live.FromPolicy(d).Text
	}
	r := imported(t, handMade(readParams(t),
		change("manage_ml_jobs", func(d *policy.Document) { // an action more, one less
			d.Statements[0].Actions = append(d.Statements[0].Actions[1:], "sagemaker:CreateAutoMLJobV2")
		}),
		change("run_studio_applications", func(d *policy.Document) { d.Statements = d.Statements[:7] }), // a statement less
		change("s3_bucket_access", func(d *policy.Document) { // a condition more
			for i := range d.Statements {
				d.Statements[i].Conditions = []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceAccount", Values: []string{"123456789012"}}}
			}
		}),
		change("manage_pipelines", func(d *policy.Document) { // one role fewer
			for i, s := range d.Statements {
				if s.Actions[0] == "iam:PassRole" {
					d.Statements[i].Resources = s.Resources[:1]
				}
			}
		}),
	), Options{Edition: "role-manager-2024"})
	var got []string
	for _, a := range r.Roles[0].Activities {
		for _, o := range a.Overrides {
			got = append(got, a.Name+": "+o)
		}
	}
	want := []string{
		"manage_ml_jobs: remove_actions (1)",
		"run_studio_applications: remove \"SharedSpaceApps\"",
		"s3_bucket_access: narrow \"ListBuckets\"", "s3_bucket_access: narrow \"Objects\"",
	}
	if !slices.Equal(got, want) || len(r.Roles[0].Activities) != 4 || r.Roles[0].Statements != 1 || len(r.Roles[0].Notes) > 0 {
		t.Errorf("%v, want %v; %+v\n%s", got, want, r.Roles[0], text1(r))
	}
}

// joined is one document with the statements of several.
func joined(t testing.TB, texts []string) string {
	t.Helper()
	all := live.NewDocument(texts[0]).Policy.Clone()
	for _, text := range texts[1:] {
		all.Statements = append(all.Statements, live.NewDocument(text).Policy.Statements...)
	}
	for i := range all.Statements {
		all.Statements[i].SID = ""
	}
	return live.FromPolicy(all).Text
}
