package peertest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Moto is a moto server on this machine, with accounts that are empty at
// first. It ends with the test.
type Moto struct {
	URL string // "http://127.0.0.1:PORT"
}

// StartMoto starts a server on a free port and waits until it answers.
func StartMoto(t testing.TB) *Moto {
	t.Helper()
	program := Program(t, "moto_server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	var log bytes.Buffer
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			said := slices.DeleteFunc(strings.Split(log.String(), "\n"), func(line string) bool { return strings.Contains(line, "HTTP/1.1\" 200") })
			t.Logf("moto said:\n%s", tail(strings.Join(said, "\n"), 4000))
		}
	})
	m := &Moto{URL: "http://" + addr}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(m.URL + "/moto-api/data.json")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return m
			}
		}
	}
	t.Fatal("moto did not answer within 30 s")
	return nil
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// versions are those of the query APIs.
var versions = map[string]string{"cloudformation": "2010-05-15", "iam": "2010-05-08"}

// Call sends an action to a service ("iam", "cloudformation") as the account,
// twelve digits, and decodes the answer's XML into answer.
func (m *Moto) Call(t testing.TB, account, service, action string, params map[string]string, answer any) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {versions[service]}}
	for k, v := range params {
		form.Set(k, v)
	}
	req, err := http.NewRequest(http.MethodPost, m.URL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Moto-Account-Id", account)
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0", service))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", action, resp.Status, err, tail(string(body), 4000))
	}
	if answer != nil {
		if err := xml.Unmarshal(body, answer); err != nil {
			t.Fatalf("%s: %v\n%s", action, err, body)
		}
	}
}

// Reset empties all accounts.
func (m *Moto) Reset(t testing.TB) {
	t.Helper()
	resp, err := http.Post(m.URL+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("reset: %s", resp.Status)
	}
}
