package resolve

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// policies reads the texts of the policies that the configuration states, for
// one target: their ARNs may hold its account.
func (s *scope) policies() {
	s.environment()
	s.target.Policies = map[string]*ir.KnownPolicy{}
	for _, p := range s.r.c.Policies {
		arn, ok := s.r.text(p.ARN, s.ctx)
		if !ok || p.Document == nil {
			continue
		}
		v, diags := s.r.c.Eval(p.Document, s.ctx)
		s.r.diags = append(s.r.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		doc, d := asDocument(v, p.Document)
		if d != nil {
			s.r.diags = append(s.r.diags, d)
			continue
		}
		if _, known := facts.FindManagedPolicy(arn); known {
			s.r.diags = append(s.r.diags, diag.Errorf("duplicate-policy", p.ARN.Expr.Range(), "The text of %q is AWS's own, which is built in. Delete this block.", arn))
			continue
		}
		if first := s.target.Policies[arn]; first != nil {
			s.r.diags = append(s.r.diags, diag.Relate(diag.Errorf("duplicate-policy", p.ARN.Expr.Range(), "The text of %q is given already. Delete one of the two blocks.", arn), first.Range, "the other block"))
			continue
		}
		s.target.Policies[arn] = &ir.KnownPolicy{Document: doc, Range: p.Range}
	}
}

// asDocument reads a policy document from an object, or from JSON text.
func asDocument(v cty.Value, a *dsl.Attr) (*policy.Document, *hcl.Diagnostic) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil, diag.Errorf("wrong-type", a.Expr.Range(), "%s takes a policy document, and this is null.", a.Name)
	}
	data := []byte(nil)
	if v.Type() == cty.String {
		data = []byte(v.AsString())
	} else {
		var err error
		if data, err = ctyjson.Marshal(v, v.Type()); err != nil {
			return nil, diag.Errorf("invalid-policy-document", a.Expr.Range(), "This is no JSON document: %s.", err)
		}
	}
	doc, err := policy.Parse(data)
	if err != nil {
		return nil, diag.Errorf("invalid-policy-document", a.Expr.Range(), "This is no policy document of IAM's: %s. Give the object with Version and Statement, or policy_file(\"NAME.json\").", err)
	}
	return doc, nil
}
