// Package account is the way into one AWS account: clients of AWS's SDK that
// wait for a bounded time, send writes at a bounded rate, repeat what may be
// repeated, and whose errors say what to do and hold nothing secret.
package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// Defaults of Options.
const (
	DefaultWrites        = 5.0              // writes a second; AWS documents no rate, this one is carefully low
	DefaultAttempts      = 9                // of one call
	DefaultBackoff       = 20 * time.Second // the longest pause between two attempts
	DefaultHeaderTimeout = 10 * time.Second // for one attempt's answer to begin
	DefaultCallTimeout   = 2 * time.Minute  // for one call with all its attempts
	DefaultReach         = 8 * time.Second  // for AWS to be reached at all
	DefaultDialTimeout   = 5 * time.Second  // for one connection to be made
)

// Options choose how an account is spoken to. The zero Options are usable.
type Options struct {
	// Region is used where the SDK's chain names none: IAM is one service for
	// all Regions of a partition, and any of them leads to it.
	Region string

	Writes        float64       // writes a second at most; 0 is DefaultWrites
	Attempts      int           // 0 is DefaultAttempts
	Backoff       time.Duration // 0 is DefaultBackoff
	HeaderTimeout time.Duration // 0 is DefaultHeaderTimeout
	CallTimeout   time.Duration // 0 is DefaultCallTimeout
	Reach         time.Duration // no call is begun again after it where none was answered; 0 is DefaultReach

	// Load is given to the SDK's own chain of configuration, after what is
	// said above.
	Load []func(*config.LoadOptions) error
}

func (o Options) filled() Options {
	if o.Writes <= 0 {
		o.Writes = DefaultWrites
	}
	if o.Attempts <= 0 {
		o.Attempts = DefaultAttempts
	}
	if o.Backoff <= 0 {
		o.Backoff = DefaultBackoff
	}
	if o.HeaderTimeout <= 0 {
		o.HeaderTimeout = DefaultHeaderTimeout
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = DefaultCallTimeout
	}
	if o.Reach <= 0 {
		o.Reach = DefaultReach
	}
	return o
}

// A Client speaks to one account. It is safe for concurrent use.
type Client struct {
	IAM    *iam.Client
	Config aws.Config // for clients of other services: they wait, repeat and are slowed down alike

	ID        string // twelve digits
	Partition string // such as "aws"
	Caller    string // the ARN of who calls, of STS GetCallerIdentity

	counts  *counts
	secrets []string
}

// Open finds credentials, Region and endpoint by the SDK's own chain
// (AWS_PROFILE, AWS_ENDPOINT_URL and so on) and asks who they belong to. The
// error is an *Error.
func Open(ctx context.Context, o Options) (*Client, error) {
	o = o.filled()
	counted, reached := &counts{}, newReach(o)
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(httpClient(o)),
		config.WithLogger(logging.Nop{}), // what matters comes as an error
		config.WithRetryer(func() aws.Retryer { return reached() }),
		config.WithAPIOptions([]func(*middleware.Stack) error{
			deadline(o.CallTimeout), pace(newLimiter(o.Writes, time.Now), counted),
		}),
	}
	if o.Region != "" {
		load = append(load, config.WithDefaultRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, append(load, o.Load...)...)
	if err != nil {
		return nil, &Error{Operation: "reading the SDK's configuration", Message: visible(err.Error(), nil), Advice: "smr takes credentials, Region and endpoint as the AWS CLI does: AWS_PROFILE, AWS_REGION, ~/.aws/config."}
	}
	c := &Client{IAM: iam.NewFromConfig(cfg), Config: cfg, counts: counted}
	if err := c.retrieve(ctx, o); err != nil {
		return nil, err
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if why := unreached(err); why != "" {
		return nil, &Error{Operation: "GetCallerIdentity", Message: why, Advice: look, err: err}
	}
	if err != nil {
		return nil, c.Explain("GetCallerIdentity", err)
	}
	reached().answered.Store(true)
	c.ID, c.Caller = aws.ToString(who.Account), aws.ToString(who.Arn)
	arn, ok := policy.ParseARN(c.Caller)
	if !ok || !policy.IsAccountID(c.ID) {
		return nil, &Error{Operation: "GetCallerIdentity", Message: fmt.Sprintf("the answer names %q in account %q", visible(c.Caller, nil), visible(c.ID, nil)), Advice: "AWS answers with an ARN and twelve digits: look at AWS_ENDPOINT_URL."}
	}
	c.Partition = arn.Partition
	return c, nil
}

// retrieve gets credentials once, so that a lack of them has a message of its
// own, and so that what is secret of them is known and kept out of messages.
func (c *Client) retrieve(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, o.CallTimeout)
	defer cancel()
	if c.Config.Credentials == nil {
		return noCredentials(errors.New("there are none"))
	}
	creds, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return noCredentials(err)
	}
	c.secrets = []string{creds.SecretAccessKey, creds.SessionToken}
	return nil
}

func noCredentials(err error) error {
	return &Error{
		Operation: "finding credentials", Message: visible(err.Error(), nil), err: err,
		Advice: "smr takes credentials as the AWS CLI does: AWS_PROFILE, environment variables, single sign-on, the role of a GitHub workflow.",
	}
}

// Calls returns how many requests were sent, and how many of them were writes.
// Each attempt of a call counts.
func (c *Client) Calls() (all, writes int) { return c.counts.read() }
