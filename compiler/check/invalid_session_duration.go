package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidSessionDuration() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-session-duration", Severity: hcl.DiagError,
			Explain: "max_session_duration is between one and twelve hours (3600 to 43200 seconds); IAM refuses anything else. It limits the sessions of people and programs that assume the role, not the jobs that SageMaker runs with it. Source: IAM API Reference, CreateRole.",
			Bad:     durationExample("30m"), Good: durationExample("4h"),
		},
		Program: func(p *ProgramPass) {
			q := quotas()[maxSessionDuration]
			for _, role := range p.Roles {
				n := role.MaxSessionDuration
				if n == 0 && role.Ranges["max_session_duration"].Filename == "" || n >= q.Minimum && n <= q.Max {
					continue
				}
				if f := p.at(role, p.placeOf(role, role.Range("max_session_duration")), ""); f != nil {
					f.errorf("A session of %d seconds is not possible: IAM takes %d to %d.", n, q.Minimum, q.Max).wayOut("Write \"1h\" to \"12h\".")
				}
			}
		},
	}
}

func durationExample(d string) string {
	return "role \"r\" {\n  max_session_duration = \"" + d + "\"\n  managed_policies     = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}
