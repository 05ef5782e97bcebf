package access

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func side(statements ...policy.Statement) Side {
	return Side{Identity: []*policy.Document{{Version: policy.Version2012, Statements: statements}}}
}

func allowed(action, resource string, conditions ...policy.Condition) policy.Statement {
	return policy.Statement{Effect: policy.Allow, Actions: []string{action}, Resources: []string{resource}, Conditions: conditions}
}

// TestUnconfirmedWitness shows that a witness which authz decides otherwise is
// an error: the judges here are those of another comparison.
func TestUnconfirmedWitness(t *testing.T) {
	more, less := side(allowed("s3:*", "arn:aws:s3:*:*:a")), side(allowed("s3:GetObject", "arn:aws:s3:*:*:a"))
	c, err := newComparison(less, more, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.base, c.head = more, less
	c.appoint(true, false)
	_, err = c.compare()
	var fault *UnconfirmedError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "internal error") || fault.Witness.Action == "" {
		t.Errorf("got %v", err)
	}
}

// TestUnconfirmedCase shows that such an error is told to the caller and in
// the answer.
func TestUnconfirmedCase(t *testing.T) {
	fault := &UnconfirmedError{Witness{Action: "s3:GetObject", Resource: "*"}}
	text, err := answerResult([]byte("1"), Result{}, fault)
	if !errors.Is(err, error(fault)) || !strings.HasPrefix(string(text), `{"id":1,"error":"internal error`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestGlobs(t *testing.T) {
	glob := func(s string) glob { return textGlob(policy.ParseTemplate(s, false), false) }
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"*", "a*b", true},
		{"a*", "a?*", true},
		{"a?", "a*", false},
		{"a?", "ab", true},
		{"?", "?", true},
		{"a*b*", "a*xb*", true},
		{"ab", "a?", false},
		{"*a", "*ba", true},
		{"", "a", false},
	} {
		if got := glob(c.wide).covers(glob(c.narrow)); got != c.want {
			t.Errorf("%q covers %q: got %v", c.wide, c.narrow, got)
		}
		if c.want && !glob(c.wide).match(glob(c.narrow).example("x")) {
			t.Errorf("%q does not match the example of %q", c.wide, c.narrow)
		}
	}
}

// TestFreshRune shows that there is always one more character.
func TestFreshRune(t *testing.T) {
	used := []rune(fresh)
	for range 50 {
		r := freshRune(used)
		if slices.Contains(used, r) {
			t.Fatalf("%q is used", r)
		}
		used = append(used, r)
	}
}

// TestMachineAgainstMatch compares classes with what each glob says of their
// texts, also for characters beyond ASCII.
func TestMachineAgainstMatch(t *testing.T) {
	var globs []glob
	for _, s := range []string{"a*b", "*ab*", "a?", "é*", "*é", "ab", "a*", "?", "*", "", "aé?b*"} {
		globs = append(globs, textGlob(policy.ParseTemplate(s, false), false))
	}
	globs = append(globs, literalGlob("aB", true))
	b := newBudget(Limits{})
	classes, ok := newMachine(globs, -1).classes(classifier{}, b)
	if !ok || len(classes) < 12 {
		t.Fatalf("found %d classes, %v", len(classes), ok)
	}
	for _, c := range classes {
		for i, g := range globs {
			if g.match(c.text) != c.kind.has(i) {
				t.Errorf("glob %d of %q: the machine says %v", i, c.text, c.kind.has(i))
			}
		}
	}
}

func TestServiceFacts(t *testing.T) {
	f := ServiceFacts()
	for key, want := range map[string]authz.KeyType{
		"aws:sourceip":       {Kind: authz.IPAddress},
		"lambda:functionarn": {Kind: authz.ARN},
		"s3:max-keys":        {Kind: authz.Numeric},
		"ec2:public":         {Kind: authz.Bool},
		"s3:prefix":          {Kind: authz.String},
		"kms:validto":        {Kind: authz.Date},
	} {
		if got, ok := f.KeyType(key); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", key, got, ok, want)
		}
	}
	if kindOf(facts.Binary) != authz.Binary || kindOf(facts.IPAddress) != authz.IPAddress {
		t.Error("types of no service's key")
	}
	for _, key := range []string{"sagemaker:instancetypes", "nosuch:key"} {
		if got, ok := f.KeyType(key); ok {
			t.Errorf("%s: got %+v", key, got)
		}
	}
	if l := f.Level("s3:putbucketpolicy"); l != LevelPermissions {
		t.Errorf("got %q", l)
	}
	if formats, ok := f.Formats("s3:NoSuchAction"); ok || f.Level("s3:NoSuchAction") != "" || f.Actions("nosuch") != nil {
		t.Errorf("knows an action that does not exist: %v", formats)
	}
}

// TestKeyKinds shows the types that samples are made for.
func TestKeyKinds(t *testing.T) {
	p := newProgram(true, kinds{})
	for key, want := range map[string]family{
		"x:arn": familyARN, "x:bool": familyBool, "x:number": familyNumber, "x:date": familyDate,
		"x:address": familyAddress, "x:binary": familyBinary, "x:text": familyText, "x:unknown": familyText,
	} {
		d := p.builder(key, nil, newBudget(Limits{}))
		singles, ok := d.singles()
		if d.domain.universe != want || !ok || len(singles) != 1 || !inUniverse(want, singles[0].text) {
			t.Errorf("%s: got type %d and %+v", key, d.domain.universe, singles)
		}
	}
}

// kinds gives keys the type in their name.
type kinds struct{}

func (kinds) KeyType(key string) (authz.KeyType, bool) {
	list := map[string]authz.Kind{
		"x:arn": authz.ARN, "x:bool": authz.Bool, "x:number": authz.Numeric, "x:date": authz.Date,
		"x:address": authz.IPAddress, "x:binary": authz.Binary, "x:text": authz.String,
	}
	k, ok := list[key]
	return authz.KeyType{Kind: k}, ok
}

func TestMalformedValues(t *testing.T) {
	for _, text := range []string{"", "x", "1e5000", strings.Repeat("1", 70), "--1"} {
		if n, ok := parseNumber(text); ok {
			t.Errorf("%q is the number %v", text, n)
		}
	}
	for _, text := range []string{"", "2026-07-01T00:00:00,5Z", "yesterday"} {
		if d, ok := parseDate(text); ok {
			t.Errorf("%q is the date %v", text, d)
		}
	}
	for _, text := range []string{"", "10.0.0", "10.0.0.0/99", "fe80::1%eth0"} {
		if r, ok := parseRange(text); ok {
			t.Errorf("%q is the range %v", text, r)
		}
	}
}

// TestManyStars shows that a pattern of many stars takes memory in proportion
// to its length.
func TestManyStars(t *testing.T) {
	g := textGlob(policy.ParseTemplate(strings.Repeat("*a", 20_000), false), false)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	newMachine([]glob{g}, -1)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("used %d bytes", used)
	}
}

func TestRemoveRange(t *testing.T) {
	for low := range 200 {
		for high := low; high < 200; high++ {
			s := newSet(200)
			for i := range 200 {
				s.add(i)
			}
			s.removeRange(low, high)
			for i := range 200 {
				if s.has(i) != (i < low || i >= high) {
					t.Fatalf("from %d to %d: %d", low, high, i)
				}
			}
		}
	}
}
