package organization

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// StackAPI is the operations of CloudFormation that releasing a stack takes;
// *cloudformation.Client has them.
type StackAPI interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	GetTemplate(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error)
	CreateChangeSet(context.Context, *cloudformation.CreateChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error)
	DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error)
	ExecuteChangeSet(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error)
	DeleteChangeSet(context.Context, *cloudformation.DeleteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
	UpdateTerminationProtection(context.Context, *cloudformation.UpdateTerminationProtectionInput, ...func(*cloudformation.Options)) (*cloudformation.UpdateTerminationProtectionOutput, error)
}

// A StackRun releases one stack.
type StackRun struct {
	Run
	API  StackAPI
	Name string
	// Import takes roles and policies that exist under the template's names into
	// the stack, rather than to fail because they exist.
	Import bool
	// AllowDelete lets CloudFormation delete roles. Without it a change set that
	// would is not executed.
	AllowDelete bool
	// Show is given what each change set would do, before it is executed; an
	// error ends the release. It may be nil.
	Show func(step Step, changes []Change) error
}

// A Change is what a change set does to one resource.
type Change struct {
	Action      string `json:"action"` // Add, Modify, Remove, Import, Dynamic, SyncWithActual
	ID          string `json:"id"`     // the logical id
	Type        string `json:"type"`
	Physical    string `json:"physical,omitempty"`
	Replacement string `json:"replacement,omitempty"` // True, False or Conditional, of Modify
	Policy      string `json:"policy,omitempty"`      // what becomes of a resource that goes: Delete or Retain
}

// A StackState is what a stack is before a release.
type StackState struct {
	Exists    bool // it has been made; a stack in REVIEW_IN_PROGRESS has not
	Reviewing bool // REVIEW_IN_PROGRESS
	Protected bool // from being deleted
	Body      []byte
}

// settled are the states from which a stack can be updated (CloudFormation User
// Guide, "Stack status codes").
var settled = []types.StackStatus{
	types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
	types.StackStatusImportComplete, types.StackStatusImportRollbackComplete,
}

// Look reads the stack and its template, and waits for an update that is going
// on.
func (s *StackRun) Look(ctx context.Context) (*StackState, error) {
	stack, err := s.settle(ctx, "an update that was going on")
	if err != nil || stack == nil {
		return &StackState{}, err
	}
	state := &StackState{Exists: true, Protected: aws.ToBool(stack.EnableTerminationProtection)}
	switch {
	case stack.StackStatus == types.StackStatusReviewInProgress:
		return &StackState{Reviewing: true}, nil
	case slices.Contains(settled, stack.StackStatus):
	default:
		return nil, s.stuck(stack)
	}
	out, err := s.API.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.Name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return nil, s.explain("GetTemplate", err)
	}
	state.Body = []byte(aws.ToString(out.TemplateBody))
	return state, nil
}

// stuck is a stack that no update gets out of its state.
func (s *StackRun) stuck(stack *types.Stack) error {
	way := "Look at it in the console of CloudFormation."
	switch stack.StackStatus {
	case types.StackStatusRollbackComplete, types.StackStatusCreateFailed, types.StackStatusRollbackFailed:
		way = fmt.Sprintf("It was never made: nothing but its deletion is possible. Roles that it left are kept. Run aws cloudformation delete-stack --stack-name %s, and release again.", s.Name)
	case types.StackStatusUpdateRollbackFailed:
		way = fmt.Sprintf("Mend what the events name and run aws cloudformation continue-update-rollback --stack-name %s, and release again.", s.Name)
	}
	reason := ""
	if r := aws.ToString(stack.StackStatusReason); r != "" {
		reason = ": " + clean(strings.TrimRight(r, "."))
	}
	return refusedf("the stack %s is in the state %s%s. %s", s.Name, stack.StackStatus, reason, way)
}

// describe is the stack, nil if there is none.
func (s *StackRun) describe(ctx context.Context) (*types.Stack, error) {
	out, err := s.API.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Name})
	if err != nil {
		// The API has no code of its own for this.
		if code(err) == "ValidationError" && strings.Contains(message(err), "does not exist") {
			return nil, nil
		}
		return nil, s.explain("DescribeStacks", err)
	}
	if len(out.Stacks) == 0 || out.Stacks[0].StackStatus == types.StackStatusDeleteComplete {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

// settle waits until nothing is going on in the stack.
func (s *StackRun) settle(ctx context.Context, what string) (*types.Stack, error) {
	var stack *types.Stack
	last := types.StackStatus("")
	err := s.wait(ctx, fmt.Sprintf("the stack %s: %s", s.Name, what), func(ctx context.Context) (bool, error) {
		var err error
		if stack, err = s.describe(ctx); err != nil || stack == nil {
			return true, err
		}
		status := stack.StackStatus
		if status == types.StackStatusReviewInProgress || !strings.HasSuffix(string(status), "_IN_PROGRESS") {
			return true, nil
		}
		if status != last {
			s.say("%s: %s", s.Name, status)
			last = status
		}
		return false, nil
	})
	return stack, err
}

// Apply releases the steps one after the other and switches the protection
// against deletion on. It reports whether anything was changed.
func (s *StackRun) Apply(ctx context.Context, state *StackState, steps *Steps) (changed bool, err error) {
	exists := state.Exists
	for _, step := range steps.Steps {
		did, err := s.step(ctx, step, exists)
		changed = changed || did
		if err != nil {
			return changed, err
		}
		exists = true
	}
	if exists && !state.Protected {
		if _, err := s.API.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &s.Name, EnableTerminationProtection: aws.Bool(true)}); err != nil {
			return changed, s.explain("UpdateTerminationProtection", err)
		}
		s.say("%s: protected from deletion", s.Name)
		changed = true
	}
	return changed, nil
}

