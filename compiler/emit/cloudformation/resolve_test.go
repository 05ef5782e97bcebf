package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/policyjson"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A resolver reads a template as CloudFormation does when it deploys a stack,
// with the functions that we write and no other.
type resolver struct {
	account, partition, region string
	resources                  map[string]any
}

// resolve replaces functions in v, strict about every name.
func (r *resolver) resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = r.resolve(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		if len(v) == 1 {
			for name, arg := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return r.call(name, arg)
				}
			}
		}
		out := map[string]any{}
		for key, value := range v {
			var err error
			if out[key], err = r.resolve(value); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

func (r *resolver) call(name string, arg any) (any, error) {
	switch name {
	case "Ref":
		return r.ref(arg.(string))
	case "Fn::Sub":
		return r.sub(arg.(string))
	case "Fn::GetAtt":
		pair := arg.([]any)
		if len(pair) != 2 || pair[1] != "Arn" {
			return nil, fmt.Errorf("GetAtt %v", arg)
		}
		return r.arn(pair[0].(string), "AWS::IAM::Role", "role", "RoleName")
	case "Fn::Join":
		args, err := r.resolve(arg)
		if err != nil {
			return nil, err
		}
		var parts []string
		for _, p := range args.([]any)[1].([]any) {
			parts = append(parts, p.(string))
		}
		return strings.Join(parts, args.([]any)[0].(string)), nil
	}
	return nil, fmt.Errorf("no function %s is expected", name)
}

func (r *resolver) ref(name string) (any, error) {
	switch name {
	case "AWS::AccountId":
		return r.account, nil
	case "AWS::Partition":
		return r.partition, nil
	case "AWS::Region":
		return r.region, nil
	}
	return r.arn(name, "AWS::IAM::ManagedPolicy", "policy", "ManagedPolicyName")
}

// sub is Fn::Sub: ${!x} is ${x}, ${x} the value of x.
func (r *resolver) sub(s string) (string, error) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "${")
		b.WriteString(text)
		if !found {
			return b.String(), nil
		}
		name, rest, found := strings.Cut(rest, "}")
		if !found {
			return "", fmt.Errorf("${ without } in %q", s)
		}
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
		} else {
			v, err := r.ref(name)
			if err != nil {
				return "", err
			}
			b.WriteString(v.(string))
		}
		s = rest
	}
}

func (r *resolver) arn(id, kind, short, nameKey string) (any, error) {
	res, ok := r.resources[id].(map[string]any)
	if !ok || res["Type"] != kind {
		return nil, fmt.Errorf("no %s %q", kind, id)
	}
	p, err := r.resolve(map[string]any{"p": res["Properties"].(map[string]any)["Path"], "n": res["Properties"].(map[string]any)[nameKey]})
	if err != nil {
		return nil, err
	}
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", r.partition, r.account, short, p.(map[string]any)["p"], p.(map[string]any)["n"]), nil
}

// deploy is what the stacks of templates make in an account: the files that
// policyjson would write for it, by path without the account's folder, as
// values of JSON. Roles go by their IAM name.
func deploy(templates []ir.File, account, partition, region string) (map[string]any, error) {
	made := map[string]any{}
	for _, f := range templates {
		doc, err := decode(f)
		if err != nil {
			return nil, err
		}
		r := &resolver{account, partition, region, doc["Resources"].(map[string]any)}
		all, err := r.resolve(doc["Resources"])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		policies := map[string]map[string]any{} // by ARN
		for id, res := range all.(map[string]any) {
			if res := res.(map[string]any); res["Type"] == "AWS::IAM::ManagedPolicy" {
				arn, err := r.ref(id)
				if err != nil {
					return nil, err
				}
				policies[arn.(string)] = res["Properties"].(map[string]any)
			}
		}
		for _, res := range all.(map[string]any) {
			res := res.(map[string]any)
			if res["Type"] != "AWS::IAM::Role" {
				continue
			}
			p := res["Properties"].(map[string]any)
			dir := p["RoleName"].(string)
			if made[dir+"/trust.json"] != nil {
				return nil, fmt.Errorf("the role %s is made twice", dir)
			}
			made[dir+"/trust.json"] = p["AssumeRolePolicyDocument"]
			delete(p, "AssumeRolePolicyDocument")
			inline, _ := p["Policies"].([]any)
			for _, i := range inline {
				i := i.(map[string]any)
				made[dir+"/inline/"+i["PolicyName"].(string)+".json"] = i["PolicyDocument"]
			}
			delete(p, "Policies")
			elsewhere := []any{}
			attached, _ := p["ManagedPolicyArns"].([]any)
			for _, a := range attached {
				own, ok := policies[a.(string)]
				if !ok {
					elsewhere = append(elsewhere, a)
					continue
				}
				if own["Path"] != p["Path"] {
					return nil, fmt.Errorf("path of %s", a)
				}
				made[dir+"/managed/"+own["ManagedPolicyName"].(string)+".json"] = own["PolicyDocument"]
				delete(policies, a.(string))
			}
			p["ManagedPolicyArns"] = elsewhere
			if p["Tags"] == nil {
				p["Tags"] = []any{}
			}
			made[dir+"/role.json"] = p
		}
		if len(policies) > 0 {
			return nil, fmt.Errorf("policies of no role: %v", slices.Collect(maps.Keys(policies)))
		}
	}
	return made, nil
}

