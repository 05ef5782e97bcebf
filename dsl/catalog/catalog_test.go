package catalog_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/catalog"
)

// activities are the names that the language promises, in every edition.
var activities = []string{
	"access_required_aws_services", "access_required_mlflow", "canvas_ai_services", "canvas_core_access",
	"canvas_data_preparation", "canvas_kendra_access", "canvas_mlops", "hyperpod_cluster_instance",
	"manage_endpoints", "manage_experiments", "manage_glue_tables", "manage_ml_jobs",
	"manage_mlflow_tracking_servers", "manage_model_monitoring", "manage_models", "manage_pipelines",
	"query_athena_workgroups", "run_studio_applications", "s3_bucket_access", "s3_full_access",
	"search_and_visualize_experiments", "use_mlflow",
}

func TestNames(t *testing.T) {
	for _, edition := range catalog.Editions() {
		if diff := cmp.Diff(activities, catalog.Names(edition)); diff != "" {
			t.Errorf("Names(%q) (-want +got):\n%s", edition, diff)
		}
	}
	if got := catalog.Names("2025"); got != nil {
		t.Errorf(`Names("2025") = %q, want nil`, got)
	}
}

func TestFileUnknown(t *testing.T) {
	for _, c := range [][2]string{
		{"2025", "manage_models"},
		{"2026", "manage_model"},
		{"2026", ""},
		{"2026", "../2026/manage_models"},
		{"", "manage_models"},
		{"..", "catalog"},
	} {
		if path, data, ok := catalog.File(c[0], c[1]); ok || path != "" || data != nil {
			t.Errorf("File(%q, %q) = %q, %d bytes, %v; want nothing", c[0], c[1], path, len(data), ok)
		}
	}
}

// decode reads one edition as a configuration of its own.
func decode(t *testing.T, edition string) *dsl.Config {
	t.Helper()
	var files []dsl.File
	for _, name := range append(catalog.Names(edition), catalog.PersonasFile) {
		path, data, ok := catalog.File(edition, name)
		if !ok {
			t.Fatalf("File(%q, %q) not found", edition, name)
		}
		if want := edition + "/" + name + ".smr"; path != want {
			t.Errorf("path %q, want %q", path, want)
		}
		files = append(files, dsl.File{Name: path, Bytes: data})
	}
	config, diags := dsl.Decode(files)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return config
}

func text(t *testing.T, what string, a *dsl.Attr) string {
	t.Helper()
	if a == nil {
		t.Errorf("%s is missing", what)
		return ""
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		t.Errorf("%s: %v", what, diags)
		return ""
	}
	return v.AsString()
}

func TestFiles(t *testing.T) {
	for _, edition := range catalog.Editions() {
		config := decode(t, edition)
		if len(config.Activities) != len(activities) {
			t.Errorf("%s has %d activities, want %d", edition, len(config.Activities), len(activities))
		}
		for _, a := range config.Activities {
			where := edition + "/" + a.Name.Text
			if want := where + ".smr"; a.Range.Filename != want {
				t.Errorf("activity %q stands in %s, want %s", a.Name.Text, a.Range.Filename, want)
			}
			text(t, where+" title", a.Title)
			text(t, where+" summary", a.Summary)
			if a.Example == nil {
				t.Errorf("%s has no example", where)
			}
			for _, p := range a.Parameters {
				text(t, where+" "+p.Name.Text+" description", p.Description)
			}
			for _, s := range a.Statements {
				if why := text(t, where+" "+s.Label.Text+" why", s.Why); strings.HasSuffix(why, ".") {
					t.Errorf("%s %s: why ends with a full stop: %q", where, s.Label.Text, why)
				}
			}
			for _, q := range a.Quirks {
				checkQuirk(t, where+" quirk "+q.Name.Text, q)
			}
		}
	}
}

func checkQuirk(t *testing.T, where string, q *dsl.Quirk) {
	t.Helper()
	if s := text(t, where+" summary", q.Summary); len(strings.Fields(s)) > 5 || strings.HasSuffix(s, ".") {
		t.Errorf("%s: summary %q is not at most five words without a full stop", where, s)
	}
	if s := text(t, where+" detail", q.Detail); !strings.HasSuffix(s, ".") {
		t.Errorf("%s: detail is not whole sentences: %q", where, s)
	}
	text(t, where+" source", q.Source)
	fix := dsl.File{Name: "fix.smr", Bytes: []byte(text(t, where+" fix", q.Fix))}
	config, diags := dsl.Decode([]dsl.File{fix})
	if diags.HasErrors() {
		t.Errorf("%s: fix does not decode: %v", where, diags)
		return
	}
	if config.Settings == nil && len(config.Overrides) == 0 && len(config.Roles) == 0 {
		t.Errorf("%s: fix changes nothing", where)
	}
	checkFormat(t, where+" fix", fix)
}

