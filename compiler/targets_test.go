package compiler_test

import (
	"os"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
)

// Every directory of compiler/emit is a target with a row, but for those that
// help tests.
func TestTargets(t *testing.T) {
	entries, err := os.ReadDir("emit")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" && !strings.HasSuffix(e.Name(), "test") {
			dirs = append(dirs, e.Name())
		}
	}
	var rows, names []string
	for _, target := range compiler.Targets() {
		function := runtime.FuncForPC(reflect.ValueOf(target.Emit).Pointer()).Name() // module/compiler/emit/DIR.Emit
		rows = append(rows, strings.TrimSuffix(path.Base(function), ".Emit"))
		names = append(names, target.Name)
		if target.Summary == "" {
			t.Errorf("%s has no summary", target.Name)
		}
	}
	slices.Sort(rows)
	if diff := cmp.Diff(dirs, rows); diff != "" {
		t.Errorf("directories and rows (-want +got):\n%s", diff)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(rows) {
		t.Error("two targets have one name")
	}
}
