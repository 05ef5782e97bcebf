package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var fresh = flag.Bool("fresh", false, "build the second time without the go command's cache")

const root = "../../../.."

// copied is the source that git knows, or would, in another directory.
func copied(t *testing.T, dir string) string {
	t.Helper()
	list, err := exec.Command("git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z", "--",
		"go.mod", "go.sum", "LICENSE", "cmd", "compiler", "deploy", "dsl", "iam", "preflight", "review").Output()
	if err != nil {
		t.Skip("git does not list the source")
	}
	for name := range strings.SplitSeq(strings.Trim(string(list), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted, and not yet from the index
		}
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func host() target { return target{runtime.GOOS, runtime.GOARCH} }

// TestReproducible: another directory, and with -fresh another cache, make no
// other bytes, and the binary does not say where it was made.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program twice")
	}
	var sums []string
	for i, dir := range []string{"a", "a directory/with a longer/name"} {
		j := &job{source: copied(t, filepath.Join(t.TempDir(), dir)), out: t.TempDir(), log: io.Discard}
		if *fresh && i == 1 {
			j.cache = t.TempDir()
			t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+w", j.cache).Run() })
		}
		lines, err := j.binary(host())
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, lines)
		data, err := os.ReadFile(filepath.Join(j.out, host().file()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(j.source)) {
			t.Errorf("the binary names %s", j.source)
		}
		out, err := exec.Command(filepath.Join(j.out, host().file()), "version").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "smr ") {
			t.Errorf("%v, %s", err, out)
		}
	}
	if d := cmp.Diff(sums[0], sums[1]); d != "" {
		t.Errorf("two builds differ: -first +second\n%s", d)
	}
}

// TestRelease makes one for this platform and looks at each file of it.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	source, out := copied(t, t.TempDir()), t.TempDir()
	if err := run([]string{"-C", source, "-o", out, "-targets", host().String()}, io.Discard); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	sums := string(read("SHA256SUMS"))
	for _, name := range []string{host().file(), host().file() + ".gz"} {
		if line := fmt.Sprintf("%x  %s\n", sha256.Sum256(read(name)), name); !strings.Contains(sums, line) {
			t.Errorf("no line %q in\n%s", line, sums)
		}
	}
	info, err := buildinfo.ReadFile(filepath.Join(out, host().file()))
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{info.Main.Path: "v" + version(t, source), "std": strings.TrimPrefix(info.GoVersion, "go")}
	for _, m := range info.Deps {
		modules[m.Path] = m.Version
	}
	checkBill(t, read("smr.cdx.json"), modules, sums)
	licenses := string(read("LICENSES.txt"))
	for path, v := range modules {
		if path != info.Main.Path && !strings.Contains(licenses, "\n"+path+" "+v+" (") {
			t.Errorf("no license of %s %s", path, v)
		}
	}
	for _, words := range []string{"Mozilla Public License, version 2.0", "Permission is hereby granted, free of charge"} {
		if !strings.Contains(strings.Join(strings.Fields(licenses), " "), words) {
			t.Errorf("no %q among the licenses", words)
		}
	}
	checkCheck(t, source, sums)
}

func version(t *testing.T, source string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(source, "compiler", "compile.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, v, _ := strings.Cut(string(data), "const Version = \"")
	v, _, _ = strings.Cut(v, "\"")
	return v
}

// checkBill reads a bill of materials as any reader of CycloneDX does.
func checkBill(t *testing.T, data []byte, modules map[string]string, sums string) {
	t.Helper()
	var b bill
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		t.Fatal(err)
	}
	found, refs := map[string]string{}, map[string]bool{b.Metadata.Component.Ref: true}
	found[b.Metadata.Component.Name] = b.Metadata.Component.Version
	for _, c := range b.Components {
		if refs[c.Ref] {
			t.Errorf("%s is there twice", c.Ref)
		}
		refs[c.Ref] = true
		switch c.Type {
		case "library":
			found[c.Name] = c.Version
			if len(c.Licenses) == 0 || c.PURL != "pkg:golang/"+c.Name+"@"+c.Version {
				t.Errorf("%+v", c)
			}
		case "file":
			if len(c.Hashes) != 1 || !strings.Contains(sums, c.Hashes[0].Content+"  "+c.Name+"\n") {
				t.Errorf("%+v is not what is in\n%s", c, sums)
			}
		default:
			t.Errorf("%+v", c)
		}
	}
	if d := cmp.Diff(modules, found); d != "" {
		t.Errorf("modules: -binary +bill\n%s", d)
	}
	reached := map[string]bool{}
	next := []string{b.Metadata.Component.Ref}
	on := map[string][]string{}
	for _, d := range b.Dependencies {
		on[d.Ref] = d.On
	}
	for len(next) > 0 {
		ref := next[0]
		next = next[1:]
		if !refs[ref] {
			t.Errorf("%s is depended on, and not listed", ref)
		}
		if !reached[ref] {
			reached[ref] = true
			next = append(next, on[ref]...)
		}
	}
	if len(reached) != len(modules) {
		t.Errorf("smr depends on %v, %d of %d modules", slices.Sorted(maps.Keys(reached)), len(reached), len(modules))
	}
}

// checkCheck: -check finds a file of checksums good as long as it is of this
// source, and no longer.
func checkCheck(t *testing.T, source, sums string) {
	t.Helper()
	check := func() (string, error) {
		var log bytes.Buffer
		err := run([]string{"-C", source, "-check"}, &log)
		return log.String(), err
	}
	if log, err := check(); err != nil || !strings.Contains(log, "no release") {
		t.Errorf("without checksums: %v, %s", err, log)
	}
	file := filepath.Join(source, checksums)
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(file, head{"0.1.0", runtime.Version(), "https://example.com/x"}.String()+"\n"+sums)
	if log, err := check(); err != nil {
		t.Errorf("of this source: %v, %s", err, log)
	}
	write(filepath.Join(source, "cmd/smr/more.go"), "package main\n\nfunc init() { println(\"more\") }\n")
	if log, err := check(); err == nil {
		t.Errorf("of another source it is found good: %s", log)
	}
	write(file, head{"0.1.0", "go1.1", "https://example.com/x"}.String()+"\n"+sums)
	if log, err := check(); err != nil || !strings.Contains(log, "not compared") {
		t.Errorf("of another Go: %v, %s", err, log)
	}
	write(file, "nonsense\n")
	if _, err := check(); err == nil {
		t.Error("nonsense is found good")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"-o", "x", "-targets", "plan9/386"}, {"-o", "x", "-targets", "linux/amd64", "-commit"}} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
