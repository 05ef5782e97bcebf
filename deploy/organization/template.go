package organization

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Template is a CloudFormation template of smr, read. Strings hold pseudo
// parameters as package policy does.
type Template struct {
	Body    []byte
	Project string            // of its metadata
	Roles   map[string]*Role  // by IAM name
	Unused  map[string]string // ARNs of managed policies that no role of the template has, by logical id
	tree    map[string]any
}

// A Role is one role of a template.
type Role struct {
	ID          string // its logical id
	Name, Path  string
	Description string
	Session     string // seconds; "" for IAM's default
	Boundary    string // an ARN, "" for none
	Trust       *policy.Document
	Slots       []*Slot // by Key
	Tags        map[string]string
	Retain      bool // it stays in the account when it leaves the template
}

// A Slot is one policy of a role. What is in it changes at once; which of
// several slots changes first is CloudFormation's to say.
type Slot struct {
	Key      string           // the ARN of a managed policy, "inline/NAME" of an inline one
	ID       string           // the logical id of a managed policy of the template; "" for others
	Name     string           // of a policy of the template
	Path     string           // of a managed policy of the template
	Document *policy.Document // nil for a policy that stands elsewhere and whose text is not known
}

// foreign reports whether the policy stands elsewhere.
func (s *Slot) foreign() bool { return s.ID == "" && !strings.HasPrefix(s.Key, inlinePrefix) }

const inlinePrefix = "inline/"

// A Known finds the text of a policy that stands elsewhere, by its ARN; nil if it
// is not known.
type Known func(arn string) *policy.Document

// maxTemplate is the most bytes that smr reads: those of a template in a bucket
// (CloudFormation User Guide, "CloudFormation quotas").
const maxTemplate = 1_000_000

// maxNested is how deep a template may be.
const maxNested = 100

// Parse reads a template that smr made, in JSON or YAML. The error says what is
// in it that smr does not write.
func Parse(body []byte, known Known) (*Template, error) {
	if len(body) > maxTemplate {
		return nil, fmt.Errorf("it has %d bytes, more than CloudFormation takes", len(body))
	}
	tree, err := decode(body)
	if err != nil {
		return nil, err
	}
	t := &Template{Body: body, Roles: map[string]*Role{}, Unused: map[string]string{}, tree: tree}
	smr, ok := object(object(tree["Metadata"])["smr"]), false
	if _, ok = object(tree["Metadata"])["smr"]; !ok {
		return nil, errors.New("it has no metadata of smr, so that it is not a template of smr")
	}
	t.Project, _ = smr["Project"].(string)
	r := &reader{resources: object(tree["Resources"]), known: known, template: t, used: map[string]bool{}}
	for _, id := range slices.Sorted(maps.Keys(r.resources)) {
		if err := r.resource(id); err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
	}
	for id := range r.resources {
		if r.kind(id) == "AWS::IAM::ManagedPolicy" && !r.used[id] {
			t.Unused[id], _ = r.policyARN(id)
		}
	}
	return t, nil
}

// Empty is the template of a stack that does not exist yet.
func Empty() *Template { return &Template{Roles: map[string]*Role{}, Unused: map[string]string{}} }

// decode reads JSON, or YAML with CloudFormation's short forms of functions.
func decode(body []byte) (map[string]any, error) {
	var tree any
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			return nil, fmt.Errorf("it is no JSON: %w", err)
		}
	} else {
		var n yaml.Node
		if err := yaml.Unmarshal(body, &n); err != nil {
			return nil, fmt.Errorf("it is no YAML: %w", err)
		}
		if len(n.Content) == 1 {
			var err error
			if tree, err = plain(n.Content[0], 0); err != nil {
				return nil, err
			}
		}
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, errors.New("it is no object")
	}
	return m, nil
}

// plain is a node of YAML as JSON decodes it.
func plain(n *yaml.Node, depth int) (any, error) {
	if depth > maxNested {
		return nil, errors.New("it is nested more than 100 deep")
	}
	var value any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := plain(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = v
		}
		value = m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			v, err := plain(c, depth+1)
			if err != nil {
				return nil, err
			}
			l = append(l, v)
		}
		value = l
	case yaml.ScalarNode:
		value = n.Value
	default:
		return nil, fmt.Errorf("line %d holds an alias, which smr does not write", n.Line)
	}
	name, function := strings.CutPrefix(n.Tag, "!")
	switch {
	case !function || strings.HasPrefix(name, "!"):
		return value, nil
	case name == "Ref":
		return map[string]any{"Ref": value}, nil
	case name == "GetAtt":
		id, attribute, _ := strings.Cut(n.Value, ".")
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}, nil
	}
	return map[string]any{"Fn::" + name: value}, nil
}

// object is v as an object, empty if it is none.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// A reader reads the resources of one template.
type reader struct {
	resources map[string]any
	known     Known
	template  *Template
	used      map[string]bool // managed policies that a role has
	inside    int             // how many texts are being read in one another, which references may go round
}

func (r *reader) kind(id string) string {
	kind, _ := object(r.resources[id])["Type"].(string)
	return kind
}

