// Package diag makes the diagnostics of everything that a user can cause: each
// is an hcl.Diagnostic with a stable code, related places and fixes. It also
// collects them into a Report, which every output format renders.
package diag

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Info is what our diagnostics carry beyond hcl's: hcl.Diagnostic.Extra holds
// a pointer to one.
type Info struct {
	Code    string    // kebab-case, never reused, explained by `smr explain CODE`
	Notice  bool      // weaker than a warning: something was done that the user may want to know
	Related []Related // second places, such as "first declared here"
	Fixes   []Fix
	Count   int // how many roles one finding stands for; 0 when it stands for itself
}

// Related is a second place that belongs to a diagnostic.
type Related struct {
	Range   hcl.Range
	Message string
}

// A Fix is a way out: text to write, in the language itself where it can be.
type Fix struct {
	Message string
	Text    string // ready to paste; "" when Message says it all
}

// An Entry documents one code: what `smr explain` prints and a test executes.
type Entry struct {
	Code     string
	Severity hcl.DiagnosticSeverity // DiagError or DiagWarning
	Explain  string                 // what it means and what happens in AWS
	Bad      string                 // a configuration that must raise exactly this code
	Good     string                 // one that must not; "" where Bad without the wrong line is plain
}

// Errorf makes an error. The summary is the code in words; the detail says
// what is wrong, what is allowed, and the way out.
func Errorf(code string, subject hcl.Range, format string, args ...any) *hcl.Diagnostic {
	return newf(hcl.DiagError, &Info{Code: code}, subject, format, args)
}

// Warnf makes a warning, which `# smr:ignore CODE -- reason` can silence.
func Warnf(code string, subject hcl.Range, format string, args ...any) *hcl.Diagnostic {
	return newf(hcl.DiagWarning, &Info{Code: code}, subject, format, args)
}

// Noticef makes a notice: a warning that formats with a third level show there.
func Noticef(code string, subject hcl.Range, format string, args ...any) *hcl.Diagnostic {
	return newf(hcl.DiagWarning, &Info{Code: code, Notice: true}, subject, format, args)
}

func newf(sev hcl.DiagnosticSeverity, info *Info, subject hcl.Range, format string, args []any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: sev,
		Summary:  Summary(info.Code),
		Detail:   cut(fmt.Sprintf(format, args...)),
		Subject:  subject.Ptr(),
		Extra:    info,
	}
}

// maxDetail is how many bytes of a detail are kept: what people wrote may be
// long, and there may be many findings about it.
const maxDetail = 2000

func cut(s string) string {
	if len(s) <= maxDetail {
		return s
	}
	return strings.ToValidUTF8(s[:maxDetail], "") + "…"
}

// InfoOf returns what d carries, or an empty Info for a foreign diagnostic.
func InfoOf(d *hcl.Diagnostic) *Info {
	if info, ok := d.Extra.(*Info); ok {
		return info
	}
	return &Info{}
}

// Relate adds a second place to d and returns d.
func Relate(d *hcl.Diagnostic, r hcl.Range, message string) *hcl.Diagnostic {
	info := InfoOf(d)
	info.Related = append(info.Related, Related{Range: r, Message: message})
	return d
}

// Suggest adds a fix to d and returns d.
func Suggest(d *hcl.Diagnostic, message, text string) *hcl.Diagnostic {
	info := InfoOf(d)
	info.Fixes = append(info.Fixes, Fix{Message: message, Text: text})
	return d
}

// Adopt gives a code to diagnostics that hcl or cty made, which have none:
// those that carry one already keep it.
func Adopt(diags hcl.Diagnostics, code string) hcl.Diagnostics {
	for _, d := range diags {
		if InfoOf(d).Code != "" {
			continue
		}
		if coded, ok := CallError[codedError](d); ok {
			d.Extra = &Info{Code: coded.Code()}
			d.Summary = Summary(coded.Code())
			continue
		}
		d.Extra = &Info{Code: code}
	}
	return diags
}

type codedError interface {
	error
	Code() string
}

// CallError finds the error of a function call, which hcl keeps in Extra.
func CallError[E error](d *hcl.Diagnostic) (target E, ok bool) {
	type callError interface{ FunctionCallError() error }
	if call, found := hcl.DiagnosticExtra[callError](d); found {
		ok = errors.As(call.FunctionCallError(), &target)
	}
	return target, ok
}

// upper are the words of codes that are written in capitals.
var upper = map[string]string{
	"arn": "ARN", "iam": "IAM", "kms": "KMS", "vpc": "VPC", "s3": "S3", "json": "JSON", "id": "ID", "ids": "IDs",
	"mlflow": "MLflow", "ec2": "EC2", "aws": "AWS", "acl": "ACL", "cloudformation": "CloudFormation", "automl": "AutoML",
	"sagemaker": "SageMaker", "sid": "Sid",
}

// Summary is the code in words, in sentence case: "unknown-activity" is
// "Unknown activity". Reports group by it.
func Summary(code string) string {
	words := strings.Split(code, "-")
	for i, w := range words {
		if u, ok := upper[w]; ok {
			words[i] = u
		} else if i == 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}
