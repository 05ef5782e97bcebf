package strict_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/internal/strict"
)

const (
	account = "arn:aws:iam::123456789012:"
	good    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// TestRules: what AWS refuses is refused, and its neighbor is handed on.
func TestRules(t *testing.T) {
	state := &moto.Snapshot{
		Roles: []moto.Role{
			{Name: "Train", ARN: account + "role/Train", Boundary: account + "policy/limit"},
			{Name: "Full", ARN: account + "role/Full", Inline: []moto.Inline{{Name: "i", Document: strings.Repeat("x", 10000)}}},
		},
		Policies: []moto.Policy{
			{ARN: account + "policy/limit", Versions: []moto.Version{{ID: "v1"}}},
			{ARN: account + "policy/Old", Versions: make([]moto.Version, 5)},
			{ARN: account + "policy/free", Versions: []moto.Version{{ID: "v1"}}},
		},
	}
	for i := range 10 {
		state.Roles[1].Attached = append(state.Roles[1].Attached, moto.Attached{ARN: fmt.Sprint(account, "policy/", i)})
	}
	for i := range 50 {
		state.Roles[1].Tags = append(state.Roles[1].Tags, moto.Tag{Key: fmt.Sprint("t", i)})
	}
	forwarded := 0
	peer := strict.New(moto.PeerFunc(func(*moto.Call) *moto.Response {
		forwarded++
		return moto.Accept("Any")
	}), func() (*moto.Snapshot, error) { return state, nil })
	long := strings.Replace(good, "*", "arn:aws:s3:::"+strings.Repeat("b", 6100), 1)
	wide := strings.Replace(trust, "sagemaker.amazonaws.com", strings.Repeat("s", 2048), 1)
	for _, tt := range []struct{ call, want string }{
		{"CreateRole RoleName=new AssumeRolePolicyDocument=" + trust, ""},
		{"CreateRole RoleName=TRAIN AssumeRolePolicyDocument=" + trust, "EntityAlreadyExists"},
		{"CreateRole RoleName=a/b AssumeRolePolicyDocument=" + trust, "ValidationError"},
		{"CreateRole RoleName=" + strings.Repeat("r", 65) + " AssumeRolePolicyDocument=" + trust, "ValidationError"},
		{"CreateRole RoleName=new Path=nope AssumeRolePolicyDocument=" + trust, "ValidationError"},
		{"CreateRole RoleName=new MaxSessionDuration=1800 AssumeRolePolicyDocument=" + trust, "ValidationError"},
		{"CreateRole RoleName=new AssumeRolePolicyDocument={", "MalformedPolicyDocument"},
		{"CreateRole RoleName=new AssumeRolePolicyDocument=" + good, "MalformedPolicyDocument"},
		{"CreateRole RoleName=new AssumeRolePolicyDocument=" + wide, "LimitExceeded"},
		{"CreateRole RoleName=new AssumeRolePolicyDocument=" + strings.Replace(trust, `"Service":"sagemaker.amazonaws.com"`, `"AWS":"`+account+`role/ghost"`, 1), "MalformedPolicyDocument"},
		{"CreateRole RoleName=new AssumeRolePolicyDocument=" + strings.Replace(trust, `"Service":"sagemaker.amazonaws.com"`, `"AWS":"`+account+`role/Train"`, 1), ""},
		{"CreateRole RoleName=new PermissionsBoundary=" + account + "policy/ghost AssumeRolePolicyDocument=" + trust, "NoSuchEntity"},
		{"CreateRole RoleName=new Tags.member.1.Key=a Tags.member.2.Key=A AssumeRolePolicyDocument=" + trust, "InvalidInput"},
		{"PutRolePermissionsBoundary RoleName=Train PermissionsBoundary=" + account + "policy/ghost", "NoSuchEntity"},
		{"UpdateAssumeRolePolicy RoleName=ghost PolicyDocument=" + trust, "NoSuchEntity"},
		{"PutRolePolicy RoleName=Full PolicyName=j PolicyDocument=" + strings.Replace(good, "*", strings.Repeat("a", 200), 1), "LimitExceeded"},
		{"PutRolePolicy RoleName=Train PolicyName=j PolicyDocument=" + trust, "MalformedPolicyDocument"},
		{"PutRolePolicy RoleName=Train PolicyName=j PolicyDocument=" + strings.Replace(good, "*", "Ā", 1), "ValidationError"},
		{"PutRolePolicy RoleName=Train PolicyName=j PolicyDocument=" + strings.Replace(good, `"Effect"`, `"Sid":"A-B","Effect"`, 1), "MalformedPolicyDocument"},
		{"AttachRolePolicy RoleName=Full PolicyArn=" + account + "policy/free", "LimitExceeded"},
		{"AttachRolePolicy RoleName=Train PolicyArn=" + account + "policy/free", ""},
		{"TagRole RoleName=Full Tags.member.1.Key=more", "LimitExceeded"},
		{"TagRole RoleName=Full Tags.member.1.Key=t1", ""},
		{"CreatePolicy PolicyName=FREE PolicyDocument=" + good, "EntityAlreadyExists"},
		{"CreatePolicy PolicyName=new PolicyDocument=" + long, "LimitExceeded"},
		{"CreatePolicy PolicyName=new Path=/a!/ PolicyDocument=" + good, "ValidationError"},
		{"CreatePolicyVersion PolicyArn=" + account + "policy/Old PolicyDocument=" + good, "LimitExceeded"},
		{"DeletePolicy PolicyArn=" + account + "policy/limit", "DeleteConflict"},
		{"DeletePolicy PolicyArn=" + account + "policy/Old", "DeleteConflict"},
		{"DeletePolicy PolicyArn=" + account + "policy/free", ""},
		{"DeleteRole RoleName=Full", "DeleteConflict"},
		{"DeleteRole RoleName=train", ""},
		{"GetRole RoleName=a/b", ""},
	} {
		fields := strings.Fields(tt.call)
		form := url.Values{"Action": {fields[0]}}
		for _, f := range fields[1:] {
			name, value, _ := strings.Cut(f, "=")
			form.Set(name, value)
		}
		was := forwarded
		r := peer.Do(moto.NewCall(form))
		if r.Code() != tt.want || (forwarded > was) != (tt.want == "") {
			t.Errorf("%.120s: got %q %s, want %q", tt.call, r.Code(), r.Body, tt.want)
		}
	}
	// One that the role has is taken again, and is not counted twice by moto.
	was := forwarded
	if r := peer.Do(moto.NewCall(url.Values{"Action": {"AttachRolePolicy"}, "RoleName": {"Full"}, "PolicyArn": {account + "policy/3"}})); r.Code() != "NoSuchEntity" || forwarded != was {
		t.Errorf("a policy that is not there is attached: %s", r.Body)
	}
	state.Policies = append(state.Policies, moto.Policy{ARN: account + "policy/3"})
	if r := peer.Do(moto.NewCall(url.Values{"Action": {"AttachRolePolicy"}, "RoleName": {"Full"}, "PolicyArn": {account + "policy/3"}})); !r.Good() || forwarded != was {
		t.Errorf("a policy that the role has is not taken again: %s", r.Body)
	}
}
