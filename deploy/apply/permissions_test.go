package apply_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/setup"
)

// dependent are actions that AWS asks for beside the one that is called, which
// moto does not: CreatePolicy with tags needs TagPolicy (Service Authorization
// Reference, "Actions, resources, and condition keys for AWS Identity and Access
// Management", dependent actions; IAM User Guide, "Tagging customer managed
// policies").
func dependent() []string { return []string{"iam:TagPolicy"} }

// lifeCycle needs every action: a role is made, changed in every part, retired
// and deleted.
func lifeCycle() []step {
	first := base() + activity("small", "List Allow s3:ListAllMyBuckets *") + role("inline", `activity "small" {}`, `layout = "inline"`, boundary("one"), trustSageMaker)
	second := changed() + role("inline", `activity "data" {}`, `layout = "inline"`, boundary("one"), trustSageMaker)
	steps := []step{{config: first}, {config: second}, {config: first}, {config: head, allowDelete: true}, {config: head, allowDelete: true}}
	for i := range steps {
		steps[i].release = fmt.Sprintf("r%d", i+1)
	}
	return steps
}

// TestPermissions holds that the actions of setup are exactly those that smr
// needs: with all of them the whole life of a role goes well, and without any
// one of them it ends at that call.
func TestPermissions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	server := moto.Start(t)
	var actions []string
	for _, u := range setup.Actions() {
		actions = append(actions, u.Action)
	}
	if len(actions) < 15 {
		t.Fatalf("only %d actions: %s", len(actions), actions)
	}
	if status, operation := lived(t, server, actions); status != 0 {
		t.Fatalf("with all actions %s ends with HTTP %d", operation, status)
	}
	for _, action := range actions {
		if slices.Contains(dependent(), action) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == action })
		status, operation := lived(t, server, rest)
		if status != http.StatusForbidden || "iam:"+operation != action {
			t.Errorf("without %s the call %q ends with HTTP %d", action, operation, status)
		}
	}
	t.Logf("%d actions, each of them needed", len(actions))
}

// lived runs the life of a role as a user who may do some actions, in an account
// of its own. It returns the HTTP status and the operation of the refusal that
// ends it.
func lived(t *testing.T, s *moto.Server, actions []string) (status int, operation string) {
	t.Helper()
	s.Authorize(t, "inf")
	a := s.Account(nextAccount())
	var key struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	if err := world(a); err != nil {
		t.Fatal(err)
	}
	a.Call("CreateUser", "UserName", "deployer")
	if r := a.Call("PutUserPolicy", "UserName", "deployer", "PolicyName", "deploy", "PolicyDocument", document(statement("Allow", "*", actions...))); !r.Good() {
		t.Fatalf("%s", r.Body)
	}
	if err := a.Call("CreateAccessKey", "UserName", "deployer").Decode(&key); err != nil {
		t.Fatal(err)
	}
	s.Authorize(t, "0")
	defer s.Authorize(t, "inf")
	o := clientOptions(s.URL)
	o.Load = append(o.Load, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")),
		config.WithAPIOptions([]func(*middleware.Stack) error{accountHeader(a.ID)}))
	c, err := account.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, st := range lifeCycle() {
		p, err := makePlan(t.Context(), c, st)
		if err == nil {
			if p.Empty() {
				t.Fatalf("step %d does nothing", i+1)
			}
			_, err = apply.Run(t.Context(), c, p, applyOptions(st, nil))
		}
		var answer interface{ HTTPStatusCode() int }
		var op interface{ Operation() string }
		switch {
		case err == nil:
		case errors.As(err, &answer) && errors.As(err, &op) && account.Refused(err):
			return answer.HTTPStatusCode(), op.Operation()
		default:
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
	return 0, ""
}

// accountHeader chooses the account of a server of moto.
func accountHeader(id string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("account", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			if r, ok := in.Request.(*smithyhttp.Request); ok {
				r.Header[http.CanonicalHeaderKey("x-moto-account-id")] = []string{id}
			}
			return next.HandleBuild(ctx, in)
		}), middleware.After)
	}
}

// TestTagsWhenMade: policies are made with their tags in one call, so that TagPolicy is
// needed although it is never called.
func TestTagsWhenMade(t *testing.T) {
	server := moto.Start(t)
	a := server.Account(nextAccount())
	if err := world(a); err != nil {
		t.Fatal(err)
	}
	c, err := account.Open(t.Context(), withAccount(clientOptions(server.URL), a.ID))
	if err != nil {
		t.Fatal(err)
	}
	p, err := makePlan(t.Context(), c, step{config: base(), release: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, op := range p.Operations {
		if op.Kind == "CreatePolicy" {
			made++
			if len(op.Args.Tags) == 0 || !strings.HasPrefix(op.Args.Path, "/smr/") {
				t.Errorf("%s is made without tags", op.Policy)
			}
		}
	}
	if made == 0 {
		t.Error("no policy is made")
	}
}

func withAccount(o account.Options, id string) account.Options {
	o.Load = append(o.Load, config.WithAPIOptions([]func(*middleware.Stack) error{accountHeader(id)}))
	return o
}
