// Package github speaks to GitHub: it publishes the comment of a review and the
// issue of a drift, reads what approvals need, and reads commits where there is
// no clone. No other package of smr does.
//
// Every address it asks comes from GITHUB_API_URL, so that GitHub Enterprise
// Server and tests work alike; the token is sent to that origin and nowhere
// else. Bodies, pages, waiting and the number of requests that create content
// are bounded.
package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/sagemaker-roles/smr/review/git"
)

// Options say whom to speak to.
type Options struct {
	// APIURL is GITHUB_API_URL, such as https://api.github.com or
	// https://HOST/api/v3. Anything but https is refused, unless the host is
	// this machine.
	APIURL string
	// Token may be empty; what needs one fails then.
	Token string
	// Repository is GITHUB_REPOSITORY: owner/name.
	Repository string

	// Login is the account that the token speaks for, if it is known: a bot's
	// ends with "[bot]". GitHub is asked without it.
	Login string

	// Timeout bounds one request with its answer, 30 s if it is 0.
	Timeout time.Duration
	// Transport, Sleep and Random are for tests: nil is the network, waiting,
	// and a source of jitter between 0 and 1.
	Transport http.RoundTripper
	Sleep     func(ctx context.Context, d time.Duration) error
	Random    func() float64
}

// The bounds of speaking to GitHub.
const (
	// maxTries is how often a request that fails by 5xx or a broken connection
	// is made in all.
	maxTries = 4
	// maxWait is how long a client waits for rate limits in all.
	maxWait = 120 * time.Second
	// maxBody is the largest answer that is read: 100 comments of 262,144 bytes
	// with each character escaped are larger, and are read one by one.
	maxBody = 64 << 20
	// maxList is the same for a page of comments.
	maxList = 192 << 20
	// maxPages is more than the 2,500 comments that an issue can have.
	maxPages = 60
)

