package review_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sagemaker-roles/smr/review"
)

// schema is schema.json.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

// richBase and richHead differ in much about a role, so that most members of
// the document appear.
const richBase = `
smr { edition = "2026" }
account "prod" {
  id     = "111122223333"
  region = "eu-west-1"
}
role "data" {
  permissions_boundary = "arn:aws:iam::111122223333:policy/fence"
  managed_policies     = ["arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"]
  description          = "before"
  tags                 = { team = "a", gone = "x" }
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
  statement "Pass" {
    actions   = ["iam:PassRole"]
    resources = ["arn:aws:iam::111122223333:role/a"]
  }
}
role "gone" {
  statement "All" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
policy "fence" {
  arn = "arn:aws:iam::111122223333:policy/fence"
  document = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  }
}
`

var richHead = strings.NewReplacer(
	"/AmazonSageMakerReadOnly", "/AmazonAthenaFullAccess", `"before"`, `"after"`, `team = "a", gone = "x"`, `team = "b", here = "y"`,
	`role/a"`, `role/*"`, `role "gone"`, `role "new"`, `"acme-forecast"`, `"acme-forecast", "acme-more"`,
	`  description `, `  max_session_duration = "2h"
  trust {
    principals = ["arn:aws:iam::444455556666:root"]
  }
  override "s3_bucket_access" {
    allow "Tags" {
      actions   = ["s3:PutObjectTagging"]
      resources = ["*"]
    }
  }
  description `,
).Replace(richBase)

// pathBase opens a path from role to role where "other" becomes "a".
const pathBase = `
role "run" {
  statement "Pass" {
    actions   = ["iam:PassRole", "sagemaker:CreateTrainingJob"]
    resources = ["*"]
  }
  statement "Not" {
    effect    = "Deny"
    actions   = ["iam:PassRole"]
    resources = ["arn:${partition}:iam::${account_id}:role/smr/other"]
  }
}
role "a" {
  name = "other"
  trust {
    services = ["sagemaker.amazonaws.com"]
  }
}
`

// TestSchema: documents are as schema.json says.
func TestSchema(t *testing.T) {
	s := schema(t)
	unknown := strings.Replace(richHead, `policy "fence"`, `policy "another"`, 1)
	unknown = strings.Replace(unknown, `arn = "arn:aws:iam::111122223333:policy/fence"`, `arn = "arn:aws:iam::111122223333:policy/another"`, 1)
	for name, d := range map[string]*review.Diff{
		"no change": compare(t, richBase, richBase),
		"change":    compare(t, richBase, richHead),
		"path":      compare(t, pathBase, strings.Replace(pathBase, `"other"`, `"a"`, 1)),
		"back":      compare(t, richHead, richBase),
		"unknown":   compare(t, richBase, unknown),
		"pseudo":    compare(t, `role "a" {}`, "role \"a\" {\n"+grant("Allow", "s3:GetObject", "arn:${partition}:s3:::${account_id}-${region}/*")+"}"),
	} {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(text), "\ue001\ue002\ue003") {
			t.Errorf("%s: a pseudo parameter is not spelled: %s", name, text)
		}
		if name == "path" && !strings.Contains(string(text), `"paths":[`) {
			t.Errorf("no path is opened: %s", text)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if err := s.Validate(map[string]any{"schema": "smr.diff/1"}); err == nil {
		t.Error("the schema takes a document without roles")
	}
}

// TestSchemaNamesEveryMember: what the types print is in schema.json, and
// nothing else is.
func TestSchemaNamesEveryMember(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type node struct {
		Properties map[string]json.RawMessage
	}
	var top struct {
		node
		Defs map[string]node `json:"$defs"`
	}
	if err := json.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	top.Defs["diff"] = top.node
	for _, tt := range []struct {
		def string
		of  any
	}{
		{"diff", review.Diff{}},
		{"role", review.Role{}},
		{"grant", review.Grant{}},
		{"cause", review.Cause{}},
		{"place", review.Place{}},
		{"trust", review.Trust{}},
		{"values", review.Values{}},
		{"numbers", review.Numbers{}},
		{"quota", review.Quota{}},
		{"tag", review.TagChange{}},
		{"attached", review.Attached{}},
		{"policy", review.Policy{}},
		{"finding", review.Finding{}},
		{"related", review.Related{}},
		{"escalation", review.Escalation{}},
		{"path", review.Path{}},
		{"ref", review.Ref{}},
	} {
		got := slices.Sorted(maps.Keys(top.Defs[tt.def].Properties))
		want := members(reflect.TypeOf(tt.of))
		slices.Sort(want)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the schema has %v, the type %v", tt.def, got, want)
		}
	}
}

func members(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			out = append(out, members(f.Type)...)
		} else if name != "-" {
			out = append(out, name)
		}
	}
	return out
}
