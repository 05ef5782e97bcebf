package organization

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// A starter starts an operation under an id and returns the id that AWS answers
// with, which is the same.
type starter func(id string) (string, error)

// operation starts one operation, or finds that of an earlier run, waits for its
// end and collects what it did in each account.
func (s *StackSetRun) operation(ctx context.Context, res *StackSetResult, step Step, wave int, members []Member, kind string, start starter) error {
	parts := []string{s.Name, kind, step.Title, string(step.Body)}
	for _, m := range members {
		parts = append(parts, m.Account)
	}
	id, err := s.started(ctx, kind, s.token(parts...), start, func() (bool, error) { return s.holds(ctx, step, members) })
	if err != nil {
		return err
	}
	res.Changed = true
	s.say("%s: step %s, wave %d: %d accounts, operation %s", s.Name, step.Title, wave+1, len(members), id)
	op, err := s.end(ctx, id)
	if err != nil {
		return err
	}
	results, err := s.results(ctx, id)
	if err != nil {
		return err
	}
	failed := &FailedError{What: fmt.Sprintf("the stack set %s: step %s, wave %d: %s", s.Name, step.Title, wave+1, op.Status)}
	if r := aws.ToString(op.StatusReason); r != "" {
		failed.What += ": " + clean(r)
	}
	for _, r := range results {
		a := AccountResult{Step: step.Title, Wave: wave + 1, Account: aws.ToString(r.Account), Unit: aws.ToString(r.OrganizationalUnitId), Status: string(r.Status), Reason: clean(aws.ToString(r.StatusReason))}
		res.Results = append(res.Results, a)
		if r.Status != types.StackSetOperationResultStatusSucceeded {
			failed.Reasons = append(failed.Reasons, Failure{Where: a.Account, Status: a.Status, Reason: a.Reason})
			s.say("%s: account %s: %s %s", s.Name, a.Account, a.Status, a.Reason)
		}
	}
	s.say("%s: step %s, wave %d: %s, %d of %d accounts", s.Name, step.Title, wave+1, op.Status, len(results)-len(failed.Reasons), len(results))
	// In the step that narrows, an account that keeps the old template would go
	// straight to the new one.
	if op.Status != types.StackSetOperationStatusSucceeded || len(failed.Reasons) > 0 && step.Title != Final {
		return failed
	}
	return nil
}

// holds reports whether accounts have a step's template already.
func (s *StackSetRun) holds(ctx context.Context, step Step, members []Member) (bool, error) {
	out, err := s.API.DescribeStackSet(ctx, &cloudformation.DescribeStackSetInput{StackSetName: &s.Name, CallAs: s.callAs()})
	if err != nil {
		return false, s.explain("DescribeStackSet", err)
	}
	if aws.ToString(out.StackSet.TemplateBody) != string(step.Body) {
		return false, nil
	}
	instances, err := s.instances(ctx)
	for _, m := range members {
		if !slices.ContainsFunc(instances, func(i Instance) bool {
			return i.Account == m.Account && i.Status == string(types.StackInstanceStatusCurrent)
		}) {
			return false, err
		}
	}
	return true, err
}

// started starts an operation under an id that is new, or returns the id of one
// that was started already, by an earlier run or by a call whose answer was lost,
// and that goes on or did what is wanted.
func (s *StackSetRun) started(ctx context.Context, kind, base string, start starter, holds func() (bool, error)) (string, error) {
	for attempt := 1; attempt <= 50; attempt++ {
		id := fmt.Sprintf("%s-%d", base, attempt)
		var err error
		given := ""
		// With managed execution operations queue; others may be refused while one
		// goes on.
		wait := s.wait(ctx, "an operation on the stack set "+s.Name+" that was going on", func(context.Context) (bool, error) {
			given, err = start(id)
			return code(err) != "OperationInProgressException", nil
		})
		if wait != nil {
			return "", wait
		}
		if err == nil {
			return cmp.Or(given, id), nil
		}
		if code(err) != "OperationIdAlreadyExistsException" {
			return "", s.explain(kind, err)
		}
		out, err := s.API.DescribeStackSetOperation(ctx, &cloudformation.DescribeStackSetOperationInput{StackSetName: &s.Name, OperationId: &id, CallAs: s.callAs()})
		if err != nil {
			return "", s.explain("DescribeStackSetOperation", err)
		}
		if !over(out.StackSetOperation.Status) {
			return id, nil
		}
		if done, err := holds(); done || err != nil {
			return id, err
		}
	}
	return "", fmt.Errorf("the stack set %s has 50 operations named %s: release under another name, --release", s.Name, base)
}

// end waits for the end of an operation.
func (s *StackSetRun) end(ctx context.Context, id string) (*types.StackSetOperation, error) {
	var op *types.StackSetOperation
	failed := int32(-1)
	err := s.wait(ctx, fmt.Sprintf("the operation %s on the stack set %s", id, s.Name), func(ctx context.Context) (bool, error) {
		out, err := s.API.DescribeStackSetOperation(ctx, &cloudformation.DescribeStackSetOperationInput{StackSetName: &s.Name, OperationId: &id, CallAs: s.callAs()})
		if err != nil {
			return true, s.explain("DescribeStackSetOperation", err)
		}
		op = out.StackSetOperation
		if d := op.StatusDetails; d != nil && d.FailedStackInstancesCount != nil && *d.FailedStackInstancesCount > max(failed, 0) {
			failed = *d.FailedStackInstancesCount
			s.say("%s: %s, %d failed", s.Name, op.Status, failed)
		}
		return over(op.Status), nil
	})
	return op, err
}

// results are those of an operation, by account.
func (s *StackSetRun) results(ctx context.Context, id string) ([]types.StackSetOperationResultSummary, error) {
	var all []types.StackSetOperationResultSummary
	in := &cloudformation.ListStackSetOperationResultsInput{StackSetName: &s.Name, OperationId: &id, CallAs: s.callAs()}
	for {
		out, err := s.API.ListStackSetOperationResults(ctx, in)
		if err != nil {
			return nil, s.explain("ListStackSetOperationResults", err)
		}
		all = append(all, out.Summaries...)
		if aws.ToString(out.NextToken) == "" {
			break
		}
		in.NextToken = out.NextToken
	}
	slices.SortFunc(all, func(a, b types.StackSetOperationResultSummary) int {
		return strings.Compare(aws.ToString(a.Account), aws.ToString(b.Account))
	})
	return all, nil
}
