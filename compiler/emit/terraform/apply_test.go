package terraform_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/policyjson"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A module is a configuration as Terraform reads it: the attributes of each
// resource by its type and name, not evaluated.
type module struct {
	resources map[string]map[string]hcl.Attributes
	ctx       *hcl.EvalContext
}

// read parses the files of one directory with HCL's own parser of JSON.
func read(files []ir.File, dir, account, partition, region string) (*module, error) {
	m := &module{resources: map[string]map[string]hcl.Attributes{}}
	value := func(attr, v string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"smr": cty.ObjectVal(map[string]cty.Value{attr: cty.StringVal(v)})})
	}
	known := map[string]cty.Value{
		"aws_caller_identity": value("account_id", account), "aws_partition": value("partition", partition), "aws_region": value("region", region),
	}
	data := map[string]cty.Value{}
	for _, f := range files {
		if d, name := path.Split(f.Path); d != dir || !strings.HasSuffix(name, ".tf.json") {
			continue
		}
		file, diags := hcljson.Parse(f.Data, f.Path)
		if diags.HasErrors() {
			return nil, diags
		}
		content, diags := file.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
			{Type: "terraform"}, {Type: "data", LabelNames: []string{"type", "name"}}, {Type: "resource", LabelNames: []string{"type", "name"}},
		}})
		if diags.HasErrors() {
			return nil, diags
		}
		for _, b := range content.Blocks {
			switch b.Type {
			case "data":
				v, ok := known[b.Labels[0]]
				if !ok || b.Labels[1] != "smr" {
					return nil, fmt.Errorf("no data source %v is expected", b.Labels)
				}
				data[b.Labels[0]] = v
			case "resource":
				attrs, diags := b.Body.JustAttributes()
				if diags.HasErrors() {
					return nil, diags
				}
				if m.resources[b.Labels[0]] == nil {
					m.resources[b.Labels[0]] = map[string]hcl.Attributes{}
				}
				if m.resources[b.Labels[0]][b.Labels[1]] != nil {
					return nil, fmt.Errorf("%v is there twice", b.Labels)
				}
				m.resources[b.Labels[0]][b.Labels[1]] = attrs
			}
		}
	}
	m.ctx = &hcl.EvalContext{Variables: map[string]cty.Value{"data": cty.ObjectVal(data)}}
	return m, m.order(account, partition)
}

// order evaluates what references lead to, in the order in which Terraform
// would make it, and adds what the provider computes.
func (m *module) order(account, partition string) error {
	computed := func(kind, short string) error {
		all := map[string]cty.Value{}
		for name, attrs := range m.resources[kind] {
			vals := map[string]cty.Value{}
			for _, key := range []string{"name", "path", "policy_arn"} {
				if a, ok := attrs[key]; ok {
					v, diags := a.Expr.Value(m.ctx)
					if diags.HasErrors() {
						return diags
					}
					vals[key] = v
				}
			}
			if short != "" {
				vals["arn"] = cty.StringVal(fmt.Sprintf("arn:%s:iam::%s:%s%s%s", partition, account, short, vals["path"].AsString(), vals["name"].AsString()))
			}
			all[name] = cty.ObjectVal(vals)
		}
		m.ctx.Variables[kind] = cty.ObjectVal(all)
		return nil
	}
	return errors.Join(computed("aws_iam_role", "role"), computed("aws_iam_policy", "policy"), computed("aws_iam_role_policy", ""), computed("aws_iam_role_policy_attachment", ""))
}

