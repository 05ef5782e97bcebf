package lint

import "strings"

func malformedVariable() Rule {
	return Rule{
		Code: "malformed-variable", Severity: Warning,
		Checks:  []string{"MISSING_BRACE_IN_VARIABLE", "MISSING_QUOTE_IN_VARIABLE", "UNSUPPORTED_SPACE_IN_VARIABLE", "EMPTY_VARIABLE"},
		Explain: "A policy variable is not written as IAM reads one: ${key}, or ${key, 'default'} with the default in single quotation marks. A brace that is not closed, a space inside the key or a default without quotation marks makes it literal text, and nothing matches it. Source: IAM User Guide, \"IAM policy elements: Variables and tags\".",
		Bad:     allow(act("s3:GetObject"), on("arn:aws:s3:::acme/${aws:username/*")),
		Good:    allow(act("s3:GetObject"), on("arn:aws:s3:::acme/${aws:username}/*")),
		Statement: func(p *Pass) {
			look := func(v string, report func(string) *Finding) {
				if fault := variableFault(v); fault != "" {
					report(fault).Way = "Write ${key}, or ${key, 'default'}."
				}
			}
			for element, list := range elements(p.Statement) {
				for i, v := range list {
					look(v, func(fault string) *Finding { return p.at(element, list, i, "%q: %s.", v, fault) })
				}
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				for j, v := range c.Values {
					look(v, func(fault string) *Finding { return p.value(c, j, "%q: %s.", v, fault) })
				}
			}
		},
	}
}

// variableFault says what is wrong with a policy variable in a text, "" when
// nothing is.
func variableFault(v string) string {
	for {
		_, rest, ok := strings.Cut(v, "${")
		if !ok {
			return ""
		}
		inner, after, closed := strings.Cut(rest, "}")
		key, value, fallback := strings.Cut(inner, ",")
		value = strings.TrimSpace(value)
		switch {
		case !closed:
			return "the policy variable is not closed with a brace"
		case strings.TrimSpace(key) == "":
			return "the policy variable names no key"
		case strings.ContainsAny(key, " \t") && !strings.Contains(key, "/"):
			return "the policy variable has a space in its key" // names of tags may have spaces
		case fallback && (len(value) < 2 || value[0] != '\'' || value[len(value)-1] != '\''):
			return "the default of the policy variable is not in single quotation marks"
		}
		v = after
	}
}
