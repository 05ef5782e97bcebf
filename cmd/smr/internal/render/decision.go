package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// SimulationSchema names the layout of the JSON form of decisions.
const SimulationSchema = "smr.simulate/1"

// A Decision answers one request of one role in one account.
type Decision struct {
	Role      string        `json:"role"`
	Account   string        `json:"account"`
	Principal string        `json:"principal"` // the role's ARN
	Action    string        `json:"action"`
	Resource  string        `json:"resource"`
	Context   authz.Context `json:"context"` // the keys given, and those that follow from the role

	// Decision is allow, implicit-deny, explicit-deny or unknown; the last has
	// UnknownBecause.
	Decision       string `json:"decision"`
	UnknownBecause string `json:"unknown_because,omitempty"`

	Reasons    []Reason `json:"reasons"`               // every statement that matches, and what withholds
	NearMisses []Reason `json:"near_misses,omitempty"` // of a denied request: statements that allow the action otherwise
	Notes      []string `json:"notes,omitempty"`
}

// A Reason is what one statement, or the want of one, says about a request.
type Reason struct {
	Layer     string        `json:"layer"`
	Policy    string        `json:"policy"`
	Statement int           `json:"statement"` // from 0; -1 for a layer
	SID       string        `json:"sid,omitempty"`
	Effect    policy.Effect `json:"effect"`
	Matched   bool          `json:"matched"`
	Because   string        `json:"because"`
	From      *Origin       `json:"from,omitempty"`
}

// An Origin is the place in the files that a statement comes from.
type Origin struct {
	File     string  `json:"file"`
	Line     int     `json:"line"`
	Activity string  `json:"activity,omitempty"` // "" for a hand-written statement
	Label    string  `json:"label,omitempty"`
	Override *Origin `json:"override,omitempty"`
}

// DecisionsJSON writes decisions as one JSON object.
func DecisionsJSON(w io.Writer, list []Decision) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema  string     `json:"schema"`
		Answers []Decision `json:"answers"`
	}{SimulationSchema, list})
}

// Decisions writes decisions as trees, for people.
func Decisions(w io.Writer, list []Decision, o Options) error {
	buf := bufio.NewWriter(w)
	for i := range list {
		if i > 0 {
			buf.WriteString("\n")
		}
		d := &decisionWriter{w: buf, o: o}
		d.write(&list[i])
	}
	return buf.Flush()
}

type decisionWriter struct {
	w *bufio.Writer
	o Options
}

// verdict is the word and color of a decision.
func verdict(decision string) (string, style) {
	switch decision {
	case "allow":
		return "Allowed", green
	case "implicit-deny":
		return "Denied", red
	case "explicit-deny":
		return "Denied explicitly", red
	}
	return "Unknown", yellow
}

func (d *decisionWriter) write(x *Decision) {
	text, tint := verdict(x.Decision)
	fmt.Fprintf(d.w, "%s  %s on %s\n", paint(d.o.Color, tint, text+":"), paint(d.o.Color, bold, clean(x.Action)), clean(x.Resource))
	if x.UnknownBecause != "" {
		d.text("  ", "  ", sentence(x.UnknownBecause))
	}
	fmt.Fprintf(d.w, "  %s in %s, %s\n", clean(x.Role), clean(x.Account), clean(x.Principal))
	nodes := len(x.Reasons)
	if len(x.NearMisses) > 0 {
		nodes++
	}
	for i := range x.Reasons {
		d.reason("  ", &x.Reasons[i], i == nodes-1)
	}
	if len(x.NearMisses) > 0 {
		d.w.WriteString("  └─ Nearest, but not matching:\n")
		for i := range x.NearMisses {
			d.reason("     ", &x.NearMisses[i], i == len(x.NearMisses)-1)
		}
	}
	for _, note := range x.Notes {
		d.text("  note: ", "        ", note)
	}
}

// reason writes one node: what speaks, what it says, where it stands.
func (d *decisionWriter) reason(indent string, r *Reason, last bool) {
	branch, trunk := "├─ ", "│  "
	if last {
		branch, trunk = "└─ ", "   "
	}
	fmt.Fprintf(d.w, "%s%s%s\n", indent, branch, d.title(r))
	d.text(indent+trunk, indent+trunk, r.Because)
	if r.From != nil {
		fmt.Fprintf(d.w, "%s%s%s\n", indent, trunk, paint(d.o.Color, cyan, origin(r.From)))
	}
}

func (d *decisionWriter) title(r *Reason) string {
	tint := green
	if r.Effect == policy.Deny {
		tint = red
	}
	if r.Statement < 0 {
		return paint(d.o.Color, tint, clean(r.Policy))
	}
	text := paint(d.o.Color, tint, clean(string(r.Effect))) + "  " + clean(r.Policy) + fmt.Sprintf(", statement %d", r.Statement+1)
	if r.SID != "" {
		text += " " + clean(r.SID)
	}
	if r.Layer != authz.Identity.String() {
		text += " (" + clean(r.Layer) + ")"
	}
	return text
}

// text writes wrapped text, with one lead before the first line and another
// before the rest.
func (d *decisionWriter) text(first, rest, text string) {
	width := d.o.Width
	if width > 0 {
		width = max(width-columns(rest), 20)
	}
	for i, line := range wrap(clean(text), width) {
		if i > 0 {
			first = rest
		}
		fmt.Fprintln(d.w, first+line)
	}
}

// origin is a place with what stands there.
func origin(o *Origin) string {
	text := place(o.File, o.Line)
	here := o.Override != nil && o.Override.File == o.File && o.Override.Line == o.Line
	if o.Activity != "" {
		text += "  "
		if here {
			text += "override of "
		}
		text += "activity " + clean(o.Activity)
	}
	if o.Label != "" {
		if o.Activity == "" {
			text += " "
		} else {
			text += ","
		}
		text += ` statement "` + clean(o.Label) + `"`
	}
	if o.Override != nil && !here {
		text += ", changed by the override at " + place(o.Override.File, o.Override.Line)
	}
	return text
}

func place(file string, line int) string {
	if line == 0 {
		return clean(file)
	}
	return fmt.Sprintf("%s:%d", clean(file), line)
}

// sentence begins text with a capital and ends it with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
