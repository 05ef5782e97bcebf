package access

// A Level is the access level of an action (Service Authorization Reference,
// "Actions table", Access level), in lower case.
type Level string

// The levels, rising.
const (
	LevelList        Level = "list"
	LevelRead        Level = "read"
	LevelTagging     Level = "tagging"
	LevelWrite       Level = "write"
	LevelPermissions Level = "permissions"
)

// A Row describes part of a difference.
type Row struct {
	Actions      []string                       `json:"actions"`
	NotActions   []string                       `json:"not_actions,omitempty"`
	Resources    []string                       `json:"resources"`
	NotResources []string                       `json:"not_resources,omitempty"`
	Principals   []string                       `json:"principals,omitempty"`
	Conditions   map[string]map[string][]string `json:"conditions,omitempty"`
	Level        Level                          `json:"level,omitempty"`
}

func (c *comparison) rows(e *engine, way int) []Row { return nil }
