package facts

import (
	"slices"
	"sort"
	"strings"
	"sync"
)

// GlobalKeysSource is the page that the global keys are restated from, and
// GlobalKeysDate the month in which it was read.
const (
	GlobalKeysSource = "IAM User Guide, AWS global condition context keys"
	GlobalKeysDate   = "2026-11"
)

// A GlobalKey is a condition key that is not bound to one service.
type GlobalKey struct {
	Key
	Presence   Presence
	PerService bool     // requests carry it only for actions whose service supports it; see SupportsKey
	Sensitive  bool     // AWS: wildcards in its values have no valid use and may match anything
	Services   []string // prefixes of the services that support it, nil for all
	Except     []string // action patterns that do not support it
}

// A Presence says when a request carries a global key (the page's
// "Availability").
type Presence uint8

// The presences, from the most to the least certain.
const (
	Always      Presence = iota + 1 // in every request, anonymous ones as well
	Signed                          // in every signed request
	RoleSession                     // in every request with temporary credentials, so in every one of a role
	Mostly                          // in every request except those of a few actions (Except)
	Sometimes                       // depends on the principal, its session, the network or the call
)

// String returns the presence in words, such as "in every signed request".
func (p Presence) String() string {
	words := [...]string{
		"", "in every request", "in every signed request", "in every request with temporary credentials",
		"in the requests of most actions", "in some requests",
	}
	if int(p) >= len(words) {
		return ""
	}
	return words[p]
}

// GlobalKeys returns the global condition keys by name.
func GlobalKeys() []*GlobalKey { return slices.Clone(globalKeys()) }

// FindGlobalKey returns the global condition key that name names, without
// regard to case: "aws:PrincipalTag/team" is "aws:PrincipalTag/${TagKey}".
func FindGlobalKey(name string) (k *GlobalKey, ok bool) {
	list := globalKeys()
	if i, ok := sort.Find(len(list), func(i int) int { return compareFold(name, list[i].Name) }); ok {
		return list[i], true
	}
	if !strings.Contains(name, "/") {
		return nil, false // every key with a placeholder has a slash before it
	}
	for _, g := range list {
		if g.placeholder && g.Is(name) {
			return g, true
		}
	}
	return nil, false
}

// supports says whether requests of the action can carry the key at all.
func (g *GlobalKey) supports(a *Action) bool {
	if g.Services != nil && !slices.Contains(g.Services, a.Service) {
		return false
	}
	for _, pattern := range g.Except {
		service, name, _ := strings.Cut(pattern, ":")
		if service == a.Service && globFold(name, a.Name) {
			return false
		}
	}
	return true
}

// globalKeys is the table, sorted by name without regard to case.
var globalKeys = sync.OnceValue(func() []*GlobalKey {
	var list []*GlobalKey
	for _, group := range [][]GlobalKey{principalKeys(), sessionKeys(), networkKeys(), resourceKeys(), requestKeys()} {
		for i := range group {
			group[i].split()
			list = append(list, &group[i])
		}
	}
	slices.SortFunc(list, func(a, b *GlobalKey) int { return compareFold(a.Name, b.Name) })
	return list
})

// global is a row of the table without particulars.
func global(name string, t Type, p Presence) GlobalKey {
	return GlobalKey{Key: Key{Name: name, Type: t}, Presence: p}
}

func sensitive(name string, p Presence) GlobalKey {
	return GlobalKey{Key: Key{Name: name, Type: String}, Presence: p, Sensitive: true}
}

// principalKeys: "Properties of the principal".
func principalKeys() []GlobalKey {
	return []GlobalKey{
		global("aws:PrincipalArn", ARN, Signed),
		sensitive("aws:PrincipalAccount", Always), // "anonymous" in anonymous requests
		global("aws:PrincipalOrgPaths", ArrayOfString, Sometimes),
		sensitive("aws:PrincipalOrgID", Sometimes),
		// Not on the page; the AWS managed policy AWSSSOServiceRolePolicy uses it.
		global("aws:PrincipalOrgMasterAccountId", String, Sometimes),
		global("aws:PrincipalTag/${TagKey}", String, Sometimes),
		global("aws:PrincipalIsAWSService", Bool, Signed),
		global("aws:PrincipalServiceName", String, Sometimes),
		global("aws:PrincipalServiceNamesList", ArrayOfString, Sometimes),
		global("aws:PrincipalType", String, Always),
		global("aws:userid", String, Always),
		global("aws:username", String, Sometimes), // IAM users only: never for a role
	}
}

// sessionKeys: "Properties of a role session". The values are fixed when the
// session is made; only the first is in every session.
func sessionKeys() []GlobalKey {
	return []GlobalKey{
		global("aws:TokenIssueTime", Date, RoleSession),
		global("aws:AssumedRoot", Bool, Sometimes),
		global("aws:FederatedProvider", String, Sometimes), // an ARN for providers other than AWS's own
		global("aws:SignInSessionArn", ARN, Sometimes),
		global("aws:MultiFactorAuthAge", Numeric, Sometimes),
		global("aws:MultiFactorAuthPresent", Bool, Sometimes),
		global("aws:ChatbotSourceArn", ARN, Sometimes),
		global("aws:Ec2InstanceSourceVpc", String, Sometimes),
		global("aws:Ec2InstanceSourcePrivateIPv4", IPAddress, Sometimes),
		global("aws:SourceIdentity", String, Sometimes),
		global("ec2:RoleDelivery", Numeric, Sometimes),
		global("ec2:SourceInstanceArn", ARN, Sometimes),
		global("glue:RoleAssumedBy", String, Sometimes),
		global("glue:CredentialIssuingService", String, Sometimes),
		global("codebuild:BuildArn", ARN, Sometimes),
		global("codebuild:ProjectArn", ARN, Sometimes),
		global("lambda:SourceFunctionArn", ARN, Sometimes),
		global("ssm:SourceInstanceArn", ARN, Sometimes),
		global("identitystore:UserId", String, Sometimes),
	}
}

