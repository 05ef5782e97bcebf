package organization

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// StackSetAPI is the operations of CloudFormation that releasing a stack set
// takes; *cloudformation.Client has them.
type StackSetAPI interface {
	DescribeStackSet(context.Context, *cloudformation.DescribeStackSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackSetOutput, error)
	CreateStackSet(context.Context, *cloudformation.CreateStackSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateStackSetOutput, error)
	UpdateStackSet(context.Context, *cloudformation.UpdateStackSetInput, ...func(*cloudformation.Options)) (*cloudformation.UpdateStackSetOutput, error)
	CreateStackInstances(context.Context, *cloudformation.CreateStackInstancesInput, ...func(*cloudformation.Options)) (*cloudformation.CreateStackInstancesOutput, error)
	ListStackInstances(context.Context, *cloudformation.ListStackInstancesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackInstancesOutput, error)
	DescribeStackSetOperation(context.Context, *cloudformation.DescribeStackSetOperationInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackSetOperationOutput, error)
	ListStackSetOperations(context.Context, *cloudformation.ListStackSetOperationsInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackSetOperationsOutput, error)
	ListStackSetOperationResults(context.Context, *cloudformation.ListStackSetOperationResultsInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackSetOperationResultsOutput, error)
}

// A StackSetRun releases one service-managed stack set.
type StackSetRun struct {
	Run
	API    StackSetAPI
	Name   string
	Region string // the only one: IAM is the same in all
	// Waves are the organizational units in the order in which they are
	// released; the first wave stops at the first failure.
	Waves []Wave
	// Accounts limits the release to these; empty: every account of the units,
	// also those that join later.
	Accounts []string
	// Delegated says that the caller is a delegated administrator and not the
	// management account.
	Delegated bool
	// Tolerance is how many accounts of a later wave may fail, in percent.
	Tolerance int32
	// Concurrency is how many accounts of a later wave change at once, in
	// percent; 0 is DefaultConcurrency.
	Concurrency int32
	// SkipOutdated leaves out that accounts which an earlier release did not
	// reach get its template first. The step from what they hold is not proved
	// then.
	SkipOutdated bool
}

// A Wave is units that are released together.
type Wave struct {
	Units   []string
	Members []Member // the accounts in them; see Organization.Members
}

// DefaultConcurrency is small: what goes wrong shows in few accounts. IAM's
// limits are those of each account, so that more would do no harm to it.
const DefaultConcurrency = 10

// A StackSetState is what a stack set is before a release.
type StackSetState struct {
	Exists    bool
	Body      []byte
	Instances []Instance // by account
}

// An Instance is the stack of one account.
type Instance struct {
	Account string `json:"account"`
	Unit    string `json:"organizational_unit"`
	Status  string `json:"status"` // CURRENT, OUTDATED or INOPERABLE
	Reason  string `json:"reason,omitempty"`
}

// Outdated are the instances that do not hold the stack set's template.
func (s *StackSetState) Outdated() []Instance {
	return slices.DeleteFunc(slices.Clone(s.Instances), func(i Instance) bool { return i.Status == string(types.StackInstanceStatusCurrent) })
}

func (s *StackSetRun) callAs() types.CallAs {
	if s.Delegated {
		return types.CallAsDelegatedAdmin
	}
	return types.CallAsSelf
}

// Look reads the stack set with its instances, after waiting for an operation
// that is going on.
func (s *StackSetRun) Look(ctx context.Context) (*StackSetState, error) {
	out, err := s.API.DescribeStackSet(ctx, &cloudformation.DescribeStackSetInput{StackSetName: &s.Name, CallAs: s.callAs()})
	if code(err) == "StackSetNotFoundException" {
		return &StackSetState{}, nil
	}
	if err != nil {
		return nil, s.explain("DescribeStackSet", err)
	}
	if out.StackSet.PermissionModel != types.PermissionModelsServiceManaged {
		return nil, refusedf("the stack set %s has the permission model %s, and smr releases SERVICE_MANAGED ones: take another name", s.Name, out.StackSet.PermissionModel)
	}
	if err := s.quiet(ctx); err != nil {
		return nil, err
	}
	state := &StackSetState{Exists: true, Body: []byte(aws.ToString(out.StackSet.TemplateBody))}
	state.Instances, err = s.instances(ctx)
	return state, err
}

// quiet waits until no operation is going on in the stack set.
func (s *StackSetRun) quiet(ctx context.Context) error {
	said := false
	return s.wait(ctx, "an operation on the stack set "+s.Name+" that was going on", func(ctx context.Context) (bool, error) {
		out, err := s.API.ListStackSetOperations(ctx, &cloudformation.ListStackSetOperationsInput{StackSetName: &s.Name, CallAs: s.callAs(), MaxResults: aws.Int32(20)})
		if err != nil {
			return true, s.explain("ListStackSetOperations", err)
		}
		for _, o := range out.Summaries {
			if !over(o.Status) {
				if !said {
					s.say("%s: waiting for the operation %s, which is %s", s.Name, aws.ToString(o.OperationId), o.Status)
					said = true
				}
				return false, nil
			}
		}
		return true, nil
	})
}

