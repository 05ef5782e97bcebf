package review_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreats: each attack that THREATS.md knows is held by tests that exist, or
// by a reason that stands there.
func TestThreats(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9/]+) ((?:Test|Fuzz)[A-Za-z0-9]+)(?:/([a-z0-9_]+))?`")
	n := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || !regexp.MustCompile(`^ ?\d+$`).MatchString(cells[0]) {
			continue
		}
		n++
		if got := strings.TrimSpace(cells[0]); got != fmt.Sprint(n) {
			t.Errorf("row %s stands where row %d belongs", got, n)
		}
		tests := named.FindAllStringSubmatch(cells[3], -1)
		if len(tests) == 0 && !strings.HasPrefix(cells[2], "Reason: ") {
			t.Errorf("row %d has neither a test nor a reason", n)
		}
		if strings.Count(cells[3], "`")/2 != len(tests) {
			t.Errorf("row %d names something that is no test: %s", n, cells[3])
		}
		for _, m := range tests {
			if !defined(t, filepath.Join("..", filepath.FromSlash(m[1])), m[2]) {
				t.Errorf("row %d: %s has no %s", n, m[1], m[2])
			}
			if m[3] != "" {
				if _, err := os.Stat(filepath.Join("..", "testdata", "script", m[3]+".txtar")); err != nil {
					t.Errorf("row %d: %v", n, err)
				}
			}
		}
	}
	if n != 26 {
		t.Errorf("%d rows, want 26", n)
	}
}

// defined reports whether a package has a test.
func defined(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