// networkKeys: "Properties of the network".
func networkKeys() []GlobalKey {
	arn := global("aws:SourceVpcArn", ARN, Sometimes)
	account := sensitive("aws:VpceAccount", Sometimes)
	paths := global("aws:VpceOrgPaths", ArrayOfString, Sometimes)
	org := sensitive("aws:VpceOrgID", Sometimes)
	arn.Services = strings.Fields(`acm-pca applicationinsights apprunner athena cloudformation comprehendmedical
		compute-optimizer datasync discovery ebs ecr ecs firehose healthlake iam iotfleetwise iotwireless
		kinesisanalytics kms lambda medical-imaging omics payment-cryptography polly rbin rekognition route53 s3
		scheduler servicediscovery servicequotas ssm-contacts storagegateway textract transcribe transfer`)
	account.Services = append(slices.Clone(arn.Services), "dynamodb", "gamelift", "shield")
	paths.Services = account.Services
	org.Services = append(slices.Clone(account.Services), strings.Fields(`b2bi cassandra cognito-identity dms ds-data
		identitystore iottwinmaker network-firewall pricing ses sms-voice sqs workmail`)...)
	for _, k := range []*GlobalKey{&arn, &account, &paths, &org} {
		k.Except = []string{"iam:PassRole"}
	}
	return []GlobalKey{
		global("aws:SourceIp", IPAddress, Sometimes), // absent through a VPC endpoint
		sensitive("aws:SourceVpc", Sometimes),
		arn,
		sensitive("aws:SourceVpce", Sometimes),
		account, org, paths,
		global("aws:VpcSourceIp", IPAddress, Sometimes),
	}
}

// resourceKeys: "Properties of the resource".
func resourceKeys() []GlobalKey {
	account := sensitive("aws:ResourceAccount", Mostly)
	org := sensitive("aws:ResourceOrgID", Sometimes)
	paths := global("aws:ResourceOrgPaths", ArrayOfString, Sometimes)
	tag := global("aws:ResourceTag/${TagKey}", String, Sometimes)
	tag.PerService = true
	// events:PutEvents is on the page's list only for targets made before March
	// 2023, and is left out here.
	except := []string{
		"auditmanager:UpdateAssessmentFrameworkShare", "detective:AcceptInvitation", "ds:AcceptSharedDirectory", "ebs:*",
		"ec2:AcceptTransitGatewayPeeringAttachment", "ec2:AcceptVpcEndpointConnections", "ec2:AcceptVpcPeeringConnection",
		"ec2:CreateTransitGatewayPeeringAttachment", "ec2:CreateVpcEndpoint", "ec2:CreateVpcPeeringConnection",
		"guardduty:AcceptAdministratorInvitation", "macie2:AcceptInvitation", "es:AcceptInboundConnection",
		"route53:AssociateVpcWithHostedZone", "route53:CreateVPCAssociationAuthorization",
		"securityhub:AcceptAdministratorInvitation",
	}
	account.Except, org.Except, paths.Except = except, except, except
	return []GlobalKey{account, org, paths, tag}
}

// requestKeys: "Properties of the request".
func requestKeys() []GlobalKey {
	tag := global("aws:RequestTag/${TagKey}", String, Sometimes)
	keys := global("aws:TagKeys", ArrayOfString, Sometimes)
	tag.PerService, keys.PerService = true, true
	owner := global("aws:SourceOwner", String, Sometimes)
	// Amazon SNS Developer Guide, "aws:SourceAccount versus aws:SourceOwner".
	owner.Deprecated, owner.ReplacedBy = true, "aws:SourceAccount"
	return []GlobalKey{
		global("aws:CalledVia", ArrayOfString, Sometimes),
		global("aws:CalledViaFirst", String, Sometimes),
		global("aws:CalledViaLast", String, Sometimes),
		global("aws:CalledViaAWSMCP", String, Sometimes),
		global("aws:ViaAWSService", Bool, Always),
		global("aws:ViaAWSMCPService", Bool, Sometimes),
		global("aws:CurrentTime", Date, Always),
		global("aws:EpochTime", Date, Always), // numeric operators apply as well
		global("aws:referer", String, Sometimes),
		global("aws:RequestedRegion", String, Always),
		tag, keys,
		global("aws:SecureTransport", Bool, Always),
		sensitive("aws:SourceAccount", Sometimes), // calls by service principals only, as the next three
		global("aws:SourceArn", ARN, Sometimes),
		sensitive("aws:SourceOrgID", Sometimes),
		global("aws:SourceOrgPaths", ArrayOfString, Sometimes),
		owner,
		global("aws:UserAgent", String, Always),
		global("aws:IsMcpServiceAction", Bool, Sometimes),
	}
}