func checkFormat(t *testing.T, where string, file dsl.File) {
	t.Helper()
	got, diags := dsl.Format(file)
	if diags.HasErrors() {
		t.Errorf("%s: %v", where, diags)
	} else if !bytes.Equal(file.Bytes, got) {
		t.Errorf("%s is not in canonical layout (-file +format):\n%s", where, cmp.Diff(string(file.Bytes), string(got)))
	}
}

func TestFormat(t *testing.T) {
	for _, edition := range catalog.Editions() {
		for _, name := range append(catalog.Names(edition), catalog.PersonasFile) {
			path, data, _ := catalog.File(edition, name)
			checkFormat(t, path, dsl.File{Name: path, Bytes: data})
		}
	}
}

func TestPersonas(t *testing.T) {
	ds := []string{
		"run_studio_applications", "manage_ml_jobs", "manage_models", "manage_experiments",
		"search_and_visualize_experiments", "s3_bucket_access",
	}
	mlops := []string{
		"run_studio_applications", "manage_models", "manage_endpoints", "manage_pipelines",
		"search_and_visualize_experiments",
	}
	compute := []string{"access_required_aws_services"}
	want := map[string]map[string][]string{
		"role-manager-2024": {"data_scientist": ds, "mlops_engineer": mlops, "compute": compute},
		"2026": {
			"data_scientist": append(slices.Clone(ds), "use_mlflow", "access_required_mlflow"),
			"mlops_engineer": append(slices.Clone(mlops), "manage_model_monitoring"),
			"compute":        compute,
		},
	}
	for _, edition := range catalog.Editions() {
		got := map[string][]string{}
		for _, p := range decode(t, edition).Personas {
			got[p.Name.Text] = stringsOf(t, p.Activities)
		}
		if diff := cmp.Diff(want[edition], got); diff != "" {
			t.Errorf("personas of %s (-want +got):\n%s", edition, diff)
		}
	}
}

func stringsOf(t *testing.T, a *dsl.Attr) []string {
	t.Helper()
	v, diags := a.Expr.Value(&hcl.EvalContext{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var out []string
	for _, e := range v.AsValueSlice() {
		out = append(out, e.AsString())
	}
	return out
}

// TestEditions holds EDITIONS.md to the data: every quirk of 2024 is repaired or
// left for a stated reason, every quirk of 2026 is among those left, and the
// page names no activity that does not exist.
func TestEditions(t *testing.T) {
	page, err := os.ReadFile("EDITIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	const (
		all           = "Repairs of all activities"
		one           = "Repairs by activity"
		left          = "Left as they are"
		allActivities = "all"
	)
	rows := map[string]map[string]bool{all: {}, one: {}, left: {}} // section, "activity code"
	section := ""
	for line := range strings.Lines(string(page)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
		}
		cells := strings.Split(line, "|")
		if rows[section] == nil || len(cells) < 6 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "activity" {
			continue
		}
		if code := strings.TrimSpace(cells[2]); code != "" {
			for name := range strings.SplitSeq(strings.TrimSpace(cells[1]), ", ") {
				rows[section][name+" "+code] = true
			}
		}
	}
	for _, found := range rows {
		if len(found) == 0 {
			t.Fatalf("EDITIONS.md: found no rows: %v", rows)
		}
	}
	for row := range rows[one] {
		if name, _, _ := strings.Cut(row, " "); !slices.Contains(activities, name) {
			t.Errorf("EDITIONS.md repairs %q, which is no activity", row)
		}
	}
	for _, a := range decode(t, "role-manager-2024").Activities {
		for _, q := range a.Quirks {
			code := "quirk-" + q.Name.Text
			row := a.Name.Text + " " + code
			repaired := rows[one][row] || rows[all][row] || rows[all][allActivities+" "+code] || rows[all]["all SageMaker activities "+code]
			if !repaired && !rows[left][row] {
				t.Errorf("EDITIONS.md has no row %q", row)
			}
		}
	}
	for _, a := range decode(t, "2026").Activities {
		for _, q := range a.Quirks {
			if row := a.Name.Text + " quirk-" + q.Name.Text; !rows[left][row] {
				t.Errorf("EDITIONS.md does not say why %q is left", row)
			}
		}
	}
}
