package inert_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/review/inert"
	"github.com/sagemaker-roles/smr/review/internal/runner"
)

// checkLog writes a text to a log in pieces, between annotations that hold it
// too, and asks the runner's rules what they find: those annotations alone.
func checkLog(t testing.TB, s string, r *rand.Rand) {
	t.Helper()
	var b strings.Builder
	log := inert.NewLog(&b)
	for rest := s; rest != ""; {
		n := 1 + r.IntN(len(rest))
		if _, err := io.WriteString(log, rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	a := inert.Annotation{Level: inert.Error, File: s, Line: 42, EndLine: 45, Col: 3, Title: s, Message: s}
	if err := log.Annotate(a); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(log, "error: role %s\n%s", inert.Quote(s), s)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	got := runner.Judge(runner.Step{Log: b.String()})
	if len(got.Commands) != 1 || len(got.Annotations) != 1 {
		t.Fatalf("text %q plants commands %+v in the log\n%q", s, got.Commands, b.String())
	}
	shown := got.Annotations[0]
	want := map[string]string{}
	if s != "" && inert.Text(s) == s {
		want["file"], want["line"], want["endline"], want["col"] = s, "42", "45", "3"
	}
	if title := strings.TrimSpace(inert.Cut(inert.Text(s), inert.MaxTitle)); title != "" {
		want["title"] = title
	}
	if diff := cmp.Diff(want, shown.Properties); diff != "" {
		t.Fatalf("text %q (-want +got):\n%s", s, diff)
	}
	if len([]rune(shown.Message)) > inert.MaxMessage || strings.ContainsAny(shown.Message, "\r\x1b\u202e") {
		t.Fatalf("text %q is shown as %q", s, shown.Message)
	}
	// The runner prints the message to the log again, where an older reader
	// would search it.
	for line := range strings.Lines(shown.Message) {
		if c := runner.Commands(line); len(c) > 0 {
			t.Fatalf("text %q makes a message with commands %+v", s, c)
		}
	}
}

func TestLogPlantsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	planted := 0
	for _, f := range fragments {
		checkLog(t, f, r)
		checkLog(t, "\n"+f, r)
	}
	n := 8000
	if testing.Short() {
		n = 2000
	}
	for range n {
		s := hostile(r)
		planted += len(runner.Commands(s))
		checkLog(t, s, r)
	}
	if planted == 0 {
		t.Error("none of the texts holds a command: the test shows nothing")
	}
	checkLog(t, strings.Repeat("x", 70<<10)+"##[error]::error::", r)
	checkLog(t, strings.Repeat("#", 64<<10)+"#[error]x", r)
}

func FuzzLog(f *testing.F) {
	for _, s := range fragments {
		f.Add(s, uint64(1))
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64) { checkLog(t, s, rand.New(rand.NewPCG(seed, 1))) })
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"roles.smr:3: error": "roles.smr:3: error",
		"::error::x":         ": :error::x",
		"  ::error::x":       "  : :error::x",
		"\t12 │ ::x":         "\t12 │ ::x",
		"a ##[group]b":       "a ## [group]b",
		"a\rb":               "a◌b",
		"\x1b[31mred":        "◌[31mred",
	} {
		if got := inert.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
	if got := inert.Quote("a\"\n##[error]\u202e"); got != `"a\"◌## [error]◌"` {
		t.Errorf("Quote = %s", got)
	}
}

// failing is a writer whose disk is full.
type failing struct{}

var errFull = errors.New("no space left on device")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestLogErrors(t *testing.T) {
	log := inert.NewLog(failing{})
	if _, err := io.WriteString(log, "x\n"); !errors.Is(err, errFull) {
		t.Errorf("Write: %v", err)
	}
	if err := log.Annotate(inert.Annotation{Level: inert.Error}); !errors.Is(err, errFull) {
		t.Errorf("Annotate: %v", err)
	}
	if err := inert.NewLog(io.Discard).Annotate(inert.Annotation{Level: "add-mask", Message: "a"}); err == nil {
		t.Error("an annotation of level add-mask was written")
	}
}

func TestBudget(t *testing.T) {
	var all []inert.Annotation
	for i := range 12 {
		all = append(all, inert.Annotation{Level: inert.Notice, Message: fmt.Sprint("n", i)}, inert.Annotation{Level: inert.Error, Message: fmt.Sprint("e", i)})
	}
	all = append(all, inert.Annotation{Level: inert.Warning, Message: "w"})
	var b strings.Builder
	log := inert.NewLog(&b)
	for _, a := range inert.Budget(all, "the job summary") {
		if err := log.Annotate(a); err != nil {
			t.Fatal(err)
		}
	}
	got := runner.Judge(runner.Step{Log: b.String()})
	if len(got.Dropped) > 0 || len(got.Annotations) != 21 {
		t.Errorf("%d annotations, %v dropped", len(got.Annotations), got.Dropped)
	}
	if a := got.Annotations[9]; a.Level != "error" || a.Message != "3 more of this level stand in the job summary." {
		t.Errorf("the tenth is %+v", a)
	}
	if a := got.Annotations[10]; a.Level != "warning" {
		t.Errorf("after the errors comes %+v", a)
	}
}

func checkOutput(t testing.TB, name, value string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("before=1\n")
	err := inert.WriteOutput(&b, name, value)
	b.WriteString("after=2\n")
	want := map[string]string{"before": "1", "after": "2"}
	if err == nil {
		want[name] = value
	}
	got, fault := runner.File(b.String())
	if diff := cmp.Diff(want, got); diff != "" || fault != nil {
		t.Fatalf("output %q = %q: %v (-want +got):\n%s", name, value, fault, diff)
	}
	if err == nil && strings.ContainsAny(value, " \t\n\r$`\"'\\;&|<>(){}*?[]!~#=%@^,") {
		t.Fatalf("output %q means something to a shell", value)
	}
	if err != nil && len(runner.Commands(err.Error())) > 0 {
		t.Fatalf("the error is a command: %q", err)
	}
}

func TestOutputs(t *testing.T) {
	for _, value := range []string{"", "pass", "97", "sha256:4c1f0e9d2a77", "out/report.json", "true", "-1"} {
		var b strings.Builder
		if err := inert.WriteOutput(&b, "result", value); err != nil || b.String() != "result="+value+"\n" {
			t.Errorf("output %q: %q, %v", value, &b, err)
		}
	}
	for _, name := range []string{"", "a=b", "A", "a\nb", "a<<EOF", "é"} {
		if err := inert.WriteOutput(io.Discard, name, "x"); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	if err := inert.WriteOutput(io.Discard, "result", strings.Repeat("x", 1001)); err == nil {
		t.Error("a value of 1,001 characters was taken")
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		checkOutput(t, "role", hostile(r))
	}
}

func FuzzOutput(f *testing.F) {
	for _, s := range fragments {
		f.Add("role", s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "before" || name == "after" {
			return
		}
		checkOutput(t, name, value)
	})
}
