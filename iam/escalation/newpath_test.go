package escalation

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewPaths holds which paths are new. Roles are those of head by name, as
// they were unless a test says otherwise.
func TestNewPaths(t *testing.T) {
	reads := func(name, trusts string) Role { return role(t, name, trusts) }
	passer := role(t, "a", toAccount, train, pass("sm-*", ""))
	named := func(name string) string { return `{"AWS":"` + base + name + `"}` }
	assume := func(name string) string {
		return `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + base + name + `"}`
	}
	tests := map[string]struct {
		base, head []Role
		was        []int
		want       []string
	}{
		"nothing new": {
			[]Role{passer, role(t, "sm-admin", toSageMaker, attach)}, []Role{passer, role(t, "sm-admin", toSageMaker, attach)}, []int{0, 1}, nil,
		},
		"a new administrator that may be passed": {
			[]Role{passer},
			[]Role{passer, role(t, "sm-admin", toSageMaker, attach)},
			[]int{0, -1},
			[]string{"0 pass 1, iam:AttachRolePolicy, opened at 0"},
		},
		"a role between": {
			[]Role{passer, role(t, "admin", named("sm-b"), attach)},
			[]Role{passer, role(t, "admin", named("sm-b"), attach), role(t, "sm-b", toSageMaker)},
			[]int{0, 1, -1},
			[]string{"0 pass 2, 2 assume 1, iam:AttachRolePolicy, opened at 0", "2 assume 1, iam:AttachRolePolicy, opened at 0"},
		},
		"a name that may be passed": {
			[]Role{passer, reads("b", toSageMaker)},
			[]Role{passer, reads("sm-b", toSageMaker)},
			[]int{0, 1},
			[]string{"0 pass 1, opened at 0"},
		},
		"a name that may be passed no longer": {
			[]Role{passer, reads("sm-b", toSageMaker)}, []Role{passer, reads("b", toSageMaker)}, []int{0, 1}, nil,
		},
		"a name that is trusted": {
			[]Role{reads("a", toAccount), reads("b", named("c"))},
			[]Role{reads("c", toAccount), reads("b", named("c"))},
			[]int{0, 1},
			[]string{"0 assume 1, opened at 0"},
		},
		"a new role that is trusted already": {
			[]Role{reads("b", named("c"))},
			[]Role{reads("b", named("c")), reads("c", toAccount)},
			[]int{0, -1},
			[]string{"1 assume 0, opened at 0"},
		},
		"another way of those that there were": {
			[]Role{role(t, "a", toAccount, assume("b"), assume("c")), role(t, "b", toAccount, attach), role(t, "c", toAccount, attach)},
			[]Role{role(t, "a", toAccount, assume("b"), assume("c")), reads("b", toAccount), role(t, "c", toAccount, attach)},
			[]int{0, 1, 2},
			nil,
		},
		"the end becomes administrator": {
			[]Role{role(t, "a", toAccount, assume("b")), reads("b", toAccount)},
			[]Role{role(t, "a", toAccount, assume("b")), role(t, "b", toAccount, attach)},
			[]int{0, 1},
			[]string{"0 assume 1, iam:AttachRolePolicy, opened at 1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			paths, unknown := judge().NewPaths(tt.base, tt.head, tt.was)
			var got []string
			for _, p := range paths {
				text := ""
				for _, s := range p.Steps {
					text += fmt.Sprintf("%d %s %d, ", s.From, s.Way, s.To)
				}
				if p.Action != "" {
					text += p.Action + ", "
				}
				got = append(got, fmt.Sprintf("%sopened at %d", text, p.Opened))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || unknown != 0 {
				t.Errorf("%d unknown, -want +got\n%s", unknown, diff)
			}
		})
	}
}
