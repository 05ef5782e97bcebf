package resolve

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// factKinds are the blocks about the world outside, in the order in which they
// are evaluated: one may refer to those of the kinds before its own.
var factKinds = []string{"kms_key", "ecr_repository", "network", "scp", "bucket"}

// environment reads the facts about the world outside for one target, whose
// account and roles they may name.
func (s *scope) environment() {
	env := &ir.Environment{}
	s.target.Environment = env
	byKind := map[string][]*dsl.Fact{}
	for _, f := range s.r.c.Facts {
		byKind[f.Kind] = append(byKind[f.Kind], f)
	}
	for _, kind := range factKinds {
		values := map[string]cty.Value{}
		for _, f := range byKind[kind] {
			b := &factBlock{s: s, fact: f, env: env, seen: map[string]bool{}}
			values[f.Name.Text] = b.read()
		}
		if len(values) > 0 {
			s.ctx.Variables[kind] = cty.ObjectVal(values)
		}
	}
}

// A factBlock is one block while it is read.
type factBlock struct {
	s    *scope
	fact *dsl.Fact
	env  *ir.Environment
	seen map[string]bool
	// value is what references to the block see.
	value map[string]cty.Value
}

// read adds what the block states to the environment and returns the value
// that references to it have.
func (b *factBlock) read() cty.Value {
	f := b.fact
	b.value = map[string]cty.Value{"label": cty.StringVal(f.Name.Text), "kind": cty.StringVal(f.Kind)}
	switch f.Kind {
	case "bucket":
		b.bucket()
	case "kms_key":
		b.key()
	case "ecr_repository":
		b.repository()
	case "network":
		b.network()
	case "scp":
		b.scp()
	}
	var known []string
	for _, a := range f.Args {
		if !b.seen[a.Name] {
			if known == nil {
				known = slices.Sorted(maps.Keys(b.seen))
			}
			b.s.r.errorf("unsupported-argument", a.NameRange, "A %s block has no argument %q.%s", f.Kind, a.Name, b.s.r.c.DidYouMean(a.Name, known, "It has "+diag.Quote(known)+"."))
		}
	}
	return cty.ObjectVal(b.value)
}

