package facts

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSupportsKey(t *testing.T) {
	for _, c := range []struct {
		action, key string
		want        Support
	}{
		// The 2024 VPC template of SageMaker Role Manager conditions
		// CreateTransformJob on keys that it does not support.
		{"sagemaker:CreateTransformJob", "sagemaker:VpcSubnets", KeyUnlisted},
		{"sagemaker:CreateTransformJob", "sagemaker:VpcSecurityGroupIds", KeyUnlisted},
		{"sagemaker:CreateTrainingJob", "sagemaker:VpcSubnets", KeyListed},
		{"sagemaker:CreateTrainingJob", "SAGEMAKER:vpcsubnets", KeyListed},
		{"sagemaker:CreateTrainingJob", "sagemaker:VolumeKmsKey", KeyDeprecated},
		{"sagemaker:DescribeTrainingJob", "sagemaker:VolumeKmsKey", KeyUnlisted},
		{"sagemaker:CreateEndpointConfig", "sagemaker:OutputKmsKey", KeyUnlisted},
		{"sagemaker:CreateTrainingJob", "sagemaker:VolumeKmsKeyArn", KeyListed},
		{"iam:PassRole", "iam:PassedToService", KeyListed},
		{"iam:PassRole", "iam:ResourceTag/team", KeyListed},
		{"s3:GetObject", "iam:PassedToService", KeyUnlisted},
		{"s3:GetObject", "s3:ExistingObjectTag/team", KeyListed},
		{"s3:GetObject", "s3:ExistingObjectTag/", KeyUnlisted},
		{"s3:GetObject", "s3:prefix", KeyUnlisted},
		{"s3:ListBucket", "s3:prefix", KeyListed},
		{"kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", KeyListed},
		{"kms:Decrypt", "kms:ViaService", KeyListed},
		{"sagemaker:DescribeModel", "sagemaker:ResourceTag/team", KeyListed}, // beside the resource type
		{"glacier:DeleteVault", "glacier:ResourceTag/team", KeyUnlisted},
		{"secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/SageMaker", KeyListed},
		// Tags: only where the service lists them.
		{"sagemaker:CreateTrainingJob", "aws:RequestTag/team", KeyListed},
		{"sagemaker:DescribeTrainingJob", "aws:RequestTag/team", KeyUnlisted},
		{"sagemaker:DescribeTrainingJob", "aws:ResourceTag/team", KeyListed},
		{"cloudwatch:GetMetricData", "aws:TagKeys", KeyUnlisted},
		// Global keys, with their exceptions.
		{"s3:GetObject", "aws:SourceIp", KeyGlobal},
		{"s3:GetObject", "AWS:PrincipalTag/team", KeyGlobal},
		{"s3:GetObject", "aws:VpceOrgID", KeyGlobal},
		{"sagemaker:CreateTrainingJob", "aws:VpceOrgID", KeyUnlisted},
		{"iam:CreateRole", "aws:SourceVpcArn", KeyGlobal},
		{"iam:PassRole", "aws:SourceVpcArn", KeyUnlisted},
		{"ec2:CreateVpcEndpoint", "aws:ResourceAccount", KeyUnlisted},
		{"ec2:RunInstances", "aws:ResourceAccount", KeyGlobal},
		{"s3:GetObject", "lambda:SourceFunctionArn", KeyGlobal},
		{"s3:GetObject", "ec2:SourceInstanceARN", KeyGlobal},
		{"s3:GetObject", "aws:NoSuchKey", KeyUnlisted},
		// What an identity provider said travels with the session.
		{"s3:GetObject", "saml:aud", KeyGlobal},
		{"s3:GetObject", "cognito-identity.amazonaws.com:sub", KeyGlobal},
		{"sts:AssumeRoleWithWebIdentity", "token.actions.githubusercontent.com:sub", KeyGlobal},
		{"sts:AssumeRoleWithWebIdentity", "oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF:sub", KeyGlobal},
		{"sts:AssumeRole", "sts:ExternalId", KeyListed},
		{"s3:GetObject", "sts:ExternalId", KeyUnlisted},
	} {
		if got := action(t, c.action).SupportsKey(c.key); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.action, c.key, got, c.want)
		}
	}
}

// SupportsKey and ConditionKeys tell the same, for every action of a service
// with many kinds of keys.
func TestSupportsEveryListedKey(t *testing.T) {
	for _, prefix := range []string{"s3", "sagemaker", "ec2", "iam", "sts"} {
		s, _ := FindService(prefix)
		for a := range s.Actions() {
			listed := a.ConditionKeys()
			for _, k := range s.Keys() {
				want := slices.Contains(listed, k)
				if got := a.SupportsKey(k.Name) == KeyListed; got != want {
					t.Errorf("%s, %s: listed %v, supported %v", a, k.Name, want, got)
				}
			}
		}
	}
}

