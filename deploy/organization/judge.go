package organization

import (
	"context"
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/review/gate"
)

// notes tells what leaves a template and stays in the account.
func (r *Release) notes(t *Target, old, new *Template) {
	for _, name := range sortedNames(old.Roles) {
		if new.Roles[name] == nil && old.Roles[name].Retain {
			r.Notes = append(r.Notes, fmt.Sprintf("The role %s leaves %s and stays in the account, with its policies. To delete it, declare it with lifecycle { retire = true } in one release and take it away in the next.", name, t.Name))
		}
	}
}

// reach tells of declared accounts that the waves do not reach.
func (r *Release) reach(groups []*Group, waves []Wave, management string) {
	for _, g := range groups {
		for _, target := range g.Targets {
			switch {
			case target.Any:
			case target.AccountID == management:
				r.Notes = append(r.Notes, fmt.Sprintf("The account %s (%s) manages the organization, and stack sets never reach it. Release to it with its own credentials: smr release --stack %s --account %s.", target.Name, target.AccountID, r.options.Name, target.Name))
			case !slices.ContainsFunc(waves, func(w Wave) bool {
				return slices.ContainsFunc(w.Members, func(m Member) bool { return m.Account == target.AccountID })
			}):
				r.Refusals = append(r.Refusals, fmt.Sprintf("The account %s (%s) is in no unit of the waves, so that the release does not reach it. Name its unit with --wave, or release to the others alone with --account.", target.Name, target.AccountID))
			}
		}
	}
}

// moved refuses to release to an account whose roles are in another stack set of
// the release: since its roles differ from those of other accounts now, or do so
// no longer. CloudFormation cannot move roles from one stack set to another.
func (r *Release) moved(ctx context.Context, c *Client, several bool) error {
	in := map[string][]string{} // stack sets of each account
	for _, t := range r.Targets {
		for _, i := range t.setState.Instances {
			in[i.Account] = append(in[i.Account], t.Name)
		}
	}
	if several {
		whole := &StackSetRun{Run: r.options.Run, API: c.StackSets, Name: r.options.Name, Region: c.Region, Delegated: r.options.Delegated}
		state, err := whole.Look(ctx)
		if err != nil {
			return err
		}
		for _, i := range state.Instances {
			in[i.Account] = append(in[i.Account], whole.Name)
		}
	}
	for _, t := range r.Targets {
		for _, a := range t.set.Accounts {
			for _, name := range in[a] {
				own := slices.ContainsFunc(r.Targets, func(o *Target) bool { return o.Name == name && o.Group == t.Group })
				if !own && t.Part == 1 {
					r.Refusals = append(r.Refusals, fmt.Sprintf("The account %s has its roles by the stack set %s, and now belongs to %s, for its roles differ from others than before. CloudFormation cannot move roles between stack sets: keep its roles as those of the accounts it was with, or give it a configuration of its own.", a, name, t.Name))
				}
			}
		}
	}
	return nil
}

// approve asks for approval of escalations if the configuration has a review
// block, as smr apply does.
func (r *Release) approve(result *compiler.Result) error {
	if result.Config == nil || result.Config.Review == nil {
		return nil
	}
	rules, err := gate.ReadRules(result, gate.Escalation)
	if err != nil {
		return err
	}
	for _, d := range r.Diffs {
		v := gate.Judge(d, rules, r.options.Approvals, 0)
		for _, item := range v.Open() {
			r.Refusals = append(r.Refusals, clean(fmt.Sprintf("New for role %s in %s: %s. The released commit does not approve it. Write into %s beside the configuration: approve %q", item.Role, item.Account, item.Summary, gate.File, gate.Short(v.Digest))))
		}
	}
	return nil
}
