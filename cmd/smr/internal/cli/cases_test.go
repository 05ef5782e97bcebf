package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestLabelledCases answers every labelled line, in order, as expected.
func TestLabelledCases(t *testing.T) {
	for _, tt := range []struct{ command, file, member string }{
		{"simulate", "../../../../iam/authz/testdata/evaluations.jsonl", "decision"},
		{"diff", "../../../../iam/access/testdata/access-pairs.jsonl", "new_access"},
	} {
		text, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr, code := run(t, t.TempDir(), string(text), nil, tt.command, "--cases", "-")
		if code != ExitGood {
			t.Fatalf("%s: exit code %d\n%s", tt.command, code, stderr)
		}
		asked := strings.Split(strings.TrimSpace(string(text)), "\n")
		answers := strings.Split(strings.TrimSpace(stdout), "\n")
		if len(asked) < 100 || len(answers) != len(asked) {
			t.Fatalf("%s: %d answers to %d lines", tt.command, len(answers), len(asked))
		}
		for i := range asked {
			var want, got map[string]any
			if err := json.Unmarshal([]byte(asked[i]), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(answers[i]), &got); err != nil {
				t.Fatal(err)
			}
			if got["id"] != want["id"] || got[tt.member] != want["expected"] {
				t.Errorf("%s: %v is %v, want %v", tt.command, got["id"], got[tt.member], want["expected"])
			}
		}
	}
}

const goodCase = `{"id": "good", "request": {"principal": "arn:aws:iam::123456789012:role/a", "principal_type": "aws", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}}`

// TestCasesHostile: no line ends the run, or makes it take much memory.
func TestCasesHostile(t *testing.T) {
	deep := strings.Repeat("[", 200_000)
	long := strings.Repeat("x", maxCase+1)
	for name, line := range map[string]string{
		"no JSON": "x", "another type": "[]", "a number": "1", "null": "null", "deep": deep, "deep policy": `{"id": 1, "request": {}, "identity_policies": ` + deep + "}",
		"long": long, "not UTF-8": "{\"id\": \"\xff\"", "zero bytes": "\x00\x00", "control": `{"id": "\u001b[31m"}`,
	} {
		for _, command := range []string{"simulate", "diff"} {
			stdout, _, code := run(t, t.TempDir(), line+"\n"+goodCase+"\n", nil, command, "--cases", "-")
			answers := strings.Split(strings.TrimSpace(stdout), "\n")
			if code != ExitFindings || len(answers) != 2 {
				t.Errorf("%s, %s: exit code %d, %d answers", command, name, code, len(answers))
				continue
			}
			var got struct{ Error string }
			if err := json.Unmarshal([]byte(answers[0]), &got); err != nil || got.Error == "" {
				t.Errorf("%s, %s: the answer is %.200s", command, name, answers[0])
			}
			if strings.ContainsRune(stdout, '\x1b') {
				t.Errorf("%s, %s: a control character is printed", command, name)
			}
		}
	}
}

// TestCasesConversation: who asks one line and waits for its answer gets it.
func TestCasesConversation(t *testing.T) {
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	c := Command{Stdin: in, Stdout: out, Stderr: io.Discard}
	code := make(chan int)
	go func() { code <- c.Main([]string{"simulate", "--cases", "-"}) }()
	lines := bufio.NewReader(answers)
	for range 3 {
		if _, err := io.WriteString(ask, goodCase+"\n"); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil || !strings.Contains(line, `"implicit-deny"`) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	ask.Close()
	select {
	case got := <-code:
		if got != ExitGood {
			t.Errorf("exit code %d", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the run does not end")
	}
}

// endless is a file of n lines.
type endless struct {
	n    int
	line string
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.n == 0 {
			return 0, io.EOF
		}
		e.n--
		e.rest = e.line
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestCasesMemory: what is held does not grow with the number of lines.
func TestCasesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 200 MB")
	}
	pad := strings.Repeat(" ", 1<<20)
	in := &endless{n: 200, line: strings.Replace(goodCase, `{"id"`, "{"+pad+`"id"`, 1) + "\n"}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	out := writerFunc(func(p []byte) (int, error) {
		runtime.ReadMemStats(&after)
		peak = max(peak, after.HeapInuse)
		return len(p), nil
	})
	c := Command{Stdin: in, Stdout: out, Stderr: io.Discard}
	if code := c.Main([]string{"simulate", "--cases", "-"}); code != ExitGood {
		t.Fatalf("exit code %d", code)
	}
	if peak > before.HeapInuse+(300<<20) {
		t.Errorf("%d MiB held", peak>>20)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestCasesBrokenStreams: an end that cannot be written to or read from is a
// failure, and nothing waits for ever.
func TestCasesBrokenStreams(t *testing.T) {
	many := strings.Repeat(goodCase+"\n", 5000)
	full := writerFunc(func([]byte) (int, error) { return 0, fmt.Errorf("no space left") })
	c := Command{Stdin: strings.NewReader(many), Stdout: full, Stderr: io.Discard}
	if code := c.Main([]string{"simulate", "--cases", "-"}); code != ExitFailure {
		t.Errorf("a full disk: exit code %d", code)
	}
	var out bytes.Buffer
	c = Command{Stdin: io.MultiReader(strings.NewReader(goodCase+"\n"), iotest.ErrReader(fmt.Errorf("broken"))), Stdout: &out, Stderr: io.Discard}
	if code := c.Main([]string{"simulate", "--cases", "-"}); code != ExitFailure || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("a broken input: exit code %d, answers %q", code, out.String())
	}
}

// BenchmarkCases evaluates and compares the labelled lines.
func BenchmarkCases(b *testing.B) {
	for _, tt := range []struct{ command, file string }{
		{"simulate", "../../../../iam/authz/testdata/evaluations.jsonl"},
		{"diff", "../../../../iam/access/testdata/access-pairs.jsonl"},
	} {
		b.Run(tt.command, func(b *testing.B) {
			text, err := os.ReadFile(tt.file)
			if err != nil {
				b.Fatal(err)
			}
			lines := bytes.Count(text, []byte("\n"))
			for b.Loop() {
				c := Command{Stdin: bytes.NewReader(text), Stdout: io.Discard, Stderr: io.Discard}
				if code := c.Main([]string{tt.command, "--cases", "-"}); code != ExitGood {
					b.Fatal(code)
				}
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "cases/s")
		})
	}
}
