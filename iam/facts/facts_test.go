package facts

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func action(t testing.TB, name string) *Action {
	t.Helper()
	a, ok := FindAction(name)
	if !ok {
		t.Fatalf("no action %s", name)
	}
	return a
}

// Every file decodes, refers to nothing that is not there, and together they
// hold what gen counted.
func TestAllServices(t *testing.T) {
	var actions, dependents, types, keys int
	prefixes := Services()
	if !slices.IsSorted(prefixes) {
		t.Error("Services is not sorted")
	}
	for _, prefix := range prefixes {
		s, ok := FindService(prefix)
		if !ok || s.Prefix != prefix || s.Title == "" {
			t.Fatalf("FindService(%q) = %+v, %v", prefix, s, ok)
		}
		types += len(s.ResourceTypes())
		keys += len(s.Keys())
		for a := range s.Actions() {
			actions++
			if len(a.Dependents) > 0 {
				dependents++
			}
			if a.Level.String() == "" || a.Service != prefix {
				t.Errorf("%s: level %d", a, a.Level)
			}
			if found, ok := FindAction(strings.ToUpper(a.String())); !ok || found != a {
				t.Errorf("%s is not found by its name in upper case", a)
			}
			a.ConditionKeys()
		}
		for _, r := range s.ResourceTypes() {
			if found, ok := s.ResourceType(r.Name); !ok || found != r {
				t.Errorf("%s: resource type %q is not found by its name", prefix, r.Name)
			}
			for _, arn := range r.ARNs {
				if !strings.HasPrefix(arn, "arn:${Partition}:") || strings.Count(arn, ":") < 5 {
					t.Errorf("%s: resource type %q has ARN %q", prefix, r.Name, arn)
				}
			}
		}
		for _, k := range s.Keys() {
			if k.Type.String() == "" {
				t.Errorf("%s: key %s has no type", prefix, k.Name)
			}
			if found, ok := FindKey(k.Name); !ok {
				t.Errorf("%s: key %s is not found by its name", prefix, k.Name)
			} else if !strings.EqualFold(found.Name, k.Name) {
				t.Errorf("%s: key %s is found as %s", prefix, k.Name, found.Name)
			}
		}
	}
	got := []int{len(prefixes), actions, dependents, types, keys}
	if want := []int{serviceCount, actionCount, dependentCount, typeCount, keyCount}; !slices.Equal(got, want) {
		t.Errorf("services, actions, with dependents, types, keys = %v, want %v", got, want)
	}
}

func TestKnownActions(t *testing.T) {
	for _, c := range []struct {
		name       string
		level      Level
		types      string // required ones with "*"
		dependents string
	}{
		{"sagemaker:CreateTransformJob", Write, "transform-job*", "sagemaker:AddTags"},
		{"sagemaker:CreateEndpointConfig", Write, "endpoint-config*", "iam:PassRole sagemaker:AddTags"},
		{"sagemaker:CreateDomain", Write, "domain*", "iam:CreateServiceLinkedRole iam:PassRole sagemaker:AddTags"},
		{"sagemaker:DescribeLineageGroup", Read, "", ""},
		{"sagemaker:CreateEndpoint", Write, "endpoint* endpoint-config*", "sagemaker:AddTags"},
		{"s3:GetObject", Read, "accesspointobject object", ""},
		{"s3:GetBucketAcl", Read, "accesspoint bucket", ""},
		{"s3:PutBucketAcl", PermissionsManagement, "bucket*", ""},
		{"s3:ListAllMyBuckets", List, "", ""},
		{"iam:PassRole", Write, "role*", ""},
		{"ec2:DescribeSubnets", List, "", ""},
		{"logs:PutLogEvents", Write, "log-stream*", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := action(t, c.name)
			var types []string
			for _, r := range a.ResourceTypes {
				name := r.Name
				if r.Required {
					name += "*"
				}
				types = append(types, name)
			}
			if a.String() != c.name {
				t.Errorf("name %q", a.String())
			}
			if a.Level != c.level {
				t.Errorf("level %q, want %q", a.Level, c.level)
			}
			if got := strings.Join(types, " "); got != c.types {
				t.Errorf("types %q, want %q", got, c.types)
			}
			if got := strings.Join(a.Dependents, " "); got != c.dependents {
				t.Errorf("dependents %q, want %q", got, c.dependents)
			}
		})
	}
}

// The data joins two levels for some actions; the one AWS prints is kept.
func TestJoinedLevels(t *testing.T) {
	if got := action(t, "sagemaker:AddTags").Level.String(); got != "Tagging" {
		t.Errorf("sagemaker:AddTags is %q", got)
	}
	if got := action(t, "s3:PutBucketPolicy").Level.String(); got != "Permissions management" {
		t.Errorf("s3:PutBucketPolicy is %q", got)
	}
}

func TestFindNothing(t *testing.T) {
	for _, name := range []string{
		"", ":", "s3", "s3:", "s3:ListObject", "s3:GetObject ", "sagemaker:ListClusterSchedulerConfig", "nosuch:Thing",
		"../s3:GetObject", "s3.txt:GetObject", "s3/../s3:GetObject", "*:*", "s3:*", "S3\x00:GetObject",
	} {
		if a, ok := FindAction(name); ok {
			t.Errorf("FindAction(%q) = %s", name, a)
		}
	}
	for _, prefix := range []string{"", ".", "..", "s3/", "*", "s?"} {
		if s, ok := FindService(prefix); ok {
			t.Errorf("FindService(%q) = %s", prefix, s.Prefix)
		}
	}
}

func TestExpand(t *testing.T) {
	list := func(pattern string) []string {
		var names []string
		for a := range Expand(pattern) {
			names = append(names, a.String())
		}
		return names
	}
	for pattern, want := range map[string][]string{
		"s3:getobject":                  {"s3:GetObject"},
		"S3:GetObjectTag*":              {"s3:GetObjectTagging"},
		"sagemaker:*transformjob":       {"sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob"},
		"s3:ListObject":                 nil,
		"s3:?etObject":                  {"s3:GetObject"},
		"":                              nil,
		"s3":                            nil,
		"sagemaker-m*:CreateExperiment": {"sagemaker-mlflow:CreateExperiment"},
	} {
		got := list(pattern)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Expand(%q) (-want +got):\n%s", pattern, diff)
		}
	}
	if n := len(list("*")); n != actionCount {
		t.Errorf("Expand(\"*\") yields %d actions, want %d", n, actionCount)
	}
	s3, _ := FindService("s3")
	if n := len(list("s3:*")); n != len(s3.actions) {
		t.Errorf("Expand(\"s3:*\") yields %d actions, want %d", n, len(s3.actions))
	}
}

// All callers share one copy, whoever came first.
func TestConcurrentFirstUse(t *testing.T) {
	var m memory
	text, err := services.ReadFile("data/services/athena.txt")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]*Service, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = m.put(decode(string(text))) })
	}
	wg.Wait()
	for _, s := range got {
		if s != m.get("athena") {
			t.Error("two copies of one service")
		}
	}
}

func TestGlobFold(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"?", "", false},
		{"get*", "GetObject", true},
		{"*Object*Acl", "PutObjectVersionAcl", true},
		{"*Object*Acl", "PutObjectVersionAclX", false},
		{"a*b*c", "aXbXbXc", true},
		{"a*?c", "ac", false},
		{strings.Repeat("a*", 30) + "b", strings.Repeat("a", 200), false}, // ends soon
	} {
		if got := globFold(c.pattern, c.name); got != c.want {
			t.Errorf("globFold(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}
