package lint

import "strings"

func unboundedMetrics() Rule {
	return Rule{
		Code: "unbounded-metrics", Severity: Notice,
		Checks:  []string{"SMR_METRIC_NAMESPACE"},
		Explain: "cloudwatch:PutMetricData takes no resource, so without a condition on cloudwatch:namespace the role may write into the metrics of everybody in the account and set off their alarms. Source: Amazon CloudWatch User Guide, \"Using condition keys to limit access to CloudWatch namespaces\".",
		Bad:     allow(act("cloudwatch:PutMetricData"), on("*")),
		Good:    allow(act("cloudwatch:PutMetricData"), on("*"), when("StringLike", "cloudwatch:namespace", "/aws/sagemaker/*")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 {
				return
			}
			for i, name := range p.Actions {
				if strings.EqualFold(name, "cloudwatch:PutMetricData") {
					p.action(i, "%q without a condition writes into every namespace.", name).Way = "Add a condition on cloudwatch:namespace."
				}
			}
		},
	}
}