func over(s types.StackSetOperationStatus) bool {
	return s == types.StackSetOperationStatusSucceeded || s == types.StackSetOperationStatusFailed || s == types.StackSetOperationStatusStopped
}

// instances are all in the run's Region, by account.
func (s *StackSetRun) instances(ctx context.Context) ([]Instance, error) {
	var all []Instance
	in := &cloudformation.ListStackInstancesInput{StackSetName: &s.Name, CallAs: s.callAs()}
	for {
		out, err := s.API.ListStackInstances(ctx, in)
		if err != nil {
			return nil, s.explain("ListStackInstances", err)
		}
		for _, i := range out.Summaries {
			if r := aws.ToString(i.Region); r != s.Region {
				return nil, refusedf("the stack set %s has an instance in %s, and IAM is the same in all Regions: release in that Region, or take the instance away", s.Name, r)
			}
			all = append(all, Instance{Account: aws.ToString(i.Account), Unit: aws.ToString(i.OrganizationalUnitId), Status: string(i.Status), Reason: aws.ToString(i.StatusReason)})
		}
		if aws.ToString(out.NextToken) == "" {
			break
		}
		in.NextToken = out.NextToken
	}
	slices.SortFunc(all, func(a, b Instance) int { return strings.Compare(a.Account+a.Unit, b.Account+b.Unit) })
	return all, nil
}

// A StackSetResult is what a release did.
type StackSetResult struct {
	Changed bool
	Results []AccountResult // of every operation, in order
}

// An AccountResult is what an operation did in one account.
type AccountResult struct {
	Step    string `json:"step"`
	Wave    int    `json:"wave"` // from 1
	Account string `json:"account"`
	Unit    string `json:"organizational_unit,omitempty"`
	Status  string `json:"status"` // SUCCEEDED, FAILED or CANCELLED
	Reason  string `json:"reason,omitempty"`
}

// Apply releases the steps, each in all waves before the next. Accounts that hold
// something else than the stack set's template get that first, for the steps
// lead from it. An operation that fails beyond what its wave tolerates ends the
// release with a FailedError; what failed within it is in the result.
func (s *StackSetRun) Apply(ctx context.Context, state *StackSetState, steps *Steps) (*StackSetResult, error) {
	res := &StackSetResult{}
	if state.Exists && (len(steps.Steps) == 0 || !s.SkipOutdated) {
		title := Finish
		if len(steps.Steps) == 0 {
			title = Final
		}
		// Accounts that have no instance yet are for the last step.
		if err := s.step(ctx, res, Step{Title: title, Body: state.Body}, true, len(steps.Steps) == 0); err != nil {
			return res, err
		}
	}
	for _, step := range steps.Steps {
		if !state.Exists {
			if err := s.create(ctx, step); err != nil {
				return res, err
			}
			state.Exists, res.Changed = true, true
		}
		if err := s.step(ctx, res, step, false, true); err != nil {
			return res, err
		}
	}
	return res, nil
}

// Finish is the title of the step that brings accounts to the template which an
// earlier release did not bring them to.
const Finish = "finish"

// step releases one template in all waves. same says that the stack set has it
// already, so that only accounts that do not are of interest; add, that accounts
// without a stack get one.
func (s *StackSetRun) step(ctx context.Context, res *StackSetResult, step Step, same, add bool) error {
	for w := range s.Waves {
		if err := s.wave(ctx, res, step, w, same, add); err != nil {
			return err
		}
	}
	return nil
}

// create makes the stack set, without any instance.
func (s *StackSetRun) create(ctx context.Context, step Step) error {
	token := s.token(s.Name, "create")
	in := &cloudformation.CreateStackSetInput{
		StackSetName: &s.Name, CallAs: s.callAs(), ClientRequestToken: &token,
		TemplateBody:    aws.String(string(step.Body)),
		Capabilities:    []types.Capability{types.CapabilityCapabilityNamedIam},
		PermissionModel: types.PermissionModelsServiceManaged,
		AutoDeployment:  s.autoDeployment(), ManagedExecution: &types.ManagedExecution{Active: aws.Bool(true)},
		Description: aws.String("IAM roles, released by smr."),
	}
	_, err := s.API.CreateStackSet(ctx, in)
	if err != nil && code(err) != "NameAlreadyExistsException" {
		return s.explain("CreateStackSet", err)
	}
	s.say("%s: made the stack set", s.Name)
	return nil
}

