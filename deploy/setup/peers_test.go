package setup_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
	"github.com/sagemaker-roles/smr/deploy/setup"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestCfnLint(t *testing.T) {
	t.Parallel()
	peertest.Program(t, "cfn-lint")
	dir := t.TempDir()
	var paths []string
	for _, engine := range setup.Engines() {
		for _, form := range setup.Forms() {
			o := options()
			o.Engine = setup.Engine(engine)
			text, err := account(t, fenced, o).Template(setup.Form(form), form != string(setup.Both))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, engine+"-"+form+".json")
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	if said := peertest.Lint(t, paths...); said != "" {
		t.Errorf("cfn-lint says:\n%s", said)
	}
}

// moto takes every document through the calls of IAM, and gives it back.
func TestMoto(t *testing.T) {
	t.Parallel()
	moto := peertest.StartMoto(t)
	for i, engine := range setup.Engines() {
		id := []string{"111111111111", "222222222222", "333333333333"}[i]
		o := options()
		o.Engine = setup.Engine(engine)
		a := account(t, fenced, o)
		moto.Call(t, id, "iam", "CreateOpenIDConnectProvider", map[string]string{
			"Url": a.Provider.URL, "ClientIDList.member.1": a.Provider.Audience, "ThumbprintList.member.1": "0000000000000000000000000000000000000000",
		}, nil)
		for _, r := range a.Roles {
			moto.Call(t, id, "iam", "CreateRole", map[string]string{"RoleName": r.Name, "Description": r.Description, "AssumeRolePolicyDocument": text(r.Immutable)}, nil)
			moto.Call(t, id, "iam", "UpdateAssumeRolePolicy", map[string]string{"RoleName": r.Name, "PolicyDocument": text(r.Trust(setup.Both))}, nil)
			sameDocument(t, text(r.Trust(setup.Both)), motoTrust(t, moto, id, r.Name))
			for _, p := range r.Policies {
				var made struct {
					ARN string `xml:"CreatePolicyResult>Policy>Arn"`
				}
				moto.Call(t, id, "iam", "CreatePolicy", map[string]string{"PolicyName": p.Name, "PolicyDocument": text(p.Document)}, &made)
				moto.Call(t, id, "iam", "AttachRolePolicy", map[string]string{"RoleName": r.Name, "PolicyArn": made.ARN}, nil)
				var version struct {
					Document string `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
				}
				moto.Call(t, id, "iam", "GetPolicyVersion", map[string]string{"PolicyArn": made.ARN, "VersionId": "v1"}, &version)
				sameDocument(t, text(p.Document), version.Document)
			}
		}
		template, err := a.Template(setup.Immutable, false)
		if err != nil {
			t.Fatal(err)
		}
		stack := "9" + id[1:]
		moto.Call(t, stack, "cloudformation", "CreateStack", map[string]string{
			"StackName": "smr-setup", "TemplateBody": string(template), "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
		}, nil)
		for _, r := range a.Roles {
			sameDocument(t, text(r.Immutable), motoTrust(t, moto, stack, r.Name))
		}
	}
}

func text(d *policy.Document) string { return string(policy.AppendJSON(nil, d)) }

func motoTrust(t *testing.T, moto *peertest.Moto, account, role string) string {
	t.Helper()
	var answer struct {
		Trust string `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
	}
	moto.Call(t, account, "iam", "GetRole", map[string]string{"RoleName": role}, &answer)
	return answer.Trust
}

// sameDocument compares two texts of JSON, the second of which is escaped as in
// a URL.
func sameDocument(t *testing.T, want, got string) {
	t.Helper()
	if plain, err := url.PathUnescape(got); err == nil {
		got = plain
	}
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// The JSON form holds what the documents are.
func TestJSON(t *testing.T) {
	a := account(t, fenced, options())
	out, err := setup.JSON(options().Repository, []*setup.Account{a})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema     string
		Repository map[string]string
		Accounts   []struct {
			Account, ID string
			Roles       []struct {
				Name     string
				Trust    map[string]json.RawMessage
				Policies []struct {
					Name     string
					Document json.RawMessage
				}
			}
			Notes []string
		}
		Actions []struct {
			Action, Operation string
			Deploy            bool
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "smr.setup/1" || got.Repository["owner_id"] != "1234" || len(got.Accounts) != 1 || len(got.Actions) != len(setup.Actions()) || len(got.Accounts[0].Notes) == 0 {
		t.Errorf("%s", out)
	}
	for i, r := range got.Accounts[0].Roles {
		want := a.Roles[i]
		sameDocument(t, text(want.Immutable), string(r.Trust["immutable"]))
		sameDocument(t, text(want.Named), string(r.Trust["name"]))
		for j, p := range r.Policies {
			sameDocument(t, text(want.Policies[j].Document), string(p.Document))
		}
	}
}
