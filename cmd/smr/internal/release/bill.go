package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler"
)

// A part is a module that is linked into a binary.
type part struct {
	path, version, sum string
	dir                string   // of its source
	uses               []string // the modules that its packages import, by path
	licenses           []string // SPDX identifiers
	texts              []string // of the files with the license
}

func (p *part) ref() string { return "pkg:golang/" + p.path + "@" + p.version }

// page is where its source is.
func (p *part) page() string {
	if p.path == "std" {
		return "https://pkg.go.dev/std@go" + p.version
	}
	return "https://pkg.go.dev/" + p.path + "@" + p.version
}

// parts are the modules in the binaries that were built, sorted: what the
// binaries themselves say, with what the go command knows of each. The first is
// this one, and "std" is Go's own library.
func (j *job) parts(chosen []target) ([]*part, error) {
	goroot, err := j.goCommand(chosen[0], "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	all := map[string]*part{}
	for _, t := range chosen {
		info, err := buildinfo.ReadFile(filepath.Join(j.out, t.file()))
		if err != nil {
			return nil, err
		}
		all["std"] = &part{path: "std", version: strings.TrimPrefix(info.GoVersion, "go"), dir: strings.TrimSpace(string(goroot))}
		all[info.Main.Path] = &part{path: info.Main.Path, version: "v" + compiler.Version, dir: j.source}
		for _, m := range info.Deps {
			if m.Replace != nil {
				return nil, fmt.Errorf("%s is replaced: a release is made of what go.mod names", m.Path)
			}
			all[m.Path] = &part{path: m.Path, version: m.Version, sum: m.Sum}
		}
	}
	for _, t := range chosen {
		if err := j.imports(t, all); err != nil {
			return nil, err
		}
	}
	out := make([]*part, 0, len(all))
	for _, p := range all {
		if err := p.readLicense(); err != nil {
			return nil, err
		}
		slices.Sort(p.uses)
		p.uses = slices.Compact(p.uses)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *part) int { return strings.Compare(a.path, b.path) })
	return out, nil
}

// imports adds where each module is and which others its packages import.
func (j *job) imports(t target, all map[string]*part) error {
	list, err := j.goCommand(t, "list", "-deps", "-json=ImportPath,Imports,ImportMap,Standard,Module", "./cmd/smr")
	if err != nil {
		return err
	}
	type pkg struct {
		ImportPath string
		Imports    []string
		ImportMap  map[string]string
		Standard   bool
		Module     *struct{ Path, Dir string }
	}
	of := map[string]string{} // the module of a package
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		switch {
		case p.Standard:
			of[p.ImportPath] = "std"
		case p.Module != nil:
			of[p.ImportPath] = p.Module.Path
			if m := all[p.Module.Path]; m != nil {
				m.dir = p.Module.Dir
			}
		}
		pkgs = append(pkgs, p)
	}
	for _, p := range pkgs {
		from := all[of[p.ImportPath]]
		if from == nil {
			return fmt.Errorf("%s is imported, and in no binary", p.ImportPath)
		}
		for _, name := range p.Imports {
			if mapped, ok := p.ImportMap[name]; ok {
				name = mapped
			}
			if to := of[name]; to != "" && to != from.path {
				from.uses = append(from.uses, to)
			}
		}
	}
	return nil
}

// The bill of materials is CycloneDX 1.6 in JSON, of which these are the parts
// that it needs (CycloneDX v1.6 JSON Reference). It has no serial number and no
// time, which the format leaves free, so that it is the same for the same source.
type (
	bill struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Component component `json:"component"`
	}
	component struct {
		Type       string         `json:"type"`
		Ref        string         `json:"bom-ref"`
		Name       string         `json:"name"`
		Version    string         `json:"version,omitempty"`
		Hashes     []hash         `json:"hashes,omitempty"`
		Licenses   []licenseEntry `json:"licenses,omitempty"`
		PURL       string         `json:"purl,omitempty"`
		Properties []property     `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licenseEntry struct {
		License licenseID `json:"license"`
	}
	licenseID struct {
		ID string `json:"id"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn,omitempty"`
	}
)

// billOf lists the binaries by their checksums and the modules in them.
func billOf(module string, parts []*part, sums string) ([]byte, error) {
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1}
	refs := map[string]string{}
	for _, p := range parts {
		refs[p.path] = p.ref()
	}
	for line := range strings.Lines(sums) {
		if digest, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			b.Components = append(b.Components, component{Type: "file", Ref: name, Name: name, Hashes: []hash{{"SHA-256", digest}}})
		}
	}
	for _, p := range parts {
		c := component{Type: "library", Ref: p.ref(), Name: p.path, Version: p.version, PURL: p.ref()}
		for _, id := range p.licenses {
			c.Licenses = append(c.Licenses, licenseEntry{licenseID{id}})
		}
		if p.sum != "" {
			c.Properties = []property{{"smr:go.sum", p.sum}}
		}
		d := dependency{Ref: p.ref()}
		for _, path := range p.uses {
			d.On = append(d.On, refs[path])
		}
		b.Dependencies = append(b.Dependencies, d)
		if p.path == module {
			c.Type = "application"
			b.Metadata.Component = c
			continue
		}
		b.Components = append(b.Components, c)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(b)
	return out.Bytes(), err
}

// readLicense reads the files that say under what license a module is, and finds
// out which one it is. One that is not known is an error: somebody has to look.
func (p *part) readLicense() error {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(p.dir, e.Name()))
		if err != nil {
			return err
		}
		p.texts = append(p.texts, strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n")))
		if id := spdx(string(data)); id != "" && !slices.Contains(p.licenses, id) {
			p.licenses = append(p.licenses, id)
		}
	}
	if p.path == "std" && len(p.texts) == 0 {
		// Some distributions keep Go's license elsewhere (go.dev/LICENSE).
		p.licenses, p.texts = []string{"BSD-3-Clause"}, []string{"Copyright 2009 The Go Authors. See https://go.dev/LICENSE"}
	}
	if len(p.licenses) == 0 {
		return fmt.Errorf("%s %s: no license that is known among its %d files. Look at it, and name it in spdx", p.path, p.version, len(p.texts))
	}
	return nil
}

// spdx is the identifier of a license by its words (SPDX License List), "" if it
// is none of those that modules of ours have.
func spdx(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	has := func(s string) bool { return strings.Contains(words, s) }
	switch {
	case has("Apache License Version 2.0") || has("Licensed under the Apache License, Version 2.0"):
		return "Apache-2.0"
	case has("Mozilla Public License Version 2.0") || has("Mozilla Public License, version 2.0"):
		return "MPL-2.0"
	case has("Permission is hereby granted, free of charge"):
		return "MIT"
	case has("Redistribution and use in source and binary forms") && has("endorse or promote"):
		return "BSD-3-Clause"
	case has("Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	}
	return ""
}

// licensesOf is the text that goes with the binaries, as most of the licenses
// ask: each with the modules that are under exactly that text.
func licensesOf(parts []*part) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("The binaries of smr hold these modules. The source of each is what the address names.\n")
	shown := map[string]bool{}
	for _, p := range parts {
		text := strings.Join(p.texts, "\n\n")
		if shown[text] || p.sum == "" && p.path != "std" {
			continue
		}
		shown[text] = true
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 78))
		for _, q := range parts {
			if strings.Join(q.texts, "\n\n") == text && (q.sum != "" || q.path == "std") {
				fmt.Fprintf(&b, "%s %s (%s) %s\n", q.path, q.version, strings.Join(q.licenses, ", "), q.page())
			}
		}
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	return b.Bytes(), nil
}
