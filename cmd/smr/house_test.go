package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sagemaker-roles/smr"

// layers are the rooms of the house from the top down: a package may import its
// own layer and those below it. dsl and iam are of one height and do not know
// each other.
var layers = []string{"cmd", "deploy", "review", "preflight", "compiler", "dsl iam"}

// only lists what a few packages alone may import outside of tests: a package of
// the standard library, or a module with what is below it; and the packages that
// may, with those below them.
var only = []struct{ imported, by string }{
	{"github.com/aws/", "deploy"},
	{"github.com/sethvargo/go-githubactions", "cmd review"},
	{"github.com/hashicorp/hcl/v2/hclsyntax", "dsl compiler"},
	{"github.com/hashicorp/hcl/v2/hclwrite", "dsl"},
	{"github.com/hashicorp/hcl/v2", "cmd deploy review preflight compiler dsl"},
	{"github.com/spf13/cobra", "cmd"},
	{"go.yaml.in/yaml", "compiler cmd deploy/organization"},
	{"net/http", "deploy review cmd iam/facts/gen compiler/emit/peertest"},
	{"testing", "compiler/emit/peertest compiler/emit/emittest iam/policy/policytest deploy/internal"},
}

// imports lists the imports of every package that is not a test, by the
// package's directory.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[path.Dir(name)] = append(out[path.Dir(name)], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 15 {
		t.Fatalf("found only %d packages", len(out))
	}
	return out
}

// within reports whether a package is one of a list of prefixes.
func within(pkg, prefixes string) bool {
	return slices.ContainsFunc(strings.Fields(prefixes), func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

// TestImportsGoOneWay holds the picture of the house.
func TestImportsGoOneWay(t *testing.T) {
	height := func(pkg string) int {
		return slices.IndexFunc(layers, func(l string) bool { return within(pkg, l) })
	}
	for pkg, list := range imports(t) {
		from := height(pkg)
		if from < 0 {
			t.Errorf("the package %s is in none of the rooms %v", pkg, layers)
		}
		for _, imported := range list {
			own, inside := strings.CutPrefix(imported, module+"/")
			if !inside {
				continue
			}
			to := height(own)
			if to < from {
				t.Errorf("%s imports %s, which is above it", pkg, own)
			}
			if to == from && strings.Split(pkg, "/")[0] != strings.Split(own, "/")[0] {
				t.Errorf("%s imports %s: the two do not know each other", pkg, own)
			}
			if strings.Contains(own, "/internal/") && !strings.HasPrefix(own, pkg[:strings.Index(pkg+"/", "/")]) {
				t.Errorf("%s imports %s of another room", pkg, own)
			}
		}
	}
}

// TestOnlySomeImport holds who may speak to what is outside.
func TestOnlySomeImport(t *testing.T) {
	for pkg, list := range imports(t) {
		for _, imported := range list {
			for _, o := range only {
				below := strings.Contains(o.imported, ".") && strings.HasPrefix(imported, strings.TrimSuffix(o.imported, "/")+"/")
				if imported != o.imported && !below {
					continue
				}
				if !within(pkg, o.by) {
					t.Errorf("%s imports %s, which only %s may", pkg, imported, o.by)
				}
				break // the first that fits is the most particular
			}
		}
	}
}

// TestNoFilesInIAM: iam reads no file and no network, and is told everything.
func TestNoFilesInIAM(t *testing.T) {
	for pkg, list := range imports(t) {
		if !within(pkg, "iam") || within(pkg, "iam/facts/gen") {
			continue
		}
		for _, imported := range list {
			if slices.Contains([]string{"os", "os/exec", "net", "net/http", "path/filepath"}, imported) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
}

// TestTopLevel: a new folder or file at the top needs a reason as weighty as
// those that are there.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields("cmd dsl compiler iam review deploy preflight examples testdata " +
		"action.yml Dockerfile go.mod go.sum README.md CHANGELOG.md CONTRIBUTING.md LICENSE NOTICE " +
		".ci .git .github .gitattributes .gitignore .dockerignore .golangci.yml")
	ignored := strings.Fields("smr dist go.work go.work.sum") // .gitignore has them, or git takes no notice
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) && !slices.Contains(ignored, e.Name()) {
			t.Errorf("%s is new at the top of the repository", e.Name())
		}
	}
}

// TestPackageComments: every package says what it is, once.
func TestPackageComments(t *testing.T) {
	for pkg := range imports(t) {
		files, err := filepath.Glob(filepath.Join("../..", pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		comments := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil && strings.HasPrefix(f.Doc.Text(), "Package ") || f.Doc != nil && f.Name.Name == "main" {
				comments++
			}
		}
		if comments != 1 {
			t.Errorf("%s has %d package comments, want 1", pkg, comments)
		}
	}
}
