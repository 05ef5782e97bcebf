package setup

import (
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The actions of CloudFormation that smr calls for one stack.
var (
	stackReads  = []string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"}
	stackWrites = []string{
		"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DescribeChangeSet",
		"cloudformation:DescribeStackEvents", "cloudformation:ExecuteChangeSet", "cloudformation:UpdateTerminationProtection",
	}
)

// handlerReads are the actions by which CloudFormation itself looks at roles and
// policies, with the rights of who executes a change set (CloudFormation resource
// schemas of AWS::IAM::Role and AWS::IAM::ManagedPolicy, handlers).
var handlerReads = []string{
	"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
	"iam:ListEntitiesForPolicy", "iam:ListPolicyVersions", "iam:ListRolePolicies", "iam:ListRoleTags",
}

// handlerWrites are the actions that CloudFormation uses on roles beside those of
// smr (the same schemas).
var handlerWrites = []string{"iam:UpdateRoleDescription"}

// The actions of CloudFormation that smr calls for stack sets.
var (
	stackSetReads = []string{
		"cloudformation:DescribeStackSet", "cloudformation:DescribeStackSetOperation", "cloudformation:ListStackInstances",
		"cloudformation:ListStackSetOperationResults", "cloudformation:ListStackSetOperations",
	}
	stackSetWrites = []string{"cloudformation:CreateStackInstances", "cloudformation:UpdateStackSet"}
)

// engineReads are what the engine's own calls need to look.
func engineReads(f *fence, o Options) []policy.Statement {
	switch o.Engine {
	case Stack:
		return []policy.Statement{allow("ReadStacks", stackReads, f.stacks(o.Stack))}
	case StackSets:
		return []policy.Statement{
			allow("ReadStackSets", stackSetReads, f.stackSets(o.Stack)),
			// An organization's parts are named by ids that say nothing.
			allow("ReadOrganization", []string{"organizations:Describe*", "organizations:List*"}, []string{"*"}),
		}
	case Direct:
	}
	return nil
}

// engineWrites are what the engine's own calls need to change things.
func engineWrites(f *fence, o Options) []policy.Statement {
	switch o.Engine {
	case Stack:
		return []policy.Statement{
			allow("ReleaseStacks", stackWrites, f.stacks(o.Stack)),
			allow("ReadByCloudFormation", handlerReads, append(append([]string{}, f.roles...), f.policies...)),
		}
	case StackSets:
		return []policy.Statement{
			// The action takes no resource.
			allow("CreateStackSets", []string{"cloudformation:CreateStackSet"}, []string{"*"}),
			allow("ReleaseStackSets", stackSetWrites, append(f.stackSets(o.Stack),
				f.anywhere("stackset-target/"+o.Stack+":*"), f.anywhere("stackset-target/"+o.Stack+"-*"),
				f.anywhere("type/resource/AWS-IAM-ManagedPolicy"), f.anywhere("type/resource/AWS-IAM-Role"))),
		}
	case Direct:
	}
	return nil
}

// stacks are the stack and those that its template continues in: NAME, NAME-2.
func (f *fence) stacks(name string) []string {
	stack := policy.ARN{Partition: f.partition, Service: "cloudformation", Region: "*", Account: f.account, Resource: "stack/" + name + "/*"}
	more := stack
	more.Resource = "stack/" + name + "-*/*"
	return []string{stack.String(), more.String()}
}

// stackSets are the stack sets likewise. A delegated administrator works on those
// of the management account, whose id the configuration need not know.
func (f *fence) stackSets(name string) []string {
	return []string{f.anywhere("stackset/" + name + ":*"), f.anywhere("stackset/" + name + "-*")}
}

func (f *fence) anywhere(resource string) string {
	return policy.ARN{Partition: f.partition, Service: "cloudformation", Region: "*", Account: "*", Resource: resource}.String()
}
