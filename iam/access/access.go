package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
)

// An Answer is what a comparison proves.
type Answer string

// The answers. Unknown must be treated as Yes by whoever guards anything.
const (
	No      Answer = "no"      // there is no such request
	Yes     Answer = "yes"     // there is one: the witness
	Unknown Answer = "unknown" // UnknownBecause says why
)

// Facts are what the comparison likes to know of AWS's services. It is sound
// without: then keys have the types that operators suggest, and actions in
// witnesses may be names that do not exist.
type Facts interface {
	authz.KeyTypes

	// Services returns the prefixes of all services, sorted.
	Services() []string

	// Actions returns the names of a service's actions without the prefix,
	// such as "GetObject", sorted; nil for an unknown service.
	Actions(service string) []string

	// Formats returns the ARN formats of the resource types of an action,
	// service:name in any case, with placeholders in "${" and "}"; ok is false
	// for an unknown action. No formats: the action takes "*" alone.
	Formats(action string) (formats []string, ok bool)

	// Level returns the access level of an action, service:name in any case;
	// "" if it is unknown.
	Level(action string) Level
}

// Options choose the facts and limits of a comparison. The zero Options are
// usable.
type Options struct {
	Facts  Facts  // nil: none
	Limits Limits // zero fields: DefaultLimits

	// OneWay leaves out lost access: LostAccess is then "" and Lost empty.
	OneWay bool

	// NoRows leaves out Gained and Lost.
	NoRows bool
}

func (o *Options) keys() authz.KeyTypes {
	if o.Facts == nil {
		return authz.GlobalKeys{}
	}
	return o.Facts
}

// A Result is the answer to a comparison of base with head.
type Result struct {
	NewAccess  Answer `json:"new_access"`            // head allows what base does not
	LostAccess Answer `json:"lost_access,omitempty"` // base allows what head does not

	// Gained and Lost describe the difference; see [Row].
	Gained []Row `json:"gained"`
	Lost   []Row `json:"lost"`

	// IfStarCrossesColons is Yes or Unknown where NewAccess is No and would not
	// be if a * that ends a segment of an ARN ran on over colons, as AWS's page
	// "IAM JSON policy elements: Resource" says it can; StarWitness is then the
	// request that shows it.
	IfStarCrossesColons Answer   `json:"if_star_crosses_colons,omitempty"`
	StarWitness         *Witness `json:"star_witness,omitempty"`

	Witness     *Witness `json:"witness,omitempty"`
	LostWitness *Witness `json:"lost_witness,omitempty"`

	// FutureNamesOnly says that only actions that the facts do not list are new.
	FutureNamesOnly bool `json:"future_names_only,omitempty"`

	// OnlyIfAbsent names condition keys that AWS documents as always sent, and
	// without which there is no new access.
	OnlyIfAbsent []string `json:"only_if_absent,omitempty"`

	UnknownBecause string `json:"unknown_because,omitempty"`
}

// Empty reports whether the sides are proved to allow the same.
func (r *Result) Empty() bool {
	return r.NewAccess == No && r.LostAccess == No && r.IfStarCrossesColons == ""
}

// Compare decides for all requests whether head allows what base does not, and
// the reverse. The error tells policies that AWS would refuse, sides that
// cannot be compared, or, as an [UnconfirmedError], a fault of this package.
func Compare(base, head Side, o Options) (Result, error) {
	c, err := newComparison(base, head, o)
	if err != nil {
		return Result{}, err
	}
	return c.compare()
}

func (c *comparison) compare() (Result, error) {
	e := newEngine(c.program, c.ways, bySegment, c.budget)
	e.run()
	var r Result
	var faults [3]error
	r.NewAccess, r.Witness, faults[0] = c.settle(e, gained)
	if !c.options.OneWay {
		r.LostAccess, r.LostWitness, faults[1] = c.settle(e, lost)
	}
	if !c.options.NoRows {
		r.Gained, r.Lost = c.rows(e, gained), c.rows(e, lost)
	}
	if r.NewAccess != No {
		c.remark(e, &r)
	} else if c.program.crosses() {
		faults[2] = c.acrossColons(&r)
	}
	if r.NewAccess == Unknown || r.LostAccess == Unknown || r.IfStarCrossesColons == Unknown {
		r.UnknownBecause = c.because()
	}
	if err := cmp.Or(faults[:]...); err != nil {
		return Result{}, err
	}
	return r, nil
}

// An UnconfirmedError is a witness that authz does not decide as the comparison
// does: one of the two is wrong. It is never the fault of a policy.
type UnconfirmedError struct{ Witness Witness }

// Error implements error.
func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("internal error: the comparison found a request that the evaluation decides otherwise: %s on %s", e.Witness.Action, e.Witness.Resource)
}

// A comparison is what both readings of one share.
type comparison struct {
	base, head Side
	options    Options
	program    *program
	ways       [2]direction
	budget     *budget
	judge      *judge   // as AWS decides
	policies   *judge   // as policies alone decide
	doubts     []string // why candidates were not confirmed
	giving     []*judge // see judges
}

