package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The shapes of iam-data's files, one JSON object per service and kind, keyed
// by the lower-case name.
type (
	rawAction struct {
		Name             string
		AccessLevel      string
		ResourceTypes    []rawActionType
		ConditionKeys    []string
		DependentActions []string
	}
	rawActionType struct {
		Name             string
		Required         bool
		ConditionKeys    []string
		DependentActions []string
	}
	rawType struct {
		Key           string
		ARN           string
		ConditionKeys []string
	}
	rawKey struct{ Key, Description, Type string }
)

// A service is what one file of data/services tells.
type service struct {
	prefix, title string
	keys          []rawKey
	types         []rawType
	actions       []rawAction
}

// readServices reads all services from the iam-data package in dir, and the
// dependent actions from the one in older.
func readServices(dir, older string) ([]service, stats, error) {
	var (
		prefixes []string
		titles   map[string]string
		st       stats
		list     []service
	)
	if err := readJSON(filepath.Join(dir, "data", "services.json"), &prefixes); err != nil {
		return nil, st, err
	}
	if err := readJSON(filepath.Join(dir, "data", "serviceNames.json"), &titles); err != nil {
		return nil, st, err
	}
	slices.Sort(prefixes)
	for _, prefix := range prefixes {
		s, err := readService(dir, older, prefix)
		if err != nil {
			return nil, st, fmt.Errorf("service %s: %w", prefix, err)
		}
		s.title = titles[prefix]
		for _, a := range s.actions {
			if len(a.DependentActions) > 0 {
				st.dependents++
			}
		}
		st.actions += len(s.actions)
		st.types += len(s.types)
		st.keys += len(s.keys)
		list = append(list, s)
	}
	st.services = len(list)
	if st.dependents == 0 {
		return nil, st, errors.New("no action has dependent actions; the release for them must be one that lists them")
	}
	return list, st, nil
}

func readService(dir, older, prefix string) (service, error) {
	var (
		actions, previous map[string]rawAction
		types             map[string]rawType
		keys              map[string]rawKey
	)
	if err := readJSON(filepath.Join(dir, "data", "actions", prefix+".json"), &actions); err != nil {
		return service{}, err
	}
	if err := optional(readJSON(filepath.Join(dir, "data", "resourceTypes", prefix+".json"), &types)); err != nil {
		return service{}, err
	}
	if err := optional(readJSON(filepath.Join(dir, "data", "conditionKeys", prefix+".json"), &keys)); err != nil {
		return service{}, err
	}
	if err := optional(readJSON(filepath.Join(older, "data", "actions", prefix+".json"), &previous)); err != nil {
		return service{}, err
	}
	s := service{prefix: prefix}
	for name, a := range actions {
		a.ResourceTypes = uniqueTypes(a.ResourceTypes)
		a.DependentActions = dependents(previous[name])
		s.actions = append(s.actions, a)
	}
	for _, t := range types {
		s.types = append(s.types, t)
	}
	for _, k := range keys {
		s.keys = append(s.keys, k)
	}
	slices.SortFunc(s.actions, func(a, b rawAction) int { return compareFold(a.Name, b.Name) })
	slices.SortFunc(s.types, func(a, b rawType) int { return compareFold(a.Key, b.Key) })
	slices.SortFunc(s.keys, func(a, b rawKey) int { return compareFold(a.Key, b.Key) })
	return s, s.check()
}

