package access_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
)

// pairs is the number of random pairs that TestBruteForce tries; -pairs=100000
// takes some minutes.
var pairs = flag.Int("pairs", 2_000, "random pairs of policies for TestBruteForce")

// seed is the first seed of TestBruteForce.
var seed = flag.Uint64("seed", 1, "first seed of TestBruteForce")

// A universe is every request of the model that a pair can tell apart.
type universe struct {
	actions   []string
	resources []string
	contexts  []bruteRequest
}

// newUniverse makes the requests that statements tell apart: of the actions,
// resources and values of each key that all of them treat alike it keeps one.
func newUniverse(keys []bruteKey, statements []bruteStatement) *universe {
	u := &universe{contexts: []bruteRequest{{}}}
	var actions []string
	for _, name := range texts("abc", 1, 3) {
		actions = append(actions, "s:"+name)
	}
	actions = append(actions, "t:a", "t:b", "t:ab", "t:c", "t:ba", "t:abc", "u:a")
	u.actions = distinct(actions, func(a string, add func(bool)) {
		for i := range statements {
			add(statements[i].matchesAction(a))
		}
	})
	resources := append(arnTexts("abc"), "*", "arn:aws:s::b:a", "arn:aws:s:a:b:ab", "arn:aws:s::b:b")
	u.resources = distinct(resources, func(r string, add func(bool)) {
		for i := range statements {
			add(statements[i].matchesResource(r))
		}
	})
	for _, k := range keys {
		var next []bruteRequest
		values := distinct(k.values, func(v []string, add func(bool)) {
			r := bruteRequest{context: map[string][]string{}, lists: map[string]bool{k.name: k.list}}
			if v != nil {
				r.context[k.name] = v
			}
			for i := range statements {
				for j := range statements[i].conditions {
					if c := &statements[i].conditions[j]; c.key == k.name {
						add(c.holds(&r))
					}
				}
			}
		})
		for _, c := range u.contexts {
			for _, v := range values {
				d := bruteRequest{context: map[string][]string{}, lists: map[string]bool{}}
				for name, w := range c.context {
					d.context[name], d.lists[name] = w, c.lists[name]
				}
				if v != nil {
					d.context[k.name], d.lists[k.name] = v, k.list
				}
				next = append(next, d)
			}
		}
		u.contexts = next
	}
	return u
}

// distinct keeps the first of the members that are judged alike.
func distinct[T any](list []T, judge func(T, func(bool))) []T {
	seen := map[string]bool{}
	var out []T
	for _, x := range list {
		var key []byte
		judge(x, func(b bool) {
			if b {
				key = append(key, '1')
			} else {
				key = append(key, '0')
			}
		})
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, x)
		}
	}
	return out
}

// bitTable holds, for each statement, which actions, resources and contexts it
// matches.
type bitTable struct {
	deny                         bool
	actions, resources, contexts []bool
}

func (u *universe) table(p brutePolicy) []bitTable {
	var list []bitTable
	for i := range p {
		s := &p[i]
		t := bitTable{deny: s.deny}
		for _, a := range u.actions {
			t.actions = append(t.actions, s.matchesAction(a))
		}
		for _, r := range u.resources {
			t.resources = append(t.resources, s.matchesResource(r))
		}
		for j := range u.contexts {
			t.contexts = append(t.contexts, s.matchesContext(&u.contexts[j]))
		}
		list = append(list, t)
	}
	return list
}

// allowed writes into out in which contexts a side allows an action on a
// resource.
func allowed(side [][]bitTable, a, r int, out []bool) {
	for i := range out {
		out[i] = true
	}
	layerAllows := make([]bool, len(out))
	for _, layer := range side {
		clear(layerAllows)
		for _, t := range layer {
			if !t.actions[a] || !t.resources[r] {
				continue
			}
			for c, hit := range t.contexts {
				if hit && t.deny {
					out[c] = false
				} else if hit {
					layerAllows[c] = true
				}
			}
		}
		for c, ok := range layerAllows {
			out[c] = out[c] && ok
		}
	}
}

type bruteAnswer struct {
	NewAccess     access.Answer `json:"new_access"`
	LostAccess    access.Answer `json:"lost_access"`
	Witness       *bruteWitness
	LostWitness   *bruteWitness `json:"lost_witness"`
	Gained, Lost  []access.Row
	UnknownReason string `json:"unknown_because"`
	Error         string
}

