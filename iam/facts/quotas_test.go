package facts

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestQuotas(t *testing.T) {
	list := Quotas()
	if !slices.IsSortedFunc(list, func(a, b Quota) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted by name")
	}
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	date := regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}(-[0-9]{2})?$`)
	for i, q := range list {
		if i > 0 && list[i-1].Name == q.Name {
			t.Errorf("%s is there twice", q.Name)
		}
		if !name.MatchString(q.Name) || !date.MatchString(q.Date) || q.Title == "" || q.Unit == "" || q.Source == "" {
			t.Errorf("%+v", q)
		}
		if q.Default <= 0 || q.Max != 0 && q.Max < q.Default || q.Minimum > q.Default {
			t.Errorf("%s: minimum %d, default %d, maximum %d", q.Name, q.Minimum, q.Default, q.Max)
		}
	}
	for name, want := range map[string][2]int{
		"attached_policies_per_role": {10, 25},
		"managed_policy_size":        {6144, 6144},
		"inline_policies_size":       {10240, 10240},
		"trust_policy_size":          {2048, 8192},
		"role_name_length":           {64, 64},
		"stacks_per_region":          {2000, 0},
		"template_size_inline":       {51200, 51200},
		"template_resources":         {500, 500},
	} {
		q, ok := FindQuota(name)
		if !ok || q.Default != want[0] || q.Max != want[1] || q.Adjustable() != (want[0] != want[1]) {
			t.Errorf("%s: %+v, %v", name, q, ok)
		}
	}
	if _, ok := FindQuota("no_such_quota"); ok {
		t.Error("found a quota that is none")
	}
}
