package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// A verdict is what an answer of IAM means for an operation.
type verdict int

const (
	done    verdict = iota // it was done, now or before
	unknown                // only the account tells
	early                  // IAM has not yet spread what it needs
	refused                // it was not done
)

// tries is how often an operation is sent whose outcome stays unknown; each of
// them is already repeated by the SDK.
const tries = 3

// operation does one operation. Whether it was done is read from the account
// where the answer leaves it open.
func (r *run) operation(ctx context.Context, g *group, op *plan.Operation) error {
	pause, waited := r.Step, time.Duration(0)
	for attempt := 1; ; {
		err := r.call(ctx, op)
		v := r.judge(g, op, err)
		if v == done {
			r.remember(op)
			return nil
		}
		if ctx.Err() != nil || v == refused || v == early && waited >= r.Settle {
			return r.explain(op, err)
		}
		// What was just written may not be read yet.
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, 8*time.Second)
		if v == unknown {
			is, rerr := r.outcome(ctx, op)
			if rerr != nil {
				return rerr
			}
			if is {
				r.remember(op)
				return nil
			}
			if attempt++; attempt > tries {
				return r.explain(op, err)
			}
		}
	}
}

func (r *run) explain(op *plan.Operation, err error) error {
	return fmt.Errorf("%s (%s): %w", op.ID, op.Why, r.client.Explain(op.Kind, err))
}

// remember notes what was made: IAM may deny for a while that it exists.
func (r *run) remember(op *plan.Operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch op.Kind {
	case plan.CreateRole, plan.CreatePolicy, plan.DetachRolePolicy, plan.DeleteRolePolicy, plan.DeletePolicyVersion, plan.DeleteRole:
		r.made[op.Role] = true
	}
}

// judge reads an answer.
func (r *run) judge(g *group, op *plan.Operation, err error) verdict {
	if err == nil {
		return done
	}
	r.mu.Lock()
	made := r.made[op.Role]
	r.mu.Unlock()
	switch code := account.Code(err); {
	case code == "NoSuchEntity" && removes(op.Kind):
		return done
	case code == "EntityAlreadyExists":
		return unknown
	case !account.Refused(err):
		return unknown
	case code == "NoSuchEntity" && made,
		code == "DeleteConflict" && made,
		code == "MalformedPolicyDocument" && strings.Contains(err.Error(), "Invalid principal") && g.role != nil && len(g.role.After) > 0:
		return early
	}
	return refused
}

// removes reports whether an operation takes something away that need not be
// there.
func removes(kind string) bool {
	switch kind {
	case plan.DetachRolePolicy, plan.DeleteRolePolicy, plan.DeletePolicyVersion, plan.DeletePolicy, plan.DeleteRole, plan.DeleteRolePermissionsBoundary:
		return true
	}
	return false
}

// outcome reads whether an operation was done. The error is a *ChangedError
// where the resource is neither as before nor as after.
func (r *run) outcome(ctx context.Context, op *plan.Operation) (bool, error) {
	if op.Before == op.After {
		return false, nil // nothing tells; sending it again does no harm
	}
	s, err := r.read(ctx)
	if err != nil {
		return false, err
	}
	switch digestOf(s, op.Resource) {
	case op.After:
		return true, nil
	case op.Before:
		return false, nil
	}
	return false, &ChangedError{Operation: op, Resource: op.Resource}
}
