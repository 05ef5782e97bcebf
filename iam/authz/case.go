package authz

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Case is one line of "smr simulate --cases": a request and the policies that
// decide it.
type Case struct {
	ID       json.RawMessage // as given, nil if it was absent; a string or number
	Request  Request
	Policies Policies
}

// caseJSON is the shape of a line. Unknown fields are left alone, so that a
// line may carry what was expected of it.
type caseJSON struct {
	ID         json.RawMessage     `json:"id"`
	Request    *requestJSON        `json:"request"`
	Identity   []json.RawMessage   `json:"identity_policies"`
	Session    json.RawMessage     `json:"session_policy"`
	Boundaries []json.RawMessage   `json:"permissions_boundaries"`
	SCPs       [][]json.RawMessage `json:"scps"`
	RCPs       [][]json.RawMessage `json:"rcps"`
	Resource   json.RawMessage     `json:"resource_policy"`
	Endpoints  []json.RawMessage   `json:"vpc_endpoint_policies"`
}

type requestJSON struct {
	Principal       *string       `json:"principal"`
	PrincipalType   PrincipalType `json:"principal_type"`
	Action          string        `json:"action"`
	Resource        string        `json:"resource"`
	ResourceAccount string        `json:"resource_account"`
	Context         Context       `json:"context"`
}

// DecodeCase reads one line. Policies are named by their place in it, such as
// "scps[0][1]". Where the error is not nil, the case still holds the ID if the
// line had a readable one.
func DecodeCase(line []byte) (*Case, error) {
	c := &Case{}
	var in caseJSON
	if err := json.Unmarshal(line, &in); err != nil {
		var id struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(line, &id) == nil {
			c.ID = id.ID
		}
		return c, readable(err)
	}
	c.ID = in.ID
	if in.Request == nil {
		return c, errors.New(`the line has no "request"`)
	}
	c.Request = in.Request.request()
	return c, c.Policies.decode(&in)
}

// readable words an error of encoding/json for people.
func readable(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("the line is not JSON: offset %d: %s", syntax.Offset, syntax.Error())
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("the line is a JSON %s, and a case is an object {\"id\", \"request\"}", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("%q has the wrong type of value: %s", kind.Field, kind.Value)
	}
	return err
}

func (in *requestJSON) request() Request {
	r := Request{
		Principal:       Principal{Type: in.PrincipalType},
		Action:          in.Action,
		Resource:        in.Resource,
		ResourceAccount: in.ResourceAccount,
		Context:         in.Context,
	}
	if in.Principal != nil {
		r.Principal.ID = *in.Principal
	}
	return r
}

func (p *Policies) decode(in *caseJSON) error {
	var d policyDecoder
	p.Identity = d.list("identity_policies", in.Identity)
	if s := d.one("session_policy", in.Session); s != nil {
		p.Session = []Policy{*s}
	}
	p.Boundaries = d.list("permissions_boundaries", in.Boundaries)
	p.SCPs = d.levels("scps", in.SCPs)
	p.RCPs = d.levels("rcps", in.RCPs)
	p.Resource = d.one("resource_policy", in.Resource)
	p.Endpoints = d.list("vpc_endpoint_policies", in.Endpoints)
	return d.err
}

// A policyDecoder keeps the first error.
type policyDecoder struct{ err error }

// one returns nil for an absent or null policy.
func (d *policyDecoder) one(name string, text json.RawMessage) *Policy {
	if text == nil || bytes.Equal(text, []byte("null")) || d.err != nil {
		return nil
	}
	doc, err := policy.ParseLoose(text)
	if err != nil {
		d.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return &Policy{Name: name, Document: doc}
}

func (d *policyDecoder) list(name string, texts []json.RawMessage) []Policy {
	var out []Policy
	for i, text := range texts {
		if p := d.one(name+"["+strconv.Itoa(i)+"]", text); p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// levels keeps empty levels: one without policies allows nothing.
func (d *policyDecoder) levels(name string, levels [][]json.RawMessage) [][]Policy {
	var out [][]Policy
	for i, texts := range levels {
		out = append(out, d.list(name+"["+strconv.Itoa(i)+"]", texts))
	}
	return out
}

// Evaluate decides the case.
func (c *Case) Evaluate(o Options) (Decision, error) {
	e, err := Compile(c.Policies, o)
	if err != nil {
		return Decision{}, err
	}
	return e.Evaluate(&c.Request)
}

// AppendAnswer appends the line that answers the case: the decision, or the
// error. No line break follows.
func (c *Case) AppendAnswer(dst []byte, d Decision, err error) []byte {
	dst = append(dst, `{"id":`...)
	if c.ID == nil {
		dst = append(dst, "null"...)
	}
	dst = append(append(dst, c.ID...), ',')
	from := len(dst)
	if err != nil {
		dst = appendJSON(dst, struct {
			Error string `json:"error"`
		}{err.Error()})
	} else {
		dst = appendJSON(dst, d)
	}
	return append(dst[:from], dst[from+1:]...) // without the brace
}

// appendJSON prints v, of a type that has a JSON form whatever it holds,
// without escaping what only HTML must escape.
func appendJSON(dst []byte, v any) []byte {
	b := bytes.NewBuffer(dst)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// UnmarshalJSON reads an object of condition keys. A string, number or boolean
// is a single value, a list a multivalued key, null an absent one. Two names
// that differ in case alone are refused.
func (c *Context) UnmarshalJSON(text []byte) error {
	if !json.Valid(text) {
		return errors.New(`"context" is not JSON`)
	}
	// The text is valid, so that no token below can fail.
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	open, _ := dec.Token()
	if open == nil { // null
		return nil
	}
	if open != json.Delim('{') {
		return errors.New(`"context" must be an object`)
	}
	for dec.More() {
		token, _ := dec.Token()
		key, _ := token.(string)
		if _, _, ok := c.Get(key); ok {
			return fmt.Errorf("context holds the key %q twice; names compare without regard to case", key)
		}
		var value any
		_ = dec.Decode(&value)
		if err := c.decodeValue(key, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *Context) decodeValue(key string, value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		values := make([]string, len(v))
		for i := range v {
			s, ok := scalar(v[i])
			if !ok {
				return fmt.Errorf("context key %q: a list holds strings, numbers and booleans alone", key)
			}
			values[i] = s
		}
		c.SetList(key, values...)
		return nil
	}
	s, ok := scalar(value)
	if !ok {
		return fmt.Errorf("context key %q: the value must be a string, a number, a boolean or a list of them", key)
	}
	c.Set(key, s)
	return nil
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// MarshalJSON prints the keys in the order in which they were set, under their
// names as written.
func (c Context) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, e := range c.entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendJSON(out, e.name), ':')
		if e.list {
			out = appendJSON(out, append([]string{}, e.values...))
		} else {
			out = appendJSON(out, e.values[0])
		}
	}
	return append(out, '}'), nil
}
