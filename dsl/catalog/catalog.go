// Package catalog holds the built-in activities and personas as files of the
// language, one activity in each, by edition. It embeds the files and parses
// nothing: package dsl reads them as it reads a user's.
//
// Sources and licences are in NOTICE; what edition 2026 repairs is in EDITIONS.md.
package catalog

import (
	"embed"
	"path"
	"strings"
)

// Files are embedded by name, so that nothing else of the folder is.
//
//go:embed role-manager-2024/*.smr 2026/*.smr
var files embed.FS

// PersonasFile is the name, for File, of an edition's personas.
const PersonasFile = "personas"

// Editions lists the editions, oldest first: "role-manager-2024" reproduces what
// SageMaker Role Manager created, "2026" is the repaired catalogue.
func Editions() []string {
	return []string{"role-manager-2024", "2026"}
}

// File returns one file of an edition: that of the activity called name, or the
// personas for PersonasFile. The path is relative to this package and uses
// slashes ("2026/manage_models.smr"). ok is false for an unknown edition or name.
func File(edition, name string) (filePath string, data []byte, ok bool) {
	if !known(edition) || strings.ContainsAny(name, `/\.`) {
		return "", nil, false
	}
	filePath = path.Join(edition, name+".smr")
	data, err := files.ReadFile(filePath)
	if err != nil {
		return "", nil, false
	}
	return filePath, data, true
}

// Names lists the activities of an edition, sorted; nil for an unknown edition.
func Names(edition string) []string {
	if !known(edition) {
		return nil
	}
	entries, err := files.ReadDir(edition) // sorted by name
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".smr"); name != PersonasFile {
			names = append(names, name)
		}
	}
	return names
}

func known(edition string) bool {
	for _, e := range Editions() {
		if e == edition {
			return true
		}
	}
	return false
}
