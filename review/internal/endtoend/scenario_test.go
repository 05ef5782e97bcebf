package endtoend

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
	"github.com/sagemaker-roles/smr/review/internal/runner"
)

// A scenario is a pull request with an escalation that is not approved, and what
// GitHub does meanwhile.
type scenario struct {
	name     string
	prepare  func(j *job)
	status   string // output comment-status
	comments int    // of smr's in the end
	code     int    // 1 unless set
}

const comments = "/issues/7/comments"

// older leaves the comment of an earlier run, of another commit.
func older(j *job) {
	j.server.Comment(7, fakegithub.Actions(fakegithub.Write), "<!-- smr:review v1 key=default head="+j.base+" run=3.1 -->\nwhat an older run found")
}

// failing makes requests for comments fail, of a pull request with a comment.
func failing(f fakegithub.Fault) func(j *job) {
	f.Path = "comments"
	return func(j *job) {
		older(j)
		j.server.Fail(f)
	}
}

func scenarios() []scenario {
	post := func(f fakegithub.Fault) func(j *job) {
		f.Method, f.Path = "POST", comments
		return func(j *job) { j.server.Fail(f) }
	}
	wait := map[string]string{"Retry-After": "1"}
	const tooLong = "Body is too long (maximum is 65536 characters)"
	return []scenario{
		{"no comment yet", func(*job) {}, "created", 1, 0},
		{"a hundred and thirty comments of others", func(j *job) {
			for i := range 130 {
				j.server.Comment(7, fakegithub.Token{Login: "somebody", Scope: fakegithub.Write}, fmt.Sprint("comment ", i))
			}
		}, "created", 1, 0},
		{"smr's comment after a hundred and thirty others", func(j *job) {
			for i := range 130 {
				j.server.Comment(7, fakegithub.Token{Login: "somebody", Scope: fakegithub.Write}, fmt.Sprint("comment ", i))
			}
			older(j)
		}, "updated", 1, 0},
		{"two comments of smr's", func(j *job) { older(j); older(j) }, "updated", 1, 0},
		{"a planted marker", func(j *job) {
			j.server.Comment(7, fakegithub.Token{Login: "eve", Scope: fakegithub.Write}, "<!-- smr:review v1 key=default run=999.1 -->\n### 🟢 approved")
		}, "created", 1, 0},
		{"a marker planted by another app", func(j *job) {
			j.server.Comment(7, fakegithub.Token{Login: "eve-bot[bot]", App: true, Scope: fakegithub.Write}, "<!-- smr:review v1 key=default run=999.1 -->\n### 🟢 approved")
		}, "created", 1, 0},
		{"a comment of a newer run", func(j *job) {
			j.server.Comment(7, fakegithub.Actions(fakegithub.Write), "<!-- smr:review v1 key=default head="+j.head+" run=40.1 -->\n1 escalation needs approval")
		}, "skipped-newer", 1, 0},

		{"a token that may only read", func(j *job) { j.token = "reader" }, "skipped-read-only", 0, 0},
		{"a pull request that is locked", func(j *job) { j.server.Locked = true }, "failed", 0, 0},
		{"comments are disabled", func(j *job) { j.server.Disabled = true }, "failed", 0, 0},
		{"a pull request that the token may not see", func(j *job) {
			j.server.Fail(fakegithub.Fault{Path: comments, Status: 404, Message: "Not Found", Times: 100})
		}, "failed", 0, 0},
		{"GitHub is out of order", func(j *job) {
			j.server.Fail(fakegithub.Fault{Path: comments, Status: 503, Times: 100})
		}, "failed", 0, 0},

		{"502 on create", post(fakegithub.Fault{Status: 502}), "created", 1, 0},
		{"502 on create, which was done", post(fakegithub.Fault{Status: 502, After: true}), "created", 1, 0},
		{"reset on create", post(fakegithub.Fault{Reset: true}), "created", 1, 0},
		{"reset on create, which was done", post(fakegithub.Fault{Reset: true, After: true}), "created", 1, 0},
		{"answer to create is cut", post(fakegithub.Fault{Cut: 20}), "created", 1, 0},
		{"answer to create is slow", post(fakegithub.Fault{Slow: 100 * time.Microsecond}), "created", 1, 0},
		{"429 on create", post(fakegithub.Fault{Status: 429, Header: wait}), "created", 1, 0},
		{"secondary rate limit on create", post(fakegithub.Fault{Status: 403, Message: "You have exceeded a secondary rate limit", Header: wait}), "created", 1, 0},
		{"422 on create", post(fakegithub.Fault{Status: 422, Message: tooLong}), "created", 1, 0},

		{"an older comment", older, "updated", 1, 0},
		{"404 on update", failing(fakegithub.Fault{Method: "PATCH", Status: 404, Message: "Not Found"}), "updated", 1, 0},
		{"502 on update", failing(fakegithub.Fault{Method: "PATCH", Status: 502}), "updated", 1, 0},
		{"reset on update", failing(fakegithub.Fault{Method: "PATCH", Reset: true}), "updated", 1, 0},
		{"reset on update, which was done", failing(fakegithub.Fault{Method: "PATCH", Reset: true, After: true}), "updated", 1, 0},
		{"429 on update", failing(fakegithub.Fault{Method: "PATCH", Status: 429, Header: wait}), "updated", 1, 0},
		{"422 on update", failing(fakegithub.Fault{Method: "PATCH", Status: 422, Message: tooLong}), "updated", 1, 0},
		{"502 on list", failing(fakegithub.Fault{Method: "GET", Status: 502}), "updated", 1, 0},
		{"two resets on list", failing(fakegithub.Fault{Method: "GET", Reset: true, Times: 2}), "updated", 1, 0},
		{"list is cut", failing(fakegithub.Fault{Method: "GET", Cut: 100}), "updated", 1, 0},
		{"list is slow", failing(fakegithub.Fault{Method: "GET", Slow: 100 * time.Microsecond}), "updated", 1, 0},
		{"list is a page of a proxy", failing(fakegithub.Fault{Method: "GET", Status: 502, Body: "<html>Bad gateway</html>", Type: "text/html"}), "updated", 1, 0},
		{"deleted between list and update", func(j *job) {
			older(j)
			j.server.Fail(fakegithub.Fault{Method: "PATCH", Path: "comments", Hook: func() {
				j.server.Lock()
				j.server.Comments = nil
				j.server.Unlock()
			}})
		}, "created", 1, 0},
	}
}

