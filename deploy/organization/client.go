package organization

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/sagemaker-roles/smr/deploy/account"
)

// A Client is the services that a release speaks to.
type Client struct {
	Account      string // whose credentials they are, twelve digits
	Partition    string
	Region       string // where stacks are
	Stacks       StackAPI
	StackSets    StackSetAPI
	Organization OrganizationAPI
	explain      func(operation string, err error) error
}

// Connect makes the clients of an account, in a Region; "" is the Region of the
// SDK's configuration.
func Connect(c *account.Client, region string) *Client {
	if region == "" {
		region = c.Config.Region
	}
	stacks := cloudformation.NewFromConfig(c.Config, func(o *cloudformation.Options) { o.Region = region })
	return &Client{
		Account: c.ID, Partition: c.Partition, Region: region,
		Stacks: stacks, StackSets: stacks, Organization: organizations.NewFromConfig(c.Config),
		explain: func(operation string, err error) error { return explained(c, operation, err) },
	}
}

// explained is a readable error that names the right service's action.
func explained(c *account.Client, operation string, err error) error {
	err = c.Explain(operation, err)
	var e *account.Error
	if errors.As(err, &e) && (e.Code == "AccessDenied" || e.Code == "AccessDeniedException") {
		service := "cloudformation"
		switch operation {
		case "DescribeOrganization", "ListAccountsForParent", "ListOrganizationalUnitsForParent":
			service = "organizations"
		}
		e.Advice = c.Caller + " needs " + service + ":" + operation + "; \"smr setup github --engine stack\" or \"stack-sets\" prints the policy of a role that releases."
	}
	return err
}
