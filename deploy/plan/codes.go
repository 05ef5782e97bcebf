package plan

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Codes document what a plan refuses and what it says beside. They speak of an
// account, so that no configuration by itself raises them.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: "foreign-role", Severity: hcl.DiagError, Explain: `A role of the configuration has the name of a role that is not the project's: it has
no tag smr:managed with the project's name, or it belongs to a service of AWS, to
CloudFormation or to a role template. smr changes only what is its own. A role that
nobody owns is taken over by a release that grants nothing which it does not grant
already, with its own name and path: smr import writes such a configuration. Or give
the role of the configuration another name.`},
		{Code: "adopted-role", Severity: hcl.DiagWarning, Explain: `A role that smr did not make, and no project owns, is taken over: the configuration
has its name and path and grants nothing that it does not grant already. It gets the
project's tags; from then on smr changes it.`},
		{Code: "foreign-policy", Severity: hcl.DiagError, Explain: `A managed policy that the configuration would make is there and has no tag
smr:managed with the project's name. Remove it, or take it over with smr import.`},
		{Code: "moved-role", Severity: hcl.DiagError, Explain: `A role of the project stands at another path, or is spelled otherwise, than the
configuration says. IAM can neither move nor rename a role, and a role made anew is
another principal to every policy that names it. Keep path and name, or give the
role a new label and retire the old one: lifecycle { retire = true }.`},
		{Code: "missing-policy", Severity: hcl.DiagError, Explain: `A role has a policy of the account as permissions boundary, or among
managed_policies, that the account does not have. smr makes only the policies of a
role's own statements. Make the policy first.`},
		{Code: "shared-policy", Severity: hcl.DiagError, Explain: `A policy of a role of the project was attached by hand to others, whose access would
change with it unseen. Detach it there; give them a policy of their own.`},
		{Code: "unproved-order", Severity: hcl.DiagError, Explain: `No order of calls was found of which every state in between is proved to grant
nothing that neither the role as it is nor the role as it is to be grants. Policies
that stand elsewhere cannot be changed half way: attach or detach them in releases of
their own, and give the texts that are not known with policy blocks.`},
		{Code: "tag-with-access", Severity: hcl.DiagError, Explain: `The policies of a role look at one of its tags (aws:PrincipalTag), and that tag
changes together with something else that decides on access. Comparisons take tags
as given, so that nothing can be proved of what is in between. Release the change
of the tag by itself.`},
		{Code: "too-many-role-tags", Severity: hcl.DiagError, Explain: `With the tags that smr sets, a role would have more than IAM admits. smr needs up to
seven: whose the role is, where it comes from, its digest and release, and what the
configuration gave it. Remove some of the role's own.`},
		{Code: "trust-circle", Severity: hcl.DiagError, Explain: `Two new roles name one another in their trust policies, and IAM refuses a principal
that does not exist. Release one of them first without the other.`},
		{Code: "account-quota", Severity: hcl.DiagError, Explain: `The account would hold more roles or managed policies than its quota. Ask AWS for
more (Service Quotas) and say so in quotas { … } of the account block, choose the
layout "packed", which makes fewer policies, or remove what is not used.`},
		{Code: "no-boundary", Severity: hcl.DiagWarning, Explain: `A role that is deployed has no permissions boundary, so that a mistake in its
policies has no limit. Give it one with permissions_boundary; best one in a path
that the deploying role may not change.`},
		{Code: "extra-policy", Severity: hcl.DiagWarning, Explain: `A role of the project has a policy that no configuration gave it: it was attached or
written by hand. It stays, and is reported as drift. Add it to the configuration,
remove it, or let smr remove what is added by hand: lifecycle { exclusive = true }.`},
		{Code: "extra-tag", Severity: hcl.DiagWarning, Explain: `A role of the project has a tag that no configuration gave it. It stays. Add it to
tags, or remove it.`},
		{Code: "stale-principal", Severity: hcl.DiagWarning, Explain: `IAM shows an id such as AROA… or AIDA… in a trust policy in place of a role or user
that was deleted. One made since under the same name is another principal, so the
trust policy is not written anew by itself: that could let somebody in who was not
meant. Look at who is meant, then take the principal out of the configuration, or
run smr plan --renew-principals.`},
		{Code: "leftover-role", Severity: hcl.DiagWarning, Explain: `A role of the project is in the account, and the configuration no longer has it. It
stays until it is asked for with --allow-delete: then nobody may assume it from that
release on, and a later release deletes it, unless it was used in the meantime.`},
		{Code: "role-in-use", Severity: hcl.DiagWarning, Explain: `A retired role is not deleted, for it was used within the last days or is in an
instance profile. Nobody can assume it any more; look at who tries to.`},
		{Code: "other-policy-text", Severity: hcl.DiagWarning, Explain: `A policy block gives a policy of the account another text than the account has.
Guardrails and expectations were decided by the configuration's text, the plan by
the account's. Take the account's text over.`},
	}
}
