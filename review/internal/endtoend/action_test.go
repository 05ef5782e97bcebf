package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestActionDirectories: the input directory names a configuration a line, and a
// line is one argument whatever it holds.
func TestActionDirectories(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "smr")
	if err := os.WriteFile(program, []byte("#!"+bash+"\nprintf '[%s]' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for input, want := range map[string]string{
		".":                         "[review][--][.]",
		"roles":                     "[review][--][roles]",
		"a\nb/c\n":                  "[review][--][a][b/c]",
		"\n  a b  \r\n\n$(touch x)": "[review][--][a b][$(touch x)]",
		"*":                         "[review][--][*]",
		"":                          "[review][--]",
	} {
		cmd := exec.Command(bash, filepath.Join(root, ".github", "action.sh"))
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "SMR_BINARY=" + program, "SMR_COMMAND=review", "SMR_DIRECTORY=" + input,
			"RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
		}
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%q: %v, %s, want %s", input, err, out, want)
		}
	}
}
