package facts

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestManagedPolicies(t *testing.T) {
	form := regexp.MustCompile(`^v[1-9][0-9]* 20[0-9]{2}-[0-9]{2}-[0-9]{2}$`)
	count, newest := 0, ""
	for p := range ManagedPolicies() {
		count++
		newest = max(newest, p.Date)
		if !form.MatchString(p.Version + " " + p.Date) {
			t.Errorf("%s: version %q, date %q", p.ARN, p.Version, p.Date)
		}
		var doc struct {
			Version   string
			Statement json.RawMessage
		}
		if err := json.Unmarshal(p.Document(), &doc); err != nil || doc.Version != "2012-10-17" || len(doc.Statement) == 0 {
			t.Errorf("%s: %v, version %q", p.ARN, err, doc.Version)
		}
		if found, ok := FindManagedPolicy(p.ARN); !ok || found != p {
			t.Errorf("%s is not found by its ARN", p.ARN)
		}
	}
	if count != policyCount || newest != ManagedPoliciesDate {
		t.Errorf("%d policies, newest of %s; want %d and %s", count, newest, policyCount, ManagedPoliciesDate)
	}
}

func TestFindManagedPolicy(t *testing.T) {
	p, ok := FindManagedPolicy("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
	if !ok || p.Version != "v29" || p.Date != "2026-02-12" || p.Name != "AmazonSageMakerFullAccess" || p.Adapted {
		t.Errorf("AmazonSageMakerFullAccess: %+v, %v", p, ok)
	}
	if !strings.Contains(string(p.Document()), `"sagemaker:*"`) && !strings.Contains(string(p.Document()), "sagemaker:Create") {
		t.Error("AmazonSageMakerFullAccess allows nothing in SageMaker")
	}
	p, ok = FindManagedPolicy("arn:aws:iam::aws:policy/service-role/AmazonSageMakerCanvasDirectDeployAccess")
	if !ok || p.Name != "AmazonSageMakerCanvasDirectDeployAccess" {
		t.Errorf("a policy with a path: %+v, %v", p, ok)
	}
	for _, arn := range []string{
		"", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/NoSuchPolicy", "AmazonSageMakerFullAccess",
		"arn:aws:iam::123456789012:policy/AmazonSageMakerFullAccess", "arn::iam::aws:policy/AmazonSageMakerFullAccess",
		"arn:a\"w:iam::aws:policy/AmazonSageMakerFullAccess", "arn:aws:iam::aws:policy/amazonsagemakerfullaccess",
		"arn:aws:iam::aws:policy/service-role/AmazonSageMakerFullAccess",
	} {
		if p, ok := FindManagedPolicy(arn); ok {
			t.Errorf("FindManagedPolicy(%q) = %+v", arn, p)
		}
	}
	if doc := (ManagedPolicy{}).Document(); doc != nil {
		t.Errorf("the zero policy has a document: %s", doc)
	}
}

func TestManagedPolicyOfOtherPartition(t *testing.T) {
	p, ok := FindManagedPolicy("arn:aws-cn:iam::aws:policy/AmazonSageMakerFullAccess")
	if !ok || !p.Adapted || p.ARN != "arn:aws-cn:iam::aws:policy/AmazonSageMakerFullAccess" {
		t.Fatalf("%+v, %v", p, ok)
	}
	doc := string(p.Document())
	if strings.Contains(doc, `"arn:aws:`) || !strings.Contains(doc, `"arn:aws-cn:`) {
		t.Error("the document names resources of another partition")
	}
	if !json.Valid([]byte(doc)) {
		t.Error("the document is no JSON")
	}
}

// Without a declared account the partition is the pseudo parameter, in the ARN
// and then in the document.
func TestManagedPolicyOfPseudoPartition(t *testing.T) {
	p, ok := FindManagedPolicy("arn:" + policy.PseudoPartition + ":iam::aws:policy/AmazonSageMakerFullAccess")
	if !ok || !p.Adapted {
		t.Fatalf("%+v, %v", p, ok)
	}
	if doc := string(p.Document()); strings.Contains(doc, `"arn:aws:`) || !strings.Contains(doc, `"arn:`+policy.PseudoPartition+":") {
		t.Error("the document names a partition")
	}
}

// The caller owns what Document returns.
func TestDocumentIsACopy(t *testing.T) {
	p, _ := FindManagedPolicy("arn:aws:iam::aws:policy/AdministratorAccess")
	first := p.Document()
	want := string(first)
	clear(first)
	if got := string(p.Document()); got != want {
		t.Errorf("document changed to %q", got)
	}
}