// apply is what the files of one directory make in an account: the files that
// policyjson would write, as values of JSON. Roles go by their IAM name.
func apply(files []ir.File, dir, account, partition, region string) (map[string]any, error) {
	m, err := read(files, dir, account, partition, region)
	if err != nil {
		return nil, err
	}
	made := map[string]any{}
	owner := map[string]string{} // of inline policies, by name of resource
	for name, attrs := range m.resources["aws_iam_role"] {
		r, err := m.values(attrs)
		if err != nil {
			return nil, err
		}
		role := r["name"].(string)
		p := map[string]any{"RoleName": role, "Path": r["path"], "ManagedPolicyArns": []any{}}
		for from, to := range map[string]string{"description": "Description", "max_session_duration": "MaxSessionDuration", "permissions_boundary": "PermissionsBoundary"} {
			if r[from] != nil {
				p[to] = r[from]
			}
		}
		tags, ok := r["tags"].(map[string]any)
		if !ok {
			tags = map[string]any{}
		}
		p["Tags"] = tags
		made[role+"/role.json"] = p
		if made[role+"/trust.json"], err = document(r["assume_role_policy"]); err != nil {
			return nil, err
		}
		exclusive, err := m.values(m.resources["aws_iam_role_policy_attachments_exclusive"][name])
		if err != nil {
			return nil, err
		}
		for _, arn := range exclusive["policy_arns"].([]any) {
			if !m.attached(role, arn.(string)) {
				return nil, fmt.Errorf("%s is exclusive to %s but not attached to it", arn, role)
			}
			own, err := m.own(arn.(string))
			if err != nil {
				return nil, err
			}
			if own == nil {
				p["ManagedPolicyArns"] = append(p["ManagedPolicyArns"].([]any), arn)
				continue
			}
			if made[role+"/managed/"+own["name"].(string)+".json"], err = document(own["policy"]); err != nil {
				return nil, err
			}
		}
		inline, err := m.values(m.resources["aws_iam_role_policies_exclusive"][name])
		if err != nil {
			return nil, err
		}
		for _, n := range inline["policy_names"].([]any) {
			owner[role+"/"+n.(string)] = name
		}
	}
	return made, m.inline(made, owner)
}

// inline adds the inline policies, each of which must be exclusive to a role.
func (m *module) inline(made map[string]any, owner map[string]string) error {
	for _, attrs := range m.resources["aws_iam_role_policy"] {
		v, err := m.values(attrs)
		if err != nil {
			return err
		}
		key := v["role"].(string) + "/" + v["name"].(string)
		if owner[key] == "" {
			return fmt.Errorf("the inline policy %s is exclusive to no role", key)
		}
		delete(owner, key)
		if made[v["role"].(string)+"/inline/"+v["name"].(string)+".json"], err = document(v["policy"]); err != nil {
			return err
		}
	}
	if len(owner) > 0 {
		return fmt.Errorf("exclusive but not there: %v", owner)
	}
	return nil
}

func (m *module) attached(role, arn string) bool {
	for _, attrs := range m.resources["aws_iam_role_policy_attachment"] {
		v, err := m.values(attrs)
		if err == nil && v["role"] == role && v["policy_arn"] == arn {
			return true
		}
	}
	return false
}

// own is the policy of the module with that ARN, nil if it stands elsewhere.
func (m *module) own(arn string) (map[string]any, error) {
	for name, attrs := range m.resources["aws_iam_policy"] {
		if m.ctx.Variables["aws_iam_policy"].GetAttr(name).GetAttr("arn").AsString() == arn {
			return m.values(attrs)
		}
	}
	return nil, nil
}

// values evaluates attributes to values of JSON.
func (m *module) values(attrs hcl.Attributes) (map[string]any, error) {
	out := map[string]any{}
	for name, a := range attrs {
		v, diags := a.Expr.Value(m.ctx)
		if diags.HasErrors() {
			return nil, diags
		}
		out[name] = plain(v)
	}
	return out, nil
}

func plain(v cty.Value) any {
	switch {
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type() == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f
	case v.Type().IsTupleType():
		out := []any{}
		for _, item := range v.AsValueSlice() {
			out = append(out, plain(item))
		}
		return out
	default:
		out := map[string]any{}
		for key, item := range v.AsValueMap() {
			out[key] = plain(item)
		}
		return out
	}
}

func document(text any) (any, error) {
	var v any
	err := json.Unmarshal([]byte(text.(string)), &v)
	return v, err
}

// desired is what policyjson writes for the account, in the form of apply: tags
// are a map.
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
		if name == "role.json" {
			tags := map[string]any{}
			for _, tag := range v.(map[string]any)["Tags"].([]any) {
				tags[tag.(map[string]any)["Key"].(string)] = tag.(map[string]any)["Value"]
			}
			v.(map[string]any)["Tags"] = tags
		}
		want[names[folder]+"/"+name] = v
	}
	return want
}
