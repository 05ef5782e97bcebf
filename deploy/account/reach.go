package account

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// look is what to do about calls that do not come to AWS.
const look = "Look at AWS_ENDPOINT_URL, AWS_REGION, HTTPS_PROXY and the network of this machine."

// unsigned is the HTTP status of a refusal that is not AWS's, which has a code,
// but of something on the way, such as a proxy; else 0.
func unsigned(err error) int {
	var response *awshttp.ResponseError
	var api smithy.APIError
	if !errors.As(err, &response) || errors.As(err, &api) && api.ErrorCode() != "UnknownError" {
		return 0
	}
	status := response.HTTPStatusCode()
	if status < http.StatusBadRequest || status == http.StatusTooManyRequests || response.ServiceRequestID() != "" {
		return 0
	}
	return status
}

// maxUnanswered is how often an endpoint is called that has never answered.
const maxUnanswered = 4

// A reach knows whether AWS was reached at all. As long as it was not, an
// address that nobody answers at is a mistake in the settings, or a machine
// without a network, and not a fault that passes.
type reach struct {
	*retry.Standard
	answered *atomic.Bool
	failures *atomic.Int32
	until    time.Time
}

// newReach gives up at an endpoint that never answered when the time is over,
// or after maxUnanswered calls.
func newReach(o Options) func() *reach {
	answered, failures, until := &atomic.Bool{}, &atomic.Int32{}, time.Now().Add(o.Reach)
	return func() *reach { return &reach{newRetryer(o), answered, failures, until} }
}

// IsErrorRetryable implements aws.Retryer.
func (r *reach) IsErrorRetryable(err error) bool {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) && status.HTTPStatusCode() != 0 {
		r.answered.Store(true)
	}
	if !r.answered.Load() && (r.failures.Add(1) >= maxUnanswered || time.Now().After(r.until)) {
		return false
	}
	return r.Standard.IsErrorRetryable(err)
}

// unreached says why there was no answer from where a call was sent to; "" for
// errors that an answer came with.
func unreached(err error) string {
	var name *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &name):
		return visible(name.Name, nil) + " cannot be reached: " + visible(name.Err, nil)
	case errors.As(err, &op) && op.Op == "dial" && op.Addr != nil:
		return op.Addr.String() + " cannot be reached: " + visible(innermost(op.Err).Error(), nil)
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	return ""
}
