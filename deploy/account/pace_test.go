package account

import (
	"testing"
	"time"
)

// TestLimiter: a second's worth at once, then the rate; half of it after AWS
// says that there are too many calls.
func TestLimiter(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(5, func() time.Time { return now })
	for i := range 5 {
		if d := l.reserve(); d != 0 {
			t.Fatalf("write %d waits %s", i+1, d)
		}
	}
	if d := l.reserve(); d != 200*time.Millisecond {
		t.Errorf("the sixth waits %s", d)
	}
	if d := l.reserve(); d != 400*time.Millisecond {
		t.Errorf("the seventh waits %s", d)
	}
	now = now.Add(400 * time.Millisecond)
	l.slower()
	if d := l.reserve(); d != 400*time.Millisecond {
		t.Errorf("at half the rate it waits %s", d)
	}
	for range 100 {
		l.slower()
	}
	if l.rate != 0.25 {
		t.Errorf("the rate falls to %g", l.rate)
	}
	for range 100 {
		l.faster()
	}
	if l.rate != 5 {
		t.Errorf("the rate comes back to %g", l.rate)
	}
}

func TestWrites(t *testing.T) {
	for operation, want := range map[string]bool{"GetRole": false, "ListRoles": false, "CreateRole": true, "PutRolePolicy": true, "TagPolicy": true, "DescribeStacks": false, "SetDefaultPolicyVersion": true} {
		if Writes(operation) != want {
			t.Errorf("%s: got %t", operation, !want)
		}
	}
}
