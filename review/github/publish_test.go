package github_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/github"
	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
)

const head1, head2 = git.ID("1111111111111111111111111111111111111111"), git.ID("2222222222222222222222222222222222222222")

// A bench is a server and a client of it that waits without waiting.
type bench struct {
	*fakegithub.Server
	t      *testing.T
	waited []time.Duration
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Server: fakegithub.New(), t: t}
	t.Cleanup(b.Close)
	return b
}

func (b *bench) options(token string) github.Options {
	return github.Options{
		APIURL: b.APIURL(), Token: token, Repository: fakegithub.Repository, Timeout: 5 * time.Second,
		Random: func() float64 { return 0.5 },
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.Lock()
			defer b.Unlock()
			b.waited = append(b.waited, d)
			return ctx.Err()
		},
	}
}

func (b *bench) client(token string) *github.Client {
	b.t.Helper()
	c, err := github.New(b.options(token))
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// publication is what a run of the workflow writes.
func publication(run int, head git.ID, bodies ...string) github.Publication {
	return github.Publication{
		Number: 7, Bodies: bodies,
		Marker: github.Marker{
			Kind: "review", Key: "default", Head: head, Run: github.Run{Number: run, Attempt: 1},
			Fields: map[string]string{"plan": "sha256:4c1f0e9d2a77"},
		},
	}
}

// want publishes and checks what became of it.
func (b *bench) want(token string, p github.Publication, status github.Status) github.Result {
	b.t.Helper()
	r := b.client(token).Publish(b.t.Context(), p)
	if r.Status != status {
		b.t.Fatalf("status %q (%s %v), want %q", r.Status, r.Reason, r.Err, status)
	}
	done := status == github.Created || status == github.Updated || status == github.Unchanged
	if done == (r.Reason != "") && !p.OnlyUpdate {
		b.t.Errorf("status %q with the reason %q", r.Status, r.Reason)
	}
	return r
}

// single checks that one comment of smr's is there and what it says.
func (b *bench) single(run int, body string) {
	b.t.Helper()
	found := b.Starting(7, "<!-- smr:review v1 key=default ")
	if len(found) != 1 {
		b.t.Fatalf("%d comments, want one: %+v", len(found), found)
	}
	line, rest, _ := strings.Cut(found[0].Body, "\n")
	if rest != body || !strings.Contains(line, fmt.Sprintf(" run=%d.1 ", run)) {
		b.t.Errorf("the comment is %.200q, want %.100q of run %d", found[0].Body, body, run)
	}
}

func TestPublishLife(t *testing.T) {
	b := newBench(t)
	p := publication(1, head1, "first")
	p.OnlyUpdate = true
	b.want("token", p, github.Unchanged)
	if b.Count("POST", "PATCH") != 0 {
		t.Error("a comment was written that should only be updated")
	}
	created := b.want("token", publication(1, head1, "first"), github.Created)
	b.single(1, "first")
	want := fmt.Sprintf("<!-- smr:review v1 key=default head=%s run=1.1 plan=sha256:4c1f0e9d2a77 -->\nfirst", head1)
	if got := b.Starting(7, "")[0].Body; got != want {
		t.Errorf("the comment is\n%s\nwant\n%s", got, want)
	}
	if created.ID == 0 || !strings.Contains(created.URL, "issuecomment") {
		t.Errorf("result %+v", created)
	}

	writes := b.Count("POST", "PATCH")
	b.want("token", publication(2, head1, "first"), github.Unchanged)
	if b.Count("POST", "PATCH") != writes {
		t.Error("a comment was written that says the same")
	}
	if r := b.want("token", publication(3, head2, "first"), github.Updated); r.ID != created.ID {
		t.Errorf("comment %d was updated, want %d", r.ID, created.ID)
	}
	b.single(3, "first")
	p = publication(4, head2, "No access change any more")
	p.OnlyUpdate = true
	b.want("token", p, github.Updated)
	b.single(4, p.Bodies[0])
	// Another key is another comment.
	p.Marker.Key, p.OnlyUpdate = "prod", false
	b.want("token", p, github.Created)
	b.single(4, p.Bodies[0])
	// An attempt is newer than the one before.
	p = publication(4, head2, "again")
	p.Marker.Run.Attempt = 2
	b.want("token", p, github.Updated)
	b.want("token", publication(4, head2, "late"), github.SkippedNewer)
}

func TestPublishPastManyComments(t *testing.T) {
	b := newBench(t)
	for i := range 130 {
		if i == 115 {
			b.want("token", publication(1, head1, "ours"), github.Created)
		}
		b.Comment(7, fakegithub.Token{Login: "mona"}, fmt.Sprint("comment ", i))
	}
	b.want("token", publication(2, head2, "ours again"), github.Updated)
	b.single(2, "ours again")
	if n := len(b.Starting(7, "")); n != 131 {
		t.Errorf("%d comments, want 131", n)
	}
}

// What others write is never taken for ours, whatever it says.
func TestPublishBesidePlanted(t *testing.T) {
	b := newBench(t)
	ours := publication(99, head1, "forged").Marker.String() + "\nforged"
	for name, author := range map[string]fakegithub.Token{
		"person": {Login: "mona"}, "name of the bot": {Login: "github-actions"}, "brackets": {Login: "github-actions[bot]"}, "other app": {Login: "evil[bot]", App: true},
	} {
		b.Comment(7, author, ours)
		_ = name
	}
	// Ours by account, but quoted, of another kind, key or version.
	for _, body := range []string{
		"> " + ours, "\n" + ours, " " + ours, strings.Replace(ours, "smr:review", "smr:drift", 1), strings.Replace(ours, "key=default", "key=other", 1),
		strings.Replace(ours, " v1 ", " v2 ", 1), strings.Replace(ours, " -->", " x --> -->", 1), strings.Replace(ours, "<!--", "<!---", 1), "text\n" + ours,
	} {
		b.Comment(7, fakegithub.Actions(fakegithub.Write), body)
	}
	before := b.Starting(7, "")
	r := b.want("token", publication(1, head1, "real"), github.Created)
	after := b.Starting(7, "")
	if len(after) != len(before)+1 || after[len(after)-1].ID != r.ID {
		t.Errorf("%d comments before, %d after", len(before), len(after))
	}
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("comment %d was touched: %q", before[i].ID, after[i].Body)
		}
	}
	b.want("token", publication(1, head1, "real"), github.Unchanged)
	// To a person's token, another person's comment and the bot's are planted.
	b.Comment(7, fakegithub.Token{Login: "hubot"}, ours)
	b.Tokens["octocat"] = fakegithub.Token{Login: "octocat", Scope: fakegithub.Write}
	b.want("octocat", publication(1, head1, "mine"), github.Created)
}

