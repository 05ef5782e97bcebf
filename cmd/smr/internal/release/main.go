// Command release makes what a release of smr consists of, the same bytes
// wherever it runs: the program for six platforms, packed, with checksums, a bill
// of materials and the licenses of what is linked in.
//
//	go run ./cmd/smr/internal/release -o dist            everything, to dist
//	go run ./cmd/smr/internal/release -o dist -commit    and .github/checksums.txt
//	go run ./cmd/smr/internal/release -o dist -verify    and compare with that file
//	go run ./cmd/smr/internal/release -check             this platform alone: does
//	                                                     the file fit the source?
//
// The file .github/checksums.txt is in the commit that is tagged and in no other:
// action.yml runs a downloaded binary only if its checksum is there. Since no
// build holds the commit that it was made of, the file can be part of it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// A job is what the command line asks for.
type job struct {
	source string // the root of the repository
	out    string
	cache  string // of the go command, "" for the usual one
	log    io.Writer
}

func run(args []string, log io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	out := flags.String("o", "", "the directory to write to")
	source := flags.String("C", ".", "the root of the repository")
	only := flags.String("targets", "", "only these, such as linux/amd64,darwin/arm64")
	commit := flags.Bool("commit", false, "write .github/checksums.txt")
	verify := flags.Bool("verify", false, "fail unless .github/checksums.txt is what was built")
	check := flags.Bool("check", false, "fail unless .github/checksums.txt, if there is one, has this platform's binary")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	j := &job{source: *source, out: *out, log: log}
	if *check {
		return j.check()
	}
	if *out == "" {
		return errors.New("-o names the directory to write to")
	}
	if (*commit || *verify) && len(chosen) != len(targets()) {
		return errors.New("-commit and -verify are about all targets")
	}
	sums, err := j.release(chosen)
	if err != nil {
		return err
	}
	committed := filepath.Join(j.source, checksums)
	switch {
	case *commit:
		return os.WriteFile(committed, []byte(sums), 0o644)
	case *verify:
		want, err := os.ReadFile(committed)
		if err != nil {
			return err
		}
		if string(want) != sums {
			return fmt.Errorf("%s is not what this source builds to:\n%s\nis what was built. Make the release's commit with -commit", checksums, sums)
		}
	}
	return nil
}

// checksums is the file in a commit that is a release.
const checksums = ".github/checksums.txt"

// check builds for this platform, and says if the checksum is another.
func (j *job) check() error {
	want, err := os.ReadFile(filepath.Join(j.source, checksums))
	if errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(j.log, "this commit is no release: there is no", checksums)
		return nil
	}
	if err != nil {
		return err
	}
	head, err := readHead(string(want))
	if err != nil {
		return err
	}
	if head.toolchain != runtime.Version() {
		fmt.Fprintf(j.log, "%s was made by %s, this is %s: not compared\n", checksums, head.toolchain, runtime.Version())
		return nil
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	j.out = dir
	sums, err := j.binary(target{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return err
	}
	for line := range strings.Lines(sums) {
		if !strings.Contains(string(want), line) {
			return fmt.Errorf("%s is of another source: this one builds to\n%s\nRemove the file, which belongs to the commit of a release", checksums, sums)
		}
	}
	return nil
}
