package account

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
)

// httpClient waits a bounded time for a connection and for an answer to begin:
// the SDK's own client waits half a minute, and for ever.
func httpClient(o Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) {
		d.Timeout = DefaultDialTimeout
	}).WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = o.HeaderTimeout
	})
}

// deadline bounds a call with all its attempts and pauses.
func deadline(limit time.Duration) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("smr:Deadline", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	}
}

// counts are the requests that were sent.
type counts struct{ all, writes atomic.Int64 }

func (c *counts) read() (all, writes int) { return int(c.all.Load()), int(c.writes.Load()) }

// reads begin the names of operations that change nothing.
var reads = [...]string{"Get", "List", "Describe", "Simulate", "Validate", "Check", "BatchGet"}

// Writes reports whether the operation with that name, such as "CreateRole",
// changes anything.
func Writes(operation string) bool {
	for _, r := range reads {
		if strings.HasPrefix(operation, r) {
			return false
		}
	}
	return true
}

// pace counts every attempt, and makes those of writes wait for their turn.
func pace(l *limiter, c *counts) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		m := middleware.FinalizeMiddlewareFunc("smr:Pace", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			writes := Writes(awsmiddleware.GetOperationName(ctx))
			if writes {
				if err := l.wait(ctx); err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, err
				}
				c.writes.Add(1)
			}
			c.all.Add(1)
			out, metadata, err := next.HandleFinalize(ctx, in)
			if throttled(err) {
				l.slower()
			} else if err == nil && writes {
				l.faster()
			}
			return out, metadata, err
		})
		return stack.Finalize.Insert(m, "Retry", middleware.After)
	}
}

// A limiter is a bucket of tokens: it lets a second's worth of writes pass at
// once and then one after the other at the rate.
type limiter struct {
	now func() time.Time

	mu         sync.Mutex
	full, rate float64 // writes a second: as configured, and now
	tokens     float64 // negative: promised to those who wait
	last       time.Time
}

func newLimiter(rate float64, now func() time.Time) *limiter {
	return &limiter{now: now, full: rate, rate: rate, tokens: max(rate, 1), last: now()}
}

// reserve takes a token and returns how long to wait for it.
func (l *limiter) reserve() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refill()
	l.tokens--
	if l.tokens >= 0 {
		return 0
	}
	return time.Duration(-l.tokens / l.rate * float64(time.Second))
}

// refill adds the tokens of the time that has passed.
func (l *limiter) refill() {
	now := l.now()
	l.tokens = min(l.tokens+now.Sub(l.last).Seconds()*l.rate, max(l.rate, 1))
	l.last = now
}

func (l *limiter) wait(ctx context.Context) error {
	d := l.reserve()
	if d == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// slower halves the rate, down to a write in four seconds.
func (l *limiter) slower() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refill()
	l.rate = max(l.rate/2, min(l.full, 0.25))
	l.tokens = min(l.tokens, 0)
}

// faster gives a fiftieth of the rate back.
func (l *limiter) faster() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = min(l.rate+l.full/50, l.full)
}

// throttled reports whether AWS said that there are too many calls.
func throttled(err error) bool {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) && status.HTTPStatusCode() == http.StatusTooManyRequests {
		return true
	}
	var api interface{ ErrorCode() string }
	return errors.As(err, &api) && tooMany(api.ErrorCode())
}

func tooMany(code string) bool {
	switch code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown":
		return true
	}
	return false
}