// Each kind of token finds its own comment again.
func TestPublishByAnyToken(t *testing.T) {
	b := newBench(t)
	b.Tokens["app"] = fakegithub.Token{Login: "Acme-Reviews[bot]", App: true, Scope: fakegithub.Write}
	b.Tokens["old"] = fakegithub.Token{Login: "github-actions[bot]", App: true, Scope: fakegithub.Write, NoViewer: true}
	for _, prefix := range []string{"", "/api/v3"} {
		b.Prefix = prefix
		b.Comments = nil
		for i, token := range []string{"person", "app", "old"} {
			b.want(token, publication(1, head1, "x"), github.Created)
			b.want(token, publication(2, head2, "x"), github.Updated)
			if n := len(b.Starting(7, "")); n != i+1 {
				t.Errorf("prefix %q, token %q: %d comments, want %d", prefix, token, n, i+1)
			}
		}
		// GITHUB_TOKEN of a server that tells its login is the same account.
		b.want("token", publication(3, head2, "y"), github.Updated)
	}
}

func TestPublishIsRefused(t *testing.T) {
	tests := map[string]struct {
		token  string
		set    func(b *bench)
		status github.Status
		reason string
	}{
		"read-only":     {"reader", nil, github.SkippedReadOnly, "may only read"},
		"unknown token": {"stolen", nil, github.Failed, "does not know the token"},
		"locked":        {"token", func(b *bench) { b.Locked = true }, github.Failed, "locked"},
		"disabled":      {"token", func(b *bench) { b.Disabled = true }, github.Failed, "disabled"},
		"no such PR":    {"token", func(b *bench) { delete(b.Pulls, 7) }, github.Failed, "no such pull request"},
		"out of order":  {"token", func(b *bench) { b.Fail(fakegithub.Fault{Status: 502, Times: 99}) }, github.Failed, "out of order"},
		"unreachable":   {"token", func(b *bench) { b.Fail(fakegithub.Fault{Reset: true, Times: 99}) }, github.Failed, "could not be reached"},
		"a login page":  {"token", func(b *bench) { b.Fail(fakegithub.Fault{Type: "text/html", Body: "<html>", Times: 99}) }, github.Failed, "not understood"},
		"nonsense":      {"token", func(b *bench) { b.Fail(fakegithub.Fault{Body: "[[[", Times: 99}) }, github.Failed, "could not be reached"},
		"no list":       {"token", func(b *bench) { b.Fail(fakegithub.Fault{Path: "/comments", Body: "{}", Times: 99}) }, github.Failed, "not understood"},
		"list denied": {"token", func(b *bench) {
			b.Fail(fakegithub.Fault{Path: "/comments", Status: 403, Message: "Resource not accessible by integration", Times: 9})
		}, github.SkippedReadOnly, "may only read"},
		"another 422": {"token", func(b *bench) {
			b.Fail(fakegithub.Fault{Method: "POST", Path: "/comments", Status: 422, Message: "Validation Failed"})
		}, github.Failed, "refuses"},
		"hourly limit gone": {"token", func(b *bench) {
			b.Fail(fakegithub.Fault{Status: 429, Header: map[string]string{"Retry-After": "3000"}, Times: 9})
		}, github.Failed, "rate limit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if test.set != nil {
				test.set(b)
			}
			r := b.want(test.token, publication(1, head1, "x"), test.status)
			if !strings.Contains(r.Reason, test.reason) || r.Err == nil {
				t.Errorf("reason %q, error %v; want %q", r.Reason, r.Err, test.reason)
			}
			if n := len(b.Starting(7, "")); n != 0 {
				t.Errorf("%d comments", n)
			}
			for _, secret := range []string{"token", "reader", "stolen"} {
				if strings.Contains(r.Err.Error(), "Bearer") || strings.Contains(r.Err.Error(), `"`+secret+`"`) {
					t.Errorf("the error tells the token: %v", r.Err)
				}
			}
		})
	}
}

