package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// An ArgumentError is an argument of a call that means nothing.
type ArgumentError struct {
	Code string // of the diagnostic that says so
	Msg  string
}

// Error is what is wrong.
func (e *ArgumentError) Error() string { return e.Msg }

func wrong(format string, args ...any) error {
	return &ArgumentError{"wrong-type", fmt.Sprintf(format, args...)}
}

// keyArguments are the arguments that name keys, by the use of the key.
func keyArguments() map[string]string {
	return map[string]string{
		"volume_key": "volume", "output_key": "output", "input_key": "input", "domain_key": "domain", "online_key": "online",
		"offline_key": "offline", "capture_key": "capture", "lifecycle_key": "lifecycle", "model_artifact_key": "model",
	}
}

// ArgumentNames are what a call can be told, sorted: what it names, the values
// of placeholders, and condition symbols.
func ArgumentNames() []string {
	names := map[string]bool{"images": true, "network": true, "caller": true, "cluster_role": true, "request": true, "tags": true, "object_tags": true, "instance_types": true, "serverless": true}
	for _, use := range uses {
		names[use+"_bucket"], names[use+"_buckets"] = true, true
	}
	for name := range keyArguments() {
		names[name] = true
	}
	for name := range requirements.Conditions() {
		names[name] = true
	}
	for _, name := range placeholderNames() {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// placeholderNames are the placeholders that stand for names and ARNs.
func placeholderNames() []string {
	seen := map[string]bool{}
	for _, api := range requirements.APIs() {
		a, _ := requirements.Find(api)
		for i := range a.Permissions {
			for _, name := range requirements.Placeholders(a.Permissions[i].Resource) {
				seen[name] = true
			}
		}
	}
	for name := range seen {
		if strings.HasSuffix(name, "_kms_key_arn") || strings.HasSuffix(name, "_prefix") || slices.Contains([]string{"partition", "account", "bucket_account", "image_account", "image_region", "image_repository"}, name) {
			delete(seen, name)
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// A Telling is an argument of a call.
type Telling struct {
	Name  string
	Value cty.Value
}

// Tell makes facts of arguments, whose references are to blocks of the
// environment. caller and cluster are the ARNs of roles that it names.
func Tell(api string, env *ir.Environment, list []Telling) (f *Facts, caller, cluster string, err error) {
	f = newFacts()
	for _, t := range list {
		switch t.Name {
		case "caller":
			caller, err = roleARN(t)
		case "cluster_role":
			cluster, err = roleARN(t)
		case "request":
			err = f.tellRequest(api, t)
		default:
			err = f.tell(env, t)
		}
		if err != nil {
			return nil, "", "", err
		}
	}
	return f, caller, cluster, nil
}

func roleARN(t Telling) (string, error) {
	if text, ok := attribute(t.Value, "arn"); ok {
		return text, nil
	}
	list, ok := texts(t.Value)
	if !ok || len(list) != 1 {
		return "", wrong("%s takes a role, such as role.NAME, and this is %s.", t.Name, resolve.TypeName(t.Value.Type()))
	}
	return list[0], nil
}

func (f *Facts) tellRequest(api string, t Telling) error {
	a, ok := requirements.Find(api)
	if !ok {
		return &UnknownAPIError{api}
	}
	text := []byte(nil)
	if t.Value.Type() == cty.String && !t.Value.IsNull() {
		text = []byte(t.Value.AsString())
	} else {
		var err error
		if text, err = ctyjson.Marshal(t.Value, t.Value.Type()); err != nil {
			return wrong("request takes the JSON of a request: %s.", err)
		}
	}
	return f.ReadRequest(a, text)
}

// tell takes one argument.
func (f *Facts) tell(env *ir.Environment, t Telling) error {
	if t.Value.IsNull() || !t.Value.IsWhollyKnown() {
		return wrong("%s is null.", t.Name)
	}
	if use, ok := keyArguments()[t.Name]; ok {
		return f.tellKeys(use, t)
	}
	if _, symbol := requirements.Conditions()[t.Name]; symbol {
		if t.Value.Type() != cty.Bool {
			return wrong("%s is true or false, and this is %s.", t.Name, resolve.TypeName(t.Value.Type()))
		}
		f.symbols[t.Name] = t.Value.True()
		return nil
	}
	for _, use := range uses {
		if t.Name == use+"_bucket" || t.Name == use+"_buckets" {
			return f.tellBuckets(use, t)
		}
	}
	switch t.Name {
	case "images":
		return f.tellImages(env, t)
	case "network":
		return f.tellNetwork(env, t)
	case "tags":
		return tellTags(f.tags, t)
	case "object_tags":
		return tellTags(f.objectTags, t)
	case "serverless":
		if t.Value.Type() != cty.Bool {
			return wrong("serverless is true or false, and this is %s.", resolve.TypeName(t.Value.Type()))
		}
		f.serverless = t.Value.True()
		return nil
	}
	list, ok := texts(t.Value)
	if !ok {
		return wrong("%s takes a string or a list of strings, and this is %s.", t.Name, resolve.TypeName(t.Value.Type()))
	}
	if t.Name == "instance_types" {
		f.instanceTypes = list
		f.keyLists["sagemaker:InstanceTypes"] = list
		return nil
	}
	if !slices.Contains(placeholderNames(), t.Name) {
		return &ArgumentError{"unsupported-argument", fmt.Sprintf("A call has no argument %q.%s", t.Name, diag.DidYouMean(t.Name, ArgumentNames(), "`smr preflight --help` says what a call can be told."))}
	}
	f.values[t.Name] = list
	return nil
}

// texts are the strings of a string or a list of strings; nested lists flatten.
func texts(v cty.Value) ([]string, bool) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil, false
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return []string{v.AsString()}, true
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		out := []string{}
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			list, ok := texts(e)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		}
		return out, true
	}
	return nil, false
}

// elements are the elements of a list, or one value.
func elements(v cty.Value) []cty.Value {
	ty := v.Type()
	if !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return []cty.Value{v}
	}
	return v.AsValueSlice()
}

// attribute is a string of an object.
func attribute(v cty.Value, name string) (string, bool) {
	if v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return "", false
	}
	a := v.GetAttr(name)
	if a.IsNull() || !a.IsKnown() || a.Type() != cty.String {
		return "", false
	}
	return a.AsString(), true
}

