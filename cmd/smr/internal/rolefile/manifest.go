package rolefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A manifest is what manifest.json says of one role; emit.Manifest documents
// the file.
type manifest struct {
	role    manifestRole
	sources []manifestSource
}

type manifestRole struct {
	Role, Account, ARN, File string
	Declared                 manifestPlace
	Policies                 []struct {
		Kind, Name, Activity string
		Statements           []struct {
			manifestPlace
			Source   int
			Override manifestPlace
		}
	}
}

type manifestPlace struct {
	File string
	Line int
}

type manifestSource struct {
	manifestPlace
	Activity, Label, Why string
	BuiltIn              bool `json:"built_in"`
}

// findManifest reads what the manifest two folders above a role.json says of
// it; nil if there is no manifest, or it does not list the file.
func findManifest(name string) (*manifest, error) {
	folder := filepath.Dir(name)
	account := filepath.Dir(folder)
	text, err := read(filepath.Join(filepath.Dir(account), emit.ManifestName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", emit.ManifestName, err)
	}
	var m struct {
		Schema  string
		Roles   []manifestRole
		Sources []manifestSource
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Schema != emit.ManifestSchema {
		return nil, nil // another program's manifest.json
	}
	file := strings.Join([]string{filepath.Base(account), filepath.Base(folder), filepath.Base(name)}, "/")
	i := slices.IndexFunc(m.Roles, func(r manifestRole) bool { return r.File == file })
	if i < 0 {
		return nil, nil
	}
	return &manifest{m.Roles[i], m.Sources}, nil
}

// apply gives the role its label, account and order of policies, and each
// statement its origin. It returns the role's ARN.
func (m *manifest) apply(r *ir.StackRole) string {
	r.Label = m.role.Role
	if label, key, ok := strings.Cut(m.role.Role, `["`); ok {
		r.Label, r.Key = label, strings.TrimSuffix(key, `"]`)
	}
	r.Target.Name = m.role.Account
	r.Ranges = map[string]hcl.Range{}
	place := m.role.Declared.span()
	for _, name := range []string{"permissions_boundary", "managed_policies"} {
		r.Ranges[name] = place
	}
	for i := range r.Attached {
		r.Attached[i].Range = place
	}
	m.order(r.Managed, emit.Managed)
	m.order(r.Inline, emit.Inline)
	for i := range m.role.Policies {
		p := &m.role.Policies[i]
		target := find(r, p.Kind, p.Name)
		if target == nil || len(target.Document.Statements) != len(p.Statements) {
			continue // the files have been edited since
		}
		target.Activity = p.Activity
		target.Origins = make([]ir.Origin, len(p.Statements))
		for n, st := range p.Statements {
			o := ir.Origin{Use: st.span(), Override: st.Override.span()}
			if st.Source >= 0 && st.Source < len(m.sources) {
				s := m.sources[st.Source]
				o.Activity, o.Label, o.Why, o.BuiltIn, o.Range = s.Activity, s.Label, s.Why, s.BuiltIn, s.span()
			}
			target.Origins[n] = o
		}
	}
	return m.role.ARN
}

// order sorts policies as the role has them.
func (m *manifest) order(list []ir.Policy, kind string) {
	place := map[string]int{}
	for i, p := range m.role.Policies {
		if p.Kind == kind {
			place[p.Name] = i + 1
		}
	}
	slices.SortStableFunc(list, func(a, b ir.Policy) int { return place[a.Name] - place[b.Name] })
}

func find(r *ir.StackRole, kind, name string) *ir.Policy {
	list := r.Managed
	switch kind {
	case emit.Trust:
		if r.Trust.Document == nil {
			return nil
		}
		return &r.Trust
	case emit.Inline:
		list = r.Inline
	}
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

func (p manifestPlace) span() hcl.Range {
	if p.File == "" {
		return hcl.Range{}
	}
	at := hcl.Pos{Line: p.Line, Column: 1}
	return hcl.Range{Filename: p.File, Start: at, End: at}
}
