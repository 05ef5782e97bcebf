package account_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/deploy/account"
)

// TestUnreachable: an endpoint that nobody listens at, that has no name or that
// never answers is said within seconds, before anything was asked; the calls
// after it have the patience of a run that is under way.
func TestUnreachable(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, tt := range []struct{ name, endpoint, want string }{
		{"nobody listens", dead, dead + " cannot be reached: connection refused. Look at AWS_ENDPOINT_URL"},
		{"no such name", "iam.invalid", "iam.invalid cannot be reached: "},
		{"no answer", silent.Addr().String(), "no answer in time. Look at AWS_ENDPOINT_URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", "http://"+tt.endpoint)
			start := time.Now()
			_, err := account.Open(t.Context(), account.Options{Region: "us-east-1", Reach: time.Second, HeaderTimeout: time.Second})
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestNotOfAWS: what a proxy answers is told from what AWS does.
func TestNotOfAWS(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html>This site is blocked"))
	}))
	defer s.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	_, err := account.Open(t.Context(), account.Options{Region: "us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "HTTP status 403") || !strings.Contains(err.Error(), "HTTPS_PROXY") {
		t.Errorf("got %v", err)
	}
}

// TestShortSecret: the credentials of a server that looks like AWS are words,
// which messages hold too.
func TestShortSecret(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refusal(w, 403, "AccessDenied", "no test here") }))
	defer s.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	_, err := account.Open(t.Context(), account.Options{Region: "us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "no test here") {
		t.Errorf("got %v", err)
	}
}
