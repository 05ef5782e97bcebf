package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
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
	files, err := filepath.Glob("internal/cli/*.go")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".go")
		if !strings.Contains(string(text), "func (s *session) "+name+"Command() *cobra.Command") {
			continue
		}
		commands++
		if scripts, _ := filepath.Glob("../../testdata/script/" + name + "_*.txtar"); len(scripts) == 0 {
			t.Errorf("the command %s has no script testdata/script/%s_*.txtar", name, name)
		}
	}
	if commands < 8 {
		t.Errorf("found only %d commands", commands)
	}
}
