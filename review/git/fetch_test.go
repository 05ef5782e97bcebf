package git_test

import (
	"encoding/base64"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/review/git"
)

// server serves a repository over http as GitHub does and keeps the
// Authorization headers of each request.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	headers [][]string
}

func newServer(t *testing.T, f *fixture) *server {
	t.Helper()
	backend := filepath.Join(f.git("--exec-path"), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("git-http-backend is not installed")
	}
	f.git("config", "http.uploadpack", "true")
	handler := &cgi.Handler{
		Path: backend, Root: "/acme/roles", Env: append(environment(f.dir), "GIT_PROJECT_ROOT="+f.dir, "GIT_HTTP_EXPORT_ALL=1"),
		InheritEnv: []string{"PATH"},
	}
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.mu.Lock()
		s.headers = append(s.headers, req.Header.Values("Authorization"))
		s.mu.Unlock()
		if p := req.Header.Get("Git-Protocol"); p != "" {
			handler := *handler
			handler.Env = append(handler.Env, "GIT_PROTOCOL="+p)
			handler.ServeHTTP(w, req)
			return
		}
		handler.ServeHTTP(w, req)
	}))
	t.Cleanup(s.Close)
	return s
}

// The token reaches the server once in every request, though the checkout left
// one of its own, and stands in no argument and no file.
func TestToken(t *testing.T) {
	t.Parallel()
	const token = "ghs_thisIsTheToken0123456789"
	d := newDiverged(t)
	s := newServer(t, d.fixture)
	c := d.checkout(d.merge, "1")
	c.git("remote", "set-url", "origin", s.URL+"/acme/roles/.git")
	c.git("config", "http."+s.URL+"/.extraheader", "AUTHORIZATION: basic left-by-checkout")
	c.git("config", "credential.helper", "!echo password=stolen; touch "+filepath.Join(c.dir, "helper-ran"))

	seen := filepath.Join(t.TempDir(), "arguments")
	logging := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(logging, []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" >>"+seen+"\nexec git \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(c.dir, git.Options{Program: logging, Env: environment(t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.SetRemote(&git.Remote{Server: s.URL, Token: token}); err != nil {
		t.Fatal(err)
	}
	scenario{
		repository: r, change: git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, SHA: d.merge},
		base: d.m2, head: d.merge, fetched: []git.ID{d.m2}, differ: []string{"roles.smr"},
	}.run(t)

	want := "basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+token))
	if len(s.headers) == 0 {
		t.Fatal("nothing was fetched over http")
	}
	for _, h := range s.headers {
		if diff := cmp.Diff([]string{want}, h); diff != "" {
			t.Errorf("Authorization (-want +got):\n%s", diff)
		}
	}
	arguments, err := os.ReadFile(seen)
	if err != nil || !strings.Contains(string(arguments), "fetch") {
		t.Fatalf("arguments: %q, %v", arguments, err)
	}
	secrets := []string{token, strings.TrimPrefix(want, "basic ")}
	for _, secret := range secrets {
		if strings.Contains(string(arguments), secret) {
			t.Error("the token stands in an argument")
		}
	}
	err = filepath.WalkDir(c.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(string(data), secret) {
				t.Errorf("the token stands in %s", e.Name())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "helper-ran")); err == nil {
		t.Error("the credential helper of the repository ran")
	}
}

// A server that sends the fetch elsewhere does not get the token sent there.
func TestTokenIsNotRedirected(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	other := newServer(t, d.fixture)
	redirecting := httptest.NewServer(http.RedirectHandler(other.URL+"/acme/roles/.git/info/refs?service=git-upload-pack", http.StatusMovedPermanently))
	defer redirecting.Close()
	c := d.checkout(d.merge, "1")
	for _, url := range []string{redirecting.URL, other.URL} {
		c.git("remote", "set-url", "origin", url+"/acme/roles/.git")
		r := c.open()
		if err := r.SetRemote(&git.Remote{Server: redirecting.URL, Token: "secret"}); err != nil {
			t.Fatal(err)
		}
		err := r.Fetch(t.Context(), d.m2)
		if url == redirecting.URL && err == nil {
			t.Error("a redirect was followed")
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the token: %v", err)
		}
	}
	for _, h := range other.headers {
		if len(h) > 0 {
			t.Errorf("another server got %q", h)
		}
	}
}

func TestRemotesThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newFixture(t).open()
	for name, remote := range map[string]git.Remote{
		"an option":        {Name: "--upload-pack=touch pwned"},
		"an address":       {Name: "ext::sh -c id"},
		"plain http":       {Server: "http://git.example.com", Token: "x"},
		"no scheme":        {Server: "github.com", Token: "x"},
		"a user":           {Server: "https://user@github.com", Token: "x"},
		"a path":           {Server: "https://github.com/acme", Token: "x"},
		"a token of lines": {Server: "https://github.com", Token: "x\nX-Header: y"},
	} {
		if err := r.SetRemote(&remote); err == nil {
			t.Errorf("%s: %+v was taken", name, remote)
		}
	}
	if err := r.SetRemote(&git.Remote{Server: "https://github.com/", Token: "x"}); err != nil {
		t.Error(err)
	}
	if err := r.Fetch(t.Context(), "HEAD"); err == nil {
		t.Error("something was fetched that is not an id")
	}
}

// A remote that would run a program is not spoken to.
func TestRemoteThatRunsAProgram(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	c := d.checkout(d.merge, "1")
	ran := filepath.Join(t.TempDir(), "ran")
	c.git("remote", "set-url", "origin", "ext::touch "+ran)
	c.git("config", "protocol.ext.allow", "always")
	r := c.fetching()
	if err := r.Fetch(t.Context(), d.m2); err == nil {
		t.Error("Fetch succeeded")
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the remote's program ran")
	}
}