// step releases one template.
func (s *StackRun) step(ctx context.Context, step Step, exists bool) (changed bool, err error) {
	kind := types.ChangeSetTypeUpdate
	if !exists {
		kind = types.ChangeSetTypeCreate
	}
	name, out, err := s.changeSet(ctx, s.token(s.Name, string(kind), string(step.Body)), kind, step)
	if err != nil || out == nil {
		return false, err
	}
	if out.ExecutionStatus == types.ExecutionStatusAvailable {
		changes, err := s.changes(ctx, name, out)
		if err != nil {
			return false, err
		}
		if err := s.admit(changes); err != nil {
			return false, s.drop(ctx, name, err)
		}
		if s.Show != nil {
			if err := s.Show(step, changes); err != nil {
				return false, s.drop(ctx, name, err)
			}
		}
		s.say("%s: executing the change set %s (%s)", s.Name, name, step.Title)
		_, err = s.API.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
			StackName: &s.Name, ChangeSetName: &name, ClientRequestToken: &name,
		})
		// A lost answer is repeated by the SDK; then it is being executed already.
		if err != nil && code(err) != "InvalidChangeSetStatus" {
			return false, s.explain("ExecuteChangeSet", err)
		}
	}
	return true, s.finished(ctx, name, step)
}

// changeSet makes the change set, or finds the one of an earlier run, and waits
// until CloudFormation knows what it would do; nil when it would do nothing. One
// of an earlier run that is of no use any more is left alone for another name.
func (s *StackRun) changeSet(ctx context.Context, base string, kind types.ChangeSetType, step Step) (string, *cloudformation.DescribeChangeSetOutput, error) {
	for attempt := 1; attempt <= 20; attempt++ {
		name := base
		if attempt > 1 {
			name = fmt.Sprintf("%s-%d", base, attempt)
		}
		_, err := s.API.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
			StackName: &s.Name, ChangeSetName: &name, ClientToken: &name, ChangeSetType: kind,
			TemplateBody: aws.String(string(step.Body)),
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
			Description:  aws.String("smr release, step " + step.Title),
			// Only sent where it says something, for not every partition knows it.
			ImportExistingResources: optional(s.Import),
		})
		found := code(err) == "AlreadyExistsException"
		if err != nil && !found {
			return "", nil, s.explain("CreateChangeSet", err)
		}
		out, err := s.ready(ctx, name)
		if err != nil {
			return "", nil, err
		}
		switch {
		case out.Status == types.ChangeSetStatusFailed && noChanges(aws.ToString(out.StatusReason)) && !found:
			s.say("%s: CloudFormation finds nothing to change", s.Name)
			return "", nil, s.drop(ctx, name, nil)
		case out.Status != types.ChangeSetStatusFailed && (out.ExecutionStatus == types.ExecutionStatusAvailable || out.ExecutionStatus == types.ExecutionStatusExecuteInProgress):
			return name, out, nil
		case found:
			continue
		case out.Status == types.ChangeSetStatusFailed:
			return "", nil, s.drop(ctx, name, &FailedError{What: fmt.Sprintf("the stack %s: CloudFormation made no change set", s.Name), Reasons: []Failure{{Where: name, Status: string(out.Status), Reason: aws.ToString(out.StatusReason)}}})
		}
		return "", nil, fmt.Errorf("the change set %s of the stack %s cannot be executed: %s. Release again", name, s.Name, out.ExecutionStatus)
	}
	return "", nil, fmt.Errorf("the stack %s has 20 change sets named %s of earlier runs: delete them and release again", s.Name, base)
}

func optional(b bool) *bool {
	if b {
		return &b
	}
	return nil
}

// noChanges reports whether a change set failed because there is nothing to do.
// CloudFormation has no code for this (CloudFormation User Guide, "Troubleshooting
// CloudFormation": "No updates to perform").
func noChanges(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

// ready waits until a change set is made.
func (s *StackRun) ready(ctx context.Context, name string) (*cloudformation.DescribeChangeSetOutput, error) {
	var out *cloudformation.DescribeChangeSetOutput
	err := s.wait(ctx, "the change set "+name, func(ctx context.Context) (bool, error) {
		var err error
		out, err = s.API.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &name})
		if err != nil {
			return true, s.explain("DescribeChangeSet", err)
		}
		return out.Status != types.ChangeSetStatusCreatePending && out.Status != types.ChangeSetStatusCreateInProgress, nil
	})
	return out, err
}

