package monitor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(action string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"*"}`
}

func trust(service string) string {
	return document(`{"Effect":"Allow","Principal":{"Service":["sagemaker.amazonaws.com","` + service + `.amazonaws.com"]},"Action":"sts:AssumeRole"}`)
}

// TestMonitor changes a role in orders that are wrong, each in a way of its own:
// the monitor that every other test relies on has to see it.
func TestMonitor(t *testing.T) {
	server := moto.Start(t)
	const account = "210987654321"
	arn := "arn:aws:iam::" + account + ":policy/smr/p/"
	start := [][]string{
		{"CreatePolicy", "PolicyName", "limit", "Path", "/fence/", "PolicyDocument", document(allow("*"))},
		{"CreatePolicy", "PolicyName", "a", "Path", "/smr/p/", "PolicyDocument", document(allow("s3:GetObject"))},
		{"CreatePolicy", "PolicyName", "b", "Path", "/smr/p/", "PolicyDocument", document(allow("s3:PutObject"), allow("s3:ListBucket"))},
		{"CreateRole", "RoleName", "r", "Path", "/smr/p/", "AssumeRolePolicyDocument", trust("bedrock"), "PermissionsBoundary", "arn:aws:iam::" + account + ":policy/fence/limit"},
		{"AttachRolePolicy", "RoleName", "r", "PolicyArn", arn + "a"},
		{"PutRolePolicy", "RoleName", "r", "PolicyName", "stays", "PolicyDocument", document(allow("s3:ListBucket"))},
	}
	// The end trusts another second service and has another policy.
	end := [][]string{
		{"UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust("lambda")},
		{"AttachRolePolicy", "RoleName", "r", "PolicyArn", arn + "b"},
		{"DetachRolePolicy", "RoleName", "r", "PolicyArn", arn + "a"},
	}
	do := func(p moto.Peer, a *moto.Account, calls ...[]string) {
		t.Helper()
		for _, c := range calls {
			form := map[string][]string{"Action": {c[0]}, "Version": {"2010-05-08"}}
			for i := 1; i < len(c); i += 2 {
				form[c[i]] = []string{strings.ReplaceAll(c[i+1], account, a.ID)}
			}
			if r := p.Do(moto.NewCall(form)); !r.Good() {
				t.Fatalf("%s: %s", c[0], r.Body)
			}
		}
	}
	number := 0
	for _, tt := range []struct {
		name  string
		calls [][]string
		want  []string // rules
	}{
		{"the safe order", [][]string{end[2], end[0], end[1]}, nil},
		{"whom to trust first", [][]string{end[0], end[1], end[2]}, []string{"excess"}},
		{"what to allow first", [][]string{end[1], end[0], end[2]}, []string{"excess"}},
		{"what stays away for a while", [][]string{
			end[2], {"DeleteRolePolicy", "RoleName", "r", "PolicyName", "stays"}, {"PutRolePolicy", "RoleName", "r", "PolicyName", "stays", "PolicyDocument", document(allow("s3:ListBucket"))},
		}, []string{"loss"}},
		{"without the boundary", [][]string{{"DeleteRolePermissionsBoundary", "RoleName", "r"}}, []string{"boundary"}},
		{"a role made anew", [][]string{
			end[2], {"DeleteRolePolicy", "RoleName", "r", "PolicyName", "stays"}, {"DeleteRole", "RoleName", "r"}, start[3],
		}, []string{"loss", "role-id"}},
		{"somebody else's policy", [][]string{{"CreatePolicyVersion", "PolicyArn", "arn:aws:iam::" + account + ":policy/fence/limit", "SetAsDefault", "true", "PolicyDocument", document(allow("s3:*"))}}, []string{"foreign"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			account := func() *moto.Account {
				number++
				return server.Account("2222222222" + string(rune('0'+number/10)) + string(rune('0'+number%10)))
			}
			target := account()
			do(target, target, start...)
			do(target, target, end...)
			after, err := target.Read()
			if err != nil {
				t.Fatal(err)
			}
			a := account()
			do(a, a, start...)
			m := monitor.New(a, monitor.NewJudge(), func(path string) bool { return strings.HasPrefix(path, "/smr/") })
			// The services are the same in all accounts, so that the end of one will do for another.
			if _, err := m.Between(after); err != nil {
				t.Fatal(err)
			}
			do(m, a, tt.calls...)
			var rules []string
			for _, f := range m.Findings() {
				rules = append(rules, f.Rule)
			}
			slices.Sort(rules)
			if rules = slices.Compact(rules); !slices.Equal(rules, tt.want) {
				t.Errorf("got %s, want %s: %v", rules, tt.want, m.Findings())
			}
		})
	}
}
