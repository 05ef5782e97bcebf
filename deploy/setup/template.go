package setup

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Form is a form of subject.
type Form string

// The forms of subjects. Both is for the time in which a repository changes from
// one to the other.
const (
	Immutable Form = "immutable"
	Named     Form = "name"
	Both      Form = "both"
)

// Forms are the values of Form, the safest first.
func Forms() []string { return []string{string(Immutable), string(Named), string(Both)} }

// Trust is the role's trust policy in a form; nil when the ids of the repository
// are not known and the form needs them.
func (r *Role) Trust(form Form) *policy.Document {
	switch form {
	case Immutable:
		return r.Immutable
	case Named:
		return r.Named
	case Both:
	}
	if r.Immutable == nil {
		return nil
	}
	both := r.Immutable.Clone()
	for i, c := range both.Statements[0].Conditions {
		if c.Values[0] == r.Subjects.Immutable[0] {
			both.Statements[0].Conditions[i].Values = append(append([]string{}, r.Subjects.Immutable...), r.Subjects.Named...)
		}
	}
	return both
}

// A resource is one of a template. Fields stand in the order of the template.
type resource struct {
	Type                string
	DependsOn           string `json:",omitempty"`
	DeletionPolicy      string `json:",omitempty"`
	UpdateReplacePolicy string `json:",omitempty"`
	Properties          any
}

type ref struct{ Ref string }

// member is one member of an object whose order matters.
type member struct {
	name  string
	value any
}

// ordered is an object of JSON with its members in order.
type ordered []member

// MarshalJSON prints the members in order.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := marshal(v)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal that leaves <, > and & alone.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func raw(d *policy.Document) json.RawMessage {
	if d == nil {
		return nil
	}
	return policy.AppendJSON(nil, d)
}

// Template is a CloudFormation template, in JSON, with both roles, their policies
// and, where asked for, the OIDC provider, of which an account has one for each
// issuer. An administrator deploys it once, with CAPABILITY_NAMED_IAM.
func (a *Account) Template(form Form, provider bool) ([]byte, error) {
	var resources ordered
	after := ""
	if provider {
		after = "GitHub"
		resources = append(resources, member{after, resource{
			Type: "AWS::IAM::OIDCProvider", DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain",
			Properties: ordered{{"Url", a.Provider.URL}, {"ClientIdList", []string{a.Provider.Audience}}},
		}})
	}
	for i := range a.Roles {
		r := &a.Roles[i]
		id := []string{"Plan", "Deploy"}[i]
		trust := r.Trust(form)
		if trust == nil {
			return nil, fmt.Errorf("the form %q of subjects needs the ids of owner and repository", form)
		}
		var attached []ref
		var policies ordered
		for j, p := range r.Policies {
			name := fmt.Sprintf("%sPolicy%d", id, j+1)
			attached = append(attached, ref{name})
			policies = append(policies, member{name, resource{
				Type:       "AWS::IAM::ManagedPolicy",
				Properties: ordered{{"ManagedPolicyName", p.Name}, {"PolicyDocument", raw(p.Document)}},
			}})
		}
		resources = append(resources, member{id + "Role", resource{
			Type: "AWS::IAM::Role", DependsOn: after,
			Properties: ordered{
				{"RoleName", r.Name},
				{"Description", r.Description},
				{"AssumeRolePolicyDocument", raw(trust)},
				{"ManagedPolicyArns", attached},
			},
		}})
		resources = append(resources, policies...)
	}
	return indented(ordered{
		{"AWSTemplateFormatVersion", "2010-09-09"},
		{"Description", "What GitHub Actions needs to plan and deploy the roles of smr in this account, made by smr setup github. Deploy in one Region only, with CAPABILITY_NAMED_IAM."},
		{"Resources", resources},
	})
}

// indented is JSON for people, with a line break at the end.
func indented(v any) ([]byte, error) {
	text, err := marshal(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	return append(b.Bytes(), '\n'), nil
}

// Schema is the schema that JSON names.
const Schema = "smr.setup/1"

// JSON describes what accounts must have as an object of the schema "smr.setup/1":
// the repository, and for each account the OIDC provider, notes, and the roles
// with their trust policy in each form and their policies; and the actions that
// smr calls, each with the operation that needs it.
func JSON(repository Repository, accounts []*Account) ([]byte, error) {
	var list []ordered
	for _, a := range accounts {
		var roles []ordered
		for i := range a.Roles {
			r := &a.Roles[i]
			trust := ordered{}
			if r.Immutable != nil {
				trust = append(trust, member{string(Immutable), raw(r.Immutable)})
			}
			trust = append(trust, member{string(Named), raw(r.Named)})
			var policies []ordered
			for _, p := range r.Policies {
				policies = append(policies, ordered{{"name", p.Name}, {"document", raw(p.Document)}})
			}
			roles = append(roles, ordered{{"name", r.Name}, {"arn", r.ARN}, {"description", r.Description}, {"trust", trust}, {"policies", policies}})
		}
		notes := a.Notes
		if notes == nil {
			notes = []string{}
		}
		list = append(list, ordered{
			{"account", a.Name},
			{"id", a.ID},
			{"partition", a.Partition},
			{"provider", ordered{{"arn", a.Provider.ARN}, {"url", a.Provider.URL}, {"audience", a.Provider.Audience}}},
			{"roles", roles},
			{"notes", notes},
		})
	}
	var used []ordered
	for _, u := range Actions() {
		used = append(used, ordered{{"action", u.Action}, {"operation", u.Operation}, {"deploy", u.Deploy}})
	}
	repo := ordered{{"owner", repository.Owner}, {"name", repository.Name}}
	if repository.ID != "" {
		repo = append(repo, member{"owner_id", repository.OwnerID}, member{"id", repository.ID})
	}
	return indented(ordered{{"schema", Schema}, {"repository", repo}, {"accounts", list}, {"actions", used}})
}
