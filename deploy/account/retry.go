package account

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// again are the codes of refusals that pass by themselves and that the SDK does
// not repeat on its own (IAM API Reference, "CreateRole" and others, Errors:
// ConcurrentModification "Wait a few minutes and submit your request again",
// EntityTemporarilyUnmodifiable). LimitExceeded is none of them: it is a quota,
// and waiting does not raise it.
func again(code string) bool {
	return code == "ConcurrentModification" || code == "ConcurrentModificationException" ||
		code == "EntityTemporarilyUnmodifiable" || code == "EntityTemporarilyUnmodifiableException"
}

// newRetryer repeats what the SDK repeats, what again names, and HTTP 429. The
// SDK's bucket of retries is left out: the limiter slows writes down instead,
// and a bucket that many roles share would end a run that would have come
// through.
func newRetryer(o Options) *retry.Standard {
	return retry.NewStandard(func(so *retry.StandardOptions) {
		so.MaxAttempts = o.Attempts
		so.MaxBackoff = o.Backoff
		so.RateLimiter = ratelimit.None
		so.Backoff = retry.NewExponentialJitterBackoff(o.Backoff)
		so.Retryables = append(so.Retryables, retry.IsErrorRetryableFunc(passes))
	})
}

func passes(err error) aws.Ternary {
	if Passing(err) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// Passing reports whether AWS refused a call for a reason that passes by
// itself: too many calls, or another change under way. Nothing was done then.
func Passing(err error) bool {
	var api smithy.APIError
	return throttled(err) || errors.As(err, &api) && again(api.ErrorCode())
}

// Once are options of an IAM call that is not sent again where it is unknown
// whether AWS did it: CreatePolicyVersion, of which each call makes a version.
// Refusals that pass are repeated all the same.
func Once(o *iam.Options) {
	o.Retryer = once{o.Retryer}
}

type once struct{ aws.Retryer }

// IsErrorRetryable implements aws.Retryer.
func (r once) IsErrorRetryable(err error) bool {
	return r.Retryer.IsErrorRetryable(err) && Passing(err)
}

// Refused reports whether AWS answered that it did not do what a call asks for.
// Any other error, such as a connection that broke, an answer that cannot be
// read or a fault of the service, leaves it open.
func Refused(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) {
		code := status.HTTPStatusCode()
		return code >= http.StatusBadRequest && code < http.StatusInternalServerError
	}
	return api.ErrorFault() == smithy.FaultClient
}

// Code is the code that AWS gave an error, such as "NoSuchEntity"; "" if AWS
// gave none.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