// decode reads a template of either format to values of JSON, with the short
// forms of functions as the long ones.
func decode(f ir.File) (map[string]any, error) {
	if path.Ext(f.Path) == ".json" {
		var doc map[string]any
		err := json.Unmarshal(f.Data, &doc)
		return doc, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(f.Data, &n); err != nil {
		return nil, err
	}
	v, err := decodeNode(n.Content[0])
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

func decodeNode(n *yaml.Node) (any, error) {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			var err error
			if m[n.Content[i].Value], err = decodeNode(n.Content[i+1]); err != nil {
				return nil, err
			}
		}
		v = m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			item, err := decodeNode(c)
			if err != nil {
				return nil, err
			}
			l = append(l, item)
		}
		v = l
	case yaml.ScalarNode:
		v = n.Value
	}
	switch n.ShortTag() {
	case "!!int":
		var i float64
		err := n.Decode(&i)
		return i, err
	case "!!str", "!!map", "!!seq":
		return v, nil
	case "!Ref":
		return map[string]any{"Ref": v}, nil
	case "!GetAtt":
		a, b, _ := strings.Cut(v.(string), ".")
		return map[string]any{"Fn::GetAtt": []any{a, b}}, nil
	case "!Sub", "!Join":
		return map[string]any{"Fn::" + n.Tag[1:]: v}, nil
	}
	return nil, fmt.Errorf("line %d: %q is read as %s", n.Line, n.Value, n.ShortTag())
}

// desired is what policyjson writes for the account, in the form of deploy.
func desired(t interface{ Fatal(...any) }, stack *ir.Stack, account string) map[string]any {
	files, diags := policyjson.Emit(stack, emit.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	names := map[string]string{}
	for _, r := range stack.Roles {
		if r.Target.Name == account {
			names[r.Folder()] = r.IAMName
		}
	}
	want := map[string]any{}
	for _, f := range files {
		dir, rest, _ := strings.Cut(f.Path, "/")
		folder, name, ok := strings.Cut(rest, "/")
		if dir != account || !ok {
			continue
		}
		var v any
		if err := json.Unmarshal(f.Data, &v); err != nil {
			t.Fatal(err)
		}
		want[names[folder]+"/"+name] = v
	}
	return want
}

// templates are the files but the manifest.
func templates(files []ir.File) []ir.File {
	return slices.DeleteFunc(slices.Clone(files), func(f ir.File) bool { return f.Path == emit.ManifestName })
}

// serving are the templates that the manifest names for an account.
func serving(t interface{ Fatal(...any) }, files []ir.File, account string) []ir.File {
	var m struct {
		Roles []struct{ Account, File string }
	}
	i := slices.IndexFunc(files, func(f ir.File) bool { return f.Path == emit.ManifestName })
	if err := json.Unmarshal(files[i].Data, &m); err != nil {
		t.Fatal(err)
	}
	var out []ir.File
	for _, f := range files {
		if slices.ContainsFunc(m.Roles, func(r struct{ Account, File string }) bool { return r.Account == account && r.File == f.Path }) {
			out = append(out, f)
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
