package ir

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// An Environment is what a configuration, or a JSON export, states about the
// world outside of its roles. The zero value states nothing.
type Environment struct {
	Buckets      []*Bucket
	Keys         []*Key
	Repositories []*Repository
	Networks     []*Network
	SCPs         []*ControlPolicy // of the accounts' organization
	RCPs         []*ControlPolicy // likewise, resource control policies
}

// A KnownDocument is a policy with the place that gave it. A nil pointer means
// that nothing was said of it.
type KnownDocument struct {
	Document *policy.Document
	Range    hcl.Range
}

// A Bucket is an Amazon S3 bucket.
type Bucket struct {
	Label      string // "" for one of a JSON export
	Name       string
	Account    string         // twelve digits; "" is the account of the role that asks
	Region     string         // "" is the Region of the role that asks
	Policy     *KnownDocument // nil: not told
	Encryption Encryption
	Range      hcl.Range
}

// Encryption is the default encryption of a bucket (Amazon S3 User Guide,
// "Setting default server-side encryption behavior for Amazon S3 buckets").
type Encryption struct {
	Type       string // SSE-S3, SSE-KMS or DSSE-KMS; "" is SSE-S3, what buckets have without a setting
	KeyARN     string // of a customer managed key
	AWSManaged bool   // the key is aws/s3
}

// KMS reports whether objects are encrypted with a KMS key.
func (e Encryption) KMS() bool { return e.Type == "SSE-KMS" || e.Type == "DSSE-KMS" }

// A Key is an AWS KMS key.
type Key struct {
	Label      string
	ARN        string
	Account    string // "" is the account of the ARN
	AWSManaged bool
	Aliases    []string
	Policy     *KnownDocument
	Range      hcl.Range
}

// A Repository is an Amazon ECR repository.
type Repository struct {
	Label      string
	URI        string // account.dkr.ecr.region.amazonaws.com/name[:tag]; "" when Account and Name are told
	Account    string
	Name       string
	Region     string
	Policy     *KnownDocument
	KeyARN     string // "" without a customer managed key
	AWSManaged bool   // AWS owns the registry, as those of its prebuilt images
	Range      hcl.Range
}

// A Network is a VPC with what jobs in it reach.
type Network struct {
	Label              string
	ID                 string
	Subnets            []string
	SecurityGroups     []string
	S3Endpoint         *Endpoint // nil: not told
	InterfaceEndpoints []string
	Range              hcl.Range
}

// An Endpoint is a VPC endpoint.
type Endpoint struct {
	Present bool
	Policy  *KnownDocument
}

// A ControlPolicy is one service or resource control policy at one level from
// the root of the organization, 0, down to the account.
type ControlPolicy struct {
	Label  string
	Level  int
	Policy *KnownDocument
	Range  hcl.Range
}
