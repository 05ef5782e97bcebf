package inert

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/sethvargo/go-githubactions"
)

// A Log writes to the log of a GitHub Actions job, which the runner searches
// for commands. What is written to it is text: no line of it is a command,
// whatever it holds. Commands are given by its methods alone. It is safe for
// concurrent use. Close writes out an unfinished line.
type Log struct {
	mu      sync.Mutex
	w       io.Writer
	pending []byte // an unfinished line
	inside  bool   // pending does not begin a line
}

// NewLog returns a log that writes to w, which both streams of a program
// should share: the runner reads them as one.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// maxPending is how much of a line is kept until its end is known, in bytes.
const maxPending = 64 << 10

// Write writes text.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, p...)
	for {
		i := bytes.IndexByte(l.pending, '\n')
		if i < 0 {
			break
		}
		if err := l.put(l.pending[:i], "\n"); err != nil {
			return 0, err
		}
		l.pending, l.inside = l.pending[i+1:], false
	}
	if len(l.pending) > maxPending {
		// A line this long is no command of ours: it is broken in two, since
		// what is written must not join with what follows.
		if err := l.put(l.pending, "\n"); err != nil {
			return 0, err
		}
		l.pending = nil
	}
	return len(p), nil
}

// Close writes out a line that has no end yet.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flush()
}

func (l *Log) flush() error {
	if len(l.pending) == 0 {
		return nil
	}
	err := l.put(l.pending, "\n")
	l.pending = nil
	return err
}

func (l *Log) put(line []byte, end string) error {
	_, err := io.WriteString(l.w, Line(strings.TrimSuffix(string(line), "\r"))+end)
	return err
}

// Line is one line of text for a log: neither a command nor the old form of
// one, which the runner finds anywhere in a line. "::" at its start becomes
// ": :" and "##[" becomes "## [".
func Line(s string) string {
	s = strings.ReplaceAll(strings.Map(keepTabs, s), "##[", "## [")
	trimmed := strings.TrimLeftFunc(s, unicode.IsSpace)
	if rest, ok := strings.CutPrefix(trimmed, "::"); ok {
		s = s[:len(s)-len(trimmed)] + ": :" + rest
	}
	return s
}

// HasCommand reports whether the runner would take a line of a text for a
// command, in either form.
func HasCommand(text string) bool {
	if strings.Contains(text, "##[") {
		return true
	}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimLeftFunc(line, func(r rune) bool { return unicode.IsSpace(r) || unseen(r) })
		if strings.HasPrefix(line, "::") {
			return true
		}
	}
	return false
}

// keepTabs shows what cannot be seen, but for tabs, as [Text] does.
func keepTabs(r rune) rune {
	if r != '\t' && unseen(r) {
		return replacement
	}
	return r
}

// Quote is untrusted text inside of a sentence in a log or an error: between
// quotation marks, at most [MaxSpan] characters, inert as [Line] is.
func Quote(s string) string {
	return strings.ReplaceAll(strconv.Quote(Cut(Text(s), MaxSpan)), "##[", "## [")
}

// A Level is how much an annotation matters.
type Level string

// The levels, in the order in which they are shown.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// An Annotation is a finding for GitHub to show at lines of a file, or at the
// run if File is "". The file is named from the root of the repository; lines
// and columns count from 1, and 0 leaves one out.
type Annotation struct {
	Level                         Level
	File                          string
	Line, EndLine, Col, EndColumn int
	Title, Message                string
}

// The lengths that an annotation is cut to, in characters. GitHub cuts the
// message at 4,096.
const (
	MaxTitle   = 80
	MaxMessage = 1000
)

// Annotate writes an annotation. Its texts may be untrusted.
func (l *Log) Annotate(a Annotation) error {
	if !slices.Contains([]Level{Error, Warning, Notice}, a.Level) {
		return fmt.Errorf("no annotation has the level %q", a.Level)
	}
	fields := githubactions.CommandProperties{}
	if a.File != "" && Text(a.File) == a.File {
		fields["file"] = a.File
		for name, n := range map[string]int{"line": a.Line, "endLine": a.EndLine, "col": a.Col, "endColumn": a.EndColumn} {
			if n > 0 {
				fields[name] = strconv.Itoa(n)
			}
		}
	}
	if title := strings.TrimSpace(Cut(Text(a.Title), MaxTitle)); title != "" {
		fields["title"] = title
	}
	command := githubactions.Command{Name: string(a.Level), Properties: fields, Message: message(a.Message)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.flush(); err != nil {
		return err
	}
	_, err := io.WriteString(l.w, command.String()+"\n")
	return err
}

// message is the text of an annotation, of which the runner prints each line.
func message(s string) string {
	lines := strings.Split(Lines(s), "\n")
	for i, line := range lines {
		lines[i] = Line(line)
	}
	return Cut(strings.Join(lines, "\n"), MaxMessage)
}

// budget is how many annotations of a level are shown of the runner's ten; the
// tenth says how many more there are.
const budget = 9

// Budget is the part of annotations that GitHub shows of one action: nine of
// each level in the order given, errors first, and one that counts the rest,
// which stand in the place that more names, such as "the job summary".
func Budget(all []Annotation, more string) []Annotation {
	var out []Annotation
	for _, level := range []Level{Error, Warning, Notice} {
		n := 0
		for _, a := range all {
			if a.Level != level {
				continue
			}
			if n++; n <= budget {
				out = append(out, a)
			}
		}
		if n > budget {
			out = append(out, Annotation{
				Level: level, Title: fmt.Sprintf("%d more", n-budget),
				Message: fmt.Sprintf("%d more of this level stand in %s.", n-budget, more),
			})
		}
	}
	return out
}

// WriteOutput writes an output of a step to what GITHUB_OUTPUT names. Only
// values that mean nothing to a runner or a shell are written: letters, digits
// and . _ : / + - of ASCII, at most 1,000 of them. Outputs are enumerations,
// numbers, digests and paths; any other value is an error.
func WriteOutput(w io.Writer, name, value string) error {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	if name == "" || strings.Trim(name, letters+"-") != "" {
		return fmt.Errorf("%q is not the name of an output", name)
	}
	if len(value) > 1000 || strings.Trim(value, strings.ToUpper(letters)+letters+"0123456789._:/+-") != "" {
		return fmt.Errorf("the output %s is not written: its value %s has other characters than letters, digits and . _ : / + -", name, Quote(value))
	}
	_, err := io.WriteString(w, name+"="+value+"\n")
	return err
}
