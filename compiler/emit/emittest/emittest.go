// Package emittest makes stacks for the tests of emitters, with every feature
// that an emitter must spell. Only tests import it.
package emittest

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Any is the target of a configuration without accounts.
func Any() *ir.Target {
	return &ir.Target{Name: "any", Any: true, AccountID: policy.PseudoAccount, Region: policy.PseudoRegion, Partition: policy.PseudoPartition}
}

// Account is a declared account in the partition aws.
func Account(name, id, region string) *ir.Target {
	return &ir.Target{Name: name, AccountID: id, Region: region, Partition: "aws", Range: at("accounts.smr", 1)}
}

// Features is a stack with every feature, in each of targets.
func Features(targets ...*ir.Target) *ir.Stack {
	s := &ir.Stack{Project: "forecast", Edition: "2026", Targets: targets}
	for _, t := range targets {
		s.Roles = append(s.Roles, scientist(t), team(t, "alpha"), team(t, "beta"), train(t))
	}
	return s
}

// Plain is a role with that label and without policies.
func Plain(t *ir.Target, label string) *ir.StackRole {
	r := &ir.StackRole{
		Role: &ir.Role{
			Label: label, Target: t, IAMName: "SageMaker-" + label, Path: "/smr/forecast/", Layout: ir.PerActivity,
			Decl: &dsl.Role{Name: dsl.Name{Text: label, Range: at("roles.smr", 10)}},
		},
		Trust: ir.Policy{
			Document: &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
				Effect: policy.Allow, Principal: &policy.Principal{Service: []string{"sagemaker.amazonaws.com"}},
				Actions:    []string{"sts:AssumeRole"},
				Conditions: []policy.Condition{{Operator: "ArnLike", Key: "aws:SourceArn", Values: []string{arn(t, "sagemaker", "*")}}},
			}}},
			Origins: []ir.Origin{{Label: "trust", Range: at("roles.smr", 10)}},
		},
	}
	return r
}

// Policy is a policy named name of statements that allow actions on resources;
// each comes from the activity's line.
func Policy(name, activity string, statements ...policy.Statement) ir.Policy {
	p := ir.Policy{Name: name, Activity: activity, Document: &policy.Document{Version: policy.Version2012, Statements: statements}}
	for i := range statements {
		p.Origins = append(p.Origins, ir.Origin{
			Activity: activity, Label: fmt.Sprintf("S%d", i+1), Why: "So that jobs run", BuiltIn: activity != "",
			Range: at("catalog/2026/"+activity+".smr", 5+10*i), Use: at("roles.smr", 12),
		})
	}
	return p
}

// Allow is a statement.
func Allow(actions, resources []string) policy.Statement {
	return policy.Statement{Effect: policy.Allow, Actions: actions, Resources: resources}
}

// Many is a stack of n roles that share the documents of 8 policies each, as
// compiled roles do.
func Many(t *ir.Target, n int) *ir.Stack {
	s := &ir.Stack{Project: "forecast", Edition: "2026", Targets: []*ir.Target{t}}
	for k := range n {
		r := Plain(t, fmt.Sprintf("role-%04d", k))
		for i := range 8 {
			activity := fmt.Sprintf("activity_%d", i)
			var statements []policy.Statement
			for j := range 3 {
				statements = append(statements, Allow(
					[]string{"sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:ListTags"},
					[]string{arn(t, "sagemaker", fmt.Sprintf("training-job/team-%d-%d-*", k, j)), "arn:aws:s3:::bucket/${aws:username}/*"},
				))
			}
			r.Managed = append(r.Managed, Policy(fmt.Sprintf("SM_Activity%d_role-%04d", i, k), activity, statements...))
		}
		s.Roles = append(s.Roles, r)
	}
	return s
}

func train(t *ir.Target) *ir.StackRole {
	r := Plain(t, "train")
	r.Persona = "compute"
	r.Managed = []ir.Policy{Policy("SM_RequiredAccess_train", "access_required_aws_services",
		Allow([]string{"cloudwatch:PutMetricData", "logs:PutLogEvents"}, []string{"*"}),
		Allow([]string{"s3:GetObject"}, []string{"arn:" + t.Partition + ":s3:::acme-forecast/*"}),
	)}
	return r
}

func scientist(t *ir.Target) *ir.StackRole {
	r := Plain(t, "ds-forecast")
	r.Persona, r.Refs = "forecast_scientist", []string{"train"}
	r.Description = "Données: yes # no \"quotes\"\n- second line"
	r.MaxSessionDuration = 14400
	r.PermissionsBoundary = "arn:" + t.Partition + ":iam::" + t.AccountID + ":policy/ml-boundary"
	r.Tags = []ir.Tag{{Key: "no", Value: "1:30"}, {Key: "team", Value: "予測 forecast"}, {Key: "zero", Value: ""}}
	r.Attached = []ir.Value{{Text: "arn:" + t.Partition + ":iam::aws:policy/AmazonSageMakerReadOnly"}}
	train := "arn:" + t.Partition + ":iam::" + t.AccountID + ":role/smr/forecast/SageMaker-train"
	pass := Allow([]string{"iam:PassRole"}, []string{train})
	pass.SID = "PassRole"
	pass.Conditions = []policy.Condition{
		{Operator: "StringEquals", Key: "iam:PassedToService", Values: []string{"sagemaker.amazonaws.com"}},
		{Operator: "ArnLike", Key: "iam:AssociatedResourceArn", Values: []string{arn(t, "sagemaker", "*"), train}},
		{Operator: "StringEquals", Key: "aws:PrincipalTag/team", Values: []string{"${aws:PrincipalTag/team, 'none'}"}},
	}
	home := Allow([]string{"s3:GetObject", "s3:PutObject"}, []string{
		"arn:" + t.Partition + ":s3:::home-" + t.AccountID + "/${aws:username}/*",
		"arn:" + t.Partition + ":s3:::home-${*}/%{if}",
		arn(t, "sagemaker", "user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"),
		"arn:aws:s3:::plain/${aws:userid}",
	})
	deny := policy.Statement{Effect: policy.Deny, NotActions: []string{"s3:*"}, NotResources: []string{"arn:aws:s3:::a/*", "arn:aws:s3:::b/*"}}
	deny.Conditions = []policy.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}}
	r.Managed = []ir.Policy{
		Policy("SM_MLJobs_ds-forecast", "manage_ml_jobs", pass, home),
		Policy("Statements_ds-forecast", "", deny),
	}
	r.Managed[0].Origins[0].Override = at("overrides.smr", 7)
	return r
}

func team(t *ir.Target, key string) *ir.StackRole {
	r := Plain(t, "team")
	r.Key, r.IAMName, r.Layout, r.Retire = key, "SageMaker-team-"+key, ir.Inline, key == "beta"
	r.Trust.Document = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: &policy.Principal{AWS: []string{t.AccountID, "arn:" + t.Partition + ":iam::" + t.AccountID + ":user/" + key}},
		Actions: []string{"sts:AssumeRole", "sts:TagSession"},
	}}}
	r.Inline = []ir.Policy{Policy("SM_ModelManagement_team-"+key, "manage_models",
		Allow([]string{"sagemaker:CreateModel"}, []string{arn(t, "sagemaker", "model/"+key+"-*")}))}
	return r
}

// arn is one of a service in t.
func arn(t *ir.Target, service, resource string) string {
	return "arn:" + t.Partition + ":" + service + ":" + t.Region + ":" + t.AccountID + ":" + resource
}

func at(file string, line int) hcl.Range {
	p := hcl.Pos{Line: line, Column: 1}
	return hcl.Range{Filename: file, Start: p, End: p}
}
