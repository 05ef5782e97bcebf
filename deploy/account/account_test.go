package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sagemaker-roles/smr/deploy/account"
)

const (
	identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws-cn:sts::123456789012:assumed-role/smr-deploy/ci</Arn><UserId>AROA:ci</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	created  = `<CreatePolicyVersionResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreatePolicyVersionResult><PolicyVersion><VersionId>v2</VersionId></PolicyVersion></CreatePolicyVersionResult></CreatePolicyVersionResponse>`
	secret   = "wJalrXUtnFEMIEXAMPLEKEY"
	token    = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"
)

// refusal is an error of IAM.
func refusal(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
}

// server answers GetCallerIdentity, and the rest as answer says.
func server(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Form.Get("Action") == "GetCallerIdentity" {
			_, _ = w.Write([]byte(identity))
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s.URL
}

func open(t *testing.T, url string, o account.Options) *account.Client {
	t.Helper()
	if o.Backoff == 0 {
		o.Backoff = time.Millisecond
	}
	o.Region = "us-east-1"
	o.Load = append(o.Load, config.WithBaseEndpoint(url), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", secret, token)))
	c, err := account.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func version(ctx context.Context, c *account.Client, options ...func(*iam.Options)) error {
	_, err := c.IAM.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String("arn:aws:iam::123456789012:policy/p"), PolicyDocument: aws.String("{}")}, options...)
	return err
}

func TestOpen(t *testing.T) {
	c := open(t, server(t, nil), account.Options{})
	if c.ID != "123456789012" || c.Partition != "aws-cn" || c.Caller != "arn:aws-cn:sts::123456789012:assumed-role/smr-deploy/ci" {
		t.Errorf("got account %q in %q, %q", c.ID, c.Partition, c.Caller)
	}
}

// TestEndpointOfEnvironment: the SDK's own chain decides where calls go.
func TestEndpointOfEnvironment(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", server(t, nil))
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_REGION", "cn-north-1")
	c, err := account.Open(t.Context(), account.Options{})
	if err != nil || c.ID != "123456789012" {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	_, err := account.Open(t.Context(), account.Options{Region: "us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "AWS_PROFILE") {
		t.Errorf("got %v", err)
	}
}

// TestRepeats: refusals that pass by themselves are repeated, quotas are not,
// and what makes something anew each time is not sent again without knowing.
func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		code   string
		once   bool
		want   int32 // calls, of which the last one is answered well
	}{
		{"throttling", 400, "Throttling", false, 3},
		{"throttling of one that is not repeated", 400, "Throttling", true, 3},
		{"concurrent modification", 409, "ConcurrentModification", false, 3},
		{"concurrent modification of one that is not repeated", 409, "ConcurrentModification", true, 3},
		{"unmodifiable for a while", 409, "EntityTemporarilyUnmodifiable", false, 3},
		{"429 without a code", 429, "", false, 3},
		{"fault of the service", 500, "ServiceFailure", false, 3},
		{"fault of the service, not repeated", 500, "ServiceFailure", true, 1},
		{"quota", 409, "LimitExceeded", false, 1},
		{"denied", 403, "AccessDenied", false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			c := open(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
				switch n := calls.Add(1); {
				case n >= 3:
					_, _ = w.Write([]byte(created))
				case tt.code == "":
					w.WriteHeader(tt.status)
				default:
					refusal(w, tt.status, tt.code, "no")
				}
			}), account.Options{Writes: 1e6})
			var options []func(*iam.Options)
			if tt.once {
				options = append(options, account.Once)
			}
			err := version(t.Context(), c, options...)
			if calls.Load() != tt.want || (err == nil) != (tt.want == 3) {
				t.Errorf("%d calls, want %d: %v", calls.Load(), tt.want, err)
			}
			if all, writes := c.Calls(); all != int(tt.want)+1 || writes != int(tt.want) {
				t.Errorf("counted %d calls, %d writes", all, writes)
			}
		})
	}
}

// TestBoundedTime: a server that never answers ends a call, not a run.
func TestBoundedTime(t *testing.T) {
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := open(t, url, account.Options{HeaderTimeout: 50 * time.Millisecond, Attempts: 2})
	if err := c.Explain("CreatePolicyVersion", version(t.Context(), c)); err == nil || account.Refused(err) {
		t.Errorf("got %v", err)
	}
	c = open(t, url, account.Options{CallTimeout: 50 * time.Millisecond})
	err := c.Explain("CreatePolicyVersion", version(t.Context(), c))
	if err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("got %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		status        int
		code, message string
		want          string
		refused       bool
	}{
		{403, "AccessDenied", "User: x is not authorized", `CreatePolicyVersion: AccessDenied: User: x is not authorized. arn:aws-cn:sts::123456789012:assumed-role/smr-deploy/ci needs iam:CreatePolicyVersion; "smr setup github" prints the policy of a role that deploys.`, true},
		{403, "ExpiredToken", "expired", "CreatePolicyVersion: ExpiredToken: expired. The credentials have expired: get new ones and run the command again; what was done stays done.", true},
		{409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", `CreatePolicyVersion: LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10. Set layout = "packed" in the role, or have the quota "Managed policies attached to an IAM role" (L-0DA4ABF3) raised, to at most 25.`, true},
		{400, "MalformedPolicyDocument", "::error::forged&#10;##[add-path]/x", "CreatePolicyVersion: MalformedPolicyDocument: : :error::forged ## [add-path]/x", true},
		{403, "SignatureDoesNotMatch", "the string is POST x-amz-security-token:" + token + " " + secret, "CreatePolicyVersion: SignatureDoesNotMatch: the string is POST x-amz-security-token:(secret) (secret). AWS does not know these credentials: look at AWS_PROFILE and at the clock of this machine.", true},
		{503, "ServiceUnavailable", "later", "CreatePolicyVersion: ServiceUnavailable: later. Run the command again: what was done stays done.", false},
	} {
		c := open(t, server(t, func(w http.ResponseWriter, _ *http.Request) { refusal(w, tt.status, tt.code, tt.message) }), account.Options{Attempts: 1})
		err := version(t.Context(), c)
		if account.Refused(err) != tt.refused || account.Code(err) != tt.code {
			t.Errorf("%s: refused %t, code %q", tt.code, account.Refused(err), account.Code(err))
		}
		err = c.Explain("CreatePolicyVersion", err)
		var e *account.Error
		if !errors.As(err, &e) || err.Error() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.code, err, tt.want)
		}
		if c.Explain("Other", err) != err {
			t.Errorf("%s: an explained error is explained again", tt.code)
		}
	}
	if (&account.Client{}).Explain("x", nil) != nil {
		t.Error("no error is explained")
	}
}

// TestBrokenAnswers leave it open whether something was done.
func TestBrokenAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = w.Write([]byte(created[:80]))
		},
		"no XML": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<CreatePolicyVersionResponse><")) },
		"closed": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		},
	} {
		c := open(t, server(t, answer), account.Options{Attempts: 2})
		if err := version(t.Context(), c, account.Once); err == nil || account.Refused(err) {
			t.Errorf("%s: got %v, which says that nothing was done", name, err)
		}
	}
}
