// Package fakegithub is a GitHub for tests: the endpoints that smr uses, with
// GitHub's limits, permissions and faults, on this machine alone. It keeps a
// log of the requests.
package fakegithub

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sagemaker-roles/smr/review/git"
)

// Repository is the one that the server has.
const Repository = "acme/ml-roles"

// Scope is what a token may do.
type Scope int

// The scopes: None is of a token that GitHub does not know.
const (
	None Scope = iota
	Read
	Write
)

// A Token is an account and what it may do. An App's login is the slug of the
// app and "[bot]"; it may not ask for its user.
type Token struct {
	Login string
	App   bool
	Scope Scope
	// NoViewer is an old server's, which does not tell an app its login.
	NoViewer bool
	// Members may read who is in a team, which a job's own token may not.
	Members bool
}

// Actions is the account of a job's token, GITHUB_TOKEN.
func Actions(scope Scope) Token { return Token{Login: "github-actions[bot]", App: true, Scope: scope} }

// A Comment is a comment of an issue or a pull request.
type Comment struct {
	ID     int64
	Issue  int
	Body   string
	Author Token
}

// A Request is one that the server was asked.
type Request struct {
	Method, Path, Query string
	Body                string
	Authorization       string
	Status              int // 0: the connection was reset
}

// A Fault makes requests fail. The first fault that fits and has times left is
// taken.
type Fault struct {
	Method string // "" is any
	Path   string // a part of the path; "" is any
	Query  string // a part of the query; "" is any
	Times  int    // how often; 0 is once
	Skip   int    // requests that fit and are let through first

	Status  int // answers this instead
	Message string
	Header  map[string]string
	Body    string        // instead of JSON with the message
	Type    string        // of the body's content, with Status or alone
	Reset   bool          // breaks the connection
	Cut     int           // breaks the connection after so many bytes of the answer
	Slow    time.Duration // waits before each part of the answer's body
	After   bool          // does what is asked first
	Hook    func()        // is called before anything else
}

// A Server is a GitHub. Its fields may be set before it is asked, and read
// under Lock.
type Server struct {
	sync.Mutex
	URL string // http://127.0.0.1:PORT

	Prefix   string           // of the API's paths: "" or "/api/v3"
	Tokens   map[string]Token // by token
	Comments []Comment        // in the order of their ids
	Pulls    map[int]any      // pull requests as JSON
	Reviews  map[int][]any
	Events   map[int][]any
	Issues   []*Issue
	Teams    map[string][]string // logins by ORG/TEAM
	Git      *git.Repository     // commits, trees, files, branches
	// Assets are files of releases by the path of their download, such as
	// /acme/smr/releases/download/v1/smr; anybody may have them.
	Assets map[string][]byte

	// MaxBytes is the longest body in bytes, 262,144 unless set; MaxCharacters
	// the longest in characters, as of an older GitHub, 0 for none.
	MaxBytes, MaxCharacters int
	Locked, Disabled        bool
	LinkOrigin              string // of the addresses of next pages, URL unless set

	Requests []Request
	faults   []*Fault
	nextID   int64
	http     *httptest.Server
}

// An Issue is an issue of the repository.
type Issue struct {
	Number      int
	Title, Body string
	State       string
	Labels      []string
	Author      Token
}

