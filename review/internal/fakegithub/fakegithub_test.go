package fakegithub_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
)

// The server's rules are GitHub's, as its documentation and measurements of
// others tell them.
func TestRules(t *testing.T) {
	s := fakegithub.New()
	defer s.Close()
	ask := func(token, method, path, body string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.APIURL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(data)
	}
	for range 130 {
		s.Comment(7, fakegithub.Token{Login: "mona"}, "x")
	}
	const comments = "/repos/acme/ml-roles/issues/7/comments"
	for query, want := range map[string]struct {
		n    int
		link string
	}{
		"": {30, `rel="next"`}, "?per_page=100": {100, "page=2"}, "?per_page=500": {100, "page=2"}, "?per_page=100&page=2": {30, ""}, "?page=9": {0, ""},
	} {
		resp, body := ask("reader", "GET", comments+query, "") //nolint:bodyclose // ask has closed it
		var page []any
		if err := json.Unmarshal([]byte(body), &page); err != nil || len(page) != want.n || !strings.Contains(resp.Header.Get("Link"), want.link) {
			t.Errorf("%q: %d comments, Link %q, %v", query, len(page), resp.Header.Get("Link"), err)
		}
	}
	text := func(n int) string { return `{"body":"` + strings.Repeat("x", n) + `"}` }
	for _, test := range []struct {
		token, method, path, body string
		status                    int
		message                   string
	}{
		{"token", "POST", comments, text(262144), 201, ""},
		{"token", "POST", comments, text(262145), 422, "too long"},
		{"token", "POST", comments, text(0), 422, "missing"},
		{"token", "POST", comments, "{", 400, "JSON"},
		{"reader", "POST", comments, text(1), 403, "not accessible by integration"},
		{"nobody", "GET", comments, "", 401, "Bad credentials"},
		{"token", "GET", "/user", "", 403, "not accessible"},
		{"person", "GET", "/user", "", 200, "mona"},
		{"token", "GET", "/repos/other/repository/pulls/7", "", 404, "Not Found"},
		{"token", "PATCH", "/repos/acme/ml-roles/issues/comments/1", text(1), 404, "Not Found"},
		{"token", "GET", "/repos/acme/ml-roles/git/commits/1", "", 409, "empty"},
	} {
		resp, body := ask(test.token, test.method, test.path, test.body) //nolint:bodyclose // ask has closed it
		if resp.StatusCode != test.status || !strings.Contains(body, test.message) {
			t.Errorf("%s %s with %q: %d %.200s, want %d %q", test.method, test.path, test.token, resp.StatusCode, body, test.status, test.message)
		}
	}
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("it listens at %s", s.URL)
	}
}
