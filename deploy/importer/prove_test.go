package importer

import (
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// TestDiffers changes what was compiled in every way that matters: each is
// found, and the unchanged role is not.
func TestDiffers(t *testing.T) {
	p := readParams(t)
	state := deployed(compiled(t, p.header("2026")+p.role("x", "tags = { a = \"b\" }\nmanaged_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\nstatement \"Deny\" {\neffect = \"Deny\"\nactions = [\"s3:*\"]\nresources = [\"*\"]\n}", "", "per_activity", []string{"s3_bucket_access", "manage_models"})))
	r := imported(t, state, Options{})
	for name, tt := range map[string]struct {
		change func(*ir.StackRole)
		want   string
	}{
		"nothing":     {func(*ir.StackRole) {}, ""},
		"name":        {func(r *ir.StackRole) { r.IAMName = "y" }, "name and path"},
		"path":        {func(r *ir.StackRole) { r.Path = "/y/" }, "name and path"},
		"description": {func(r *ir.StackRole) { r.Description = "y" }, "description"},
		"session":     {func(r *ir.StackRole) { r.MaxSessionDuration = 7200 }, "session duration"},
		"boundary":    {func(r *ir.StackRole) { r.PermissionsBoundary = "arn:b" }, "boundary"},
		"tag":         {func(r *ir.StackRole) { r.Tags[0].Value = "c" }, "tag"},
		"lost tag":    {func(r *ir.StackRole) { r.Tags = nil }, "tags"},
		"attached":    {func(r *ir.StackRole) { r.Attached = append(r.Attached, ir.Value{Text: "arn:m"}) }, "arn:m would be attached"},
		"detached":    {func(r *ir.StackRole) { r.Attached = nil }, "would be detached"},
		"trust":       {func(r *ir.StackRole) { document(&r.Trust).Statements[0].Conditions = nil }, "trust"},
		"gained": {func(r *ir.StackRole) {
			s := &document(&r.Managed[0]).Statements[0]
			s.Actions = append(s.Actions, "s3:PutBucketPolicy")
		}, "allow"},
		"lost":   {func(r *ir.StackRole) { s := &document(&r.Managed[0]).Statements[0]; s.Actions = s.Actions[1:] }, "allow"},
		"policy": {func(r *ir.StackRole) { r.Managed = r.Managed[1:] }, "allow"},
		"not denied": {func(r *ir.StackRole) {
			d := document(&r.Managed[len(r.Managed)-1])
			d.Statements[len(d.Statements)-1].Resources = []string{"arn:aws:s3:::x"}
		}, "deny"},
	} {
		t.Run(name, func(t *testing.T) {
			role := compiler.Compile(compiler.Options{FS: memory(r.Files)}).Stack.Roles[0]
			s := &subject{source: &Source{State: state}, state: state, role: state.Role("SageMaker-x"), plan: &plan{}}
			if err := s.gather(); err != nil {
				t.Fatal(err)
			}
			tt.change(role)
			got, err := s.differs(role, map[string]bool{})
			if err != nil && tt.want == "" || (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// document is a copy of a policy's document, to be changed.
func document(p *ir.Policy) *policy.Document {
	p.Document = p.Document.Clone()
	return p.Document
}

// TestRefusedActivity: an activity that the compiler refuses for a role, here
// for a bucket name that S3 keeps for itself, is written out; the others stay.
func TestRefusedActivity(t *testing.T) {
	docs := documents(t)
	s := anAccount()
	add(s, "r", docs["manage_pipelines"], strings.ReplaceAll(docs["s3_bucket_access"], "acme-forecast", "xn--forecast"), docs["use_mlflow"])
	r := run(t, s, Options{})
	if len(r.Failures) > 0 || len(r.Roles[0].Activities) != 2 || r.Roles[0].Statements != 2 {
		t.Errorf("%+v %+v\n%s", r.Failures, r.Roles, text1(r))
	}
}
