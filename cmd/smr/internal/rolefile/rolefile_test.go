package rolefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const allow = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`

// TestForms: the shapes in which programs write a role.
func TestForms(t *testing.T) {
	for name, tt := range map[string]struct{ text, arn, boundary string }{
		"iam:GetRole":    {`{"Role": {"RoleName": "r", "Path": "/p/", "Arn": "arn:aws-cn:iam::111122223333:role/p/r", "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:b"}}}`, "arn:aws-cn:iam::111122223333:role/p/r", "arn:b"},
		"an ARN alone":   {`{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/p/q/r"}`, "arn:aws:iam::111122223333:role/p/q/r", ""},
		"our role.json":  {`{"RoleName": "r", "Path": "/p/", "PermissionsBoundary": "arn:b", "ManagedPolicyArns": ["arn:m"], "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}`, "arn:aws:iam::444455556666:role/p/r", "arn:b"},
		"a resource":     {`{"RoleName": "r", "Policies": [{"PolicyName": "i", "PolicyDocument": ` + allow + `}], "AssumeRolePolicyDocument": ` + allow + `}`, "arn:aws:iam::444455556666:role/r", ""},
		"null boundary":  {`{"RoleName": "r", "PermissionsBoundary": null}`, "arn:aws:iam::444455556666:role/r", ""},
		"authorizations": {`{"RoleName": "r", "RolePolicyList": [{"PolicyName": "i", "PolicyDocument": ` + allow + `}], "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": "arn:m"}]}`, "arn:aws:iam::444455556666:role/r", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Load(write(t, t.TempDir(), "a/b/role.json", tt.text), "444455556666")
			if err != nil {
				t.Fatal(err)
			}
			if r.ARN() != tt.arn || r.PermissionsBoundary != tt.boundary || r.Target.Any {
				t.Errorf("ARN %q, boundary %q", r.ARN(), r.PermissionsBoundary)
			}
			if strings.Contains(tt.text, "arn:m") && (len(r.Attached) != 1 || r.Attached[0].Text != "arn:m") {
				t.Errorf("attached %v", r.Attached)
			}
			if strings.Contains(tt.text, `"i"`) && (len(r.Inline) != 1 || r.Inline[0].Name != "i") {
				t.Errorf("inline %v", r.Inline)
			}
			if !Is([]byte(tt.text)) {
				t.Error("it is not told from a policy")
			}
		})
	}
	if Is([]byte(allow)) || Is([]byte("[]")) || Is([]byte("{")) {
		t.Error("a policy is taken for a role")
	}
}

// TestFolder: policies beside the file are the role's.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "prod/r/role.json", `{"RoleName": "r"}`)
	write(t, dir, "prod/r/trust.json", allow)
	write(t, dir, "prod/r/managed/b.json", allow)
	write(t, dir, "prod/r/managed/a.json", allow)
	write(t, dir, "prod/r/managed/README.md", "not a policy")
	write(t, dir, "prod/r/inline/c.json", allow)
	write(t, dir, "manifest.json", `{"name": "another program's"}`)
	r, err := Load(file, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Managed) != 2 || r.Managed[0].Name != "a" || len(r.Inline) != 1 || r.Trust.Document == nil || !r.Target.Any {
		t.Errorf("%+v", r)
	}
}

// TestBad: what is wrong is said, with the file that it is in.
func TestBad(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no JSON":         {map[string]string{"role.json": "{"}, "no JSON of a role"},
		"no role":         {map[string]string{"role.json": "{}"}, "it has no RoleName"},
		"another type":    {map[string]string{"role.json": `{"RoleName": 1}`}, "no JSON of a role"},
		"a list":          {map[string]string{"role.json": `[]`}, "no JSON of a role"},
		"boundary":        {map[string]string{"role.json": `{"RoleName": "r", "PermissionsBoundary": 1}`}, "PermissionsBoundary is neither"},
		"trust":           {map[string]string{"role.json": `{"RoleName": "r"}`, "trust.json": "{"}, "trust.json: "},
		"embedded trust":  {map[string]string{"role.json": `{"RoleName": "r", "AssumeRolePolicyDocument": "%zz"}`}, "AssumeRolePolicyDocument: "},
		"inline":          {map[string]string{"role.json": `{"RoleName": "r", "RolePolicyList": [{"PolicyName": "x", "PolicyDocument": 1}]}`}, `the inline policy "x": `},
		"managed":         {map[string]string{"role.json": `{"RoleName": "r"}`, "managed/x.json": "{"}, "managed/x.json: "},
		"account":         {map[string]string{"role.json": `{"RoleName": "r"}`}, `"prod" is no account id`},
		"a folder":        {map[string]string{"role.json/x": ""}, "not a regular file"},
		"a large file":    {map[string]string{"role.json": strings.Repeat(" ", maxBytes+1)}, "larger than"},
		"nothing":         {nil, "no such file"},
		"deeply nested":   {map[string]string{"role.json": `{"RoleName": ` + strings.Repeat("[", 100_000)}, "no JSON of a role"},
		"manifest, large": {map[string]string{"role.json": `{"RoleName": "r"}`, "../../manifest.json": strings.Repeat(" ", maxBytes+1)}, "manifest.json: it is larger"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "prod", "r")
			for file, text := range tt.files {
				write(t, dir, file, text)
			}
			if _, err := Load(filepath.Join(dir, "role.json"), "prod"); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