// optional forgives a missing file: not every service has resource types,
// condition keys or, in the older release, actions.
func optional(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func compareFold(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// dependents are the dependent actions of an action in all its rows: the
// reference lists them beside one resource type or beside the action.
func dependents(a rawAction) []string {
	list := slices.Clone(a.DependentActions)
	for _, t := range a.ResourceTypes {
		list = append(list, t.DependentActions...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// uniqueTypes drops repeated rows; the reference repeats a handful.
func uniqueTypes(list []rawActionType) []rawActionType {
	var kept []rawActionType
	for _, t := range list {
		i := slices.IndexFunc(kept, func(k rawActionType) bool { return strings.EqualFold(k.Name, t.Name) })
		if i < 0 {
			kept = append(kept, t)
			continue
		}
		kept[i].Required = kept[i].Required || t.Required
		kept[i].ConditionKeys = append(slices.Clone(kept[i].ConditionKeys), t.ConditionKeys...)
	}
	return kept
}

var levels = map[string]string{
	"List": "L", "Read": "R", "Tagging": "T", "Write": "W", "Permissions management": "P",
	// 0.21 joins two levels of AWS's new machine-readable reference; the first
	// is the level that the Service Authorization Reference prints.
	"Tagging, Write": "T", "Permissions management, Write": "P",
}

var keyTypes = []string{
	"String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary",
	"ArrayOfString", "ArrayOfARN", "ArrayOfBool", "ArrayOfNumeric", "ArrayOfDate", "ArrayOfIPAddress", "ArrayOfBinary",
}

// check refuses data that the text form cannot hold or that contradicts itself.
func (s service) check() error {
	for _, a := range s.actions {
		if levels[a.AccessLevel] == "" {
			return fmt.Errorf("action %s: access level %q is not known", a.Name, a.AccessLevel)
		}
		for _, t := range a.ResourceTypes {
			if s.typeIndex(t.Name) < 0 {
				return fmt.Errorf("action %s: resource type %q is not declared", a.Name, t.Name)
			}
			if err := s.checkKeys(a.Name, t.ConditionKeys); err != nil {
				return err
			}
		}
		if err := s.checkKeys(a.Name, a.ConditionKeys); err != nil {
			return err
		}
	}
	for _, t := range s.types {
		if strings.ContainsAny(t.Key+t.ARN, "\t\n|") || !strings.HasPrefix(t.ARN, "arn:") {
			return fmt.Errorf("resource type %q: name or ARN %q is not of the known form", t.Key, t.ARN)
		}
		if err := s.checkKeys(t.Key, t.ConditionKeys); err != nil {
			return err
		}
	}
	for _, k := range s.keys {
		if !slices.Contains(keyTypes, k.Type) {
			return fmt.Errorf("condition key %s: type %q is not known", k.Key, k.Type)
		}
		if strings.ContainsAny(k.Key, "\t\n") {
			return fmt.Errorf("condition key %q: tab or line feed in name", k.Key)
		}
	}
	return nil
}

func (s service) checkKeys(where string, keys []string) error {
	for _, k := range keys {
		if s.keyIndex(k) < 0 {
			return fmt.Errorf("%s: condition key %q is not declared", where, k)
		}
	}
	return nil
}

func (s service) keyIndex(name string) int {
	return slices.IndexFunc(s.keys, func(k rawKey) bool { return strings.EqualFold(k.Key, name) })
}

func (s service) typeIndex(name string) int {
	return slices.IndexFunc(s.types, func(t rawType) bool { return strings.EqualFold(t.Key, name) })
}

// replacement finds the successor that a deprecated key's description names.
var replacement = regexp.MustCompile(`(?i)(?:replaced by|use) ([a-z0-9-]+:[A-Za-z0-9]+)`)

// encode writes the text form, which package facts documents in decode.go.
func (s service) encode() []byte {
	var b bytes.Buffer
	e := encoder{service: s, sets: map[string]int{}}
	for _, k := range s.keys {
		fmt.Fprintf(&e.head, "k\t%s\t%s", k.Key, k.Type)
		if strings.Contains(strings.ToLower(k.Description), "deprecated") {
			e.head.WriteString("\tdeprecated")
			if m := replacement.FindStringSubmatch(k.Description); m != nil {
				e.head.WriteString("\t" + m[1])
			}
		}
		e.head.WriteByte('\n')
	}
	for _, t := range s.types {
		e.line("r", t.Key, e.arns(t.ARN), e.set(t.ConditionKeys))
	}
	for _, a := range s.actions {
		e.line("a", a.Name, levels[a.AccessLevel], e.set(a.ConditionKeys), e.types(a.ResourceTypes), e.dependents(a.DependentActions))
	}
	fmt.Fprintf(&b, "# Code generated by iam/facts/gen. DO NOT EDIT.\nv\t%s\t%s\t%d\t%d\t%d\t%d\n",
		s.prefix, s.title, len(s.keys), len(e.sets), len(s.types), len(s.actions))
	b.Write(e.head.Bytes())
	b.Write(e.body.Bytes())
	return b.Bytes()
}

// An encoder collects the lines of one service; sets of condition keys that
// occur again and again are written once.
type encoder struct {
	service
	head, body bytes.Buffer
	sets       map[string]int
}

// line writes one line of tab-separated fields without the empty ones at its end.
func (e *encoder) line(fields ...string) {
	e.body.WriteString(strings.TrimRight(strings.Join(fields, "\t"), "\t") + "\n")
}

// arns writes the ARN formats of a resource type. The reference gives two of
// them, with a comma between, for a few types; "~" stands for the head that
// nearly all formats share.
func (e *encoder) arns(arn string) string {
	list := strings.Split(arn, ", ")
	for i, a := range list {
		if rest, ok := strings.CutPrefix(a, "arn:${Partition}:"+e.prefix+":${Region}:${Account}:"); ok {
			list[i] = "~" + rest
		}
	}
	return strings.Join(list, "|")
}

// dependents writes dependent actions, "~" for those of the service itself.
func (e *encoder) dependents(list []string) string {
	short := make([]string, len(list))
	for i, a := range list {
		short[i] = a
		if rest, ok := strings.CutPrefix(a, e.prefix+":"); ok {
			short[i] = "~" + rest
		}
	}
	return strings.Join(short, " ")
}

// set returns the number of a set of condition keys, "" for the empty one.
func (e *encoder) set(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	numbers := make([]int, 0, len(keys))
	for _, k := range keys {
		numbers = append(numbers, e.keyIndex(k))
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	text := make([]string, len(numbers))
	for i, n := range numbers {
		text[i] = strconv.Itoa(n)
	}
	list := strings.Join(text, " ")
	n, seen := e.sets[list]
	if !seen {
		n = len(e.sets)
		e.sets[list] = n
		fmt.Fprintf(&e.head, "s\t%s\n", list)
	}
	return strconv.Itoa(n)
}

// types writes the resource types of an action: number, "*" when required,
// ":" and a set number when the row has condition keys of its own.
func (e *encoder) types(list []rawActionType) string {
	text := make([]string, len(list))
	for i, t := range list {
		text[i] = strconv.Itoa(e.typeIndex(t.Name))
		if t.Required {
			text[i] += "*"
		}
		if set := e.set(t.ConditionKeys); set != "" {
			text[i] += ":" + set
		}
	}
	return strings.Join(text, " ")
}