func newComparison(base, head Side, o Options) (*comparison, error) {
	identity, err := kind(base, head)
	if err != nil {
		return nil, err
	}
	c := &comparison{base: base, head: head, options: o, budget: newBudget(o.Limits)}
	c.appoint(identity, false)
	if err = c.judge.compile(); err != nil {
		return nil, err
	}
	c.program = newProgram(identity, o.keys())
	b, h := c.program.addSide(base), c.program.addSide(head)
	c.program.findSymbols()
	c.ways[gained] = direction{allows: c.program.layers(h), denies: c.program.layers(b)}
	if !o.OneWay {
		c.ways[lost] = direction{allows: c.ways[gained].denies, denies: c.ways[gained].allows}
	}
	return c, nil
}

// appoint sets the judges for one reading of stars.
func (c *comparison) appoint(identity, crosses bool) {
	o := authz.Options{Keys: c.options.keys(), StarCrossesColons: crosses}
	c.judge = newJudge(c.base, c.head, identity, o)
	o.PoliciesOnly = true
	c.policies = newJudge(c.base, c.head, identity, o)
	c.giving = nil
}

// witnessFindings bounds the findings that are tried for the best witness.
const witnessFindings = 64

// settle answers one way: a finding without guesses must be confirmed, those
// with guesses are tried.
func (c *comparison) settle(e *engine, way int) (Answer, *Witness, error) {
	sure, guesses := c.candidates(e, way)
	if len(sure) > 0 {
		return c.confirmed(e, sure, way)
	}
	tries := triesPerWay
	for _, f := range guesses[:min(len(guesses), findingsPerWay)] {
		if w := c.try(e, f, way, &tries); w != nil {
			f.proved = true
			return Yes, w, nil
		}
	}
	switch {
	case len(guesses) > 0:
		c.doubt(e.open(guesses[0]))
		return Unknown, nil, nil
	case e.cut[way]:
		return Unknown, nil, nil
	}
	return No, nil, nil
}

// confirmed returns a witness of one of the findings, the best first. What the
// policies decide may differ from what AWS does, which lets nobody change some
// things whatever policies say: a witness that shows the difference there too
// is better.
func (c *comparison) confirmed(e *engine, sure []*finding, way int) (Answer, *Witness, error) {
	var second *Witness
	for _, f := range sure[:min(len(sure), witnessFindings)] {
		d := e.draft(f, way, c.options.Facts)
		context, _ := d.context()
		for _, resource := range d.resources() {
			w := d.witness(resource, context)
			if c.judge.confirm(w, way) {
				return Yes, w, nil
			}
			if second != nil {
				continue
			}
			if !c.policies.confirm(w, way) {
				return Unknown, nil, &UnconfirmedError{*w}
			}
			second = w
		}
	}
	second.assume("Policies alone decide; AWS allows or refuses this request whatever they say.")
	return Yes, second, nil
}

// candidates returns the findings that leave nothing open, the best first, and
// those that do. Best is: no key absent that AWS always sends, an action that
// exists, a resource rather than "*".
func (c *comparison) candidates(e *engine, way int) (sure, guesses []*finding) {
	for i := range e.found[way] {
		f := &e.found[way][i]
		if f.answer.solution.tier == tierGuess {
			guesses = append(guesses, f)
		} else {
			sure = append(sure, f)
		}
	}
	drafts := map[int]draft{}
	for _, f := range sure[:min(len(sure), 4*witnessFindings)] {
		if _, ok := drafts[f.group]; !ok {
			drafts[f.group] = e.draft(f, way, c.options.Facts)
		}
	}
	rank := func(f *finding) int {
		n, d := 0, drafts[f.group]
		if f.answer.solution.tier == tierSure {
			n -= 4
		}
		if d.known {
			n -= 2
		}
		if (f.resource.text == "*") == (d.known && len(d.formats) == 0) {
			n--
		}
		return n
	}
	slices.SortStableFunc(sure, func(f, g *finding) int { return cmp.Compare(rank(f), rank(g)) })
	return sure, guesses
}

// remark adds what the universe has to do with a "yes".
func (c *comparison) remark(e *engine, r *Result) {
	if len(e.found[gained]) == 0 {
		return
	}
	future, absent := c.options.Facts != nil, true
	var keys []string
	for i := range e.found[gained] {
		f := &e.found[gained][i]
		if future && e.draft(f, gained, c.options.Facts).known {
			future = false
		}
		if f.answer.solution.tier != tierAbsent {
			absent = false
		} else if keys == nil {
			keys = f.answer.absentAlways()
		}
	}
	r.FutureNamesOnly = future
	if absent {
		r.OnlyIfAbsent = keys
	}
}

// acrossColons decides the other reading of stars, where the first says no.
func (c *comparison) acrossColons(r *Result) error {
	c.appoint(c.program.identity, true)
	e := newEngine(c.program, [2]direction{gained: c.ways[gained]}, acrossColon, c.budget)
	e.run()
	answer, w, err := c.settle(e, gained)
	if answer != No {
		r.IfStarCrossesColons, r.StarWitness = answer, w
	}
	return err
}

func (c *comparison) doubt(text string) {
	if !slices.Contains(c.doubts, text) {
		c.doubts = append(c.doubts, text)
	}
}

// because says why an answer is unknown.
func (c *comparison) because() string {
	return strings.Join(append(slices.Clone(c.doubts), c.budget.reasons...), "; ")
}
