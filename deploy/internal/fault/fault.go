// Package fault is a server between a client and a peer that does at one call
// what networks, AWS and other people do: answers that are lost, cut, wrong or
// late, and a client that dies.
//
// Only tests import it.
package fault

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// A Kind is a kind of fault.
type Kind string

// The kinds. Those marked "at" happen at one call, the others from there on.
const (
	None         Kind = ""
	KillBefore   Kind = "kill-before"    // the client dies before the call is done
	KillAfter    Kind = "kill-after"     // the client dies after the call is done
	LostResponse Kind = "lost-response"  // at: done, and the connection ends without an answer
	ErrorAfter   Kind = "500-after"      // at: done, and the answer is a fault of the service
	Truncated    Kind = "truncated-body" // at: done, and the answer ends half way
	Reset        Kind = "reset"          // at: not done, the connection is reset
	Hang         Kind = "hang"           // at: not done, no answer ever
	Throttle20   Kind = "throttle-20"    // the next 20 calls are refused as too many
	Conflict     Kind = "409"            // at: refused with ConcurrentModification
	TooMany      Kind = "429"            // at: refused with HTTP 429 and no code
	Denied       Kind = "access-denied"  // at: refused with AccessDenied
	Expired      Kind = "expired-token"  // from here on: refused with ExpiredToken
	Stale        Kind = "stale-reads"    // from here on a few reads are answered as they were before
	Actor        Kind = "another-actor"  // at: Spec.Hook changes something before the call is done
	TwoRuns      Kind = "two-runs"       // at: Spec.Hook runs another client before the call is done
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{
		KillBefore, KillAfter, LostResponse, ErrorAfter, Truncated, Reset, Hang, Throttle20, Conflict, TooMany, Denied, Expired, Stale, Actor, TwoRuns,
	}
}

// A Spec is one fault: its kind, and the call, counted from 1, that it is at.
type Spec struct {
	Kind Kind
	At   int
	Hook func() // of KillBefore, KillAfter, Actor and TwoRuns
}

// staleReads is how many reads Stale answers as they were.
const staleReads = 4

// A Proxy is a server for one client at a time.
type Proxy struct {
	URL  string
	peer moto.Peer

	mu        sync.Mutex
	spec      Spec
	n         int // calls since Arm
	dead      bool
	throttles int
	stale     int
	answers   map[string][]*moto.Response // of reads, by what was asked
	calls     []string                    // actions, in order
	end       chan struct{}
}

// Start starts a server in front of a peer. It ends with the test.
func Start(t testing.TB, peer moto.Peer) *Proxy {
	t.Helper()
	p := &Proxy{peer: peer, answers: map[string][]*moto.Response{}, end: make(chan struct{})}
	s := httptest.NewServer(p)
	p.URL = s.URL
	t.Cleanup(func() {
		close(p.end)
		s.CloseClientConnections()
		s.Close()
	})
	return p
}

// Arm sets the fault of the next run, counting calls anew.
func (p *Proxy) Arm(s Spec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spec, p.n, p.dead, p.throttles, p.stale, p.calls = s, 0, false, 0, 0, nil
}

// Calls are the actions of the calls since Arm.
func (p *Proxy) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.calls...)
}

// Fired reports whether the fault was reached.
func (p *Proxy) Fired() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spec.Kind == None || p.n >= p.spec.At
}

// decide counts a call and says which fault meets it.
func (p *Proxy) decide(action string) (Kind, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	p.calls = append(p.calls, action)
	if p.dead {
		return Reset, nil
	}
	switch at := p.n == p.spec.At; {
	case p.spec.Kind == None, p.n < p.spec.At:
		return None, nil
	case p.spec.Kind == Throttle20:
		if p.throttles++; p.throttles <= 20 {
			return Throttle20, nil
		}
	case p.spec.Kind == Expired:
		return Expired, nil
	case p.spec.Kind == Stale:
		return Stale, nil
	case at:
		if p.spec.Kind == KillBefore || p.spec.Kind == KillAfter {
			p.dead = true
		}
		return p.spec.Kind, p.spec.Hook
	}
	return None, nil
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := moto.ReadCall(r)
	if err != nil {
		reset(w)
		return
	}
	kind, hook := p.decide(c.Action)
	switch kind {
	case Reset:
		reset(w)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-p.end:
		}
		reset(w)
	case KillBefore:
		hook()
		reset(w)
	case KillAfter:
		p.peer.Do(c)
		hook()
		reset(w)
	case LostResponse:
		p.peer.Do(c)
		reset(w)
	case ErrorAfter:
		p.peer.Do(c)
		write(w, moto.Refuse(http.StatusInternalServerError, "ServiceFailure", "The request processing has failed because of an unknown error."))
	case Truncated:
		truncate(w, p.peer.Do(c))
	case Throttle20:
		write(w, moto.Refuse(http.StatusBadRequest, "Throttling", "Rate exceeded"))
	case Conflict:
		write(w, moto.Refuse(http.StatusConflict, "ConcurrentModification", "The request was rejected because multiple requests to change this object were submitted simultaneously."))
	case TooMany:
		write(w, &moto.Response{Status: http.StatusTooManyRequests, Body: []byte("too many requests")})
	case Denied:
		write(w, moto.Refuse(http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:"+c.Action))
	case Expired:
		write(w, moto.Refuse(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"))
	case Stale:
		write(w, p.staleAnswer(c))
	case Actor, TwoRuns:
		hook()
		write(w, p.answer(c))
	default:
		write(w, p.answer(c))
	}
}

// answer asks the peer, and keeps what a read is answered.
func (p *Proxy) answer(c *moto.Call) *moto.Response {
	r := p.peer.Do(c)
	if !c.Writes() && r.Good() {
		p.mu.Lock()
		defer p.mu.Unlock()
		key := string(c.Body)
		list := p.answers[key]
		if len(list) == 0 || !bytes.Equal(list[len(list)-1].Body, r.Body) {
			p.answers[key] = append(list, r)
		}
	}
	return r
}

// staleAnswer answers a read as it was before the last change that a read saw.
func (p *Proxy) staleAnswer(c *moto.Call) *moto.Response {
	if c.Writes() || c.Action == "GetCallerIdentity" {
		return p.answer(c)
	}
	p.mu.Lock()
	list := p.answers[string(c.Body)]
	if p.stale < staleReads && len(list) > 0 {
		p.stale++
		p.mu.Unlock()
		return list[max(0, len(list)-2)]
	}
	p.mu.Unlock()
	return p.answer(c)
}

func write(w http.ResponseWriter, r *moto.Response) {
	for name, values := range r.Header {
		if name != "Content-Length" && name != "Connection" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}

// reset ends a connection at once.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// truncate sends half of an answer that says it is whole.
func truncate(w http.ResponseWriter, r *moto.Response) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\nContent-Type: text/xml\r\nContent-Length: %s\r\n\r\n", r.Status, http.StatusText(r.Status), strconv.Itoa(len(r.Body)))
	_, _ = buf.Write(r.Body[:len(r.Body)/2])
	_ = buf.Flush()
}