type bruteWitness struct {
	Action, Resource string
	Context          map[string]any
}

// request reads a witness as the model does.
func (w *bruteWitness) request() *bruteRequest {
	r := &bruteRequest{action: w.Action, resource: w.Resource, context: map[string][]string{}, lists: map[string]bool{}}
	for k, v := range w.Context {
		switch v := v.(type) {
		case string:
			r.context[k] = []string{v}
		case []any:
			r.lists[k] = true
			for _, x := range v {
				r.context[k] = append(r.context[k], x.(string))
			}
		}
	}
	return r
}

// bruteCounts are what a run of TestBruteForce saw.
type bruteCounts struct{ yes, no, unknown, unknownYes, outside, rows, over int }

// TestBruteForce compares the answers with those of the model, which tries
// every request of a finite universe. Where the model finds a difference the
// comparison must say yes; where it finds none the comparison may have found
// one outside that universe, and the model must agree on its witness. Every
// request of a difference must be in a row.
func TestBruteForce(t *testing.T) {
	n := *pairs
	if testing.Short() {
		n = min(n, 300)
	}
	var counts bruteCounts
	for i := range n {
		brutePair(t, *seed+uint64(i), &counts)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d pairs: yes %d, no %d, unknown %d (of which there is a difference in %d); differences outside the finite universe %d; rows %d, of which say more than the difference %d",
		n, counts.yes, counts.no, counts.unknown, counts.unknownYes, counts.outside, counts.rows, counts.over)
	if counts.yes < n/4 || counts.no < n/4 {
		t.Errorf("the pairs are too alike to tell anything: %+v", counts)
	}
}

