package lint

func redundantResource() Rule {
	return Rule{
		Code: "redundant-resource", Severity: Notice,
		Checks:  []string{"REDUNDANT_RESOURCE"},
		Explain: "A resource is in the list twice, or a pattern of the list covers it. It changes nothing and takes characters of the quota. Source: IAM Access Analyzer policy check reference, \"Redundant resource\".",
		Bad:     allow(act("s3:GetObject"), on("arn:aws:s3:::acme/*", "arn:aws:s3:::acme/day=1/*")),
		Good:    allow(act("s3:GetObject"), on(anObject)),
		Statement: func(p *Pass) {
			needless(p.Resources, asWritten, coversARN, func(i int, other string) {
				p.resource(i, "%q is covered by %q.", p.Resources[i], other).Way = "Delete it."
			})
		},
	}
}
