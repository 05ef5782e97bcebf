package organization_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
	"github.com/sagemaker-roles/smr/deploy/organization"
)

// accountOf is what is before moto: each test has an account of its own, and the
// one call that moto does not have, which protects a stack, is answered and kept.
func accountOf(t *testing.T, moto *peertest.Moto, account string) string {
	t.Helper()
	to, err := url.Parse(moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		if account != "" {
			r.Out.Header.Set("X-Moto-Account-Id", account)
		}
	}}
	var protected atomic.Bool
	proxy.ModifyResponse = func(r *http.Response) error {
		if !protected.Load() {
			return nil
		}
		text, err := io.ReadAll(r.Body)
		text = bytes.ReplaceAll(text, []byte("<EnableTerminationProtection>false"), []byte("<EnableTerminationProtection>true"))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == "UpdateTerminationProtection" {
			protected.Store(form.Get("EnableTerminationProtection") == "true")
			fmt.Fprint(w, "<UpdateTerminationProtectionResponse><UpdateTerminationProtectionResult></UpdateTerminationProtectionResult></UpdateTerminationProtectionResponse>")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What moto does well: change sets that make a stack and change a role, the
// message for no changes, and stack sets in the accounts of an organization.
func TestMoto(t *testing.T) {
	moto := peertest.StartMoto(t)
	t.Run("stack set", func(t *testing.T) { motoStackSet(t, moto) })
	t.Run("stack", func(t *testing.T) {
		at := accountOf(t, moto, "123456789012")
		first := runWith(t, connect(t, at), getOnly, patient)
		good(t, first)
		var role struct {
			Path string `xml:"GetRoleResult>Role>Path"`
			ID   string `xml:"GetRoleResult>Role>RoleId"`
		}
		moto.Call(t, "123456789012", "iam", "GetRole", map[string]string{"RoleName": "SageMaker-x"}, &role)
		if role.Path != "/smr/forecast/" {
			t.Errorf("role %+v", role)
		}
		id := role.ID
		again := runWith(t, connect(t, at), getOnly, patient)
		good(t, again)
		if again.release.Changed() {
			t.Error("a second run would change something")
		}
		changed := strings.Replace(getOnly, "role \"x\" {", "role \"x\" {\n  description = \"Reads data\"", 1)
		good(t, runWith(t, connect(t, at), changed, patient))
		var described struct {
			Text string `xml:"GetRoleResult>Role>Description"`
			ID   string `xml:"GetRoleResult>Role>RoleId"`
		}
		moto.Call(t, "123456789012", "iam", "GetRole", map[string]string{"RoleName": "SageMaker-x"}, &described)
		if described.Text != "Reads data" || described.ID != id {
			t.Errorf("role %+v, was %s", described, id)
		}
		steps := runWith(t, connect(t, at), getMore, patient)
		good(t, steps)
		if d := cmp.Diff([]string{"narrow release"}, steps.titles()); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		if next := runWith(t, connect(t, at), getMore, patient); next.err != nil || next.release.Changed() {
			t.Errorf("after two steps: %v", next.err)
		}
	})
}

// patient waits for moto, which takes its time when others are at work.
func patient(o *organization.Options) { o.Timeout = time.Minute }

// In an organization that moto keeps, a stack set makes the roles in each account
// of its units, once.
func motoStackSet(t *testing.T, moto *peertest.Moto) {
	client := connect(t, accountOf(t, moto, ""))
	api, ok := client.Organization.(*organizations.Client)
	if !ok {
		t.Fatalf("%T", client.Organization)
	}
	ctx := t.Context()
	if _, err := api.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll}); err != nil {
		t.Fatal(err)
	}
	roots, err := api.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		t.Fatal(err)
	}
	root := roots.Roots[0].Id
	var named []string
	accounts := map[string]string{}
	for _, name := range []string{"canary", "rest"} {
		unit, err := api.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: root})
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, *unit.OrganizationalUnit.Id)
		for i := range 1 {
			made, err := api.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String(fmt.Sprint(name, i)), Email: aws.String(fmt.Sprintf("%s%d@example.com", name, i))})
			if err != nil {
				t.Fatal(err)
			}
			id := *made.CreateAccountStatus.AccountId
			if _, err := api.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &id, SourceParentId: root, DestinationParentId: unit.OrganizationalUnit.Id}); err != nil {
				t.Fatal(err)
			}
			accounts[id] = name
		}
	}
	edit := func(o *organization.Options) { patient(o); o.StackSet, o.Waves = true, named }
	first := runWith(t, client, anywhere(getOnly), edit)
	good(t, first)
	for id := range accounts {
		var role struct {
			Path string `xml:"GetRoleResult>Role>Path"`
		}
		moto.Call(t, id, "iam", "GetRole", map[string]string{"RoleName": "SageMaker-x"}, &role)
		if role.Path != "/smr/forecast/" {
			t.Errorf("account %s: role %+v", id, role)
		}
	}
	again := runWith(t, client, anywhere(getOnly), edit)
	good(t, again)
	if again.release.Changed() || again.outcome.Changed {
		t.Errorf("a second run changes something: %v", again.lines)
	}
}

// cfn-lint finds nothing in the templates of steps between.
func TestCfnLint(t *testing.T) {
	peertest.Program(t, "cfn-lint")
	dir := t.TempDir()
	var paths []string
	for i, pair := range [][2]string{
		{role(trust(alice) + allow("Get", "s3:GetObject", "arn:aws:s3:::data/*")), role(trust(bob) + allow("Put", "s3:PutObject", "arn:aws:s3:::data/*"))},
		{strings.TrimPrefix(getOnly, header), strings.TrimPrefix(getMore, header)},
		{
			role("  permissions_boundary = \"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"\n" + allow("Get", "s3:GetObject", "arn:aws:s3:::data/${aws:username}/*") + allow("Put", "s3:PutObject", "arn:aws:s3:::data/*")),
			role("  permissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"\n  tags = { team = \"x\" }\n" + allow("Get", "s3:GetObject", "arn:aws:s3:::data/${aws:username}/*") + allow("List", "s3:ListAllMyBuckets", "*")),
		},
	} {
		_, old := template(t, strings.ReplaceAll(pair[0], "${aws", "$${aws"))
		_, new := template(t, strings.ReplaceAll(pair[1], "${aws", "$${aws"))
		for j, s := range steps(t, old, new).Steps {
			path := filepath.Join(dir, fmt.Sprintf("%d-%d-%s.json", i, j, s.Title))
			if err := os.WriteFile(path, s.Body, 0o666); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	if len(paths) < 7 {
		t.Errorf("only %d templates", len(paths))
	}
	if said := peertest.Lint(t, paths...); said != "" {
		t.Errorf("cfn-lint says:\n%s", said)
	}
}
