package apply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// JournalSchema names the layout of a journal; what is added later keeps it.
const JournalSchema = "smr.journal/1"

// A Journal writes what a run does, one JSON object a line: first what the
// roles and policies were before, then each operation, last how the run ended.
// A nil Journal writes nothing.
type Journal struct {
	w   io.Writer
	cut bool // what was written last is half a line
	err error
}

// NewJournal writes to w, each line with one call of Write.
func NewJournal(w io.Writer) *Journal { return &Journal{w: w} }

// OpenJournal appends to a file, which only its owner may read if it is made
// now. What a run before this one left half written stays a line of its own.
func OpenJournal(name string) (*Journal, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	j := NewJournal(f)
	if j.cut, err = endsInsideLine(name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// endsInsideLine reports whether a file does not end with the end of a line.
func endsInsideLine(name string) (bool, error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// Close closes the file of OpenJournal.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	if c, ok := j.w.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// A line of a journal.
type line struct {
	Schema string `json:"schema,omitempty"` // of "begin"
	Event  string `json:"event"`            // "begin", "done", "failed", "end"
	At     string `json:"at"`               // RFC 3339

	Plan   *plan.Plan `json:"plan,omitempty"`   // of "begin", without its diff
	Before *Before    `json:"before,omitempty"` // of "begin"
	Back   bool       `json:"back,omitempty"`   // of "begin": the plan takes a release back

	Operation string `json:"operation,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Resource  string `json:"resource,omitempty"`
	Error     string `json:"error,omitempty"`
	Complete  bool   `json:"complete,omitempty"` // of "end": everything was done
}

// Before is what the roles and policies that a plan touches were.
type Before struct {
	Partition string         `json:"partition"`
	Roles     []RoleBefore   `json:"roles"`
	Policies  []PolicyBefore `json:"policies"`
}

// RoleBefore is one role; Absent says that there was none of that name.
type RoleBefore struct {
	Name               string            `json:"name"`
	Absent             bool              `json:"absent,omitempty"`
	ID                 string            `json:"id,omitempty"`
	Path               string            `json:"path,omitempty"`
	Description        string            `json:"description,omitempty"`
	MaxSessionDuration int32             `json:"max_session_duration,omitempty"`
	Trust              string            `json:"trust,omitempty"`
	Inline             map[string]string `json:"inline,omitempty"`
	Attached           []string          `json:"attached,omitempty"`
	Boundary           string            `json:"boundary,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`
}

// PolicyBefore is one policy; Absent says that there was none with that ARN.
type PolicyBefore struct {
	ARN      string            `json:"arn"`
	Absent   bool              `json:"absent,omitempty"`
	Document string            `json:"document,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

func (j *Journal) write(l line) error {
	if j == nil {
		return nil
	}
	var b bytes.Buffer
	if j.cut {
		b.WriteByte('\n')
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return err
	}
	n, err := j.w.Write(b.Bytes())
	// An empty line does no harm, and half a one has to end.
	j.cut = err != nil && (j.cut || n > 0)
	if err != nil && j.err == nil {
		j.err = fmt.Errorf("the journal cannot be written: %w", err)
	}
	return j.err
}

// begin writes what is there before the first operation. An error keeps the run
// from beginning.
func (j *Journal) begin(p *plan.Plan, s *live.State, back bool, now time.Time) error {
	if j == nil {
		return nil
	}
	short := *p
	short.Diff = nil
	return j.write(line{Schema: JournalSchema, Event: "begin", At: stamp(now), Plan: &short, Before: before(p, s), Back: back})
}

// operation writes what came of an operation. A journal that cannot be written
// any more does not stop a run half way: end tells.
func (j *Journal) operation(e Event, now time.Time) {
	l := line{Event: string(e.Kind), At: stamp(now), Operation: e.Operation.ID, Kind: e.Operation.Kind, Resource: e.Operation.Resource}
	if e.Err != nil {
		l.Error = e.Err.Error()
	}
	if e.Kind == Done || e.Kind == Failed {
		_ = j.write(l)
	}
}

func (j *Journal) end(err error, now time.Time) error {
	if j == nil {
		return nil
	}
	l := line{Event: "end", At: stamp(now), Complete: err == nil}
	if err != nil {
		l.Error = err.Error()
	}
	return errors.Join(j.err, j.write(l))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// before is what of a state the plan touches, also what is in the end what it
// was: on the way it is not.
func before(p *plan.Plan, s *live.State) *Before {
	written := map[string]bool{}
	for i := range p.Operations {
		written[p.Operations[i].Resource] = true
	}
	b := &Before{Partition: p.Partition, Roles: []RoleBefore{}, Policies: []PolicyBefore{}}
	for _, res := range p.Resources {
		if res.Before == res.After && !written[res.ID] {
			continue
		}
		if name, ok := strings.CutPrefix(res.ID, plan.RoleID("")); ok {
			b.Roles = append(b.Roles, roleBefore(name, s.Role(name)))
			continue
		}
		arn := strings.TrimPrefix(res.ID, plan.PolicyID(""))
		pb := PolicyBefore{ARN: arn, Absent: s.Policies[arn] == nil}
		if have := s.Policies[arn]; have != nil {
			pb.Tags = have.Tags
			if d := have.Document(); d != nil {
				pb.Document = d.Text
			}
		}
		b.Policies = append(b.Policies, pb)
	}
	return b
}

func roleBefore(name string, r *live.Role) RoleBefore {
	if r == nil {
		return RoleBefore{Name: name, Absent: true}
	}
	b := RoleBefore{
		Name: r.Name, ID: r.ID, Path: r.Path, Description: r.Description, MaxSessionDuration: r.MaxSessionDuration,
		Attached: r.Attached, Boundary: r.Boundary, Tags: r.Tags,
	}
	if r.Trust != nil {
		b.Trust = r.Trust.Text
	}
	if len(r.Inline) > 0 {
		b.Inline = map[string]string{}
	}
	for inline, d := range r.Inline {
		if d != nil {
			b.Inline[inline] = d.Text
		}
	}
	return b
}

// A Record is what a journal tells of the last release: the run that completed
// last and those before it that did not, or the runs since.
type Record struct {
	Account  string
	Runs     []RunRecord // at least one, in the order in which they ran
	Complete bool        // the last run did everything
	Back     bool        // the last run was on the way back
}

// A RunRecord is one run: its plan without the diff, and what there was before.
type RunRecord struct {
	Plan   *plan.Plan
	Before Before
}

// ReadJournal reads a journal. A line that was cut off, by the end of a process
// or of the room on a disk, is left out: nothing is known of how its call or its
// run ended. A run whose beginning was cut off did nothing.
func ReadJournal(data []byte) (*Record, error) {
	var rec *Record
	var doubt error // of a line that may be the cut beginning of a run
	for i, text := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			err = fmt.Errorf("line %d of the journal is not one of smr: %w", i+1, err)
			switch {
			case json.Valid(text) || !cutOff(text):
				return nil, err
			case !bytes.HasPrefix(text, []byte(`{"event":`)):
				doubt = err
			}
			continue
		}
		if doubt != nil && l.Event != "begin" {
			return nil, doubt
		}
		doubt = nil
		switch {
		case l.Event == "begin" && (l.Schema != JournalSchema || l.Before == nil || l.Plan == nil):
			return nil, fmt.Errorf("line %d of the journal has the schema %q, and this smr reads %q", i+1, l.Schema, JournalSchema)
		case l.Event == "begin":
			if rec == nil || rec.Complete || l.Back && !rec.Back {
				rec = &Record{Account: l.Plan.Account}
			}
			rec.Back = l.Back
			if rec.Account != l.Plan.Account {
				return nil, fmt.Errorf("the journal tells of account %s and, from line %d on, of %s", rec.Account, i+1, l.Plan.Account)
			}
			if n := len(rec.Runs); n == 0 || l.Plan.Digest == "" || rec.Runs[n-1].Plan.Digest != l.Plan.Digest { // else the run before goes on
				rec.Runs = append(rec.Runs, RunRecord{Plan: l.Plan, Before: *l.Before})
			}
		case l.Event == "end" && rec != nil:
			rec.Complete = l.Complete
		}
	}
	if rec == nil {
		return nil, errors.New("the journal tells of no run")
	}
	return rec, nil
}

// cutOff reports whether a text is the beginning of JSON.
func cutOff(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var v any
	return errors.Is(d.Decode(&v), io.ErrUnexpectedEOF)
}

// State puts what was there before into a state of the account as it is now.
func (b *Before) State(now *live.State) *live.State {
	s := now.Clone()
	for _, p := range b.Policies {
		if p.Absent {
			delete(s.Policies, p.ARN)
			continue
		}
		name := p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
		_, rest, _ := strings.Cut(p.ARN, ":policy")
		s.Policies[p.ARN] = &live.Policy{
			ARN: p.ARN, Name: name, Path: strings.TrimSuffix(rest, name), DefaultVersion: "v1", Tags: maps.Clone(p.Tags),
			Versions: []live.Version{{ID: "v1", Document: live.NewDocument(p.Document)}},
		}
	}
	for _, r := range b.Roles {
		if r.Absent {
			delete(s.Roles, strings.ToLower(r.Name))
			continue
		}
		role := &live.Role{
			Name: r.Name, ID: r.ID, Path: r.Path, ARN: s.RoleARN(r.Path, r.Name), Description: r.Description, MaxSessionDuration: r.MaxSessionDuration,
			Trust: live.NewDocument(r.Trust), Inline: map[string]*live.Document{}, Boundary: r.Boundary, Tags: maps.Clone(r.Tags),
		}
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		for _, arn := range r.Attached {
			role.Attach(arn)
		}
		for name, text := range r.Inline {
			role.Inline[name] = live.NewDocument(text)
		}
		s.SetRole(role)
	}
	return s
}