func (f *Facts) tellBuckets(use string, t Telling) error {
	f.told[use+"_bucket"] = true
	for _, e := range elements(t.Value) {
		text, ok := attribute(e, "name")
		if !ok {
			list, isText := texts(e)
			if !isText || len(list) != 1 {
				return wrong("%s takes buckets: a name, \"name/prefix\", or bucket.NAME; and this is %s.", t.Name, resolve.TypeName(e.Type()))
			}
			text = list[0]
		}
		l, ok := parseLocation(text)
		if !ok {
			return wrong("%q is no bucket. Write its name, \"name/prefix\", \"s3://name/prefix\", or bucket.NAME.", text)
		}
		f.addLocation(use, l)
	}
	return nil
}

func (f *Facts) tellKeys(use string, t Telling) error {
	f.told[use+"_kms_key_arn"] = true
	for _, e := range elements(t.Value) {
		text, ok := attribute(e, "arn")
		if !ok {
			list, isText := texts(e)
			if !isText || len(list) != 1 || list[0] == "" {
				return wrong("%s takes a key: its ARN, or kms_key.NAME; and this is %s.", t.Name, resolve.TypeName(e.Type()))
			}
			text = list[0]
		}
		f.addKey(use, keyRef{arn: text})
	}
	return nil
}

func (f *Facts) tellImages(env *ir.Environment, t Telling) error {
	f.told["images"] = true
	for _, e := range elements(t.Value) {
		if label, ok := attribute(e, "label"); ok {
			for _, r := range env.Repositories {
				if r.Label == label {
					i, parsed := parseImage(r.URI)
					if !parsed {
						i = image{r.Account, r.Region, r.Name}
					}
					f.addImage(i)
				}
			}
			continue
		}
		list, ok := texts(e)
		if !ok || len(list) != 1 {
			return wrong("images takes URIs of images, or ecr_repository.NAME; and this is %s.", resolve.TypeName(e.Type()))
		}
		i, ok := parseImage(list[0])
		if ok && !policy.IsAccountID(i.account) {
			return wrong("%q names no account: an image is ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME.", list[0])
		}
		if ok {
			f.addImage(i)
		}
	}
	return nil
}

func (f *Facts) tellNetwork(env *ir.Environment, t Telling) error {
	label, ok := attribute(t.Value, "label")
	if !ok {
		if list, isText := texts(t.Value); isText && len(list) == 1 {
			label, ok = list[0], true
		}
	}
	for _, n := range env.Networks {
		if ok && (n.Label == label || n.ID == label && label != "") {
			f.network, f.vpc = n, true
			return nil
		}
	}
	return wrong("network takes a network block: network.NAME, and this is %s.", resolve.TypeName(t.Value.Type()))
}

func tellTags(to map[string]string, t Telling) error {
	if !t.Value.Type().IsObjectType() && !t.Value.Type().IsMapType() {
		return wrong("%s takes an object of tags, and this is %s.", t.Name, resolve.TypeName(t.Value.Type()))
	}
	for it := t.Value.ElementIterator(); it.Next(); {
		k, e := it.Element()
		list, ok := texts(e)
		if !ok || len(list) != 1 {
			return wrong("%s takes strings, and %q is %s.", t.Name, k.AsString(), resolve.TypeName(e.Type()))
		}
		to[k.AsString()] = list[0]
	}
	return nil
}
