package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/rolefile"
	"github.com/sagemaker-roles/smr/deploy/importer"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// roleFiles reads roles from files.
func (s *session) roleFiles(names []string) ([]*importer.Source, error) {
	var list []*importer.Source
	var add []func([]*importer.Source)
	for _, name := range s.expanded(names) {
		sources, properties, err := s.roleFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, cause(err))
		}
		list = append(list, sources...)
		if properties != nil {
			add = append(add, properties)
		}
	}
	list, err := importer.Merge(list)
	if err != nil {
		return nil, err
	}
	for _, f := range add {
		f(list)
	}
	if len(list) == 0 {
		return nil, usagef("the files name no role")
	}
	for _, src := range list {
		src.Name = s.account
		if policy.IsAccountID(src.Name) {
			src.Name = "" // where files name no account, this does
			if src.State.Account == "" {
				src.State.Account, src.State.Partition = s.account, "aws"
			}
		}
	}
	return list, nil
}

// expanded replaces a directory by the roles that smr compile wrote there.
func (s *session) expanded(names []string) []string {
	var out []string
	for _, name := range names {
		info, err := os.Stat(s.path(name))
		if err != nil || !info.IsDir() {
			out = append(out, name)
			continue
		}
		found := []string{}
		for _, pattern := range []string{"role.json", "*/role.json", "*/*/role.json"} {
			matches, err := fs.Glob(os.DirFS(s.path(name)), pattern)
			if err == nil {
				found = append(found, matches...)
			}
		}
		for _, f := range found {
			out = append(out, path.Join(filepath.ToSlash(name), f))
		}
		if len(found) == 0 {
			out = append(out, name)
		}
	}
	return out
}

func (s *session) roleFile(name string) ([]*importer.Source, func([]*importer.Source), error) {
	text, err := readRegular(s.path(name), maxImported)
	if err != nil {
		return nil, nil, err
	}
	text, err = utf8Text(text)
	if err != nil {
		return nil, nil, err
	}
	if list, properties, ok, err := importer.Details(text); ok {
		return list, properties, err
	}
	if !rolefile.Is(text) {
		base := filepath.Base(name)
		src, err := importer.FromPolicies(strings.TrimSuffix(base, filepath.Ext(base)), text)
		return []*importer.Source{src}, nil, err
	}
	id := ""
	if policy.IsAccountID(s.account) {
		id = s.account
	}
	role, err := rolefile.Load(s.path(name), id)
	if err != nil {
		return nil, nil, err
	}
	src, err := importer.FromRole(role)
	return []*importer.Source{src}, nil, err
}

// utf8Text is a text without the mark that programs of Windows put before it.
// What is cut off, as a download that broke, is said as such.
func utf8Text(text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New(`it is UTF-16, as ">" of Windows PowerShell writes it, and JSON is UTF-8. Write it with: | Out-File -Encoding utf8 FILE`)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset >= int64(len(text)) && len(bytes.TrimSpace(text)) > 0 {
		return nil, errors.New("its JSON is cut off: the end is missing")
	}
	return text, nil
}

// readRegular reads a regular file of at most some bytes.
func readRegular(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > most:
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
