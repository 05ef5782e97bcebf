// Package runner judges what a step of a GitHub Actions job leaves behind as
// the runner does: which workflow commands its output holds, which outputs and
// variables its files set, which annotations a reader sees, and whether the job
// summary is shown. Tests use it as an oracle; nothing else imports it.
//
// The rules are those of GitHub's documentation ("Workflow commands for GitHub
// Actions") and of the observed behavior of actions/runner, August 2026. Where
// the runner's reading may depend on the machine's culture, which ignores
// invisible characters, the package reads both ways and reports either.
package runner

import (
	"slices"
	"strings"
	"unicode"
)

// The limits of the runner. Annotations are counted for each step and level;
// the steps inside a composite action share those of the action.
const (
	MaxAnnotations  = 10      // of each level
	MaxMessage      = 4096    // characters of an annotation; the rest is cut
	MaxSummaryBytes = 1 << 20 // a larger summary is dropped as a whole
	MaxSummaries    = 20      // of a job
)

// A Step is what a step leaves behind: what it printed and the files whose
// paths the runner gave it in GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH,
// GITHUB_STATE and GITHUB_STEP_SUMMARY. Both streams of a step are one log.
type Step struct {
	Log                               string
	Output, Env, Path, State, Summary string
}

// A Result is what the runner makes of a step.
type Result struct {
	// Commands are all that were recognized, those that make annotations too.
	Commands []Command
	// Annotations are those that are shown, Dropped those beyond the limit, by
	// level.
	Annotations []Annotation
	Dropped     map[string]int
	// Outputs, Env and State are what the files and the old commands set.
	Outputs, Env, State map[string]string
	Path                []string
	// Summary is what is shown of the job summary.
	Summary string
	// Errors fail the step, or are shown as errors of it.
	Errors []string
}

// An Annotation is a finding that GitHub shows at a file, or at the run.
type Annotation struct {
	Level      string // error, warning or notice
	Properties map[string]string
	Message    string
}

// Judge reads a step as the runner does.
func Judge(s Step) Result {
	r := Result{Commands: Commands(s.Log), Dropped: map[string]int{}}
	shown := map[string]int{}
	for _, c := range r.Commands {
		if !slices.Contains([]string{"error", "warning", "notice"}, c.Name) {
			continue
		}
		if shown[c.Name] == MaxAnnotations {
			r.Dropped[c.Name]++
			continue
		}
		shown[c.Name]++
		message := []rune(c.Data)
		r.Annotations = append(r.Annotations, Annotation{c.Name, c.Properties, string(message[:min(len(message), MaxMessage)])})
	}
	for _, file := range []struct {
		text string
		to   *map[string]string
	}{{s.Output, &r.Outputs}, {s.Env, &r.Env}, {s.State, &r.State}} {
		values, err := File(file.text)
		*file.to = values
		if err != nil {
			r.Errors = append(r.Errors, err.Error())
		}
	}
	if _, ok := r.Env["NODE_OPTIONS"]; ok {
		r.Errors = append(r.Errors, "NODE_OPTIONS cannot be set in GITHUB_ENV")
	}
	for line := range strings.Lines(s.Path) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			r.Path = append(r.Path, line)
		}
	}
	if r.Summary = s.Summary; len(s.Summary) > MaxSummaryBytes {
		r.Summary = ""
		r.Errors = append(r.Errors, "the summary is larger than 1024k and is not shown")
	}
	return r
}

// A Command is a workflow command: ::name key=value::data, or in the old
// spelling ##[name key=value]data.
type Command struct {
	Name       string // in lower case
	Properties map[string]string
	Data       string
	Line       string // that it stands in
}

// registered are the names that the runner takes for commands, in any case.
var registered = []string{
	"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "internal-set-repo-path",
	"notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}

// Commands are the commands of a log. Between stop-commands and the token that
// it names, nothing but that token is one.
func Commands(log string) []Command {
	var out []Command
	token := ""
	for _, line := range lines(log) {
		names := registered
		if token != "" {
			names = []string{strings.ToLower(token)}
		}
		c, ok := parse(line, names)
		if !ok {
			continue
		}
		switch {
		case token != "":
			token = ""
			continue
		case c.Name == "stop-commands":
			token = c.Data
		}
		out = append(out, c)
	}
	return out
}

// lines are ended by a line feed, a carriage return or both.
func lines(log string) []string {
	log = strings.ReplaceAll(log, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(log, "\r", "\n"), "\n")
}

// parse reads a line, and once more without the characters that a comparison
// by culture ignores.
func parse(line string, names []string) (Command, bool) {
	for _, text := range []string{line, strings.Map(visible, line)} {
		if c, ok := current(text, names); ok {
			c.Line = line
			return c, true
		}
		if c, ok := old(text, names); ok {
			c.Line = line
			return c, true
		}
	}
	return Command{}, false
}

func visible(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cc, r) && !unicode.IsSpace(r) {
		return -1
	}
	return r
}

// current reads ::name key=value,key=value::data at the start of a line, after
// any white space.
func current(line string, names []string) (Command, bool) {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return Command{}, false
	}
	head, data, ok := strings.Cut(rest, "::")
	if !ok {
		return Command{}, false
	}
	return command(head, ",", names, unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%"),
		func(s string) string {
			return unescape(s, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		})
}

// old reads ##[name key=value;key=value]data anywhere in a line.
func old(line string, names []string) (Command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return Command{}, false
	}
	head, data, ok := strings.Cut(rest, "]")
	if !ok {
		return Command{}, false
	}
	unescaped := func(s string) string {
		return unescape(s, "%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%")
	}
	return command(head, ";", names, unescaped(data), unescaped)
}

func command(head, separator string, names []string, data string, value func(string) string) (Command, bool) {
	name, properties, _ := strings.Cut(head, " ")
	name = strings.ToLower(name)
	if !slices.Contains(names, name) {
		return Command{}, false
	}
	c := Command{Name: name, Properties: map[string]string{}, Data: data}
	for property := range strings.SplitSeq(strings.TrimSpace(properties), separator) {
		if k, v, ok := strings.Cut(property, "="); ok && k != "" && v != "" {
			c.Properties[strings.ToLower(strings.TrimSpace(k))] = value(v)
		}
	}
	return c, true
}

// unescape replaces one escape after the other, in the order given, as the
// runner does: the percent sign comes last.
func unescape(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return s
}
