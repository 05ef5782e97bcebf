package organization

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/sagemaker-roles/smr/review/inert"
)

// A Run is what every release needs, of one stack or of a stack set.
type Run struct {
	Release string        // names the release in tokens: letters, digits and hyphens
	Poll    time.Duration // between two looks at what goes on; 0 is DefaultPoll
	Timeout time.Duration // for one change set or operation; 0 is DefaultTimeout
	// Say tells what goes on, in lines; it may be nil.
	Say func(line string)
	// Explain makes an error of a call readable; it may be nil.
	Explain func(operation string, err error) error
}

// The defaults of Run.
const (
	DefaultPoll    = 5 * time.Second
	DefaultTimeout = time.Hour
)

func (r *Run) say(format string, args ...any) {
	if r.Say != nil {
		r.Say(inert.Line(fmt.Sprintf(format, args...)))
	}
}

func (r *Run) explain(operation string, err error) error {
	if err == nil {
		return nil
	}
	if r.Explain != nil {
		return r.Explain(operation, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// wait calls look until it is done, or the time is over.
func (r *Run) wait(ctx context.Context, what string, look func(context.Context) (done bool, err error)) error {
	poll, limit := r.Poll, r.Timeout
	if poll <= 0 {
		poll = DefaultPoll
	}
	if limit <= 0 {
		limit = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		done, err := look(ctx)
		if done || err != nil {
			return expired(ctx, what, limit, err)
		}
		t := time.NewTimer(poll)
		select {
		case <-ctx.Done():
			t.Stop()
			return expired(ctx, what, limit, ctx.Err())
		case <-t.C:
		}
	}
}

// expired names the time that was not enough, if that is what an error is about.
func expired(ctx context.Context, what string, limit time.Duration, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s is not done after %s. AWS goes on with it: run the command again, and it waits for the same", what, limit)
	}
	return err
}

// code is the code of an error of AWS, "" for others.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

var notInToken = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// token is a name for one step of a release, the same whenever the release is run
// again with the same template: CloudFormation takes names and tokens of letters,
// digits and hyphens, at most 128.
func (r *Run) token(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	name := strings.Trim(notInToken.ReplaceAllString(r.Release, "-"), "-")
	if len(name) > 60 {
		name = name[:60]
	}
	return "smr-" + strings.TrimLeft(name+"-", "-") + hex.EncodeToString(sum[:6])
}

// A FailedError is a change that CloudFormation did not make, with the reason of
// each resource or account.
type FailedError struct {
	What    string // the stack or stack set, and its status
	Reasons []Failure
}

// A Failure is why a resource or account was not changed.
type Failure struct {
	Where  string `json:"where"` // the resource, or the account
	Status string `json:"status"`
	Reason string `json:"reason"`
}

// Error names what failed and why.
func (e *FailedError) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	for i, f := range e.Reasons {
		if i == 20 {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Reasons)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", f.Where, f.Status)
		if f.Reason != "" {
			b.WriteString(": " + clean(f.Reason))
		}
	}
	return b.String()
}

// clean is text of AWS on one line, without what terminals and GitHub take for
// commands.
func clean(s string) string {
	return inert.Line(inert.Text(inert.Cut(strings.Join(strings.Fields(s), " "), 600)))
}

// A RefusedError is a release that may not be made as it is.
type RefusedError struct{ Reason string }

// Error is the reason, with the way out.
func (e *RefusedError) Error() string { return e.Reason }

func refusedf(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }
