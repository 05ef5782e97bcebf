package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/sagemaker-roles/smr/iam/access"
)

// The most that one line of --cases may hold, and all lines that are being
// answered together.
const (
	maxCase       = 8 << 20
	maxUnanswered = 32 << 20
)

// A caseLine is one line on its way to its answer.
type caseLine struct {
	number int
	text   []byte // nil: too long
	weight int
	answer []byte
	good   bool
	fault  error
	done   chan struct{}
}

// answerCases answers each line of a file, in order and in constant memory:
// several at a time, as many as are being read before their answers are
// written. What is written is flushed when no line waits to be answered, so
// that a program that asks and waits gets its answer. A line that cannot be
// judged is answered with an error, and the end is [findings]; a fault of smr
// itself is told at the end.
func (s *session) answerCases(name string, answer func(line []byte) ([]byte, bool, error)) error {
	in, err := s.casesFile(name)
	if err != nil {
		return err
	}
	defer in.Close()
	workers := max(1, runtime.GOMAXPROCS(0))
	queue := make(chan *caseLine, 64*workers) // in the order of the answers
	work := make(chan *caseLine)
	room := newRoom(maxUnanswered)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for c := range work {
				c.judge(answer)
				close(c.done)
			}
		})
	}
	var readErr error
	go func() {
		defer close(queue)
		defer close(work)
		readErr = readCases(in, func(c *caseLine) bool {
			if !room.take(c.weight) {
				return false
			}
			queue <- c
			work <- c
			return true
		})
	}()
	good, fault, writeErr := s.writeAnswers(queue, room)
	wait.Wait()
	switch {
	case writeErr != nil:
		return writeErr
	case readErr != nil:
		return fmt.Errorf("%s: %w", name, cause(readErr))
	case fault != nil:
		return fault
	case !good:
		return findings()
	}
	return nil
}

// writeAnswers writes answers in order. It reads the queue to its end even
// where writing fails, so that nobody waits for it.
func (s *session) writeAnswers(queue <-chan *caseLine, room *room) (good bool, fault, err error) {
	out := bufio.NewWriterSize(s.Stdout, 1<<16)
	good = true
	for c := range queue {
		<-c.done
		room.give(c.weight)
		if err != nil {
			continue
		}
		good = good && c.good
		fault = errors.Join(fault, c.fault)
		if _, err = out.Write(append(c.answer, '\n')); err == nil && len(queue) == 0 {
			err = out.Flush()
		}
		if err != nil {
			room.close()
		}
	}
	if err == nil {
		err = out.Flush()
	}
	return good, fault, err
}

// casesFile opens what --cases names; - is standard input.
func (s *session) casesFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(s.Stdin), nil
	}
	f, err := os.Open(s.path(name))
	if err != nil {
		return nil, fmt.Errorf("--cases %s: %w", name, cause(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, usagef("--cases %s is a directory; name a file with one case a line", name)
	}
	return f, nil
}

// readCases hands on each line that is not blank, until it is told to stop. Of
// a line that is too long nothing is kept.
func readCases(in io.Reader, take func(*caseLine) bool) error {
	r := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		text, tooLong, err := readCase(r)
		if err != nil && err != io.EOF {
			return err
		}
		if len(bytes.TrimSpace(text)) > 0 || tooLong {
			if !take(&caseLine{number: number, text: text, weight: len(text) + 1024, done: make(chan struct{})}) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readCase reads one line without its end.
func readCase(r *bufio.Reader) (text []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		switch {
		case tooLong:
		case len(text)+len(part) > maxCase:
			text, tooLong = nil, true
		default:
			text = append(text, part...)
		}
		if err != bufio.ErrBufferFull {
			return text, tooLong, err
		}
	}
}

// judge answers the line. A fault of smr in one line does not end the others.
func (c *caseLine) judge(answer func([]byte) ([]byte, bool, error)) {
	defer func() {
		if p := recover(); p != nil {
			c.fault = fmt.Errorf("line %d: this is a mistake of smr, not of yours: %v", c.number, p)
			c.answer, c.good = []byte(`{"id":null,"error":"this line met a mistake of smr"}`), false
		}
		c.text = nil
	}()
	if c.text == nil {
		c.answer = fmt.Appendf(nil, `{"id":null,"error":"line %d is longer than %d bytes, the most that a case may have"}`, c.number, maxCase)
		return
	}
	c.answer, c.good, c.fault = answer(c.text)
}

// A room holds a weight of things at a time.
type room struct {
	mu     sync.Mutex
	freed  sync.Cond
	size   int
	held   int
	closed bool
}

func newRoom(size int) *room {
	r := &room{size: size}
	r.freed.L = &r.mu
	return r
}

// take waits until the weight fits; alone it always does. It is false once the
// room is closed.
func (r *room) take(weight int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.held > 0 && r.held+weight > r.size && !r.closed {
		r.freed.Wait()
	}
	r.held += weight
	return !r.closed
}

func (r *room) give(weight int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held -= weight
	r.freed.Broadcast()
}

func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.freed.Broadcast()
}

// compareCase answers one line of diff --cases.
func compareCase(line []byte) ([]byte, bool, error) {
	answer, err := access.AnswerCase(line, access.Options{Facts: access.ServiceFacts()})
	return answer, !isErrorAnswer(answer), err
}

// isErrorAnswer reports whether an answer is {"id", "error"}.
func isErrorAnswer(answer []byte) bool {
	if !bytes.Contains(answer, []byte(`"error":`)) {
		return false
	}
	var told struct{ Error *string }
	return json.Unmarshal(answer, &told) == nil && told.Error != nil
}