func (r *reader) properties(id string) map[string]any {
	return object(object(r.resources[id])["Properties"])
}

func (r *reader) resource(id string) error {
	switch kind := r.kind(id); kind {
	case "AWS::IAM::ManagedPolicy":
		_, err := r.policyARN(id)
		return err
	case "AWS::IAM::Role":
		return r.role(id)
	default:
		return fmt.Errorf("smr writes no resource of the type %q", kind)
	}
}

// policyARN is the ARN of a managed policy of the template.
func (r *reader) policyARN(id string) (string, error) {
	return r.arn(id, "policy", "ManagedPolicyName")
}

func (r *reader) arn(id, kind, nameProperty string) (string, error) {
	p := r.properties(id)
	name, err := r.text(p[nameProperty])
	if err != nil || name == "" {
		return "", errors.Join(fmt.Errorf("it has no %s", nameProperty), err)
	}
	path, err := r.path(p)
	return "arn:" + policy.PseudoPartition + ":iam::" + policy.PseudoAccount + ":" + kind + path + name, err
}

func (r *reader) path(properties map[string]any) (string, error) {
	path, err := r.text(properties["Path"])
	if path == "" {
		path = "/"
	}
	return path, err
}

func (r *reader) role(id string) error {
	p := r.properties(id)
	role := &Role{ID: id, Tags: map[string]string{}}
	keep, _ := object(r.resources[id])["DeletionPolicy"].(string)
	role.Retain = strings.HasPrefix(keep, "Retain")
	for name, field := range map[string]*string{
		"RoleName": &role.Name, "Description": &role.Description, "MaxSessionDuration": &role.Session, "PermissionsBoundary": &role.Boundary,
	} {
		var err error
		if *field, err = r.text(p[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var err error
	if role.Path, err = r.path(p); err != nil {
		return err
	}
	if role.Name == "" {
		return errors.New("it has no RoleName")
	}
	if r.template.Roles[role.Name] != nil {
		return fmt.Errorf("the role %s is in it twice", role.Name)
	}
	if role.Trust, err = r.document(p["AssumeRolePolicyDocument"]); err != nil {
		return fmt.Errorf("AssumeRolePolicyDocument: %w", err)
	}
	if err := r.slots(role, p); err != nil {
		return err
	}
	tags, _ := p["Tags"].([]any)
	for _, t := range tags {
		key, err1 := r.text(object(t)["Key"])
		value, err2 := r.text(object(t)["Value"])
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("tags: %w", err)
		}
		role.Tags[key] = value
	}
	for name := range p {
		if !slices.Contains([]string{"RoleName", "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies", "Tags"}, name) {
			return fmt.Errorf("smr does not know the property %q", name)
		}
	}
	r.template.Roles[role.Name] = role
	return nil
}

// slots reads the policies of a role.
func (r *reader) slots(role *Role, p map[string]any) error {
	attached, _ := p["ManagedPolicyArns"].([]any)
	for _, v := range attached {
		slot, err := r.attached(v)
		if err != nil {
			return fmt.Errorf("ManagedPolicyArns: %w", err)
		}
		role.Slots = append(role.Slots, slot)
	}
	inline, _ := p["Policies"].([]any)
	for _, v := range inline {
		name, err := r.text(object(v)["PolicyName"])
		if err != nil {
			return fmt.Errorf("policies: %w", err)
		}
		d, err := r.document(object(v)["PolicyDocument"])
		if err != nil {
			return fmt.Errorf("the inline policy %s: %w", name, err)
		}
		role.Slots = append(role.Slots, &Slot{Key: inlinePrefix + name, Name: name, Document: d})
	}
	slices.SortFunc(role.Slots, func(a, b *Slot) int { return strings.Compare(a.Key, b.Key) })
	return nil
}

func (r *reader) attached(v any) (*Slot, error) {
	id, own := object(v)["Ref"].(string)
	if !own || r.kind(id) != "AWS::IAM::ManagedPolicy" {
		arn, err := r.text(v)
		if err != nil {
			return nil, err
		}
		return &Slot{Key: arn, Document: r.known(arn)}, nil
	}
	r.used[id] = true
	arn, err := r.policyARN(id)
	if err != nil {
		return nil, err
	}
	p := r.properties(id)
	slot := &Slot{Key: arn, ID: id}
	slot.Name, _ = r.text(p["ManagedPolicyName"])
	if slot.Path, err = r.path(p); err != nil {
		return nil, err
	}
	if slot.Document, err = r.document(p["PolicyDocument"]); err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	return slot, nil
}

func (r *reader) document(v any) (*policy.Document, error) {
	plain, err := r.resolve(v, 0)
	if err != nil {
		return nil, err
	}
	text, err := marshal(plain)
	if err != nil {
		return nil, err
	}
	return policy.Parse(text)
}

// text is a value as a string, "" where it is absent.
func (r *reader) text(v any) (string, error) {
	if r.inside++; r.inside > maxNested {
		return "", errors.New("it is nested more than 100 deep, or refers to itself")
	}
	v, err := r.resolve(v, 0)
	r.inside--
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", errors.New("a text is expected")
}

// marshal is JSON without escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