func TestFindKey(t *testing.T) {
	for _, c := range []struct {
		name, found string
		typ         Type
		deprecated  bool
		replacedBy  string
	}{
		{"sagemaker:VolumeKmsKey", "sagemaker:VolumeKmsKey", ARN, true, "sagemaker:VolumeKmsKeyArn"},
		{"sagemaker:outputkmskey", "sagemaker:OutputKmsKey", ARN, true, "sagemaker:OutputKmsKeyArn"},
		{"sagemaker:HomeEfsFileSystemKmsKey", "sagemaker:HomeEfsFileSystemKmsKey", ARN, true, "sagemaker:VolumeKmsKeyArn"},
		{"sagemaker:VolumeKmsKeyArn", "sagemaker:VolumeKmsKeyArn", ARN, false, ""},
		{"sagemaker:VpcSubnets", "sagemaker:VpcSubnets", ArrayOfString, false, ""},
		{"sagemaker:ResourceTag/team", "sagemaker:ResourceTag/${TagKey}", String, false, ""},
		{"glacier:ResourceTag/team", "glacier:ResourceTag/", String, false, ""},
		{"kms:CustomerMasterKeySpec", "kms:CustomerMasterKeySpec", String, true, ""},
		{"aws:ResourceTag/Team", "aws:ResourceTag/${TagKey}", String, false, ""},
		{"aws:tagkeys", "aws:TagKeys", ArrayOfString, false, ""},
		{"aws:CurrentTime", "aws:CurrentTime", Date, false, ""},
		{"aws:SourceOwner", "aws:SourceOwner", String, true, "aws:SourceAccount"},
		{"s3:ExistingObjectTag/team", "s3:ExistingObjectTag/<key>", String, false, ""},
		{"identitycenter:InstanceArn", "identitycenter:InstanceArn", ARN, false, ""},
		{"saml:aud", "saml:aud", String, false, ""},
		{"gitlab.example.org:sub", "gitlab.example.org:sub", String, false, ""},
	} {
		k, ok := FindKey(c.name)
		if !ok {
			t.Errorf("%s: not found", c.name)
			continue
		}
		if k.Name != c.found || k.Type != c.typ || k.Deprecated != c.deprecated || k.ReplacedBy != c.replacedBy {
			t.Errorf("%s: %s %s deprecated %v %q", c.name, k.Name, k.Type, k.Deprecated, k.ReplacedBy)
		}
	}
	for _, name := range []string{"", "aws", "aws:", "aws:PrincipalTag/", "aws:PrincipalTag", "s3:NoSuchKey", "nosuch:key", "SourceIp"} {
		if k, ok := FindKey(name); ok {
			t.Errorf("FindKey(%q) = %s", name, k.Name)
		}
	}
}

func TestTypes(t *testing.T) {
	for typ := String; typ <= ArrayOfBinary; typ++ {
		if got := typeNamed(typ.String()); got != typ {
			t.Errorf("%s: %d, want %d", typ, got, typ)
		}
		if typ.Array() && "ArrayOf"+typ.Elem().String() != typ.String() || !typ.Array() && typ.Elem() != typ {
			t.Errorf("%s: element %s", typ, typ.Elem())
		}
	}
	if Type(0).String() != "" || Type(99).String() != "" {
		t.Error("a type outside the list has a name")
	}
}

func TestGlobalKeys(t *testing.T) {
	list := GlobalKeys()
	if len(list) < 60 {
		t.Fatalf("%d global keys", len(list))
	}
	presence := map[string]Presence{
		"aws:PrincipalArn": Signed, "aws:PrincipalAccount": Always, "aws:SourceIp": Sometimes, "aws:ViaAWSService": Always,
		"aws:TokenIssueTime": RoleSession, "aws:ResourceAccount": Mostly, "aws:username": Sometimes, "aws:SecureTransport": Always,
	}
	for _, k := range list {
		if k.Type.String() == "" || k.Presence.String() == "" {
			t.Errorf("%s: type %d, presence %d", k.Name, k.Type, k.Presence)
		}
		if found, ok := FindGlobalKey(k.Name); !ok || found != k {
			t.Errorf("%s is not found by its name", k.Name)
		}
		if want, ok := presence[k.Name]; ok && k.Presence != want {
			t.Errorf("%s: %s, want %s", k.Name, k.Presence, want)
		}
		for _, prefix := range k.Services {
			if _, ok := FindService(prefix); !ok {
				t.Errorf("%s: no service %q", k.Name, prefix)
			}
		}
		for _, pattern := range k.Except {
			found := false
			for range Expand(pattern) {
				found = true
			}
			if !found {
				t.Errorf("%s: no action %q", k.Name, pattern)
			}
		}
		if k.ReplacedBy != "" {
			if _, ok := FindKey(k.ReplacedBy); !ok {
				t.Errorf("%s: no key %q", k.Name, k.ReplacedBy)
			}
		}
	}
}

func TestDeprecatedKeys(t *testing.T) {
	var deprecated []string
	for _, prefix := range Services() {
		s, _ := FindService(prefix)
		for _, k := range s.Keys() {
			if k.Deprecated {
				deprecated = append(deprecated, k.Name)
			}
		}
	}
	want := []string{
		"kms:CustomerMasterKeySpec", "kms:CustomerMasterKeyUsage", "sagemaker:DomainSharingOutputKmsKey",
		"sagemaker:FeatureGroupOfflineStoreKmsKey", "sagemaker:FeatureGroupOnlineStoreKmsKey",
		"sagemaker:HomeEfsFileSystemKmsKey", "sagemaker:OutputKmsKey", "sagemaker:VolumeKmsKey", "secretsmanager:KmsKeyId",
	}
	if diff := cmp.Diff(want, deprecated); diff != "" {
		t.Errorf("deprecated keys (-want +got):\n%s", diff)
	}
}

func TestKeysOfResourceType(t *testing.T) {
	s, _ := FindService("s3")
	bucket, ok := s.ResourceType("BUCKET")
	if !ok {
		t.Fatal("s3 has no resource type bucket")
	}
	var names []string
	for _, k := range bucket.ConditionKeys() {
		names = append(names, k.Name)
	}
	if diff := cmp.Diff([]string{"aws:ResourceTag/${TagKey}", "s3:BucketTag/${TagKey}"}, names); diff != "" {
		t.Errorf("keys of bucket (-want +got):\n%s", diff)
	}
}
