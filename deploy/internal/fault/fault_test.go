package fault_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// TestKinds: each fault is what it says, at the call that it is at and no other.
func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		kind  fault.Kind
		done  bool // the peer has done the call
		after bool // the next call is answered well
		want  string
	}{
		{fault.None, true, true, "200 ok"},
		{fault.KillBefore, false, false, "broken"},
		{fault.KillAfter, true, false, "broken"},
		{fault.LostResponse, true, true, "broken"},
		{fault.ErrorAfter, true, true, "500 ServiceFailure"},
		{fault.Truncated, true, true, "200 cut"},
		{fault.Reset, false, true, "broken"},
		{fault.Hang, false, true, "late"},
		{fault.Throttle20, false, false, "400 Throttling"},
		{fault.Conflict, false, true, "409 ConcurrentModification"},
		{fault.TooMany, false, true, "429 too many requests"},
		{fault.Denied, false, true, "403 AccessDenied"},
		{fault.Expired, false, false, "403 ExpiredToken"},
		{fault.Actor, true, true, "200 ok"},
		{fault.TwoRuns, true, true, "200 ok"},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			done, hooked := 0, 0
			p := fault.Start(t, moto.PeerFunc(func(*moto.Call) *moto.Response {
				done++
				return &moto.Response{Status: http.StatusOK, Body: []byte("ok: all of it")}
			}))
			p.Arm(fault.Spec{Kind: tt.kind, At: 2, Hook: func() { hooked++ }})
			if got := call(p.URL, "TagRole"); got != "200 ok: all of it" || p.Fired() != (tt.kind == fault.None) {
				t.Errorf("the first call: %q", got)
			}
			if got := call(p.URL, "TagRole"); !strings.HasPrefix(got, tt.want) || done != 1+map[bool]int{true: 1}[tt.done] {
				t.Errorf("got %q after %d calls, want %q", got, done, tt.want)
			}
			if got := call(p.URL, "TagRole"); (got == "200 ok: all of it") != tt.after {
				t.Errorf("the next call: %q", got)
			}
			wants := tt.kind == fault.KillBefore || tt.kind == fault.KillAfter || tt.kind == fault.Actor || tt.kind == fault.TwoRuns
			if wants != (hooked == 1) || !p.Fired() {
				t.Errorf("hooked %d times", hooked)
			}
		})
	}
}

// TestStale: reads are answered as they were, writes are done.
func TestStale(t *testing.T) {
	text := "one"
	p := fault.Start(t, moto.PeerFunc(func(*moto.Call) *moto.Response {
		return &moto.Response{Status: http.StatusOK, Body: []byte(text)}
	}))
	call(p.URL, "ListRoles")
	text = "two"
	call(p.URL, "ListRoles")
	p.Arm(fault.Spec{Kind: fault.Stale, At: 2})
	want := []string{"200 two", "200 one", "200 one", "200 one", "200 one", "200 two"}
	for i, w := range want {
		if got := call(p.URL, "ListRoles"); got != w {
			t.Errorf("read %d: got %q, want %q", i+1, got, w)
		}
	}
	if got := call(p.URL, "TagRole"); got != "200 two" {
		t.Errorf("a write is answered %q", got)
	}
}

// call sends an action and says what came back.
func call(address, action string) string {
	client := &http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.PostForm(address, url.Values{"Action": {action}})
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "late"
	case err != nil:
		return "broken"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	text := string(body)
	if _, rest, ok := strings.Cut(text, "<Code>"); ok {
		text, _, _ = strings.Cut(rest, "<")
	}
	if err != nil {
		text = "cut"
	}
	return resp.Status[:3] + " " + text
}
