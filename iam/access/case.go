package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// DecodeSide reads a side as "smr diff" takes it: one policy document, a list
// of them, an object with identity_policies, permissions_boundary,
// session_policy and scps, or one with resource_policy. A document whose
// statements have principals is a resource-based policy. null, {} and [] allow
// nothing.
func DecodeSide(text []byte) (Side, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return Side{}, nil
	}
	if text[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return Side{}, plain(err, "a list of policy documents")
		}
		return documentsSide(list)
	}
	if text[0] != '{' {
		return Side{}, errors.New("a side is a policy document, a list of them, or an object such as {\"identity_policies\": []}")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Side{}, plain(err, "an object")
	}
	if _, ok := fields["Statement"]; ok {
		return documentsSide([]json.RawMessage{text})
	}
	return fieldsSide(fields)
}

// documentsSide reads documents that stand alone.
func documentsSide(list []json.RawMessage) (Side, error) {
	docs, err := documents("policy", list)
	if err != nil {
		return Side{}, err
	}
	if len(docs) == 1 && hasPrincipal(docs[0]) {
		return Side{Resource: docs[0]}, nil
	}
	return Side{Identity: docs}, nil
}

func hasPrincipal(d *policy.Document) bool {
	for i := range d.Statements {
		if d.Statements[i].Principal != nil || d.Statements[i].NotPrincipal != nil {
			return true
		}
	}
	return false
}

func fieldsSide(fields map[string]json.RawMessage) (s Side, err error) {
	for name, text := range fields {
		var one *policy.Document
		var list []json.RawMessage
		var levels [][]json.RawMessage
		if bytes.Equal(text, []byte("null")) {
			continue
		}
		switch name {
		case "identity_policies":
			if err = json.Unmarshal(text, &list); err == nil {
				s.Identity, err = documents(name, list)
			}
		case "scps":
			err = json.Unmarshal(text, &levels)
			for i := 0; err == nil && i < len(levels); i++ {
				var level []*policy.Document
				level, err = documents(fmt.Sprintf("%s[%d]", name, i), levels[i])
				s.SCPs = append(s.SCPs, level)
			}
		case "permissions_boundary", "session_policy", "resource_policy":
			if one, err = document(name, text); err != nil {
				return Side{}, err
			}
			switch name {
			case "permissions_boundary":
				s.Boundary = one
			case "session_policy":
				s.Session = one
			default:
				s.Resource = one
			}
		default:
			return Side{}, fmt.Errorf("%q is no field of a side; the fields are identity_policies, permissions_boundary, session_policy, scps, or resource_policy alone", name)
		}
		if err != nil {
			want := "a list of policy documents"
			if name == "scps" {
				want = "a list of levels, each a list of policy documents"
			}
			return Side{}, fmt.Errorf("%s: %w", name, plain(err, want))
		}
	}
	return s, nil
}

// plain says in JSON's words what is wrong with a value that is not what was
// wanted, instead of in Go's.
func plain(err error, want string) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("it is a JSON %s where %s belongs", kind.Value, want)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return err
}

func documents(name string, list []json.RawMessage) ([]*policy.Document, error) {
	var out []*policy.Document
	for i, text := range list {
		d, err := document(fmt.Sprintf("%s[%d]", name, i), text)
		if err != nil {
			return nil, err
		}
		if d != nil {
			out = append(out, d)
		}
	}
	return out, nil
}

// document reads one policy; null and {} are none.
func document(name string, text json.RawMessage) (*policy.Document, error) {
	if compact := bytes.Join(bytes.Fields(text), nil); bytes.Equal(compact, []byte("null")) || bytes.Equal(compact, []byte("{}")) {
		return nil, nil
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// AnswerCase answers one line of "smr diff --cases": {"id", "base", "head"}.
// The answer is one line without its line break: the id and the fields of
// [Result], or the id and "error". Other fields of the line are left alone.
// The error is not nil only for an [UnconfirmedError], which the answer tells
// as well.
func AnswerCase(line []byte, o Options) ([]byte, error) {
	var in struct {
		ID   json.RawMessage `json:"id"`
		Base json.RawMessage `json:"base"`
		Head json.RawMessage `json:"head"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return answerError(in.ID, fmt.Errorf("the line is no case: %w", plain(err, `an object {"id", "base", "head"}`))), nil
	}
	if in.Base == nil || in.Head == nil {
		return answerError(in.ID, errors.New(`the line needs "base" and "head"`)), nil
	}
	base, err := DecodeSide(in.Base)
	if err != nil {
		return answerError(in.ID, fmt.Errorf("base: %w", err)), nil
	}
	head, err := DecodeSide(in.Head)
	if err != nil {
		return answerError(in.ID, fmt.Errorf("head: %w", err)), nil
	}
	r, err := Compare(base, head, o)
	return answerResult(in.ID, r, err)
}

// answerResult writes what Compare returned.
func answerResult(id json.RawMessage, r Result, err error) ([]byte, error) {
	if err != nil {
		if fault := (*UnconfirmedError)(nil); errors.As(err, &fault) {
			return answerError(id, err), err
		}
		return answerError(id, err), nil
	}
	return appendJSON(struct {
		ID json.RawMessage `json:"id"`
		Result
	}{idOrNull(id), r}), nil
}

func idOrNull(id json.RawMessage) json.RawMessage {
	if id == nil {
		return json.RawMessage("null")
	}
	return id
}

func answerError(id json.RawMessage, err error) []byte {
	return appendJSON(struct {
		ID    json.RawMessage `json:"id"`
		Error string          `json:"error"`
	}{idOrNull(id), err.Error()})
}

// appendJSON prints v on one line without escaping what only HTML must escape.
func appendJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the types hold nothing that JSON lacks
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
