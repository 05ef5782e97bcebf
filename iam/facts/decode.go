package facts

import (
	"strconv"
	"strings"
)

// decode reads the text form of one service, which gen writes, one thing a
// line, fields separated by tabs, empty fields at the end left out:
//
//	v  prefix  title  and the numbers of keys, sets, types and actions
//	k  condition key  type  ["deprecated"  [its successor]]
//	s  a set of condition keys: numbers of k lines
//	r  resource type  ARN formats, "|" between them  [set]
//	a  action  level  [set]  [types]  [dependent actions]
//
// Numbers count from 0 in the order of the lines. A type of an action is the
// number of an r line, "*" when it is required, ":" and a set if the row has
// keys of its own. "~" stands for "arn:${Partition}:PREFIX:${Region}:${Account}:"
// in a format and for the service's own prefix in a dependent action.
func decode(text string) *Service {
	s := &Service{}
	head := ""
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) < 2 || line[1] != '\t' {
			continue
		}
		f := fields{line[2:]}
		switch line[0] {
		case 'v':
			s.Prefix, s.Title = f.next(), f.next()
			s.keys = make([]Key, 0, f.number())
			s.sets = make([][]uint16, 0, f.number())
			s.types = make([]ResourceType, 0, f.number())
			s.actions = make([]Action, 0, f.number())
			head = "arn:${Partition}:" + s.Prefix + ":${Region}:${Account}:"
		case 'k':
			s.addKey(f)
		case 's':
			s.sets = append(s.sets, f.set())
		case 'r':
			s.types = append(s.types, ResourceType{Name: f.next(), ARNs: f.arns(head), set: s.set(f.next()), svc: s})
		case 'a':
			s.actions = append(s.actions, Action{
				Service: s.Prefix, Name: f.next(), Level: f.level(), own: s.set(f.next()),
				ResourceTypes: s.actionTypes(f.next()), Dependents: f.dependents(s.Prefix), svc: s,
			})
		}
	}
	return s
}

func (s *Service) addKey(f fields) {
	k := Key{Name: f.next(), Type: typeNamed(f.next())}
	k.Deprecated = f.next() == "deprecated"
	k.ReplacedBy = f.next()
	k.split()
	if k.placeholder {
		s.shapes = append(s.shapes, uint16(len(s.keys)))
	}
	s.keys = append(s.keys, k)
}

// set returns the set with the number written in text, nil for "".
func (s *Service) set(text string) []uint16 {
	if text == "" {
		return nil
	}
	return s.sets[atoi(text)]
}

// actionTypes reads the resource types of an action.
func (s *Service) actionTypes(text string) []ActionType {
	if text == "" {
		return nil
	}
	list := make([]ActionType, 0, strings.Count(text, " ")+1)
	for part := range strings.SplitSeq(text, " ") {
		number, set, _ := strings.Cut(part, ":")
		number, required := strings.CutSuffix(number, "*")
		list = append(list, ActionType{ResourceType: &s.types[atoi(number)], Required: required, own: s.set(set)})
	}
	return list
}

// fields is what is left of a line.
type fields struct{ rest string }

func (f *fields) next() string {
	field, rest, _ := strings.Cut(f.rest, "\t")
	f.rest = rest
	return field
}

func (f *fields) number() int { return atoi(f.next()) }

func (f *fields) set() []uint16 {
	text := f.next()
	set := make([]uint16, 0, strings.Count(text, " ")+1)
	for n := range strings.SplitSeq(text, " ") {
		set = append(set, uint16(atoi(n)))
	}
	return set
}

func (f *fields) arns(head string) []string {
	list := strings.Split(f.next(), "|")
	for i, a := range list {
		if rest, ok := strings.CutPrefix(a, "~"); ok {
			list[i] = head + rest
		}
	}
	return list
}

func (f *fields) dependents(prefix string) []string {
	text := f.next()
	if text == "" {
		return nil
	}
	list := strings.Split(text, " ")
	for i, a := range list {
		if rest, ok := strings.CutPrefix(a, "~"); ok {
			list[i] = prefix + ":" + rest
		}
	}
	return list
}

func (f *fields) level() Level {
	switch f.next() {
	case "L":
		return List
	case "R":
		return Read
	case "T":
		return Tagging
	case "W":
		return Write
	case "P":
		return PermissionsManagement
	}
	return 0
}

// atoi reads a number that gen wrote; a test decodes every file.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("iam/facts: embedded data is damaged: " + err.Error())
	}
	return n
}
