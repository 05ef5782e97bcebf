package peertest

import (
	"os/exec"
	"testing"
)

// lintMain runs cfn-lint with a larger cache of regular expressions: some of
// its rules compile one for each resource and each variable, and with the
// cache's 500 places do so again and again.
const lintMain = `import sys, regex._main
regex._main._MAXCACHE = 1 << 20
from cfnlint.runner import main
main()`

// Lint runs cfn-lint on templates, all in one process since starting it takes
// two seconds, and reports what it says: nothing, where all is well.
func Lint(t testing.TB, templates ...string) string {
	t.Helper()
	args := append([]string{"-c", lintMain, "--format", "parseable", "--"}, templates...)
	cmd := exec.Command(Program(t, "python"), args...)
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatalf("cfn-lint: %v", err)
	}
	return string(out)
}
