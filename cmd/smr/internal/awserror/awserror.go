// Package awserror finds the cause of a pasted AWS error message. What AWS
// writes is data, one row for each message; a row matches by a pattern over the
// message in one line.
package awserror

import (
	"regexp"
	"strings"
	"sync"
)

// An Explanation is what a message means for a role of a configuration.
type Explanation struct {
	Message string // the kind of message, in AWS's words
	Cause   string // what is wrong, in whole sentences
	WayOut  string // what to do, in whole sentences
	Source  string // where AWS or a user shows the message

	// What the message names, "" where it names none.
	Action, Resource, Principal string
}

type compiled struct {
	row
	pattern *regexp.Regexp
}

var table = sync.OnceValue(func() []compiled {
	var out []compiled
	for _, r := range rows() {
		out = append(out, compiled{r, regexp.MustCompile("(?i)" + r.pattern)})
	}
	return out
})

// maxMessage is how many bytes of a message are looked at.
const maxMessage = 16 << 10

// Explain finds what a message is about; ok is false when no row knows it.
func Explain(message string) (e Explanation, ok bool) {
	text := strings.Join(strings.Fields(message[:min(len(message), maxMessage)]), " ")
	for _, c := range table() {
		m := c.pattern.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		named := map[string]string{}
		for i, name := range c.pattern.SubexpNames() {
			if name != "" && m[i] != "" {
				named[name] = strings.TrimRight(m[i], ".,;:)\"'")
			}
		}
		return Explanation{
			Message: c.message, Cause: fill(c.cause, named), WayOut: fill(c.wayOut, named), Source: c.source,
			Action: named["action"], Resource: named["resource"], Principal: named["principal"],
		}, true
	}
	return Explanation{}, false
}

// fill puts what a message names into a text: {action}, {resource} and so on.
// A name that the message lacks becomes words.
func fill(text string, named map[string]string) string {
	for _, name := range []struct{ key, otherwise string }{
		{"action", "the action"}, {"resource", "the resource"}, {"principal", "the role"}, {"limit", "the quota"}, {"name", "it"}, {"bucket", "the bucket"},
	} {
		value := name.otherwise
		if v, ok := named[name.key]; ok {
			value = v
		}
		text = strings.ReplaceAll(text, "{"+name.key+"}", value)
	}
	return text
}
