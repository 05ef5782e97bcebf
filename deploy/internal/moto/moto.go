// Package moto starts a server of moto, which speaks IAM's API, for tests of
// what smr does to accounts, and speaks to it. Each test takes an account of
// its own in one server.
//
// Only tests import it.
package moto

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
)

// A Server is a process of moto on this machine. It ends with the test.
type Server struct {
	URL    string // "http://127.0.0.1:PORT"
	client *http.Client
}

// Start starts a server with variables of the environment, "NAME=value", and
// waits until it answers. Where moto is not installed the test is skipped, or
// fails, as package peertest says.
func Start(t testing.TB, env ...string) *Server {
	t.Helper()
	program := peertest.Program(t, "moto_server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	log := &tail{}
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("moto said:\n%s", log)
		}
	})
	s := &Server{URL: "http://" + addr, client: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16},
	}}
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := s.client.Get(s.URL + "/moto-api/data.json")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return s
			}
		}
	}
	t.Fatal("moto did not answer within 60 s")
	return nil
}

// tail keeps the last lines of a log that tell of no good answer.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !bytes.Contains(p, []byte(`HTTP/1.1" 200`)) && !bytes.Contains(p, []byte("HTTP/1.1\x1b[0m\" 4")) {
		l.buf.Write(p)
	}
	if l.buf.Len() > 1<<16 {
		l.buf.Next(l.buf.Len() - 1<<15)
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Authorize switches moto's own authorization on, after n more calls, or off
// ("inf").
func (s *Server) Authorize(t testing.TB, n string) {
	t.Helper()
	resp, err := s.client.Post(s.URL+"/moto-api/reset-auth", "text/plain", strings.NewReader(n))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("reset-auth: %s", resp.Status)
	}
}

// An Account is one account of a server: a peer that calls go to.
type Account struct {
	Server *Server
	ID     string // twelve digits
}

// Account is the account with that number.
func (s *Server) Account(id string) *Account { return &Account{Server: s, ID: id} }

// Do sends a request on to moto.
func (a *Account) Do(c *Call) *Response {
	req, err := http.NewRequest(c.Method, a.Server.URL+c.Path, bytes.NewReader(c.Body))
	if err != nil {
		return failure(err)
	}
	for name, values := range c.Header {
		if name != "Connection" && name != "Accept-Encoding" {
			req.Header[name] = values
		}
	}
	req.Header.Set("X-Moto-Account-Id", a.ID)
	resp, err := a.Server.client.Do(req)
	if err != nil {
		return failure(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return failure(err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}
}

// Call sends an action of IAM straight to moto, signed by nobody.
func (a *Account) Call(action string, params ...string) *Response {
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for i := 0; i+1 < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	return a.Do(NewCall(form))
}

func failure(err error) *Response {
	return Refuse(http.StatusBadGateway, "TestPeer", err.Error())
}
