package access_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/sagemaker-roles/smr/iam/access"
)

// update rewrites what archives want, but for the first lines, which say how to
// compare.
var update = flag.Bool("update", false, "rewrite the archives' want sections")

// TestArchives compares base.json with head.json of testdata/access/*.txtar,
// each a side as "smr diff" reads it. Every line of the file "want" says one
// thing of the answer:
//
//	new ANSWER, lost ANSWER, star ANSWER
//	future, absent KEY...              what the "yes" depends on
//	witness ACTION RESOURCE [KEY=VALUE...] [PRINCIPAL], likewise lost-witness and star-witness
//	assumes TEXT, because TEXT         a part of what the witness assumes, or of why the answer is unknown
//	gained ROW, lost-row ROW           a row as JSON; all rows of that way are given
//
// "facts" compares with the service facts, "limits STATES STEPS VALUES" with such limits.
func TestArchives(t *testing.T) {
	files, err := filepath.Glob("testdata/access/*.txtar")
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
	var sides [2]access.Side
	var want []string
	for _, f := range ar.Files {
		switch f.Name {
		case "base.json", "head.json":
			side, err := access.DecodeSide(f.Data)
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			sides[slices.Index([]string{"base.json", "head.json"}, f.Name)] = side
		case "want":
			want = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		default:
			t.Fatalf("no use for a file named %q", f.Name)
		}
	}
	var o access.Options
	if slices.Contains(want, "facts") {
		o.Facts = access.ServiceFacts()
	}
	for _, line := range want {
		if text, ok := strings.CutPrefix(line, "limits "); ok {
			if _, err := fmt.Sscan(text, &o.Limits.States, &o.Limits.Steps, &o.Limits.Values); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := access.Compare(sides[0], sides[1], o)
	if err != nil {
		t.Fatal(err)
	}
	said := tell(t, &r)
	if *update {
		rewrite(t, file, ar, want, said)
		return
	}
	for _, line := range want {
		word, text, _ := strings.Cut(line, " ")
		found := slices.Contains(said, line)
		if word == "assumes" || word == "because" {
			found = slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, word) && strings.Contains(s, text) })
		}
		if !found && line != "facts" && word != "limits" {
			t.Errorf("want %s\ngot:\n%s", line, strings.Join(said, "\n"))
		}
	}
	for _, way := range []string{"gained", "lost-row"} {
		pick := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !strings.HasPrefix(s, way+" ") })
		}
		if w := pick(want); len(w) > 0 {
			if diff := cmp.Diff(w, pick(said)); diff != "" {
				t.Errorf("%s rows, -want +got:\n%s", way, diff)
			}
		}
	}
}

// rewrite replaces what an archive wants by what was said.
func rewrite(t *testing.T, file string, ar *txtar.Archive, want, said []string) {
	t.Helper()
	keep := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s != "facts" && !strings.HasPrefix(s, "limits ") })
	for _, line := range said {
		if word, text, _ := strings.Cut(line, " "); text != "" || word == "future" {
			keep = append(keep, line)
		}
	}
	ar.Files[len(ar.Files)-1].Data = []byte(strings.Join(keep, "\n") + "\n")
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tell writes a result in lines.
func tell(t *testing.T, r *access.Result) []string {
	t.Helper()
	list := []string{"new " + string(r.NewAccess), "lost " + string(r.LostAccess), "star " + string(r.IfStarCrossesColons)}
	if r.FutureNamesOnly {
		list = append(list, "future")
	}
	if len(r.OnlyIfAbsent) > 0 {
		list = append(list, "absent "+strings.Join(r.OnlyIfAbsent, " "))
	}
	for _, w := range []struct {
		name string
		w    *access.Witness
	}{{"witness", r.Witness}, {"lost-witness", r.LostWitness}, {"star-witness", r.StarWitness}} {
		if w.w == nil {
			continue
		}
		line := w.name + " " + w.w.Action + " " + w.w.Resource
		for i := range w.w.Context.Len() {
			key, values, list := w.w.Context.At(i)
			value := values[0]
			if list {
				value = "[" + strings.Join(values, ",") + "]"
			}
			line += " " + key + "=" + value
		}
		if w.w.Principal != "" && w.w.Principal != "arn:aws:iam::123456789012:role/example" {
			line += " " + w.w.Principal
		}
		if w.w.PrincipalType == "anonymous" {
			line += " anonymous"
		}
		list = append(list, line, "assumes "+w.w.Assumes)
	}
	list = append(list, "because "+r.UnknownBecause)
	for i, rows := range [][]access.Row{r.Gained, r.Lost} {
		for _, row := range rows {
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			// Archives leave out what is empty.
			short := strings.NewReplacer(`,"not_resources":[]`, "", `,"conditions":{}`, "").Replace(string(text))
			list = append(list, []string{"gained ", "lost-row "}[i]+short)
		}
	}
	return list
}
