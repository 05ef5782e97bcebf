package resolve

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// accountName is what can name a folder of the output and a --account.
var accountName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// accountValues evaluates the account blocks to targets and returns the object
// that "account" refers to.
func (r *resolver) accountValues() cty.Value {
	values := map[string]cty.Value{}
	r.accounts = map[string]bool{}
	for _, a := range r.c.Accounts {
		r.accounts[a.Name.Text] = true
		t := r.account(a)
		if t == nil {
			values[a.Name.Text] = cty.DynamicVal
			continue
		}
		r.prog.Targets = append(r.prog.Targets, t)
		values[t.Name] = cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(t.AccountID), "region": cty.StringVal(t.Region), "partition": cty.StringVal(t.Partition),
		})
	}
	return cty.ObjectVal(values)
}

func (r *resolver) account(a *dsl.Account) *ir.Target {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"var": r.base.Variables["var"]}, Functions: r.base.Functions}
	t := &ir.Target{Name: a.Name.Text, Range: a.Range, Quotas: map[string]ir.Quota{}}
	id, okID := r.text(a.ID, ctx)
	region, okRegion := r.text(a.Region, ctx)
	if !accountName.MatchString(a.Name.Text) || a.Name.Text == "any" {
		r.spoiledf("invalid-name", a.Name.Range, "An account's name takes 1 to 64 letters, digits, _ and -, and is not \"any\".")
		return nil
	}
	if !okID || !okRegion {
		return nil
	}
	if !policy.IsAccountID(id) {
		r.spoiledf("invalid-account-id", a.ID.Expr.Range(), "%q is no account id. It is 12 digits in quotation marks, such as \"123456789012\".", id)
		return nil
	}
	t.AccountID, t.Region = id, region
	if partition, ok := r.text(a.Partition, ctx); ok {
		if _, known := facts.FindPartition(partition); !known {
			r.spoiledf("unknown-partition", a.Partition.Expr.Range(), "There is no partition %q.%s", partition, r.c.DidYouMean(partition, partitionNames(), "The partitions are "+diag.Quote(partitionNames())+"."))
			return nil
		}
		t.Partition = partition
	} else if p, placed := facts.PartitionOf(region); placed && p.Knows(region) {
		t.Partition = p.Name
	} else {
		r.spoiledf("unknown-region", a.Region.Expr.Range(), "AWS had no Region %q in %s.%s If it is a newer one, say its partition too: partition = \"aws\".", region, facts.PartitionsDate,
			r.c.DidYouMean(region, regionNames(), "Write one such as \"eu-west-1\"."))
		return nil
	}
	r.quotas(a, t, ctx)
	return t
}

func (r *resolver) quotas(a *dsl.Account, t *ir.Target, ctx *hcl.EvalContext) {
	for _, q := range a.Quotas {
		v, diags := r.c.Eval(q, ctx)
		r.diags = append(r.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		if v.IsNull() || v.Type() != cty.Number || !v.AsBigFloat().IsInt() {
			r.errorf("wrong-type", q.Expr.Range(), "A quota is a whole number, and this is %s.", TypeName(v.Type()))
			continue
		}
		n, _ := v.AsBigFloat().Int64()
		t.Quotas[q.Name] = ir.Quota{Value: int(n), Range: q.Range}
	}
}

func partitionNames() []string {
	var names []string
	for _, p := range facts.Partitions() {
		names = append(names, p.Name)
	}
	return names
}

func regionNames() []string {
	var names []string
	for _, p := range facts.Partitions() {
		names = append(names, p.Regions...)
	}
	return names
}

// targets settles where roles go: the declared accounts, one of them, or
// anywhere.
func (r *resolver) targets() {
	if len(r.c.Accounts) == 0 {
		if r.in.Account != "" {
			r.errorf("unknown-account", hcl.Range{Filename: "--account"}, "No account %q is declared. Declare it: account %q { id = \"…\", region = \"…\" }.", r.in.Account, r.in.Account)
		}
		r.prog.Targets = []*ir.Target{{
			Name: "any", Any: true, AccountID: policy.PseudoAccount, Region: policy.PseudoRegion, Partition: policy.PseudoPartition,
			Quotas: map[string]ir.Quota{},
		}}
		return
	}
	if r.in.Account != "" {
		r.prog.Targets = r.only(r.in.Account)
	}
	if r.in.Pseudo {
		for _, t := range r.prog.Targets {
			t.AccountID, t.Partition = policy.PseudoAccount, policy.PseudoPartition
			t.Region = policy.PseudoRegion
		}
	}
}

func (r *resolver) only(name string) []*ir.Target {
	var names []string
	for _, t := range r.prog.Targets {
		if t.Name == name {
			return []*ir.Target{t}
		}
		names = append(names, t.Name)
	}
	r.errorf("unknown-account", hcl.Range{Filename: "--account"}, "No account %q is declared.%s The accounts are %s.", name, r.c.DidYouMean(name, names, ""), diag.Quote(names))
	return nil
}