// GitHub's limits on the length of a text, in bytes and in characters: the
// next shorter body is taken.
func TestPublishTooLong(t *testing.T) {
	tests := map[string]struct {
		bytes, characters int
		bodies            []string
		shown             int // of the bodies; -1 is none
	}{
		"at the limit":         {262144, 0, []string{strings.Repeat("x", 262144-marker()), "short"}, 0},
		"one byte over":        {262144, 0, []string{strings.Repeat("x", 262145-marker()), "short"}, 1},
		"65,536 characters":    {262144, 65536, []string{strings.Repeat("é", 70000), strings.Repeat("é", 60000), "short"}, 1},
		"the short one, third": {262144, 65536, []string{strings.Repeat("é", 70000), strings.Repeat("x", 66000), "short"}, 2},
		"none in three":        {100, 0, []string{strings.Repeat("x", 200), strings.Repeat("x", 190), strings.Repeat("x", 180), strings.Repeat("x", 170)}, -1},
		"none":                 {100, 0, []string{strings.Repeat("x", 200), strings.Repeat("x", 100)}, -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.MaxBytes, b.MaxCharacters = test.bytes, test.characters
			if test.shown < 0 {
				r := b.want("token", publication(1, head1, test.bodies...), github.Failed)
				if !strings.Contains(r.Reason, "too long") || b.Count("POST") > 3 {
					t.Errorf("reason %q", r.Reason)
				}
				return
			}
			if r := b.want("token", publication(1, head1, test.bodies...), github.Created); r.Body != test.shown {
				t.Errorf("body %d is shown, want %d", r.Body, test.shown)
			}
			b.single(1, test.bodies[test.shown])
			b.want("token", publication(2, head2, test.bodies...), github.Updated)
			b.single(2, test.bodies[test.shown])
			if n := b.Count("POST", "PATCH"); n > 6 {
				t.Errorf("%d requests that write in two runs, want at most 3 each", n)
			}
		})
	}
}

// marker is the length of the first line with its end.
func marker() int { return len(publication(1, head1).Marker.String()) + 1 }

