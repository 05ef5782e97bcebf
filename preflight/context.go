package preflight

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// absent are global condition keys that no request of a role's session carries
// when a service or a person uses the role (IAM User Guide, "AWS global
// condition context keys"): they are about users, or about calls that a service
// makes in its own name.
func absent(lower string) bool {
	switch lower {
	case "aws:username", "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths",
		"aws:principalservicename", "aws:principalservicenameslist", "aws:federatedprovider":
		return true
	}
	// Session tags are not passed by services; the role's own are in the request.
	return strings.HasPrefix(lower, "aws:principaltag/")
}

// settled reports whether the value of a condition key is known in a request,
// or is known to be absent.
func (j *judge) settled(request *authz.Request, action, key string) bool {
	lower := policy.Lower(key)
	if values, list, ok := request.Context.Get(lower); ok {
		return list || len(values) != 1 || values[0] != ""
	}
	if absent(lower) {
		return true
	}
	a, known := facts.FindAction(action)
	if !known {
		return false
	}
	if strings.HasPrefix(lower, "aws:requesttag/") || lower == "aws:tagkeys" {
		return true // the tags of the call are told, or it has none
	}
	if strings.HasPrefix(lower, "s3:existingobjecttag/") {
		j.assume("Objects are taken to have no tags. Say otherwise: object_tags = { KEY = \"VALUE\" }.")
		return true
	}
	switch lower {
	case "sagemaker:vpcsubnets", "sagemaker:vpcsecuritygroupids":
		if !j.symbol("vpc", nil) {
			return true
		}
	case "sagemaker:volumekmskey", "sagemaker:volumekmskeyarn":
		if len(j.facts.keys["volume"]) == 0 {
			return true
		}
	case "sagemaker:outputkmskey", "sagemaker:outputkmskeyarn":
		if len(j.facts.keys["output"]) == 0 {
			return true
		}
	}
	// A key that AWS does not list for the action is in none of its requests
	// (Service Authorization Reference), so that a condition on it is decided.
	return a.SupportsKey(key) == facts.KeyUnlisted
}

// unsupported are the keys of a statement's conditions that no request of the
// action carries, and whose operators match nothing where they are absent.
func unsupported(s *policy.Statement, action string) []string {
	a, known := facts.FindAction(action)
	if !known {
		return nil
	}
	var out []string
	for _, c := range s.Conditions {
		op := policy.Lower(c.Operator)
		negative := strings.Contains(op, "not") || strings.HasSuffix(op, "ifexists") || strings.HasPrefix(op, "forallvalues:") ||
			op == "null" && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true")
		if !negative && a.SupportsKey(c.Key) == facts.KeyUnlisted {
			out = append(out, c.Key)
		}
	}
	return out
}

// sent is the context of an entry's requests: what AWS sends with them and
// what the call is known to carry.
func (j *judge) sent(p *requirements.Permission, action string, b *binding) authz.Context {
	var c authz.Context
	for _, key := range slices.Sorted(maps.Keys(p.Context)) {
		c.Set(key, j.expand(p.Context[key], b))
	}
	service, _, _ := strings.Cut(action, ":")
	if b.bucket != nil && service == "s3" {
		c.Set("s3:ResourceAccount", j.owner(b.bucket))
		if b.place.prefix != "" && strings.EqualFold(action, "s3:ListBucket") {
			c.Set("s3:prefix", b.place.prefix)
		}
	}
	if service == "s3" {
		for _, key := range slices.Sorted(maps.Keys(j.facts.objectTags)) {
			c.Set("s3:ExistingObjectTag/"+key, j.facts.objectTags[key])
		}
	}
	if service == "kms" {
		c.Set("kms:CallerAccount", j.role.role.Target.AccountID)
	}
	if n := j.facts.network; n != nil && n.ID != "" && service == "s3" && n.S3Endpoint != nil && n.S3Endpoint.Present {
		c.Set("aws:SourceVpc", n.ID)
	}
	if p.Actor == requirements.Caller && (service == "sagemaker") {
		j.sentByCaller(&c, action)
	}
	return c
}

// sentByCaller adds the condition keys of the call itself.
func (j *judge) sentByCaller(c *authz.Context, action string) {
	for _, key := range slices.Sorted(maps.Keys(j.facts.keysSent)) {
		c.Set(key, j.facts.keysSent[key])
	}
	for _, key := range slices.Sorted(maps.Keys(j.facts.keyLists)) {
		c.SetList(key, j.facts.keyLists[key]...)
	}
	if strings.EqualFold(action, "sagemaker:AddTags") && strings.HasPrefix(j.api.Name, "Create") {
		// Of tags that come with a call, the key tells which call (Amazon
		// SageMaker AI Developer Guide, "Provide permissions for tagging
		// SageMaker AI resources").
		c.Set("sagemaker:TaggingAction", j.api.Name)
	}
	tags := maps.Clone(j.facts.tags)
	if j.symbol("studio_caller", nil) && (j.api.Name == "CreateSpace" || strings.EqualFold(action, "sagemaker:AddTags")) {
		// Studio tags what it creates with these (R24).
		tags["sagemaker:user-profile-arn"] = j.expand("arn:${partition}:sagemaker:${region}:${account}:user-profile/${domain_id}/${user_profile_name}", nil)
		tags["sagemaker:domain-arn"] = j.expand("arn:${partition}:sagemaker:${region}:${account}:domain/${domain_id}", nil)
	}
	if len(tags) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(tags))
	for _, k := range keys {
		c.Set("aws:RequestTag/"+k, tags[k])
	}
	c.SetList("aws:TagKeys", keys...)
}

// expand fills placeholders.
func (j *judge) expand(text string, b *binding) string {
	for _, name := range requirements.Placeholders(text) {
		value, ok := "", false
		if b != nil {
			value, ok = b.values[name]
		}
		if !ok {
			value = j.value(name, &binding{})
		}
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}
