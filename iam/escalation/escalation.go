// Package escalation knows the ways by which a principal of AWS comes to more
// than its policies give it: sets of actions, as data of a stated date with
// their sources, and what sets of policies allow of them.
//
// The Go API is not yet stable.
package escalation

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Method is a set of actions which, all allowed, lead to the permissions of
// another principal, or to any.
type Method struct {
	ID      string   `json:"id"`
	Actions []string `json:"actions"` // service:Name, sorted
	Basis   string   `json:"basis"`   // documented, or inferred from the APIs
	Sources []string `json:"sources"`
}

// Data is everything of methods.json.
type Data struct {
	Title   string   `json:"title"`
	Date    string   `json:"date"` // YYYY-MM-DD
	Rule    string   `json:"rule"`
	Sources []string `json:"sources"`
	// SensitiveServices are those of which a policy that allows every action
	// is an escalation by itself.
	SensitiveServices []string `json:"sensitive_services"`
	Methods           []Method `json:"methods"` // sorted by ID
}

//go:embed methods.json
var methods []byte

var load = sync.OnceValue(func() *Data {
	d := &Data{}
	if err := json.Unmarshal(methods, d); err != nil {
		panic("iam/escalation: methods.json: " + err.Error())
	}
	return d
})

// Known returns the data, which is shared and not to be changed.
func Known() *Data { return load() }

// Matches reports whether patterns of actions, less those that are excepted,
// match one action, in any case.
func Matches(patterns, except []string, action string) bool {
	match := func(p string) bool { return policy.MatchFold(p, action) }
	return slices.ContainsFunc(patterns, match) && !slices.ContainsFunc(except, match)
}

// PassesRoles reports whether patterns match iam:PassRole.
func PassesRoles(patterns, except []string) bool { return Matches(patterns, except, "iam:PassRole") }

// WholeService returns a sensitive service of which a pattern names every
// action, "" if there is none. Exceptions do not count: what they leave is
// still everything else.
func WholeService(patterns []string) string {
	for _, p := range patterns {
		service, name, both := strings.Cut(p, ":")
		if !both {
			name = p
		}
		if strings.Trim(name, "*") != "" {
			continue
		}
		for _, s := range Known().SensitiveServices {
			if policy.MatchFold(service, s) {
				return s
			}
		}
	}
	return ""
}

// Touched lists the methods of which some action is matched.
func Touched(matches func(action string) bool) []*Method {
	var out []*Method
	d := Known()
	for i := range d.Methods {
		if slices.ContainsFunc(d.Methods[i].Actions, matches) {
			out = append(out, &d.Methods[i])
		}
	}
	return out
}

// A Judge decides what sides allow. It remembers answers, and is not safe for
// concurrent use.
type Judge struct {
	options access.Options
	known   map[string]access.Answer
}

// NewJudge returns a judge that compares with options.
func NewJudge(o access.Options) *Judge {
	o.OneWay, o.NoRows = true, true
	return &Judge{options: o, known: map[string]access.Answer{}}
}

// Has decides whether a side allows each action of a method on some request.
func (j *Judge) Has(side access.Side, m *Method) access.Answer {
	answer := access.Yes
	for _, a := range m.Actions {
		switch j.Allows(side, a) {
		case access.No:
			return access.No
		case access.Unknown:
			answer = access.Unknown
		}
	}
	return answer
}

// Allows decides whether a side allows some request with an action. Only its
// identity-based policies and its boundary are read.
func (j *Judge) Allows(side access.Side, action string) access.Answer {
	allow, deny, sure := cut(side.Identity, action)
	if len(allow.Statements) == 0 {
		return access.No
	}
	if sure && len(deny.Statements) == 0 && side.Boundary == nil {
		return access.Yes // some resource matches any pattern, and nothing withholds it
	}
	// Only requests with the action: the session policy allows nothing else.
	head := access.Side{Identity: []*policy.Document{allow, deny}, Session: only(action)}
	key := action + "\x00" + string(policy.AppendJSON(policy.AppendJSON(nil, allow), deny))
	return j.compare(head, key, side.Boundary, action)
}

// compare reports whether a side grants anything under what a boundary says of
// an action, once for each key, which names the side.
func (j *Judge) compare(head access.Side, key string, boundary *policy.Document, action string) access.Answer {
	if boundary != nil {
		in, out, _ := cut([]*policy.Document{boundary}, action)
		in.Statements = append(in.Statements, out.Statements...)
		head.Boundary = in
		key += "\x00" + string(policy.AppendJSON(nil, in))
	}
	if answer, ok := j.known[key]; ok {
		return answer
	}
	answer := access.Unknown
	if result, err := access.Compare(access.Side{}, head, j.options); err == nil {
		answer = result.NewAccess
	}
	j.known[key] = answer
	return answer
}

// cut returns the statements that may match an action, as one document for each
// effect; sure reports whether an Allow of them surely matches some request.
func cut(docs []*policy.Document, action string) (allow, deny *policy.Document, sure bool) {
	allow, deny = &policy.Document{Version: policy.Version2012}, &policy.Document{Version: policy.Version2012}
	for _, d := range docs {
		for i := range d.Statements {
			st := &d.Statements[i]
			if len(st.Actions) > 0 && !Matches(st.Actions, nil, action) || len(st.Actions) == 0 && Matches(st.NotActions, nil, action) {
				continue
			}
			if st.Effect == policy.Deny {
				deny.Statements = append(deny.Statements, *st)
				continue
			}
			allow.Statements = append(allow.Statements, *st)
			plain := !slices.ContainsFunc(st.Resources, func(r string) bool { return strings.Contains(r, "$") })
			sure = sure || plain && len(st.Resources) > 0 && satisfiable(st.Conditions)
		}
	}
	return allow, deny, sure
}

// satisfiable reports whether conditions surely hold for some request: each looks
// at a key of its own, and asks for one of some values that are there.
func satisfiable(conditions []policy.Condition) bool {
	keys := map[string]bool{}
	for i := range conditions {
		c := &conditions[i]
		key := strings.ToLower(c.Key)
		positive := c.Operator == "StringEquals" || c.Operator == "StringLike" || c.Operator == "ArnEquals" || c.Operator == "ArnLike"
		if keys[key] || !positive || len(c.Values) == 0 || slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "$") }) {
			return false
		}
		keys[key] = true
	}
	return true
}

func only(action string) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{
		{Effect: policy.Allow, Actions: []string{action}, Resources: []string{"*"}},
	}}
}
