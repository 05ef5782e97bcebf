package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite golden files and golden sections")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"smr": main})
}

// TestScript runs the command line as a shell does: testdata/script has a file
// for each thing that a command does, named <command>_<what>.txtar.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			root, err := filepath.Abs("../..")
			e.Setenv("ROOT", root)
			return err
		},
	})
}

// TestScriptsCoverCommands: every command has a script of its own.
func TestScriptsCoverCommands(t *testing.T) {
	text, err := os.ReadFile("internal/cli/root.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`\bs\.(\w+)Command\(\),`).FindAllStringSubmatch(string(text), -1)
	if len(rows) < 8 {
		t.Errorf("found only %d commands", len(rows))
	}
	for _, row := range rows {
		if scripts, _ := filepath.Glob("../../testdata/script/" + row[1] + "_*.txtar"); len(scripts) == 0 {
			t.Errorf("the command %s has no script testdata/script/%s_*.txtar", row[1], row[1])
		}
	}
}
