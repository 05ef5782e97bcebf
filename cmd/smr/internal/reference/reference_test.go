package reference

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/dsl/catalog"
)

var update = flag.Bool("update", false, "rewrite dsl/catalog/REFERENCE.md")

const page = "../../../../dsl/catalog/REFERENCE.md"

// TestMarkdown holds the committed page to the catalogue.
func TestMarkdown(t *testing.T) {
	var editions []*Edition
	for _, name := range catalog.Editions() {
		e, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		editions = append(editions, e)
	}
	var b bytes.Buffer
	if err := Markdown(&b, editions); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("dsl/catalog/REFERENCE.md is not what the catalogue says; run go generate ./cmd/smr/internal/reference\n-want +got\n%s", d)
	}
}

// TestEveryActivity: each has a title, a summary, an example that uses it, and
// a policy or an AWS managed policy in every form.
func TestEveryActivity(t *testing.T) {
	for _, name := range catalog.Editions() {
		e, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Activities) != len(catalog.Names(name)) || len(e.Personas) == 0 {
			t.Errorf("edition %s: %d activities, %d personas", name, len(e.Activities), len(e.Personas))
		}
		for _, a := range e.Activities {
			switch {
			case a.Title == "" || a.Summary == "":
				t.Errorf("%s: no title or no summary", a.Name)
			case !strings.Contains(a.Example, "activity \""+a.Name+"\""):
				t.Errorf("%s: the example is %q", a.Name, a.Example)
			case len(a.Forms) == 0 && a.Policy == "":
				t.Errorf("%s: neither statements nor a managed policy", a.Name)
			}
			for _, q := range a.Quirks {
				if q.Summary == "" || q.Detail == "" || q.Source == "" {
					t.Errorf("%s: %s lacks a summary, a detail or a source", a.Name, q.Code)
				}
			}
			var text bytes.Buffer
			if err := ActivityText(&text, a, a.Form("plain"), 0); err != nil || !strings.HasPrefix(text.String(), a.Name+": ") {
				t.Errorf("%s: %v\n%s", a.Name, err, text.String())
			}
			if strings.ContainsFunc(text.String(), func(r rune) bool { return r >= 0xe000 && r <= 0xe0ff }) {
				t.Errorf("%s: a pseudo parameter is printed raw", a.Name)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := Read("1999"); err == nil || !strings.Contains(err.Error(), "role-manager-2024") {
		t.Errorf("Read of an unknown edition: %v", err)
	}
	if _, err := Read("2026", "no_such_activity"); err == nil {
		t.Error("Read of an unknown activity: no error")
	}
}
