package preflight

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// ParseTelling reads an argument as a command line gives it: NAME=VALUE, where
// the value is true, false, text, several texts with commas between them, JSON,
// or a block of the environment such as kms_key.volume.
func ParseTelling(text string, env *ir.Environment) (Telling, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return Telling{}, wrong("%q is no argument of a call. Write NAME=VALUE, such as input_buckets=acme-data.", text)
	}
	switch {
	case value == "true" || value == "false":
		return Telling{name, cty.BoolVal(value == "true")}, nil
	case strings.HasPrefix(value, "{") || strings.HasPrefix(value, "["):
		var simple ctyjson.SimpleJSONValue
		if err := json.Unmarshal([]byte(value), &simple); err != nil {
			return Telling{}, wrong("the value of %s is no JSON: %s.", name, err)
		}
		return Telling{name, simple.Value}, nil
	}
	var list []cty.Value
	for part := range strings.SplitSeq(value, ",") {
		v, err := block(strings.TrimSpace(part), env)
		if err != nil {
			return Telling{}, err
		}
		list = append(list, v)
	}
	if len(list) == 1 {
		return Telling{name, list[0]}, nil
	}
	return Telling{name, cty.TupleVal(list)}, nil
}

// block is the value of a reference to a block of the environment, or text.
func block(text string, env *ir.Environment) (cty.Value, error) {
	kind, label, _ := strings.Cut(text, ".")
	object := func(attributes ...string) (cty.Value, error) {
		values := map[string]cty.Value{"label": cty.StringVal(label)}
		for i := 0; i < len(attributes); i += 2 {
			values[attributes[i]] = cty.StringVal(attributes[i+1])
		}
		return cty.ObjectVal(values), nil
	}
	var known []string
	switch kind {
	case "bucket":
		for _, b := range env.Buckets {
			if known = append(known, b.Label); b.Label == label {
				return object("name", b.Name)
			}
		}
	case "kms_key":
		for _, k := range env.Keys {
			if known = append(known, k.Label); k.Label == label {
				return object("arn", k.ARN)
			}
		}
	case "network":
		for _, n := range env.Networks {
			if known = append(known, n.Label); n.Label == label {
				return object()
			}
		}
	case "ecr_repository":
		for _, r := range env.Repositories {
			if known = append(known, r.Label); r.Label == label {
				return object()
			}
		}
	default:
		return cty.StringVal(text), nil
	}
	if kind == "bucket" && !slices.Contains(known, label) && len(known) == 0 {
		return cty.StringVal(text), nil // a bucket's name may begin so
	}
	return cty.NilVal, &ArgumentError{"unknown-fact", fmt.Sprintf("There is no %s %q.%s", kind, label, diag.DidYouMean(label, known, "Declare it in the configuration."))}
}
