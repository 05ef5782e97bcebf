// Package peertest runs programs by others that judge what smr writes: cfn-lint
// and moto, in the versions that .ci/requirements.txt pins. Only tests import
// it.
//
// Where .ci/peers has not installed them, tests are skipped with the reason; if
// the environment says SMR_REQUIRE_PEERS=1, that is a failure.
package peertest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program returns the path of a peer's program, such as "cfn-lint" or "python".
func Program(t testing.TB, name string) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	for err == nil {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			err = os.ErrNotExist
		}
		dir = parent
	}
	if err != nil {
		missing(t, "the repository was not found: %v", err)
	}
	ci := filepath.Join(dir, ".ci")
	want, err := os.ReadFile(filepath.Join(ci, "requirements.txt"))
	if err != nil {
		missing(t, "no list of peers: %v", err)
	}
	have, err := os.ReadFile(filepath.Join(ci, "cache", "peers", "requirements.txt"))
	if err != nil || !bytes.Equal(have, want) {
		missing(t, "%s is not installed in its pinned version; run .ci/peers", name)
	}
	path, err := exec.LookPath(filepath.Join(ci, "cache", "peers", "bin", name))
	if err != nil {
		missing(t, "%s is not among the peers: %v", name, err)
	}
	return path
}

func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SMR_REQUIRE_PEERS") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