// changes are all of a change set's, page by page.
func (s *StackRun) changes(ctx context.Context, name string, first *cloudformation.DescribeChangeSetOutput) ([]Change, error) {
	var all []Change
	for out := first; ; {
		for _, c := range out.Changes {
			if r := c.ResourceChange; r != nil {
				all = append(all, Change{
					Action: string(r.Action), ID: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType),
					Physical: aws.ToString(r.PhysicalResourceId), Replacement: string(r.Replacement), Policy: string(r.PolicyAction),
				})
			}
		}
		if aws.ToString(out.NextToken) == "" {
			break
		}
		var err error
		out, err = s.API.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &name, NextToken: out.NextToken})
		if err != nil {
			return nil, s.explain("DescribeChangeSet", err)
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// admit refuses what a release must not do: make a role anew, which everything
// that knows it would lose, and delete one unless that was asked for.
func (s *StackRun) admit(changes []Change) error {
	for _, c := range changes {
		switch {
		case c.Type != "AWS::IAM::Role":
		case c.Replacement == string(types.ReplacementTrue):
			return refusedf("CloudFormation would make the role %s (%s) anew, and whatever uses it would lose it: its name, path or logical id changed. Make a role of another name, move to it, and retire this one", c.ID, c.Physical)
		case c.Action == string(types.ChangeActionRemove) && !strings.Contains(c.Policy, "Retain") && !s.AllowDelete:
			return refusedf("CloudFormation would delete the role %s (%s). Say --allow-delete if it may", c.ID, c.Physical)
		}
	}
	return nil
}

// drop deletes a change set that is not executed and returns the error that it
// is dropped for.
func (s *StackRun) drop(ctx context.Context, name string, because error) error {
	_, err := s.API.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &s.Name, ChangeSetName: &name})
	if because != nil {
		return because
	}
	if err != nil && code(err) != "ChangeSetNotFound" {
		return s.explain("DeleteChangeSet", err)
	}
	return nil
}

// done waits until the change set was executed and nothing goes on in the stack.
// For a moment after its execution began the stack may still be in the state
// from before, which is what the change set's own state tells; one that keeps
// saying so is believed for six looks.
func (s *StackRun) done(ctx context.Context, name string, step Step) (*types.Stack, error) {
	var stack *types.Stack
	looks := 0
	err := s.wait(ctx, fmt.Sprintf("the stack %s: the step %s", s.Name, step.Title), func(ctx context.Context) (bool, error) {
		var err error
		if stack, err = s.settle(ctx, "the step "+step.Title); err != nil || stack == nil {
			return true, err
		}
		out, err := s.API.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &name})
		if code(err) == "ChangeSetNotFound" {
			return true, nil
		}
		if err != nil {
			return true, s.explain("DescribeChangeSet", err)
		}
		looks++
		over := out.ExecutionStatus == types.ExecutionStatusExecuteComplete || out.ExecutionStatus == types.ExecutionStatusExecuteFailed || out.ExecutionStatus == types.ExecutionStatusObsolete
		return over || looks >= 6, nil
	})
	if err != nil || stack == nil {
		return nil, err
	}
	// It may have begun between the two looks.
	return s.settle(ctx, "the step "+step.Title)
}

// finished waits for the end of an update and reports its failure with the
// reason of each resource.
func (s *StackRun) finished(ctx context.Context, token string, step Step) error {
	stack, err := s.done(ctx, token, step)
	if err != nil {
		return err
	}
	if stack == nil {
		return fmt.Errorf("the stack %s is gone: somebody deleted it meanwhile", s.Name)
	}
	switch stack.StackStatus {
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusImportComplete:
		s.say("%s: %s", s.Name, stack.StackStatus)
		return nil
	}
	failed := &FailedError{What: fmt.Sprintf("the stack %s: %s", s.Name, stack.StackStatus)}
	events, err := s.API.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &s.Name})
	if err != nil {
		failed.Reasons = append(failed.Reasons, Failure{Where: "DescribeStackEvents", Status: "the reasons cannot be read", Reason: err.Error()})
		return failed
	}
	for _, e := range slices.Backward(events.StackEvents) {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && (e.ClientRequestToken == nil || *e.ClientRequestToken == token) {
			failed.Reasons = append(failed.Reasons, Failure{Where: aws.ToString(e.LogicalResourceId), Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason)})
		}
	}
	if len(failed.Reasons) == 0 && aws.ToString(stack.StackStatusReason) != "" {
		failed.Reasons = append(failed.Reasons, Failure{Where: s.Name, Status: string(stack.StackStatus), Reason: *stack.StackStatusReason})
	}
	return failed
}