func TestPublishThroughFaults(t *testing.T) {
	const comments = "/issues/7/comments"
	type fault = fakegithub.Fault
	retryAfter := map[string]string{"Retry-After": "30"}
	tests := map[string]struct {
		faults []fault
		waited time.Duration // -1: the transport may try again at once
	}{
		"list broken twice":           {[]fault{{Method: "GET", Path: comments, Reset: true, Times: 2}}, -1},
		"list cut off":                {[]fault{{Method: "GET", Path: comments, Cut: 1, Times: 1}}, time.Second},
		"user unavailable":            {[]fault{{Path: "/user", Status: 503}}, time.Second},
		"POST 502, not done":          {[]fault{{Method: "POST", Path: comments, Status: 502}}, time.Second},
		"POST 502, done":              {[]fault{{Method: "POST", Path: comments, Status: 502, After: true}}, time.Second},
		"POST reset, not done":        {[]fault{{Method: "POST", Path: comments, Reset: true, Times: 3}}, 7 * time.Second},
		"POST reset, done":            {[]fault{{Method: "POST", Path: comments, Reset: true, After: true}}, time.Second},
		"POST answer cut off":         {[]fault{{Method: "POST", Path: comments, Cut: 5}}, time.Second},
		"POST 502 and list 502":       {[]fault{{Method: "POST", Path: comments, Status: 502, After: true}, {Method: "GET", Path: comments, Skip: 1, Status: 502}}, 2 * time.Second},
		"secondary limit, 403":        {[]fault{{Method: "POST", Path: comments, Status: 403, Message: "You have exceeded a secondary rate limit", Header: retryAfter}}, 30 * time.Second},
		"secondary limit, 429":        {[]fault{{Method: "POST", Path: comments, Status: 429, Header: retryAfter, Times: 2}}, 60 * time.Second},
		"secondary limit, no seconds": {[]fault{{Method: "POST", Path: comments, Status: 403, Message: "You have exceeded a secondary rate limit. Please wait"}}, time.Minute},
		"hourly limit, soon over": {[]fault{{
			Method: "GET", Path: comments, Status: 403, Message: "API rate limit exceeded",
			Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767225640", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"},
		}}, 41 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			for _, f := range test.faults {
				b.Fail(f)
			}
			b.want("token", publication(1, head1, "x"), github.Created)
			b.single(1, "x")
			if n := b.Writes(); n > 3 {
				t.Errorf("%d requests created content", n)
			}
			var waited time.Duration
			for _, d := range b.waited {
				waited += d
			}
			if test.waited >= 0 && waited != test.waited {
				t.Errorf("waited %s, want %s", waited, test.waited)
			}
		})
	}
	t.Run("PATCH 502 and reset", func(t *testing.T) {
		b := newBench(t)
		b.want("token", publication(1, head1, "x"), github.Created)
		b.Fail(fault{Method: "PATCH", Status: 502})
		b.Fail(fault{Method: "PATCH", Reset: true, After: true})
		b.want("token", publication(2, head2, "y"), github.Updated)
		b.single(2, "y")
	})
	t.Run("POST 502 for good", func(t *testing.T) {
		b := newBench(t)
		b.Fail(fault{Method: "POST", Path: comments, Status: 502, Times: 99})
		b.want("token", publication(1, head1, "x"), github.Failed)
		if n := b.Count("POST"); n != 4 {
			t.Errorf("%d POSTs, want 4 tries", n)
		}
	})
	t.Run("waiting too long in all", func(t *testing.T) {
		b := newBench(t)
		b.Fail(fault{Method: "POST", Path: comments, Status: 429, Header: map[string]string{"Retry-After": "50"}, Times: 99})
		r := b.want("token", publication(1, head1, "x"), github.Failed)
		var limit *github.LimitError
		if len(b.waited) != 2 || !errors.As(r.Err, &limit) {
			t.Errorf("waited %v, error %v; want 100 s of 120 s", b.waited, r.Err)
		}
	})
	t.Run("deleted meanwhile", func(t *testing.T) {
		b := newBench(t)
		b.want("token", publication(1, head1, "x"), github.Created)
		b.Fail(fault{Method: "PATCH", Hook: func() { b.Lock(); b.Comments = nil; b.Unlock() }})
		b.want("token", publication(2, head2, "y"), github.Created)
		b.single(2, "y")
	})
	t.Run("slow body", func(t *testing.T) {
		b := newBench(t)
		o := b.options("token")
		o.Timeout = 300 * time.Millisecond
		c, err := github.New(o)
		if err != nil {
			t.Fatal(err)
		}
		b.Fail(fault{Method: "GET", Path: comments, Slow: time.Second})
		if r := c.Publish(t.Context(), publication(1, head1, "x")); r.Status != github.Created {
			t.Errorf("%+v", r)
		}
		b.single(1, "x")
	})
	t.Run("cancelled", func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(t.Context())
		b.Fail(fault{Method: "GET", Path: comments, Hook: cancel, Status: 502, Times: 99})
		if r := b.client("token").Publish(ctx, publication(1, head1, "x")); r.Status != github.Failed || !errors.Is(r.Err, context.Canceled) {
			t.Errorf("%+v", r)
		}
	})
}

