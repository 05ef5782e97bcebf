package organization

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// RequestBytes is how many bytes of a template a request holds (CloudFormation
// User Guide, "CloudFormation quotas"): smr uses no bucket.
func RequestBytes() int { return quota("template_size_inline") }

// render makes the templates of the steps.
func (s *Steps) render(old, new *Template, changes map[string]*transition) error {
	if len(changes) == 0 && sameTree(old.tree, new.tree) {
		return nil
	}
	like := new
	if like.tree == nil {
		like = old
	}
	middles := 0
	for _, tr := range changes {
		middles = max(middles, len(tr.middle))
	}
	for i := range middles {
		roles := maps.Clone(old.Roles)
		var narrowed []string
		for name, tr := range changes {
			if tr.middle != nil {
				roles[name] = tr.middle[min(i, len(tr.middle)-1)]
				narrowed = append(narrowed, name)
			}
		}
		slices.Sort(narrowed)
		body, err := s.template(like, roles)
		if err != nil {
			return err
		}
		if body == nil {
			s.Steps = nil
			break
		}
		title := Narrow
		if i > 0 {
			title = SwapBoundary
		}
		s.Steps = append(s.Steps, Step{Title: title, Body: body, Roles: narrowed})
	}
	s.Steps = append(s.Steps, Step{Title: Final, Body: new.Body, Roles: slices.Sorted(maps.Keys(changes))})
	return nil
}

// sameTree compares templates by what they say.
func sameTree(a, b map[string]any) bool {
	return reflect.DeepEqual(normal(a), normal(b))
}

// normal is a value in which numbers are text, as YAML has them here.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = normal(v[name])
		}
		return out
	}
	return v
}

// template is that of a step; nil, with the roles noted as unproved, where
// resources would get in one another's way.
func (s *Steps) template(like *Template, roles map[string]*Role) ([]byte, error) {
	resources, outputs, owner := map[string]any{}, map[string]any{}, map[string]string{}
	put := func(role, id string, v any) bool {
		if other, taken := owner[id]; taken {
			s.Unproved = append(s.Unproved, Reason{role, fmt.Sprintf("The resource %s is that of %s until the last step. Release one of them first.", id, other)})
			return false
		}
		resources[id], owner[id] = v, role
		return true
	}
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		r := roles[name]
		properties, err := roleProperties(r)
		if err != nil {
			return nil, err
		}
		v := map[string]any{"Type": "AWS::IAM::Role", "Properties": properties}
		if r.Retain {
			v["DeletionPolicy"], v["UpdateReplacePolicy"] = "RetainExceptOnCreate", "Retain"
		}
		if !put(name, r.ID, v) {
			return nil, nil
		}
		outputs[r.ID+"Arn"] = map[string]any{"Value": map[string]any{"Fn::GetAtt": []any{r.ID, "Arn"}}}
		for _, slot := range r.Slots {
			if slot.ID == "" {
				continue
			}
			d, err := document(slot.Document)
			if err != nil {
				return nil, err
			}
			if !put(name, slot.ID, map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{
				"ManagedPolicyName": spell(slot.Name), "Path": spell(slot.Path), "PolicyDocument": d,
			}}) {
				return nil, nil
			}
		}
	}
	tree := map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "A step of a release of smr. It grants only what the templates before and after both grant.",
		"Metadata":                 like.tree["Metadata"], "Resources": resources,
	}
	if len(outputs) <= quota("template_outputs") {
		tree["Outputs"] = outputs
	}
	body, err := marshal(tree)
	if err == nil && len(body) > RequestBytes() {
		err = fmt.Errorf("the template of the step between has %d bytes, and a request holds %d. Release fewer changes at a time", len(body), RequestBytes())
	}
	return body, err
}

func roleProperties(r *Role) (map[string]any, error) {
	trust, err := document(r.Trust)
	if err != nil {
		return nil, err
	}
	p := map[string]any{"RoleName": spell(r.Name), "Path": spell(r.Path), "AssumeRolePolicyDocument": trust}
	for name, value := range map[string]string{"Description": r.Description, "PermissionsBoundary": r.Boundary} {
		if value != "" {
			p[name] = spell(value)
		}
	}
	if r.Session != "" {
		p["MaxSessionDuration"] = json.Number(r.Session)
	}
	var attached, inline, tags []any
	for _, s := range r.Slots {
		switch {
		case s.ID != "":
			attached = append(attached, map[string]any{"Ref": s.ID})
		case s.foreign():
			attached = append(attached, spell(s.Key))
		default:
			d, err := document(s.Document)
			if err != nil {
				return nil, err
			}
			inline = append(inline, map[string]any{"PolicyName": spell(s.Name), "PolicyDocument": d})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, map[string]any{"Key": spell(key), "Value": spell(r.Tags[key])})
	}
	for name, list := range map[string][]any{"ManagedPolicyArns": attached, "Policies": inline, "Tags": tags} {
		if len(list) > 0 {
			p[name] = list
		}
	}
	return p, nil
}

// document is a policy document as a template has it.
func document(d *policy.Document) (any, error) {
	var v any
	if err := json.Unmarshal(policy.AppendJSON(nil, d), &v); err != nil {
		return nil, err
	}
	return spelled(v), nil
}

// plainARN is an ARN for people, with asterisks for what is not known.
func plainARN(s string) string {
	return strings.NewReplacer(policy.PseudoPartition, "aws", policy.PseudoAccount, "*", policy.PseudoRegion, "*").Replace(s)
}

// KnownPolicies finds texts in a configuration's policy blocks and among AWS's
// managed policies.
func KnownPolicies(declared map[string]*policy.Document) Known {
	aws := map[string]*policy.Document{}
	return func(arn string) *policy.Document {
		if d := declared[arn]; d != nil {
			return d
		}
		if d, ok := aws[arn]; ok {
			return d
		}
		p, ok := facts.FindManagedPolicy(arn)
		if !ok {
			return nil
		}
		d, err := policy.Parse(p.Document())
		if err != nil {
			d = nil
		}
		aws[arn] = d
		return d
	}
}
