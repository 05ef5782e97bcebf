package terraform

import (
	"strings"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// template writes s as a template of Terraform, which is what strings of its
// JSON syntax are: pseudo parameters become data sources, and "${" and "%{",
// such as those of IAM's policy variables, are escaped.
func (m *module) template(s string) string {
	if !policy.HasPseudo(s) {
		return escape(s, false)
	}
	var b strings.Builder
	for text, pseudo := range emit.Pieces(s) {
		b.WriteString(escape(text, pseudo != ""))
		switch pseudo {
		case policy.PseudoPartition:
			m.uses.partition = true
			b.WriteString("${data.aws_partition.smr.partition}")
		case policy.PseudoRegion:
			m.uses.region = true
			b.WriteString("${data.aws_region.smr.region}")
		case policy.PseudoAccount:
			m.uses.account = true
			b.WriteString("${data.aws_caller_identity.smr.account_id}")
		}
	}
	return b.String()
}

// escape writes text as a template that means it; interpolated says that an
// interpolation follows. "$${" means "${" and "%%{" means "%{" (Terraform
// language, "Strings and Templates"). More of these signs before that would be
// read as part of it, so they are written as an interpolation: ${"$"}.
func escape(s string, interpolated bool) string {
	if !strings.ContainsAny(s, "$%") {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "$%")
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		n := len(s) - len(strings.TrimLeft(s, "$%"))
		signs := s[:n]
		s = s[n:]
		switch last := signs[n-1:]; {
		case strings.HasPrefix(s, "{"):
			quote(&b, signs[:n-1])
			b.WriteString(last + last)
		case s == "" && interpolated && last == "$":
			quote(&b, signs)
		default:
			b.WriteString(signs)
		}
	}
	return b.String()
}

// quote writes signs so that nothing after them changes what they mean.
func quote(b *strings.Builder, signs string) {
	if signs != "" {
		b.WriteString(`${"` + signs + `"}`)
	}
}
