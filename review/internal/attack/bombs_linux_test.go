package attack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxMemory is what hostile files may take, in KiB: that of the program's own
// goal and what lies beside the heap.
const maxMemory = 900 << 10

// TestBombs: files that are made to kill a parser, an evaluator or a comparison
// end in findings, within the memory of a runner. The parser's recursion is
// bounded before it begins, so that no process of its own is needed for it.
func TestBombs(t *testing.T) {
	t.Parallel()
	times := strings.Repeat
	local := func(x string) string { return "locals {\n  x = " + x + "\n}\n" }
	const mega = 1 << 20
	role := func(body string) string {
		return "role \"r\" {\n  statement \"S\" {\n    actions = [\"s3:GetObject\"]\n    resources = " + body + "\n  }\n}\n"
	}
	for name, text := range map[string]string{
		"brackets":        local(times("[", 60_000)),
		"closed brackets": local(times("[", 60_000) + times("]", 60_000)),
		"parentheses":     local(times("(", mega/2)),
		"braces":          local(times("{a=", mega/4)),
		"not":             local(times("!", mega/2) + "true"),
		"minus":           local(times("- ", mega/4) + "1"),
		"templates":       local(times(`"${`, mega/4)),
		"heredocs":        local(times("<<A\n${", mega/8)),
		"directives":      local(times(`"%{if true}`, mega/16)),
		"blocks":          times("a {\n", mega/4),
		"operators":       local(times("1+", mega/4) + "1"),
		"conditionals":    local(times("true ? 1 : ", mega/16) + "1"),
		"traversal":       local("a" + times(".a", mega/4)),
		"indexes":         local("a" + times("[0]", mega/4)),
		"splats":          local("a" + times("[*]", mega/4)),
		"calls":           local(times("max(", mega/8)),
		"unknown":         times("x {}\n", 50_000),
		"names":           local(times("a", mega/2)),
		"digits":          local(times("9", mega/2)),
		"loops":           local("[for a in range(1000): [for b in range(1000): [for c in range(1000): 1]]]"),
		"growth":          "locals {\n  a = [for x in range(1000): \"" + times("x", 60) + "\"]\n  b = [for x in local.a: local.a]\n  c = [for x in local.b: local.b]\n}\n",
		"text":            "locals {\n  a = join(\"\", [for x in range(1000): \"" + times("x", 60) + "\"])\n  b = join(\"\", [for x in range(1000): local.a])\n}\n",
		"regexp":          local(`regex("(((((a{1000}){1000}){1000}){1000}){1000})", "a")`),
		"wildcards":       role(`["arn:aws:s3:::` + times("*a?", 400) + `"]`),
		"many statements": "role \"r\" {\n  for_each = toset([for x in range(1000): \"r${x}\"])\n" + times("  statement \"S\" {\n    actions = [\"*\"]\n    resources = [\"*\"]\n  }\n", 9_000) + "}\n",
		"nul":             times("\x00", mega),
		"not UTF-8":       local(`"` + times("\xff", mega/2) + `"`),
		"quotes":          times(`"`, mega),
		"comment":         times("/*", mega/2),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "roles.smr"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, smr, "validate", "--format", "compact")
			cmd.Dir, cmd.Env = dir, []string{}
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 || len(out) > 4<<20 {
				t.Fatalf("exit code %d, %v, %d bytes\n%.2000s", code, err, len(out), out)
			}
			usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			if !ok || usage.Maxrss == 0 || usage.Maxrss > maxMemory {
				t.Errorf("%d KiB of memory", usage.Maxrss)
			}
			t.Logf("%d KiB, %v, %d bytes", usage.Maxrss, cmd.ProcessState.UserTime(), len(out))
		})
	}
}
