package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler"
)

// A target is a platform, as Go names it.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

// file is the name of the binary.
func (t target) file() string {
	name := "smr_" + t.os + "_" + t.arch
	if t.os == "windows" {
		name += ".exe"
	}
	return name
}

// targets are all that a release has.
func targets() []target {
	return []target{{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}}
}

// choose reads a list of targets; "" is all of them.
func choose(list string) ([]target, error) {
	if list == "" {
		return targets(), nil
	}
	var out []target
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(targets(), func(t target) bool { return t.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is none of %v", name, targets())
		}
		out = append(out, targets()[i])
	}
	return out, nil
}

// settings of the go command that a build depends on. Whatever else is set for
// whoever runs this has no say.
func settings(t target) []string {
	return []string{
		"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off",
		"GOFLAGS=", "GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "GODEBUG=",
	}
}

// goCommand runs the go command in the repository.
func (j *job) goCommand(t target, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = j.source
	cmd.Env = append(os.Environ(), settings(t)...)
	if j.cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+j.cache)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %s for %s: %w\n%s", strings.Join(args, " "), t, err, errs.String())
	}
	return out.Bytes(), nil
}

// binary builds and packs one, and returns the lines of its checksums.
func (j *job) binary(t target) (string, error) {
	full, err := filepath.Abs(filepath.Join(j.out, t.file()))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return "", err
	}
	if _, err := j.goCommand(t, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", full, "./cmd/smr"); err != nil {
		return "", err
	}
	data, err := os.ReadFile(full)
	if err != nil {
		return "", err
	}
	packed, err := pack(data)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(full+".gz", packed, 0o644); err != nil {
		return "", err
	}
	fmt.Fprintf(j.log, "%s: %d bytes, packed %d\n", t.file(), len(data), len(packed))
	return fmt.Sprintf("%x  %s\n%x  %s.gz\n", sha256.Sum256(data), t.file(), sha256.Sum256(packed), t.file()), nil
}

// pack compresses; the header has neither a name nor a time.
func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// A head is the first line of the checksums: "# VERSION GO ADDRESS".
type head struct{ version, toolchain, address string }

func (h head) String() string { return "# " + h.version + " " + h.toolchain + " " + h.address }

func readHead(text string) (head, error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) != 4 || fields[0] != "#" {
		return head{}, fmt.Errorf("%s begins with %q, want \"# VERSION GO ADDRESS\"", checksums, line)
	}
	return head{fields[1], fields[2], fields[3]}, nil
}

// release writes everything and returns the text of the checksums.
func (j *job) release(chosen []target) (string, error) {
	path, err := j.goCommand(chosen[0], "list", "-m")
	if err != nil {
		return "", err
	}
	module := strings.TrimSpace(string(path))
	h := head{compiler.Version, runtime.Version(), "https://" + module + "/releases/download/v" + compiler.Version}
	lines := h.String() + "\n"
	for _, t := range chosen {
		sums, err := j.binary(t)
		if err != nil {
			return "", err
		}
		lines += sums
	}
	parts, err := j.parts(chosen)
	if err != nil {
		return "", err
	}
	bill, err := billOf(module, parts, lines)
	if err != nil {
		return "", err
	}
	licenses, err := licensesOf(parts)
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile(filepath.Join(j.source, "LICENSE"))
	if err != nil {
		return "", err
	}
	_, sums, _ := strings.Cut(lines, "\n")
	for name, data := range map[string][]byte{"smr.cdx.json": bill, "LICENSES.txt": licenses, "LICENSE": own, "SHA256SUMS": []byte(sums)} {
		if err := os.WriteFile(filepath.Join(j.out, name), data, 0o644); err != nil {
			return "", err
		}
	}
	return lines, nil
}