// Two runs find no comment and write one each, the one while the other is about
// to. Whoever comes last sees both, and one stays: of the newer run.
func TestPublishRace(t *testing.T) {
	for _, test := range []struct{ first, second int }{{5, 6}, {6, 5}} {
		b := newBench(t)
		other := b.client("token")
		var inner github.Result
		b.Fail(fakegithub.Fault{Method: "POST", Path: "/comments", Hook: func() {
			inner = other.Publish(t.Context(), publication(test.second, head2, fmt.Sprint("run ", test.second)))
		}})
		outer := b.client("token").Publish(t.Context(), publication(test.first, head1, fmt.Sprint("run ", test.first)))
		if outer.Err != nil || inner.Err != nil {
			t.Fatalf("%+v %+v", outer, inner)
		}
		b.single(6, "run 6")
		if test.first == 5 && outer.Status != github.SkippedNewer {
			t.Errorf("the older run says %+v", outer)
		}
		if n := b.Writes(); n > 4 {
			t.Errorf("%d requests created content in two runs", n)
		}
	}
	t.Run("newer while listing", func(t *testing.T) {
		b := newBench(t)
		b.want("token", publication(4, head1, "run 4"), github.Created)
		b.Fail(fakegithub.Fault{Method: "GET", Path: "/comments", Hook: func() {
			b.client("token").Publish(t.Context(), publication(6, head2, "run 6"))
		}})
		b.want("token", publication(5, head1, "run 5"), github.SkippedNewer)
		b.single(6, "run 6")
	})
	t.Run("many at once", func(t *testing.T) {
		b := newBench(t)
		var wg sync.WaitGroup
		for run := 1; run <= 8; run++ {
			wg.Go(func() {
				r := b.client("token").Publish(t.Context(), publication(run, head1, fmt.Sprint("run ", run)))
				if r.Status == github.Failed {
					t.Errorf("run %d: %+v", run, r)
				}
			})
		}
		wg.Wait()
		if found := b.Starting(7, ""); len(found) != 1 {
			t.Errorf("%d comments, want one", len(found))
		}
		b.client("token").Publish(t.Context(), publication(9, head2, "run 9"))
		b.single(9, "run 9")
	})
}

// Comments that piled up before are brought down to one.
func TestPublishDuplicates(t *testing.T) {
	b := newBench(t)
	bot := fakegithub.Actions(fakegithub.Write)
	first := b.Comment(7, bot, publication(1, head1, "").Marker.String()+"\nold")
	b.Comment(7, fakegithub.Token{Login: "mona"}, "between")
	b.Comment(7, bot, publication(2, head1, "").Marker.String()+"\nolder")
	b.Comment(7, bot, publication(3, head1, "").Marker.String()+"\nnewer")
	b.Fail(fakegithub.Fault{Method: "DELETE", Status: 502})
	if r := b.want("token", publication(4, head2, "now"), github.Updated); r.ID != first {
		t.Errorf("comment %d is kept, want the oldest, %d", r.ID, first)
	}
	b.single(4, "now")
	if n := len(b.Starting(7, "")); n != 2 {
		t.Errorf("%d comments, want ours and the one between", n)
	}
}

func TestPublishWhatCannotBeMarked(t *testing.T) {
	b := newBench(t)
	for _, key := range []string{"", "a b", "x -->", "a\nb", strings.Repeat("k", 65), "-x"} {
		p := publication(1, head1, "x")
		p.Marker.Key = key
		b.want("token", p, github.Failed)
	}
	p := publication(1, head1, "x")
	p.Marker.Fields["plan"] = "--> <b>"
	b.want("token", p, github.Failed)
	b.want("token", publication(1, head1), github.Failed)
	if len(b.Requests) != 0 {
		t.Errorf("%d requests for nothing", len(b.Requests))
	}
}
