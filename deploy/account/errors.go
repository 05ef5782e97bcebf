package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/sagemaker-roles/smr/review/inert"
)

// minSecret is how long a text is that can be a secret: those of AWS have 40
// characters and more, and the "test" of a server that looks like AWS is in any
// message.
const minSecret = 16

// maxMessage is how many characters of a message of AWS are shown.
const maxMessage = 600

// An Error is a call that failed, for people to read: text that AWS or another
// program wrote is inert, and nothing in it is secret.
type Error struct {
	Operation string // such as "CreateRole"
	Code      string // such as "AccessDenied"; "" where AWS gave none
	Message   string // of AWS or of the network
	Advice    string // what to do, in whole sentences; "" where nothing is to be said
	err       error
}

// Error implements error.
func (e *Error) Error() string {
	text := e.Operation + ": "
	if e.Code != "" {
		text += e.Code + ": "
	}
	text += strings.TrimRight(e.Message, ".")
	if e.Advice != "" {
		text += ". " + e.Advice
	}
	return text
}

// Unwrap returns the SDK's error.
func (e *Error) Unwrap() error { return e.err }

// Explain makes an error of a call readable: nil for nil, and an error that was
// explained stays as it is.
func (c *Client) Explain(operation string, err error) error {
	var done *Error
	if err == nil || errors.As(err, &done) {
		return err
	}
	e := &Error{Operation: operation, err: err}
	var api smithy.APIError
	switch status := unsigned(err); {
	case status != 0:
		e.Message = fmt.Sprintf("HTTP status %d, and nothing that AWS answers", status)
		e.Advice = look
	case errors.As(err, &api):
		e.Code, e.Message = visible(api.ErrorCode(), c.secrets), visible(api.ErrorMessage(), c.secrets)
		e.Advice = c.advice(operation, api)
	case errors.Is(err, context.DeadlineExceeded):
		e.Message = "no answer in time"
		e.Advice = "Run the command again: what was done stays done."
	case unreached(err) != "":
		e.Message = unreached(err)
		e.Advice = look
	default:
		e.Message = visible(innermost(err).Error(), c.secrets)
		e.Advice = "Run the command again: what was done stays done."
	}
	if e.Message == "" {
		e.Message = "AWS gives no reason"
	}
	return e
}

// innermost is the error below the SDK's wrappings, which repeat one another.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil || next.Error() == "" {
			return err
		}
		err = next
	}
}

// visible is text of others on one line, without what is secret: a refused
// signature, for one, is answered with the signed text, which holds the session
// token.
func visible(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= minSecret {
			text = strings.ReplaceAll(text, s, "(secret)")
		}
	}
	return inert.Line(inert.Text(inert.Cut(strings.Join(strings.Fields(text), " "), maxMessage)))
}

// advice is what to do about an error of AWS.
func (c *Client) advice(operation string, api smithy.APIError) string {
	code := api.ErrorCode()
	switch {
	case code == "AccessDenied" || code == "AccessDeniedException" || code == "UnauthorizedOperation":
		if c.Caller == "" {
			return ""
		}
		return fmt.Sprintf("%s needs iam:%s; \"smr setup github\" prints the policy of a role that deploys.", visible(c.Caller, c.secrets), operation)
	case strings.HasPrefix(code, "ExpiredToken") || code == "RequestExpired":
		return "The credentials have expired: get new ones and run the command again; what was done stays done."
	case code == "InvalidClientTokenId" || code == "UnrecognizedClientException" || code == "SignatureDoesNotMatch" || code == "IncompleteSignature":
		return "AWS does not know these credentials: look at AWS_PROFILE and at the clock of this machine."
	case code == "LimitExceeded" || code == "LimitExceededException":
		return quotaAdvice(api.ErrorMessage())
	case throttled(api):
		return "AWS takes fewer calls than were sent: wait a few minutes and run the command again; what was done stays done."
	case again(code):
		return "Something else is changing this: wait a few minutes and run the command again."
	case code == "ServiceNotAvailable" || code == "ServiceFailure" || code == "ServiceUnavailable" || code == "InternalFailure":
		return "Run the command again: what was done stays done."
	}
	return ""
}

// limitName is the quota that a message of LimitExceeded names: "Cannot exceed
// quota for PoliciesPerRole: 10".
var limitName = regexp.MustCompile(`quota for ([A-Za-z]+)(?:: *([0-9]+))?`)

// quotaAdvice says what to do about a quota (IAM User Guide, "IAM and AWS STS
// quotas", for which of them can be raised and how far).
func quotaAdvice(message string) string {
	m := limitName.FindStringSubmatch(message)
	if m == nil {
		return "This is a quota of the account, which waiting does not raise."
	}
	switch m[1] {
	case "PoliciesPerRole":
		return `Set layout = "packed" in the role, or have the quota "Managed policies attached to an IAM role" (L-0DA4ABF3) raised, to at most 25.`
	case "ACLSizePerRole":
		return `Trust fewer principals, or have the quota "Role trust policy length" (L-C07B4B0D) raised, to at most 8,192.`
	case "PolicySize":
		return `A managed policy holds 6,144 characters, a role's inline policies 10,240 together: set layout = "packed" in the role.`
	case "VersionsPerPolicy":
		return "A policy has five versions, and somebody else has made some: delete one and run the command again."
	case "RolesPerAccount":
		return `Have the quota "Roles per account" (L-FE177D64) raised, to at most 10,000.`
	case "PoliciesPerAccount":
		return `Have the quota "Customer managed policies in an AWS account" (L-E95E4862) raised, to at most 10,000, or set layout = "packed".`
	}
	return "This is a quota of the account, which waiting does not raise."
}
