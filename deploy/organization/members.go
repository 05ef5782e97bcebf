package organization

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// OrganizationAPI is the operations of Organizations that releasing stack sets
// takes; *organizations.Client has them. The management account and delegated
// administrators may call them.
type OrganizationAPI interface {
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
	ListAccountsForParent(context.Context, *organizations.ListAccountsForParentInput, ...func(*organizations.Options)) (*organizations.ListAccountsForParentOutput, error)
	ListOrganizationalUnitsForParent(context.Context, *organizations.ListOrganizationalUnitsForParentInput, ...func(*organizations.Options)) (*organizations.ListOrganizationalUnitsForParentOutput, error)
}

// An Organization tells which accounts are in which unit.
type Organization struct {
	Run
	API OrganizationAPI
}

// A Member is an account and the unit that a release named and that it is in,
// directly or below.
type Member struct {
	Account string `json:"account"`
	Unit    string `json:"organizational_unit"`
}

// Management is the id of the account that manages the organization. Stack sets
// never reach it (CloudFormation User Guide, "Prerequisites for service-managed
// StackSets").
func (o *Organization) Management(ctx context.Context) (string, error) {
	out, err := o.API.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return "", o.explain("DescribeOrganization", err)
	}
	if out.Organization == nil {
		return "", errors.New("DescribeOrganization: the answer holds no organization")
	}
	return aws.ToString(out.Organization.MasterAccountId), nil
}

// maxUnits is how deep units can be nested and some more (AWS Organizations User
// Guide, "Quotas and service limits": five levels).
const maxUnits = 10

// Members are the active accounts of a unit or root and of the units below,
// without the management account, by id.
func (o *Organization) Members(ctx context.Context, unit, management string) ([]Member, error) {
	var out []Member
	if err := o.below(ctx, unit, unit, management, 0, &out); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Member) int { return strings.Compare(a.Account, b.Account) })
	return out, nil
}

func (o *Organization) below(ctx context.Context, top, unit, management string, depth int, out *[]Member) error {
	if depth > maxUnits {
		return fmt.Errorf("the units below %s are nested more than %d deep", top, maxUnits)
	}
	accounts := &organizations.ListAccountsForParentInput{ParentId: &unit}
	for {
		page, err := o.API.ListAccountsForParent(ctx, accounts)
		if err != nil {
			return o.explain("ListAccountsForParent", err)
		}
		for _, a := range page.Accounts {
			if id := aws.ToString(a.Id); id != management && a.Status != types.AccountStatusSuspended {
				*out = append(*out, Member{Account: id, Unit: top})
			}
		}
		if aws.ToString(page.NextToken) == "" {
			break
		}
		accounts.NextToken = page.NextToken
	}
	units := &organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit}
	for {
		page, err := o.API.ListOrganizationalUnitsForParent(ctx, units)
		if err != nil {
			return o.explain("ListOrganizationalUnitsForParent", err)
		}
		for _, u := range page.OrganizationalUnits {
			if err := o.below(ctx, top, aws.ToString(u.Id), management, depth+1, out); err != nil {
				return err
			}
		}
		if aws.ToString(page.NextToken) == "" {
			return nil
		}
		units.NextToken = page.NextToken
	}
}

// units are the ids between commas.
func units(text string) []string {
	var out []string
	for _, u := range strings.Split(text, ",") {
		if u = strings.TrimSpace(u); u != "" {
			out = append(out, u)
		}
	}
	return out
}

// accounts are the ids of a group's declared accounts but the management
// account; none for a group of any account.
func accounts(g *Group, management string) []string {
	var out []string
	for _, t := range g.Targets {
		if !t.Any && t.AccountID != management {
			out = append(out, t.AccountID)
		}
	}
	slices.Sort(out)
	return out
}

func sortedNames(roles map[string]*Role) []string { return slices.Sorted(maps.Keys(roles)) }