// attr finds an argument and notes that the block has one of that name.
func (b *factBlock) attr(name string) *dsl.Attr {
	b.seen[name] = true
	for _, a := range b.fact.Args {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// text is a string argument, "" where there is none.
func (b *factBlock) text(name string) string {
	text, _ := b.s.r.text(b.attr(name), b.s.ctx)
	b.value[name] = cty.StringVal(text)
	return text
}

func (b *factBlock) required(name, example string) string {
	text := b.text(name)
	if b.attr(name) == nil {
		b.s.r.errorf("missing-argument", b.fact.Range, "A %s block needs the argument %q. Write %s = %s.", b.fact.Kind, name, name, example)
	}
	return text
}

func (b *factBlock) account() string {
	account := b.text("account")
	if account != "" && !policy.IsAccountID(account) {
		b.s.r.errorf("invalid-account-id", b.attr("account").Expr.Range(), "%q is no account id. It has twelve digits.", account)
		return ""
	}
	return account
}

func (b *factBlock) texts(name string) []string {
	list, _ := b.s.r.texts(b.attr(name), b.s.ctx)
	return list
}

// eval evaluates an argument; ok is false where it is absent, null or wrong.
func (b *factBlock) eval(name string) (v cty.Value, a *dsl.Attr, ok bool) {
	a = b.attr(name)
	if a == nil {
		return cty.NilVal, nil, false
	}
	v, diags := b.s.r.c.Eval(a, b.s.ctx)
	b.s.r.diags = append(b.s.r.diags, diags...)
	return v, a, !diags.HasErrors() && !v.IsNull() && v.IsWhollyKnown()
}

func (b *factBlock) flag(name string) bool {
	v, a, ok := b.eval(name)
	if !ok {
		return false
	}
	return b.asBool(v, a, name)
}

func (b *factBlock) asBool(v cty.Value, a *dsl.Attr, name string) bool {
	if v.IsNull() {
		return false
	}
	if v.Type() != cty.Bool {
		b.s.r.errorf("wrong-type", a.Expr.Range(), "%s is true or false, and this is %s.", name, TypeName(v.Type()))
		return false
	}
	return v.True()
}

// document is an argument that holds a policy; nil where nothing is said of it.
func (b *factBlock) document(name string) *ir.KnownDocument {
	v, a, ok := b.eval(name)
	if !ok {
		return nil
	}
	return b.asKnownDocument(v, a)
}

func (b *factBlock) asKnownDocument(v cty.Value, a *dsl.Attr) *ir.KnownDocument {
	doc, d := asDocument(v, a)
	if d != nil {
		b.s.r.diags = append(b.s.r.diags, d)
		return nil
	}
	return &ir.KnownDocument{Document: doc, Range: a.Range}
}

// object is an argument that holds an object with some of the fields.
func (b *factBlock) object(name string, fields ...string) (map[string]cty.Value, *dsl.Attr) {
	v, a, ok := b.eval(name)
	if !ok {
		return nil, nil
	}
	if !v.Type().IsObjectType() {
		b.s.r.errorf("wrong-type", a.Expr.Range(), "%s takes an object with %s, and this is %s.", name, diag.Quote(fields), TypeName(v.Type()))
		return nil, nil
	}
	out := v.AsValueMap()
	for _, field := range slices.Sorted(maps.Keys(out)) {
		if !slices.Contains(fields, field) {
			b.s.r.errorf("unsupported-argument", a.Expr.Range(), "%s has no field %q.%s", name, field, b.s.r.c.DidYouMean(field, fields, "It has "+diag.Quote(fields)+"."))
		}
	}
	return out, a
}

// field is a string in an object.
func (b *factBlock) field(object map[string]cty.Value, a *dsl.Attr, name string) string {
	v, ok := object[name]
	if !ok || v.IsNull() {
		return ""
	}
	text, d := AsString(v, a)
	if d != nil {
		b.s.r.diags = append(b.s.r.diags, d)
	}
	return text
}

// encryptionTypes are the kinds of encryption at rest of S3 (Amazon S3 User
// Guide, "Protecting data with encryption").
var encryptionTypes = []string{"DSSE-KMS", "SSE-KMS", "SSE-S3"}

func (b *factBlock) bucket() {
	f := &ir.Bucket{
		Label: b.fact.Name.Text, Range: b.fact.Range,
		Name: b.required("name", `"acme-data"`), Account: b.account(), Region: b.text("region"), Policy: b.document("policy"),
	}
	if object, a := b.object("default_encryption", "type", "kms_key_arn", "aws_managed"); object != nil {
		f.Encryption = ir.Encryption{Type: b.field(object, a, "type"), KeyARN: b.field(object, a, "kms_key_arn")}
		if v, ok := object["aws_managed"]; ok {
			f.Encryption.AWSManaged = b.asBool(v, a, "aws_managed")
		}
		switch {
		case !slices.Contains(encryptionTypes, f.Encryption.Type):
			b.s.r.errorf("unknown-encryption", a.Expr.Range(), "type is one of %s, and this is %q.", diag.Quote(encryptionTypes), f.Encryption.Type)
		case f.Encryption.KMS() && f.Encryption.KeyARN == "":
			// S3 takes its own key where none is named.
			f.Encryption.AWSManaged = true
		}
	}
	b.texts("use") // what the bucket is for, which calls say themselves
	b.text("object_ownership")
	b.env.Buckets = append(b.env.Buckets, f)
}

func (b *factBlock) key() {
	f := &ir.Key{
		Label: b.fact.Name.Text, Range: b.fact.Range,
		ARN: b.required("arn", `"arn:aws:kms:eu-west-1:123456789012:key/…"`), Account: b.account(),
		AWSManaged: b.flag("aws_managed"), Aliases: b.texts("aliases"), Policy: b.document("policy"),
	}
	b.flag("multi_region")
	b.texts("use")
	if arn, ok := policy.ParseARN(f.ARN); f.ARN != "" && (!ok || arn.Service != "kms" || !policy.IsAccountID(arn.Account)) {
		b.s.r.errorf("invalid-key-arn", b.attr("arn").Expr.Range(), "%q is no ARN of a KMS key. Write arn:${partition}:kms:${region}:${account_id}:key/….", f.ARN)
	} else if f.Account == "" {
		f.Account = arn.Account
	}
	b.env.Keys = append(b.env.Keys, f)
}

func (b *factBlock) repository() {
	f := &ir.Repository{
		Label: b.fact.Name.Text, Range: b.fact.Range,
		URI: b.text("uri"), Account: b.account(), Name: b.text("repository"), Region: b.text("region"),
		Policy: b.document("policy"), KeyARN: b.text("kms_key_arn"), AWSManaged: b.flag("aws_managed"),
	}
	if f.URI == "" && f.Name == "" {
		b.s.r.errorf("missing-argument", b.fact.Range, "An ecr_repository block needs the argument \"uri\" or \"repository\". Write repository = \"train\".")
	}
	b.env.Repositories = append(b.env.Repositories, f)
}

func (b *factBlock) network() {
	f := &ir.Network{
		Label: b.fact.Name.Text, Range: b.fact.Range,
		ID: b.text("id"), Subnets: b.texts("subnets"), SecurityGroups: b.texts("security_groups"), InterfaceEndpoints: b.texts("interface_endpoints"),
	}
	if object, a := b.object("s3_endpoint", "present", "policy"); object != nil {
		f.S3Endpoint = &ir.Endpoint{Present: true}
		if v, ok := object["present"]; ok {
			f.S3Endpoint.Present = b.asBool(v, a, "present")
		}
		if v, ok := object["policy"]; ok && !v.IsNull() {
			f.S3Endpoint.Policy = b.asKnownDocument(v, a)
		}
	}
	b.env.Networks = append(b.env.Networks, f)
}

func (b *factBlock) scp() {
	f := &ir.ControlPolicy{Label: b.fact.Name.Text, Range: b.fact.Range, Policy: b.document("policy")}
	if b.attr("policy") == nil {
		b.s.r.errorf("missing-argument", b.fact.Range, "An scp block needs the argument \"policy\". Write policy = policy_file(\"scp.json\").")
	}
	if v, a, ok := b.eval("level"); ok {
		if v.Type() != cty.Number || !v.AsBigFloat().IsInt() || v.LessThan(cty.NumberIntVal(0)).True() {
			b.s.r.errorf("wrong-type", a.Expr.Range(), "level is a whole number: 0 for the root of the organization, 1 for the unit below it, and so on.")
		} else {
			n, _ := v.AsBigFloat().Int64()
			f.Level = int(min(n, maxLevel))
		}
	}
	if f.Policy != nil {
		b.env.SCPs = append(b.env.SCPs, f)
	}
}

// maxLevel is as deep as an organization can be, and the account (AWS
// Organizations User Guide, "Quotas for AWS Organizations": five units).
const maxLevel = 6
