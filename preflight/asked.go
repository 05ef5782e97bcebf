package preflight

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// concrete are the actions that a requirement's action stands for on a
// resource: itself, or those that AWS lists and that take such a resource.
func concrete(action, resource string) []string {
	if !strings.Contains(action, "*") {
		return []string{action}
	}
	var out []string
	for a := range facts.Expand(action) {
		if len(a.ResourceTypes) == 0 && resource != "*" || facts.MatchesResource(a.String(), resource) == facts.NoOverlap {
			continue
		}
		out = append(out, a.String())
	}
	return out
}

// asked are the resources that AWS asks about for an action when a requirement
// names resource: the actions of log groups are asked about with a suffix, and
// "*" stands for every resource of the action's types in the role's account.
func asked(action, resource, partition, region, account string) []string {
	a, known := facts.FindAction(action)
	if group, ok := strings.CutSuffix(resource, "*"); ok && a != nil && a.Service == "logs" && strings.Contains(resource, ":log-group:/") && !strings.Contains(resource, ":log-stream:") {
		// Amazon CloudWatch Logs User Guide, "Overview of managing access
		// permissions": the ARN of a group ends in :*, and refusals name
		// log-group:NAME:log-stream: and the stream.
		if strings.HasSuffix(group, "/") {
			group += "group"
		}
		if slices.ContainsFunc(a.ResourceTypes, func(t facts.ActionType) bool { return t.Name == "log-stream" }) {
			return []string{group + ":log-stream:*"}
		}
		return []string{group + ":log-stream:"}
	}
	if resource != "*" || !known || len(a.ResourceTypes) == 0 {
		return []string{resource}
	}
	var out []string
	for _, required := range []bool{true, false} {
		for _, t := range a.ResourceTypes {
			if t.Required != required || t.ResourceType == nil {
				continue
			}
			for _, arn := range t.ARNs {
				out = append(out, instance(arn, partition, region, account))
			}
		}
		if len(out) > 0 {
			break
		}
	}
	if len(out) > manyTypes {
		for i, arn := range out {
			if cut, ok := policy.ParseARN(arn); ok {
				cut.Resource = "*"
				out[i] = cut.String()
			}
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return []string{resource}
	}
	return out
}

// manyTypes is how many types of resources are asked about one by one.
const manyTypes = 4

// instance fills the placeholders of an ARN format.
func instance(format, partition, region, account string) string {
	var b strings.Builder
	for format != "" {
		start := strings.Index(format, "${")
		if start < 0 {
			b.WriteString(format)
			break
		}
		end := strings.IndexByte(format[start:], '}')
		if end < 0 {
			b.WriteString(format)
			break
		}
		b.WriteString(format[:start])
		switch format[start+2 : start+end] {
		case "Partition":
			b.WriteString(partition)
		case "Region":
			b.WriteString(region)
		case "Account":
			b.WriteString(account)
		default:
			b.WriteString("*")
		}
		format = format[start+end+1:]
	}
	return b.String()
}