func brutePair(t *testing.T, seed uint64, counts *bruteCounts) {
	t.Helper()
	g := &bruteGen{Rand: rand.New(rand.NewPCG(seed, 7))}
	all := bruteKeys()
	g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	g.keys = all[:2]
	variables := [][]string{nil}
	if g.variables = g.IntN(4) == 0; g.variables {
		variables = [][]string{nil, {"a"}, {"b"}, {"ab"}, {"c"}}
	}
	base := g.side()
	head := g.near(base)
	if g.IntN(8) == 0 {
		head = g.side()
	}
	line, err := json.Marshal(map[string]any{"id": seed, "base": sideJSON(base), "head": sideJSON(head)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := access.AnswerCase(line, access.Options{})
	var got bruteAnswer
	if jsonErr := json.Unmarshal(text, &got); err != nil || jsonErr != nil || got.Error != "" {
		t.Fatalf("seed %d: %v %v\n%s\n%s", seed, err, jsonErr, line, text)
	}
	gained, lost := false, false
	for _, value := range variables {
		rows := [2][]access.Row{got.Gained, got.Lost}
		more, gone := differences(t, g.keys, resolve(base, value), resolve(head, value), rows, value, fmt.Sprintf("seed %d\n%s\n%s", seed, line, text), counts)
		gained, lost = gained || more, lost || gone
	}
	judge := func(way string, answer access.Answer, w *bruteWitness, found bool, allow, deny []brutePolicy) {
		switch {
		case answer == access.Unknown:
			counts.unknown++
			if found {
				counts.unknownYes++
			}
			if !g.variables {
				t.Errorf("seed %d: %s unknown: %s\n%s", seed, way, got.UnknownReason, line)
			}
		case answer == access.No && found:
			t.Errorf("seed %d: %s: the comparison says no, and there is one\n%s\n%s", seed, way, line, text)
		case answer == access.Yes:
			counts.yes++
			if !found {
				counts.outside++
			}
			r := w.request()
			if !allows(allow, r) || allows(deny, r) {
				t.Errorf("seed %d: %s: the model decides the witness otherwise\n%s\n%s", seed, way, line, text)
			}
		default:
			counts.no++
		}
	}
	judge("gained", got.NewAccess, got.Witness, gained, head, base)
	judge("lost", got.LostAccess, got.LostWitness, lost, base, head)
}

// differences tries every request with one value of the policy variable, and
// checks the rows of both ways against them.
func differences(t *testing.T, keys []bruteKey, base, head []brutePolicy, said [2][]access.Row, value []string, about string, counts *bruteCounts) (gained, lost bool) {
	t.Helper()
	var spoken [2][]brutePolicy
	var statements []bruteStatement
	for _, p := range slices.Concat(base, head) {
		statements = append(statements, p...)
	}
	for way, rows := range said {
		for _, row := range rows {
			spoken[way] = append(spoken[way], resolve([]brutePolicy{rowStatements(row)}, value)[0])
			statements = append(statements, spoken[way][len(spoken[way])-1]...)
		}
	}
	if value != nil || slices.ContainsFunc(keys, func(k bruteKey) bool { return k.name == "aws:username" }) {
		keys = append(slices.Clone(keys), bruteKey{name: "aws:username", values: [][]string{value}})
	}
	u := newUniverse(keys, statements)
	var b, h [][]bitTable
	for _, p := range base {
		b = append(b, u.table(p))
	}
	for _, p := range head {
		h = append(h, u.table(p))
	}
	rows := [2][]bitTable{u.rows(spoken[0]), u.rows(spoken[1])}
	over := [2][]bool{make([]bool, len(rows[0])), make([]bool, len(rows[1]))}
	inBase, inHead := make([]bool, len(u.contexts)), make([]bool, len(u.contexts))
	for a := range u.actions {
		for r := range u.resources {
			allowed(b, a, r, inBase)
			allowed(h, a, r, inHead)
			for c := range u.contexts {
				new, gone := inHead[c] && !inBase[c], inBase[c] && !inHead[c]
				gained, lost = gained || new, lost || gone
				for way, is := range [2]bool{new, gone} {
					in := false
					for i, row := range rows[way] {
						if row.actions[a] && row.resources[r] && row.contexts[c] {
							in = true
							over[way][i] = over[way][i] || !is
						}
					}
					if is && !in {
						t.Errorf("%s on %s with %v is a difference (way %d) and in no row: %s", u.actions[a], u.resources[r], u.contexts[c].context, way, about)
						return gained, lost
					}
				}
			}
		}
	}
	for way := range over {
		counts.rows += len(over[way])
		for _, o := range over[way] {
			if o {
				counts.over++
			}
		}
	}
	return gained, lost
}

// rowStatements reads a row as the model does: what it says, and the two
// exceptions from it.
func rowStatements(row access.Row) []bruteStatement {
	s := bruteStatement{actions: row.Actions, resources: row.Resources}
	for op, keys := range row.Conditions {
		for k, v := range keys {
			s.conditions = append(s.conditions, bruteCondition{op, k, v})
		}
	}
	return []bruteStatement{s, {actions: row.NotActions}, {resources: row.NotResources}}
}

func (u *universe) rows(rows []brutePolicy) []bitTable {
	var list []bitTable
	for _, row := range rows {
		tables := u.table(row)
		t := tables[0]
		for a, hit := range tables[1].actions {
			t.actions[a] = t.actions[a] && !hit
		}
		for r, hit := range tables[2].resources {
			t.resources[r] = t.resources[r] && !hit
		}
		list = append(list, t)
	}
	return list
}

// TestModel holds the model against AWS's documentation in the places that
// are easily wrong.
func TestModel(t *testing.T) {
	r := &bruteRequest{context: map[string][]string{"k": {"a"}}, lists: map[string]bool{}}
	for _, c := range []struct {
		operator, key, value string
		want                 bool
	}{
		{"StringEquals", "k", "a", true},
		{"StringNotEquals", "k", "a", false},
		{"StringNotEquals", "x", "a", true},
		{"StringEquals", "x", "a", false},
		{"StringEqualsIfExists", "x", "a", true},
		{"Null", "x", "true", true},
		{"ForAllValues:StringEquals", "x", "a", true},
		{"ForAnyValue:StringNotEquals", "x", "a", false},
	} {
		got := (&bruteCondition{c.operator, c.key, []string{c.value}}).holds(r)
		if got != c.want {
			t.Errorf("%s of %q with %q: got %v, want %v", c.operator, c.key, c.value, got, c.want)
		}
	}
	if !wildARN("arn:aws:s:*::a*", "arn:aws:s:x::a:b") || wildARN("arn:aws:s:*:a*", "arn:aws:s:x::a") || strings.Contains(t.Name(), " ") {
		t.Error("ARNs are compared by segment")
	}
}