// New starts a server on a free port of 127.0.0.1. It knows pull request 7 and
// the tokens "token" and "reader", which are GITHUB_TOKEN with leave to write
// and without, and "person". Close ends it.
func New() *Server {
	s := &Server{
		Tokens: map[string]Token{"token": Actions(Write), "reader": Actions(Read), "person": {Login: "mona", Scope: Write}},
		Pulls:  map[int]any{7: nil}, Reviews: map[int][]any{}, Events: map[int][]any{},
		MaxBytes: 262144, nextID: 1000,
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Close ends the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// APIURL is what GITHUB_API_URL says.
func (s *Server) APIURL() string { return s.URL + s.Prefix }

// Fail adds a fault.
func (s *Server) Fail(f Fault) {
	s.Lock()
	defer s.Unlock()
	f.Times = max(1, f.Times)
	s.faults = append(s.faults, &f)
}

// Comment adds a comment as if the account had written it.
func (s *Server) Comment(issue int, author Token, body string) int64 {
	s.Lock()
	defer s.Unlock()
	return s.comment(issue, author, body).ID
}

func (s *Server) comment(issue int, author Token, body string) *Comment {
	s.nextID++
	s.Comments = append(s.Comments, Comment{s.nextID, issue, body, author})
	return &s.Comments[len(s.Comments)-1]
}

// Starting are the comments of an issue that begin with a text.
func (s *Server) Starting(issue int, text string) []Comment {
	s.Lock()
	defer s.Unlock()
	var out []Comment
	for _, c := range s.Comments {
		if c.Issue == issue && strings.HasPrefix(c.Body, text) {
			out = append(out, c)
		}
	}
	return out
}

// Count is how many requests had one of the methods.
func (s *Server) Count(methods ...string) int {
	s.Lock()
	defer s.Unlock()
	n := 0
	for _, r := range s.Requests {
		if slices.Contains(methods, r.Method) && !strings.HasSuffix(r.Path, "/graphql") {
			n++
		}
	}
	return n
}

// Writes is how many requests succeeded that create content: those that
// GitHub's secondary limit counts.
func (s *Server) Writes() int {
	s.Lock()
	defer s.Unlock()
	n := 0
	for _, r := range s.Requests {
		if (r.Method == "POST" || r.Method == "PATCH") && r.Status/100 == 2 && !strings.HasSuffix(r.Path, "/graphql") {
			n++
		}
	}
	return n
}

// serve answers one request, by a fault if one fits.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return
	}
	s.Lock()
	s.Requests = append(s.Requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Get("Authorization"), 0})
	log := len(s.Requests) - 1
	f := s.fault(r)
	s.Unlock()
	if f.Hook != nil {
		f.Hook()
	}
	a := &answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
	plain := f.Status == 0 && !f.Reset
	if plain || f.After {
		s.Lock()
		s.route(a, r, body)
		s.Unlock()
	}
	if f.Status != 0 {
		a.fail(f.Status, f.Message)
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	if f.Type != "" {
		a.header.Set("Content-Type", f.Type)
	}
	for k, v := range f.Header {
		a.header.Set(k, v)
	}
	if f.Reset {
		reset(w)
		return
	}
	s.Lock()
	s.Requests[log].Status = a.status
	s.Unlock()
	a.send(w, f)
}

// reset breaks a connection so that the client hears of it.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// fault takes the first fault that fits, or none.
func (s *Server) fault(r *http.Request) Fault {
	for _, f := range s.faults {
		if f.Times == 0 || f.Method != "" && f.Method != r.Method || !strings.Contains(r.URL.Path, f.Path) || !strings.Contains(r.URL.RawQuery, f.Query) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.Times--
		return *f
	}
	return Fault{}
}

// An answer is one on its way.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) json(status int, v any) {
	a.status = status
	a.body, _ = json.Marshal(v) // of values of ours
}

func (a *answer) fail(status int, message string) {
	a.json(status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

func (a *answer) send(w http.ResponseWriter, f Fault) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	body := a.body
	if f.Cut > 0 {
		body = body[:min(f.Cut, len(body))]
	}
	for len(body) > 0 && f.Slow > 0 {
		_, _ = w.Write(body[:1])
		body = body[1:]
		w.(http.Flusher).Flush()
		time.Sleep(f.Slow)
	}
	_, _ = w.Write(body)
	if f.Cut > 0 {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// token is who asks.
func (s *Server) token(r *http.Request) Token {
	t := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "token ")
	return s.Tokens[t]
}

// page cuts a list as GitHub does, 30 elements unless asked for up to 100, and
// names the page that follows.
func (s *Server) page(a *answer, r *http.Request, all []any) {
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, 100)
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	from := min(len(all), (n-1)*size)
	to := min(len(all), n*size)
	if to < len(all) {
		origin := s.URL
		if s.LinkOrigin != "" {
			origin = s.LinkOrigin
		}
		u := *r.URL
		q := u.Query()
		link := func(page int, rel string) string {
			q.Set("page", strconv.Itoa(page))
			return fmt.Sprintf("<%s%s?%s>; rel=%q", origin, u.Path, q.Encode(), rel)
		}
		a.header.Set("Link", link(n+1, "next")+", "+link((len(all)+size-1)/size, "last"))
	}
	a.json(http.StatusOK, append([]any{}, all[from:to]...))
}