// ways are how a job can be run: the program by itself, and the workflow that
// smr init writes, by act.
func ways() map[string]func(j *job) result {
	return map[string]func(j *job) result{
		"binary": (*job).review,
		"act":    func(j *job) result { return j.act(j.workflow("smr-review.yml")) },
	}
}

func TestScenarios(t *testing.T) {
	for way, run := range ways() {
		for _, s := range scenarios() {
			t.Run(way+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				j := escalating(t)
				s.prepare(j)
				others := len(j.server.Starting(7, "")) - len(j.comments())
				r := run(j)
				r.expect(t, 1, map[string]string{"comment-status": s.status, "result": "fail", "escalations": "1", "approved": "false"})
				j.current(t, s.comments)
				if n := len(j.server.Starting(7, "")) - len(j.comments()); n != others && s.name != "deleted between list and update" {
					t.Errorf("%d comments of others became %d", others, n)
				}
				// Whatever becomes of the comment, the run says what it found.
				if !strings.Contains(r.Summary, "needs approval") || len(r.of("error")) != 1 || r.of("error")[0].Properties["file"] != "roles/a.smr" {
					t.Errorf("summary %q, annotations %+v", r.Summary, r.Annotations)
				}
				if n := j.server.Writes(); n > 3 {
					t.Errorf("%d requests that create content", n)
				}
			})
		}
	}
}

// of are the annotations of a level.
func (r result) of(level string) []runner.Annotation {
	var out []runner.Annotation
	for _, a := range r.Annotations {
		if a.Level == level {
			out = append(out, a)
		}
	}
	return out
}

// current checks that there are as many comments of smr's, and that each says
// what this commit changes.
func (j *job) current(t *testing.T, want int) {
	t.Helper()
	list := j.comments()
	if len(list) != want {
		t.Errorf("%d comments, want %d: %+v", len(list), want, list)
	}
	for _, c := range list {
		if !strings.Contains(c.Body, "head="+j.head) || !strings.Contains(c.Body, "escalation needs approval") || strings.Contains(c.Body, "older run") {
			t.Errorf("the comment is not that of %s:\n%.600s", j.head, c.Body)
		}
	}
}

// pushed is the pull request with another commit, in a checkout of its own.
func (j *job) pushed(files map[string]string) *job {
	j.t.Helper()
	next := *j
	next.dir = filepath.Join(j.t.TempDir(), "clone")
	j.git("clone", "-q", "--no-hardlinks", j.dir, next.dir)
	next.git("checkout", "-q", "change")
	next.write(files)
	next.git("commit", "-q", "-m", "more")
	next.head = next.git("rev-parse", "HEAD")
	next.git("checkout", "-q", "--detach", j.base)
	next.git("merge", "-q", "--no-ff", "-m", "merge", "change")
	next.merge = next.git("rev-parse", "HEAD")
	next.pull = map[string]any{}
	for k, v := range j.pull {
		next.pull[k] = v
	}
	head := map[string]any{}
	for k, v := range j.pull["head"].(map[string]any) {
		head[k] = v
	}
	head["sha"] = next.head
	next.pull["head"] = head
	next.run, next.artifacts = j.run+1, ""
	return &next
}

// Two runs at once, of two commits, held up so that both are at the same request
// at the same time.
func TestRace(t *testing.T) {
	for way, run := range ways() {
		for _, held := range []fakegithub.Fault{
			{Method: "GET", Path: comments},
			{Method: "GET", Path: comments, Skip: 2},
			{Method: "POST", Path: comments},
			{Method: "PATCH", Path: "comments"},
			{Method: "DELETE", Path: "comments"},
		} {
			for _, before := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s,%d,%v", way, held.Method, held.Skip, before), func(t *testing.T) {
					t.Parallel()
					old := escalating(t)
					if before {
						older(old)
					}
					young := old.pushed(map[string]string{"roles/a.smr": account + rules + role("job", "*") + role("new", "new-*")})
					held.Times, held.Hook = 2, meeting(2)
					old.server.Fail(held)
					var wg sync.WaitGroup
					results := make([]result, 2)
					for i, j := range []*job{old, young} {
						wg.Go(func() { results[i] = run(j) })
					}
					wg.Wait()
					list := young.comments()
					if len(list) != 1 || !strings.Contains(list[0].Body, "head="+young.head) || !strings.Contains(list[0].Body, "`new`") {
						t.Errorf("%d comments, want one of %s: %+v", len(list), young.head, list)
					}
					results[1].expect(t, 1, map[string]string{"escalations": "2"})
				})
			}
		}
	}
}

// meeting is a place where n wait for each other, or for a while.
func meeting(n int) func() {
	var mu sync.Mutex
	all := make(chan struct{})
	return func() {
		mu.Lock()
		if n--; n == 0 {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
		case <-time.After(700 * time.Millisecond):
		}
	}
}
