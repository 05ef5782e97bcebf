package organization

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// resolve replaces the functions of CloudFormation in a value; pseudo parameters
// become those of package policy.
func (r *reader) resolve(v any, depth int) (any, error) {
	if depth > maxNested {
		return nil, errors.New("it is nested more than 100 deep")
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = r.resolve(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return r.function(name, argument, depth+1)
				}
			}
		}
		out := make(map[string]any, len(v))
		for name := range v {
			var err error
			if out[name], err = r.resolve(v[name], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

func (r *reader) function(name string, argument any, depth int) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return r.ref(id)
	case "Fn::GetAtt":
		if list, ok := argument.([]any); ok && len(list) == 2 {
			id, _ := list[0].(string)
			attribute, _ := list[1].(string)
			return r.attribute(id, attribute)
		}
	case "Fn::Sub":
		if s, ok := argument.(string); ok {
			return r.substitute(s)
		}
	case "Fn::Join":
		list, _ := argument.([]any)
		if len(list) == 2 {
			return r.join(list[0], list[1], depth)
		}
	}
	return nil, fmt.Errorf("smr does not write %s in this form", name)
}

func (r *reader) ref(id string) (string, error) {
	switch id {
	case "AWS::Partition":
		return policy.PseudoPartition, nil
	case "AWS::Region":
		return policy.PseudoRegion, nil
	case "AWS::AccountId":
		return policy.PseudoAccount, nil
	}
	switch r.kind(id) {
	case "AWS::IAM::ManagedPolicy":
		return r.policyARN(id)
	case "AWS::IAM::Role":
		return r.text(r.properties(id)["RoleName"])
	}
	return "", fmt.Errorf("it refers to %q, which is not in it", id)
}

func (r *reader) attribute(id, attribute string) (string, error) {
	switch {
	case r.kind(id) == "AWS::IAM::Role" && attribute == "Arn":
		return r.arn(id, "role", "RoleName")
	case r.kind(id) == "AWS::IAM::ManagedPolicy" && attribute == "PolicyArn":
		return r.policyARN(id)
	}
	return "", fmt.Errorf("it refers to %s.%s, which is not in it", id, attribute)
}

// substitute is Fn::Sub of a text (CloudFormation User Guide, "Fn::Sub").
func (r *reader) substitute(s string) (string, error) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "${")
		b.WriteString(text)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("Fn::Sub has a ${ without its }")
		}
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
		} else {
			value, err := r.named(name)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		}
		s = after
	}
}

func (r *reader) named(name string) (string, error) {
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return r.attribute(id, attribute)
	}
	return r.ref(name)
}

func (r *reader) join(separator, items any, depth int) (string, error) {
	by, ok1 := separator.(string)
	list, ok2 := items.([]any)
	if !ok1 || !ok2 {
		return "", errors.New("Fn::Join has other arguments than a text and a list")
	}
	var parts []string
	for _, item := range list {
		v, err := r.resolve(item, depth)
		if err != nil {
			return "", err
		}
		s, ok := v.(string)
		if !ok {
			return "", errors.New("Fn::Join joins texts")
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, by), nil
}

// spell is a string as a template says it, with its pseudo parameters as
// CloudFormation's. Text around them is joined by Fn::Join, which escapes
// nothing.
func spell(s string) any {
	if !policy.HasPseudo(s) {
		return s
	}
	var pieces []any
	text := ""
	flush := func() {
		if text != "" {
			pieces = append(pieces, text)
			text = ""
		}
	}
	for _, c := range s {
		name := ""
		switch string(c) {
		case policy.PseudoPartition:
			name = "AWS::Partition"
		case policy.PseudoRegion:
			name = "AWS::Region"
		case policy.PseudoAccount:
			name = "AWS::AccountId"
		default:
			text += string(c)
			continue
		}
		flush()
		pieces = append(pieces, map[string]any{"Ref": name})
	}
	flush()
	if len(pieces) == 1 {
		return pieces[0]
	}
	if !strings.Contains(s, "${") {
		// Shorter, and a template must fit into a request.
		var b strings.Builder
		for _, p := range pieces {
			if t, ok := p.(string); ok {
				b.WriteString(t)
			} else {
				b.WriteString("${" + object(p)["Ref"].(string) + "}")
			}
		}
		return map[string]any{"Fn::Sub": b.String()}
	}
	return map[string]any{"Fn::Join": []any{"", pieces}}
}

// spelled is a value with all of its strings spelled.
func spelled(v any) any {
	switch v := v.(type) {
	case string:
		return spell(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = spelled(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = spelled(value)
		}
		return out
	}
	return v
}
