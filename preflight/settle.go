package preflight

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// settle returns the facts as they are in the role's account and Region: what
// a request may leave to them is filled in.
func (j *judge) settle(f *Facts) *Facts {
	c := *f
	t := j.role.role.Target
	c.images = nil
	for _, i := range f.images {
		if i.account == "" {
			i.account = t.AccountID
		}
		if i.region == "" {
			i.region = j.region
		}
		c.images = append(c.images, i)
	}
	c.keys = map[string][]keyRef{}
	for use, list := range f.keys {
		for _, k := range list {
			c.keys[use] = append(c.keys[use], j.resolveKey(k.arn))
		}
	}
	c.keysSent = map[string]string{}
	for k, v := range f.keysSent {
		c.keysSent[k] = v
	}
	for use, name := range map[string]string{"volume": "sagemaker:VolumeKmsKey", "output": "sagemaker:OutputKmsKey"} {
		if keys := c.keys[use]; len(keys) == 1 && keys[0].arn != "" {
			c.keysSent[name], c.keysSent[name+"Arn"] = keys[0].arn, keys[0].arn
		}
	}
	c.keyLists = map[string][]string{}
	for k, v := range f.keyLists {
		c.keyLists[k] = v
	}
	if c.network == nil {
		c.network = j.networkOf(f.keyLists["sagemaker:VpcSubnets"])
	}
	if n := c.network; n != nil {
		if len(n.Subnets) > 0 && f.network != nil {
			c.keyLists["sagemaker:VpcSubnets"] = n.Subnets
		}
		if len(n.SecurityGroups) > 0 && f.network != nil {
			c.keyLists["sagemaker:VpcSecurityGroupIds"] = n.SecurityGroups
		}
	}
	return &c
}

// networkOf is the network that has all of the subnets which a request names;
// nil where it names none.
func (j *judge) networkOf(subnets []string) *ir.Network {
	for _, n := range j.env.Networks {
		has := func(s string) bool { return slices.Contains(n.Subnets, s) }
		if len(subnets) > 0 && !slices.ContainsFunc(subnets, func(s string) bool { return !has(s) }) {
			return n
		}
	}
	return nil
}

// keyID is what names a key without its ARN (AWS KMS Developer Guide, "Key
// identifiers").
var keyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// resolveKey finds the key that a request names by id, ARN, alias or the ARN of
// an alias. An alias that nothing states is a key that is not known.
func (j *judge) resolveKey(text string) keyRef {
	t := j.role.role.Target
	alias := text
	a, isARN := policy.ParseARN(text)
	if isARN {
		alias = a.Resource
	}
	switch {
	case isARN && a.Service == "kms" && strings.HasPrefix(a.Resource, "key/"):
		if k := j.key(text); k != nil && k.AWSManaged {
			return keyRef{arn: text, account: k.Account, awsManaged: true}
		}
		return keyRef{arn: text}
	case alias == "alias/aws/s3":
		account := t.AccountID
		if isARN {
			account = a.Account
		}
		return keyRef{account: account, awsManaged: true}
	case strings.HasPrefix(alias, "alias/"):
		for _, k := range j.env.Keys {
			for _, have := range k.Aliases {
				if have == alias || have == strings.TrimPrefix(alias, "alias/") || have == text {
					return keyRef{arn: k.ARN, awsManaged: k.AWSManaged}
				}
			}
		}
		j.assume("The key of " + text + " is not known: state it with aliases = [\"" + alias + "\"] in a kms_key block.")
		return keyRef{}
	case keyID.MatchString(text):
		return keyRef{arn: "arn:" + t.Partition + ":kms:" + j.region + ":" + t.AccountID + ":key/" + text}
	}
	return keyRef{arn: text}
}
