package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A LimitError says that GitHub's rate limit asks for a longer wait than smr
// waits in all.
type LimitError struct {
	Wait time.Duration
	Err  error
}

// Error is the whole of it.
func (e *LimitError) Error() string {
	return fmt.Sprintf("GitHub's rate limit asks to wait %s more; smr waits %s in all: %v", e.Wait.Round(time.Second), maxWait, e.Err)
}

// Unwrap is GitHub's answer.
func (e *LimitError) Unwrap() error { return e.Err }

// backoff waits before another try: about 1, 2 and 4 seconds.
func (c *Client) backoff(ctx context.Context, try int) error {
	return c.sleep(ctx, time.Duration((0.5+c.random())*float64(time.Second<<(try-1))))
}

// A pauseError is an answer that asks to wait and try again.
type pauseError struct {
	wait time.Duration // 0: GitHub does not say
	err  error
}

func (e *pauseError) Error() string { return e.err.Error() }

// pause waits as GitHub asks, all pauses together for maxWait at most. Where
// it does not say how long, a minute and more each time (GitHub Docs, "Best
// practices for using the REST API").
func (c *Client) pause(ctx context.Context, p *pauseError, try int) error {
	d := p.wait
	if d <= 0 {
		d = time.Minute << (try - 1)
	}
	c.mu.Lock()
	over := c.waited+d > maxWait
	if !over {
		c.waited += d
	}
	c.mu.Unlock()
	if over || try >= maxTries {
		return &LimitError{Wait: d, Err: p.err}
	}
	return c.sleep(ctx, d)
}

// limit reports whether an answer is of a rate limit, and how long to wait, 0
// if it does not say (GitHub Docs, "Rate limits for the REST API").
func limit(resp *http.Response, message string) (time.Duration, bool) {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusForbidden {
		return 0, false
	}
	if seconds := number(resp.Header.Get("Retry-After")); seconds >= 0 {
		return max(time.Second, time.Duration(seconds)*time.Second), true
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		// The server's own clock is asked: this machine's may be wrong.
		now, err := http.ParseTime(resp.Header.Get("Date"))
		if reset := number(resp.Header.Get("X-RateLimit-Reset")); reset >= 0 && err == nil {
			return max(time.Second, time.Unix(int64(reset), 0).Sub(now)+time.Second), true
		}
		return 0, true
	}
	return 0, resp.StatusCode == http.StatusTooManyRequests || strings.Contains(strings.ToLower(message), "rate limit")
}

// number reads a number of at most nine digits, or ten for a time; -1 is none.
func number(s string) int {
	n := 0
	if s == "" || len(s) > 10 {
		return -1
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
