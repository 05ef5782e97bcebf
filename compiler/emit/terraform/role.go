package terraform

import (
	"strings"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// role is the file of r. Attachments are resources of their own beside the
// exclusive ones, which attach but do not detach when they are destroyed
// (Terraform Registry, aws_iam_role_policy_attachments_exclusive): a policy or
// role could then not be deleted.
func (m *module) role(r *ir.StackRole) []byte {
	f := file{module: m, role: r, name: m.names.resource[r]}
	w := &f.w
	w.Open('{')
	w.Key("resource")
	w.Open('{')
	f.roleResource()
	f.policies()
	f.attachments()
	f.exclusive()
	w.Close()
	w.Close()
	return w.Bytes()
}

// A file writes the file of one role.
type file struct {
	*module
	w    emit.Writer
	role *ir.StackRole
	name string
}

func (f *file) roleResource() {
	w, r := &f.w, f.role
	f.open("aws_iam_role", f.name)
	w.Field("name", f.template(r.IAMName))
	w.Field("path", f.template(r.Path))
	w.Field("description", f.template(r.Description))
	if r.MaxSessionDuration != 0 {
		w.Key("max_session_duration")
		w.Int(r.MaxSessionDuration)
	}
	w.Field("permissions_boundary", f.template(r.PermissionsBoundary))
	f.document("assume_role_policy", r.Trust.Document)
	if len(r.Tags) > 0 {
		w.Key("tags")
		w.Open('{')
		for _, t := range r.Tags {
			w.Key(f.template(t.Key))
			w.Text(f.template(t.Value))
		}
		w.Close()
	}
	f.close()
}

func (f *file) policies() {
	w, r := &f.w, f.role
	if len(r.Managed) > 0 {
		w.Key("aws_iam_policy")
		w.Open('{')
		for i := range r.Managed {
			p := &r.Managed[i]
			w.Key(f.names.resource[p])
			w.Open('{')
			w.Field("name", f.template(p.Name))
			w.Field("path", f.template(r.Path))
			f.document("policy", p.Document)
			w.Close()
		}
		w.Close()
	}
	if len(r.Inline) > 0 {
		w.Key("aws_iam_role_policy")
		w.Open('{')
		for i := range r.Inline {
			p := &r.Inline[i]
			w.Key(f.names.resource[p])
			w.Open('{')
			w.Field("name", f.template(p.Name))
			f.roleName("role")
			f.document("policy", p.Document)
			w.Close()
		}
		w.Close()
	}
}

func (f *file) attachments() {
	w, r := &f.w, f.role
	if len(r.Managed)+len(r.Attached) == 0 {
		return
	}
	w.Key("aws_iam_role_policy_attachment")
	w.Open('{')
	attach := func(name, arn string) {
		w.Key(name)
		w.Open('{')
		f.roleName("role")
		w.Field("policy_arn", arn)
		w.Close()
	}
	for i := range r.Managed {
		name := f.names.resource[&r.Managed[i]]
		attach(name, "${aws_iam_policy."+name+".arn}")
	}
	for i := range r.Attached {
		attach(f.names.resource[attachment{r, i}], f.template(r.Attached[i].Text))
	}
	w.Close()
}

func (f *file) exclusive() {
	w, r := &f.w, f.role
	f.open("aws_iam_role_policy_attachments_exclusive", f.name)
	f.roleName("role_name")
	w.Key("policy_arns")
	w.Open('[')
	for i := range r.Managed {
		w.Text("${aws_iam_role_policy_attachment." + f.names.resource[&r.Managed[i]] + ".policy_arn}")
	}
	for i := range r.Attached {
		w.Text("${aws_iam_role_policy_attachment." + f.names.resource[attachment{r, i}] + ".policy_arn}")
	}
	w.Close()
	f.close()
	f.open("aws_iam_role_policies_exclusive", f.name)
	f.roleName("role_name")
	w.Key("policy_names")
	w.Open('[')
	for i := range r.Inline {
		w.Text("${aws_iam_role_policy." + f.names.resource[&r.Inline[i]] + ".name}")
	}
	w.Close()
	f.close()
}

// open starts the only resource of a type.
func (f *file) open(kind, name string) {
	f.w.Key(kind)
	f.w.Open('{')
	f.w.Key(name)
	f.w.Open('{')
}

func (f *file) close() {
	f.w.Close()
	f.w.Close()
}

// roleName writes an argument that is the role's name.
func (f *file) roleName(key string) {
	f.w.Field(key, "${aws_iam_role."+f.name+".name}")
}

// document writes an argument that is a policy as JSON in a string. The text as
// a whole becomes a template, for quotation marks in a template are its own and
// not escaped as those of JSON are.
func (f *file) document(key string, d *policy.Document) {
	f.w.Key(key)
	if len(f.role.Refs) > 0 {
		f.w.Text(f.references(d))
		return
	}
	text, ok := f.printed[d]
	if !ok {
		text = f.template(string(policy.AppendJSON(nil, d)))
		f.printed[d] = text
	}
	f.w.Text(text)
}

// Marks that stand around the name of a role in place of its ARN. They are of
// the private-use characters that no configuration can hold.
const (
	refOpen  = "\ue010"
	refClose = "\ue011"
)

// references is d as a template in which ARNs of roles that the role refers to
// are references.
func (f *file) references(d *policy.Document) string {
	marked := emit.Rewrite(d, func(s string) string {
		if other := f.refs.Find(f.role, s); other != nil {
			return refOpen + f.names.resource[other] + refClose
		}
		return s
	})
	text := f.template(string(policy.AppendJSON(nil, marked)))
	return strings.NewReplacer(refOpen, "${aws_iam_role.", refClose, ".arn}").Replace(text)
}
