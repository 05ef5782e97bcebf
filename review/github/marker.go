package github

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/review/git"
)

// A Marker is the first line of a comment or an issue of smr's, which readers
// do not see: which one it is, and which run wrote it.
//
//	<!-- smr:review v1 key=default head=8652… run=17.1 plan=sha256:4c1f… -->
type Marker struct {
	// Kind is "review" or "drift"; Key tells several of a kind apart, as for
	// environments or folders: letters, digits and . _ - of ASCII, at most 64.
	Kind, Key string
	Head      git.ID // "" is none
	Run       Run
	// Fields are digests that views add, such as plan and escalation, by name.
	Fields map[string]string
}

var (
	markerKey   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	markerName  = regexp.MustCompile(`^[a-z][a-z-]{0,30}$`)
	markerValue = regexp.MustCompile(`^[A-Za-z0-9._:/+-]{1,128}$`)
	markerLine  = regexp.MustCompile(`^<!-- smr:([a-z]+) v1((?: [a-z-]+=[A-Za-z0-9._:/+-]+)*) -->$`)
)

// check says what of a marker cannot be written.
func (m Marker) check() error {
	if !markerName.MatchString(m.Kind) || !markerKey.MatchString(m.Key) {
		return fmt.Errorf("the key %.100q of a comment has other characters than letters, digits and . _ -, or more than 64", m.Key)
	}
	for name, value := range m.Fields {
		if !markerName.MatchString(name) || slices.Contains([]string{"key", "head", "run"}, name) || !markerValue.MatchString(value) {
			return fmt.Errorf("the field %s=%.100q cannot stand in a comment's first line", name, value)
		}
	}
	return nil
}

// String is the line, without its end.
func (m Marker) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- smr:%s v1 key=%s", m.Kind, m.Key)
	if m.Head != "" {
		fmt.Fprintf(&b, " head=%s", m.Head)
	}
	fmt.Fprintf(&b, " run=%s", m.Run)
	names := make([]string, 0, len(m.Fields))
	for name := range m.Fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%s", name, m.Fields[name])
	}
	return b.String() + " -->"
}

// parseMarker reads the marker that a text begins with. Anywhere else, it is
// text that somebody quotes.
func parseMarker(text string) (Marker, bool) {
	line, _, _ := strings.Cut(text, "\n")
	match := markerLine.FindStringSubmatch(strings.TrimSuffix(line, "\r"))
	if match == nil {
		return Marker{}, false
	}
	m := Marker{Kind: match[1], Fields: map[string]string{}}
	for field := range strings.FieldsSeq(match[2]) {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "key":
			m.Key = value
		case "head":
			m.Head, _ = git.ParseID(value)
		case "run":
			number, attempt, _ := strings.Cut(value, ".")
			m.Run.Number, _ = strconv.Atoi(number)
			m.Run.Attempt, _ = strconv.Atoi(attempt)
		default:
			m.Fields[name] = value
		}
	}
	return m, m.Key != ""
}