// autoDeployment reaches accounts that join a unit later, unless the accounts are
// declared, and leaves roles to an account that leaves.
func (s *StackSetRun) autoDeployment() *types.AutoDeployment {
	if len(s.Accounts) > 0 {
		return &types.AutoDeployment{Enabled: aws.Bool(false)}
	}
	return &types.AutoDeployment{Enabled: aws.Bool(true), RetainStacksOnAccountRemoval: aws.Bool(true)}
}

// wanted are the members of a wave that the release is for.
func (s *StackSetRun) wanted(w Wave) []Member {
	return slices.DeleteFunc(slices.Clone(w.Members), func(m Member) bool {
		return len(s.Accounts) > 0 && !slices.Contains(s.Accounts, m.Account)
	})
}

// preferences are those of a wave. In the first one account changes at a time
// and none may fail.
func (s *StackSetRun) preferences(wave int) *types.StackSetOperationPreferences {
	if wave == 0 {
		return &types.StackSetOperationPreferences{FailureToleranceCount: aws.Int32(0), MaxConcurrentCount: aws.Int32(1)}
	}
	concurrency := s.Concurrency
	if concurrency == 0 {
		concurrency = DefaultConcurrency
	}
	return &types.StackSetOperationPreferences{
		FailureTolerancePercentage: aws.Int32(s.Tolerance), MaxConcurrentPercentage: aws.Int32(concurrency),
		// Otherwise no more accounts than tolerated failures change at once.
		ConcurrencyMode: types.ConcurrencyModeSoftFailureTolerance,
	}
}

// wave releases one step in one wave: an update of the accounts that have a
// stack, and new stacks in the others.
func (s *StackSetRun) wave(ctx context.Context, res *StackSetResult, step Step, wave int, same, add bool) error {
	instances, err := s.instances(ctx)
	if err != nil {
		return err
	}
	status := map[string]string{}
	for _, i := range instances {
		status[i.Account] = i.Status
	}
	var update, missing []Member
	for _, m := range s.wanted(s.Waves[wave]) {
		switch status[m.Account] {
		case "":
			missing = append(missing, m)
		case string(types.StackInstanceStatusCurrent):
			if !same {
				update = append(update, m)
			}
		default:
			update = append(update, m)
		}
	}
	if len(update) > 0 {
		in := s.update(step, update, wave)
		err := s.operation(ctx, res, step, wave, update, "UpdateStackSet", func(id string) (string, error) {
			in.OperationId = &id
			out, err := s.API.UpdateStackSet(ctx, in)
			if err != nil {
				return "", err
			}
			return aws.ToString(out.OperationId), nil
		})
		if err != nil {
			return err
		}
	}
	if !add || len(missing) == 0 {
		return nil
	}
	return s.operation(ctx, res, step, wave, missing, "CreateStackInstances", func(id string) (string, error) {
		out, err := s.API.CreateStackInstances(ctx, &cloudformation.CreateStackInstancesInput{
			StackSetName: &s.Name, CallAs: s.callAs(), OperationId: &id,
			DeploymentTargets: s.targets(missing, s.Waves[wave]), Regions: []string{s.Region}, OperationPreferences: s.preferences(wave),
		})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.OperationId), nil
	})
}

func (s *StackSetRun) update(step Step, members []Member, wave int) *cloudformation.UpdateStackSetInput {
	return &cloudformation.UpdateStackSetInput{
		StackSetName: &s.Name, CallAs: s.callAs(),
		TemplateBody: aws.String(string(step.Body)), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		PermissionModel: types.PermissionModelsServiceManaged,
		AutoDeployment:  s.autoDeployment(), ManagedExecution: &types.ManagedExecution{Active: aws.Bool(true)},
		Description:       aws.String("IAM roles, released by smr."),
		DeploymentTargets: s.targets(members, s.Waves[wave]), Regions: []string{s.Region}, OperationPreferences: s.preferences(wave),
	}
}

// targets are the units of accounts, limited to these where the units have
// others.
func (s *StackSetRun) targets(members []Member, w Wave) *types.DeploymentTargets {
	t := &types.DeploymentTargets{}
	for _, m := range members {
		t.OrganizationalUnitIds = append(t.OrganizationalUnitIds, m.Unit)
		t.Accounts = append(t.Accounts, m.Account)
	}
	slices.Sort(t.OrganizationalUnitIds)
	slices.Sort(t.Accounts)
	t.OrganizationalUnitIds, t.Accounts = slices.Compact(t.OrganizationalUnitIds), slices.Compact(t.Accounts)
	all := 0
	for _, m := range w.Members {
		if slices.Contains(t.OrganizationalUnitIds, m.Unit) {
			all++
		}
	}
	if all == len(members) && len(s.Accounts) == 0 {
		t.Accounts = nil
		return t
	}
	t.AccountFilterType = types.AccountFilterTypeIntersection
	return t
}
