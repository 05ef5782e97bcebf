package strict

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

func malformed(format string, args ...any) *moto.Response {
	return moto.Refuse(http.StatusBadRequest, "MalformedPolicyDocument", fmt.Sprintf(format, args...))
}

// trustSize is the default quota of a role's trust policy.
const trustSize = 2048

var (
	sid       = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	principal = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):role/(?:.*/)?([^/]+)$`)
)

// document reads the grammar of IAM's JSON policy language (IAM User Guide,
// "Grammar of the IAM JSON policy language") and hands each statement to f.
func document(text string, f func(map[string]json.RawMessage) *moto.Response) *moto.Response {
	var d map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return malformed("Syntax errors in policy.")
	}
	for name := range d {
		if name != "Version" && name != "Id" && name != "Statement" {
			return malformed("Syntax errors in policy: %s", name)
		}
	}
	var version string
	if raw, ok := d["Version"]; ok && (json.Unmarshal(raw, &version) != nil || version != "2012-10-17" && version != "2008-10-17") {
		return malformed("The policy failed legacy parsing: Version")
	}
	var statements []map[string]json.RawMessage
	if err := json.Unmarshal(d["Statement"], &statements); err != nil {
		statements = []map[string]json.RawMessage{nil}
		if err := json.Unmarshal(d["Statement"], &statements[0]); err != nil {
			return malformed("Syntax errors in policy: Statement")
		}
	}
	if len(statements) == 0 {
		return malformed("Syntax errors in policy: no statement")
	}
	seen := map[string]bool{}
	for _, s := range statements {
		if r := statement(s, seen); r != nil {
			return r
		}
		if r := f(s); r != nil {
			return r
		}
	}
	return nil
}

// statement checks what holds for all types of policies.
func statement(s map[string]json.RawMessage, seen map[string]bool) *moto.Response {
	for name := range s {
		switch name {
		case "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition":
		default:
			return malformed("Syntax errors in policy: %s", name)
		}
	}
	if e := string(s["Effect"]); e != `"Allow"` && e != `"Deny"` {
		return malformed("Syntax errors in policy: Effect")
	}
	if (s["Action"] == nil) == (s["NotAction"] == nil) {
		return malformed("Policy statement must contain actions.")
	}
	if raw, ok := s["Sid"]; ok {
		var id string
		if json.Unmarshal(raw, &id) != nil || !sid.MatchString(id) {
			return malformed("Statement IDs (SID) can only include alphanumeric characters")
		}
		if id != "" && seen[id] {
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[id] = true
	}
	for _, name := range []string{"Action", "NotAction", "Resource", "NotResource"} {
		if raw, ok := s[name]; ok && !texts(raw) {
			return malformed("Syntax errors in policy: %s", name)
		}
	}
	return nil
}

// texts reports whether raw is a text or a list of at least one.
func texts(raw json.RawMessage) bool {
	var one string
	var list []string
	return json.Unmarshal(raw, &one) == nil || json.Unmarshal(raw, &list) == nil && len(list) > 0
}

// identityDocument: no principal, exactly one of Resource and NotResource.
func identityDocument(c *moto.Call, _ *moto.Snapshot) *moto.Response {
	return document(c.Form.Get("PolicyDocument"), func(s map[string]json.RawMessage) *moto.Response {
		if s["Principal"] != nil || s["NotPrincipal"] != nil {
			return malformed("Policy document should not specify a principal.")
		}
		if (s["Resource"] == nil) == (s["NotResource"] == nil) {
			return malformed("Policy statement must contain resources.")
		}
		return nil
	})
}

// trustDocument: a principal, no resource, at most 2,048 characters, and roles
// of this account that are named must exist ("Invalid principal in policy").
func trustDocument(c *moto.Call, s *moto.Snapshot) *moto.Response {
	text := c.Form.Get("AssumeRolePolicyDocument")
	if text == "" {
		text = c.Form.Get("PolicyDocument")
	}
	if size(text) > trustSize {
		return limit("ACLSizePerRole", trustSize)
	}
	return document(text, func(st map[string]json.RawMessage) *moto.Response {
		if st["Resource"] != nil || st["NotResource"] != nil {
			return malformed("Has prohibited field Resource")
		}
		raw := st["Principal"]
		if raw == nil && st["NotPrincipal"] == nil {
			return malformed("Missing required field Principal")
		}
		var byType map[string]json.RawMessage
		if json.Unmarshal(raw, &byType) != nil {
			return nil // "*"
		}
		for _, arn := range list(byType["AWS"]) {
			m := principal.FindStringSubmatch(arn)
			if m != nil && m[1] == accountOf(s) && role(s, m[2]) == nil {
				return malformed(`Invalid principal in policy: "AWS":"%s"`, arn)
			}
		}
		return nil
	})
}

func list(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}

// accountOf is the account that a snapshot is of, "" of an empty one.
func accountOf(s *moto.Snapshot) string {
	for _, r := range s.Roles {
		if parts := strings.Split(r.ARN, ":"); len(parts) > 4 {
			return parts[4]
		}
	}
	return ""
}

var (
	tagKey   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
)

// tags: at most 50, keys unique without regard to case, none that begins with
// "aws:" (API model, tagListType, tagKeyType, tagValueType; IAM User Guide,
// "Tags for AWS Identity and Access Management resources").
func tags(c *moto.Call, s *moto.Snapshot) *moto.Response {
	all := map[string]bool{}
	if r := role(s, c.Form.Get("RoleName")); r != nil && c.Action == "TagRole" {
		for _, t := range r.Tags {
			all[strings.ToLower(t.Key)] = true
		}
	}
	given := map[string]bool{}
	for i := 1; ; i++ {
		key, ok := c.Form[fmt.Sprintf("Tags.member.%d.Key", i)]
		if !ok {
			break
		}
		low := strings.ToLower(key[0])
		if given[low] {
			return moto.Refuse(http.StatusBadRequest, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		given[low], all[low] = true, true
		if !tagKey.MatchString(key[0]) || !tagValue.MatchString(c.Form.Get(fmt.Sprintf("Tags.member.%d.Value", i))) || strings.HasPrefix(low, "aws:") {
			return invalid("Value at 'tags' failed to satisfy constraint: %s", key[0])
		}
	}
	if len(all) > 50 {
		return limit("TagsPerRole", 50)
	}
	return nil
}
