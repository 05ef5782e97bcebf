package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
)

// A fence is one fenced block of a page.
type fence struct {
	lang, options string // of the info string: "smr error=unknown-activity"
	text          string
	start, end    int // of the text in the page
}

func fences(t *testing.T, page []byte) []fence {
	t.Helper()
	var out []fence
	root := goldmark.DefaultParser().Parse(text.NewReader(page))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		block, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering || block.Info == nil {
			return ast.WalkContinue, nil
		}
		lang, options, _ := strings.Cut(string(block.Info.Segment.Value(page)), " ")
		f := fence{lang: lang, options: options}
		lines := block.Lines()
		for i := range lines.Len() {
			line := lines.At(i)
			f.text += string(line.Value(page))
			if i == 0 {
				f.start = line.Start
			}
			f.end = line.Stop
		}
		out = append(out, f)
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pages are the Markdown files of the repository, by their path from its root.
func pages(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); d.IsDir() && (base == ".git" || base == "cache" || base == "testdata" || base == "dist" || base == "want") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDocs compiles every fenced "smr" block of every page, which has no errors,
// or exactly the codes that it names: ```smr error=unknown-activity. A "console"
// block runs its lines that begin with "$ smr" or "$ cat" in the directory of the
// configuration before it, and shows what they print; -update rewrites that.
func TestDocs(t *testing.T) {
	compiled, ran := 0, 0
	for _, page := range pages(t) {
		file := filepath.Join("../..", page)
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := ""
		out := src
		shift := 0
		for _, f := range fences(t, src) {
			switch f.lang {
			case "smr":
				compiled++
				dir = t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "roles.smr"), []byte(f.text), 0o644); err != nil {
					t.Fatal(err)
				}
				checkBlock(t, page, dir, f)
			case "console":
				ran++
				got := transcript(t, page, dir, f.text)
				if *update {
					out = append(append(bytes.Clone(out[:f.start+shift]), got...), out[f.end+shift:]...)
					shift += len(got) - len(f.text)
				} else if d := cmp.Diff(f.text, got); d != "" {
					t.Errorf("%s: a transcript is not what smr prints (go test ./cmd/smr -update writes it): -want +got\n%s", page, d)
				}
			}
		}
		if *update && !bytes.Equal(out, src) {
			if err := os.WriteFile(file, out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if compiled < 2 || ran < 1 {
		t.Errorf("found only %d blocks to compile and %d transcripts", compiled, ran)
	}
}

// checkBlock validates one block: its errors are the codes that it names.
func checkBlock(t *testing.T, page, dir string, f fence) {
	t.Helper()
	want := map[string]bool{}
	if codes, ok := strings.CutPrefix(f.options, "error="); ok {
		for _, code := range strings.Split(codes, ",") {
			want[code] = true
		}
	}
	got := map[string]bool{}
	stdout, _ := runQuietly(dir, "validate", "--format", "compact")
	for _, line := range strings.Split(stdout, "\n") {
		if _, code, ok := strings.Cut(line, " ["); ok && strings.Contains(line, ": error: ") {
			got[strings.TrimSuffix(code[strings.LastIndex(code, "[")+1:], "]")] = true
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: the errors of a block: -want +got\n%s\n%s\n%s", page, d, f.text, stdout)
	}
}

// runQuietly runs smr, whose exit code may be any.
func runQuietly(dir string, args ...string) (stdout string, code int) {
	var out bytes.Buffer
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir}
	code = c.Main(args)
	return out.String(), code
}

// transcript runs the commands of a console block and returns it with what they
// print.
func transcript(t *testing.T, page, dir, block string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range strings.Split(block, "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		b.WriteString(line + "\n")
		words := strings.Fields(command)
		switch words[0] {
		case "smr":
			out, _ := runQuietly(dir, words[1:]...)
			b.WriteString(out)
		case "cat":
			data, err := os.ReadFile(filepath.Join(dir, words[1]))
			if err != nil {
				t.Errorf("%s: %v", page, err)
			}
			b.Write(data)
		default:
			t.Errorf("%s: a transcript runs %q", page, words[0])
		}
	}
	return b.String()
}

// TestREADMECommands: the first "sh" block has two lines, the main job and the
// tests, and the first does what it says.
func TestREADMECommands(t *testing.T) {
	src, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range fences(t, src) {
		if f.lang == "sh" {
			lines = strings.Split(strings.TrimSuffix(f.text, "\n"), "\n")
			break
		}
	}
	if len(lines) != 2 || lines[1] != "bash .ci/test" {
		t.Fatalf("the first sh block of the README has the lines %q, want the main job and bash .ci/test", lines)
	}
	if testing.Short() {
		t.Skip("builds the program")
	}
	cmd := exec.Command("sh", "-c", lines[0])
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "roles with") {
		t.Errorf("%s: %v\n%s", lines[0], err, out)
	}
}

// TestLinks: relative links of the pages lead to files that exist.
func TestLinks(t *testing.T) {
	links := 0
	for _, page := range pages(t) {
		src, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		root := goldmark.DefaultParser().Parse(text.NewReader(src))
		err = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			link, ok := n.(*ast.Link)
			if !ok || !entering {
				return ast.WalkContinue, nil
			}
			to, _, _ := strings.Cut(string(link.Destination), "#")
			if to == "" || strings.Contains(to, "://") {
				return ast.WalkContinue, nil
			}
			links++
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(page), to)); err != nil {
				t.Errorf("%s: %v", page, err)
			}
			return ast.WalkContinue, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if links < 5 {
		t.Errorf("found only %d links", links)
	}
}