// A Client speaks to GitHub about one repository. It is safe for concurrent
// use.
type Client struct {
	api        *url.URL
	repository string
	token      string
	http       *http.Client
	sleep      func(context.Context, time.Duration) error
	random     func() float64

	mu     sync.Mutex
	waited time.Duration
	login  string
	sizes  map[git.ID]int64 // of blobs, as trees tell them
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}$`)

// New returns a client.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.APIURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("GITHUB_API_URL is %q, which is no address such as https://api.github.com", o.APIURL)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("GITHUB_API_URL is %q: only https is spoken, so that nobody on the way reads the token", o.APIURL)
	}
	if !repositoryName.MatchString(o.Repository) || strings.Contains(o.Repository+"/", "/../") || strings.Contains(o.Repository+"/", "/./") {
		return nil, fmt.Errorf("GITHUB_REPOSITORY is %q, which is not of the form owner/name", o.Repository)
	}
	if strings.ContainsAny(o.Token, "\r\n\x00 ") {
		return nil, errors.New("the token holds a blank or a line break")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	c := &Client{api: u, repository: o.Repository, token: o.Token, sleep: o.Sleep, random: o.Random, login: o.Login, sizes: map[git.ID]int64{}}
	if c.sleep == nil {
		c.sleep = wait
	}
	if c.random == nil {
		c.random = rand.Float64
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	c.http = &http.Client{Transport: o.Transport, Timeout: timeout, CheckRedirect: c.redirect}
	return c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// redirect follows a redirect within the origin, as of a repository that was
// renamed, and no other: the token would go along.
func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	if !c.own(req.URL) {
		return fmt.Errorf("GitHub redirects to another origin, %s://%s, which is not followed", req.URL.Scheme, req.URL.Host)
	}
	if len(via) > 3 {
		return errors.New("GitHub redirects more than three times")
	}
	return nil
}

// own reports whether an address is of the API's origin.
func (c *Client) own(u *url.URL) bool {
	return u.Scheme == c.api.Scheme && strings.EqualFold(u.Host, c.api.Host) && u.User == nil
}

// An Error is an answer of GitHub that is none.
type Error struct {
	Method, Path string
	Status       int
	Message      string // GitHub's own, with those of its fields; untrusted
}

// Error is the whole of it.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: GitHub answers %d %s: %q", e.Method, e.Path, e.Status, http.StatusText(e.Status), e.Message)
}

// ReadOnly reports whether the token may read and not write, as that of a pull
// request from a fork.
func (e *Error) ReadOnly() bool {
	return e.Status == http.StatusForbidden && strings.Contains(strings.ToLower(e.Message), "not accessible by")
}

// TooLong reports whether a text is longer than GitHub takes.
func (e *Error) TooLong() bool {
	m := strings.ToLower(e.Message)
	return e.Status == http.StatusUnprocessableEntity && (strings.Contains(m, "too long") || strings.Contains(m, "too large")) ||
		e.Status == http.StatusRequestEntityTooLarge
}

// status is the status of an error that GitHub answered with, or 0.
func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// uncertain reports whether a request may have been carried out though it
// failed: GitHub answered 5xx, or the connection broke.
func uncertain(err error) bool {
	var limit *LimitError
	return err != nil && !errors.As(err, &limit) && !errors.Is(err, errAnswer) && (status(err) == 0 || status(err) >= 500)
}

// errAnswer says that GitHub answered, with what is not understood.
var errAnswer = errors.New("GitHub's answer is not understood")

// do makes a request and decodes its answer. What fails by 5xx or a broken
// connection is tried again, but for a POST, of which it is not known whether
// it was carried out. Rate limits are waited for. The answer's body is read by
// read, which may be nil.
func (c *Client) do(ctx context.Context, method, path string, in any, limit int64, read func(http.Header, io.Reader) error) error {
	var body []byte
	if in != nil {
		var buffer bytes.Buffer
		enc := json.NewEncoder(&buffer)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(in); err != nil {
			return err
		}
		body = buffer.Bytes()
	}
	for try := 1; ; try++ {
		err := c.once(ctx, method, path, body, limit, read)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var pause *pauseError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &pause):
			if err := c.pause(ctx, pause, try); err != nil {
				return err
			}
		case method == http.MethodPost || !uncertain(err) || try == maxTries:
			return err
		default:
			if err := c.backoff(ctx, try); err != nil {
				return err
			}
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, body []byte, limit int64, read func(http.Header, io.Reader) error) error {
	address := path
	if strings.HasPrefix(path, "/") {
		address = c.api.String() + path
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	req.Header.Set("User-Agent", "smr")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return refused(method, path, resp)
	}
	if read == nil || resp.StatusCode == http.StatusNoContent {
		return nil
	}
	if t := resp.Header.Get("Content-Type"); !strings.Contains(t, "json") {
		return fmt.Errorf("%s %s: %w: its content is %.100q, not JSON. Is GITHUB_API_URL right?", method, path, errAnswer, t)
	}
	counted := &io.LimitedReader{R: resp.Body, N: limit + 1}
	if err := read(resp.Header, counted); err != nil {
		if counted.N == 0 {
			return fmt.Errorf("%s %s: %w: it is larger than %d bytes", method, path, errAnswer, limit)
		}
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// withoutURL is what an *url.Error says without the address, which the caller
// names.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// refused reads why GitHub refused a request.
func refused(method, path string, resp *http.Response) error {
	var answer struct {
		Message string
		Errors  []json.RawMessage
	}
	data, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(data, &answer) != nil {
		answer.Message = ""
	}
	e := &Error{Method: method, Path: path, Status: resp.StatusCode, Message: answer.Message}
	for _, raw := range answer.Errors[:min(len(answer.Errors), 5)] {
		var field struct{ Field, Message, Code string }
		var text string
		if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &field) == nil {
			text = strings.TrimSpace(field.Field + " " + field.Message + " " + field.Code)
		}
		e.Message += "; " + text
	}
	if len(e.Message) > 500 {
		e.Message = strings.ToValidUTF8(e.Message[:500], "")
	}
	if d, limited := limit(resp, e.Message); limited {
		return &pauseError{wait: d, err: e}
	}
	return e
}

// get reads one JSON value.
func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, maxBody, into(out))
}

// into decodes an answer that is one JSON value.
func into(out any) func(http.Header, io.Reader) error {
	return func(_ http.Header, body io.Reader) error { return json.NewDecoder(body).Decode(out) }
}

// repo is a path below the repository's.
func (c *Client) repo(format string, args ...any) string {
	return "/repos/" + c.repository + fmt.Sprintf(format, args...)
}
