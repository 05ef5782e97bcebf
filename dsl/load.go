// Package dsl reads the language of .smr files: it loads a configuration,
// parses it, decodes it to a typed tree in which everything has a range, and
// formats it. dsl/LANGUAGE.md is the language; the evaluator's functions and
// limits are here too. It knows nothing of IAM.
package dsl

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A File is one file of a configuration as it was read.
type File struct {
	Name  string // relative to the configuration, with slashes
	Bytes []byte
}

// Load reads the *.smr and *.auto.smrvars files of the top of fsys in name
// order. Subdirectories are other configurations and are not entered; names
// that begin with a dot are editors' own and are passed over.
func Load(fsys fs.FS) ([]File, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, append(diags, diag.Errorf("unreadable-file", hcl.Range{Filename: "."}, "The directory cannot be read: %s.", reason(err)))
	}
	var files []File
	for _, e := range entries {
		name := e.Name()
		if !isSource(name) || strings.HasPrefix(name, ".") || (e.IsDir() && !strings.HasSuffix(name, ".smr")) {
			continue
		}
		if len(files) == MaxFiles {
			return files, append(diags, diag.Errorf("too-many-files", hcl.Range{Filename: name}, "A configuration has at most %d files. Move some roles to a directory of their own.", MaxFiles))
		}
		data, d := ReadFile(fsys, name, hcl.Range{Filename: name})
		if d != nil {
			diags = append(diags, d)
			continue
		}
		files = append(files, File{Name: name, Bytes: data})
	}
	if len(files) == 0 && !diags.HasErrors() {
		diags = append(diags, diag.Errorf("empty-configuration", hcl.Range{Filename: "."}, "The directory holds no .smr file. Write one, or let `smr init` write a first roles.smr."))
	}
	return files, diags
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".smr") || strings.HasSuffix(name, ".auto.smrvars")
}

// ReadFile reads one regular file of a configuration, at most MaxFileBytes of
// it. The subject is where a diagnostic points: the file, or the expression
// that names it.
func ReadFile(fsys fs.FS, name string, subject hcl.Range) ([]byte, *hcl.Diagnostic) {
	if !fs.ValidPath(path.Clean(name)) {
		return nil, diag.Errorf("outside-configuration", subject, "%q is not a path inside the configuration. Files are read from the configuration's own directory only, by a relative path with slashes.", name)
	}
	name = path.Clean(name)
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, unreadable(name, subject, err)
	}
	if !info.Mode().IsRegular() {
		return nil, diag.Errorf("unreadable-file", subject, "%q is not a regular file. A configuration consists of regular files.", name)
	}
	if info.Size() > MaxFileBytes {
		return nil, fileTooLarge(name, subject)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, unreadable(name, subject, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	switch {
	case err != nil:
		return nil, unreadable(name, subject, err)
	case len(data) > MaxFileBytes:
		return nil, fileTooLarge(name, subject)
	}
	return data, nil
}

func fileTooLarge(name string, subject hcl.Range) *hcl.Diagnostic {
	return diag.Errorf("file-too-large", subject, "%q is larger than 1 MiB (%d bytes). Divide it into several files of the same directory.", name, MaxFileBytes)
}

func unreadable(name string, subject hcl.Range, err error) *hcl.Diagnostic {
	if escapes(err) {
		return diag.Errorf("outside-configuration", subject, "%q leads out of the configuration's directory. Files are read from there only; copy the file into the directory.", name)
	}
	return diag.Errorf("unreadable-file", subject, "%q cannot be read: %s.", name, reason(err))
}

// escapes reports whether os.Root refused a path or link that leads outside;
// it has no exported error for that.
func escapes(err error) bool { return strings.Contains(err.Error(), "escapes from parent") }

// reason is the cause of an error without the path, which may be absolute.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
