package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A browser is Chromium without a window and one page of it, spoken to by the
// Chrome DevTools Protocol: messages of JSON, each ended by a zero byte. A build
// without the commands --dump-dom and --screenshot will do.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	errs    *bytes.Buffer
	last    int
	session string
}

// A message is an answer, which has the id of the call, or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// view opens a page in a window of this size and a color scheme.
func view(t *testing.T, page string, dark bool, width, height int) *browser {
	t.Helper()
	b := start(t)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	b.call("Page.enable", nil, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setScrollbarsHidden", map[string]any{"hidden": true}, nil)
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	b.await("Page.loadEventFired")
	return b
}

// start runs the program until the test ends.
func start(t *testing.T) *browser {
	t.Helper()
	program := peer(t, "chromium", "Debian: chromium; .ci/peers installs one on Linux")
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
	cmd := exec.CommandContext(ctx, program,
		"--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	commands, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, in: in, out: bufio.NewReader(out), errs: new(bytes.Buffer)}
	cmd.ExtraFiles, cmd.Stderr, cmd.WaitDelay = []*os.File{commands, answers}, b.errs, 5*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	commands.Close()
	answers.Close()
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
		in.Close()
		out.Close()
	})
	return b
}

// call asks for something; into is what the answer is read into, nil for nothing.
func (b *browser) call(method string, params, into any) {
	b.t.Helper()
	b.last++
	data, err := json.Marshal(struct {
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
		Session string `json:"sessionId,omitempty"`
	}{b.last, method, params, b.session})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(data, 0)); err != nil {
		b.t.Fatalf("%s: %v\n%s", method, err, b.errs)
	}
	m := b.next()
	for m.ID != b.last {
		m = b.next()
	}
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(m.Result, into); err != nil {
		b.t.Fatalf("%s: %v in %s", method, err, m.Result)
	}
}

// await passes over what is said until an event.
func (b *browser) await(event string) {
	for b.next().Method != event {
	}
}

func (b *browser) next() message {
	b.t.Helper()
	data, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser has ended: %v\n%s", err, b.errs)
	}
	var m message
	if err := json.Unmarshal(bytes.TrimSuffix(data, []byte{0}), &m); err != nil {
		b.t.Fatalf("%v in %s", err, data)
	}
	return m
}

// dom is the page as it stands after its scripts.
func (b *browser) dom() []byte {
	b.t.Helper()
	var out struct {
		Result struct{ Value string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": "document.documentElement.outerHTML"}, &out)
	return []byte(out.Result.Value)
}

// picture is the page as far as the window shows it.
func (b *browser) picture() image.Image {
	b.t.Helper()
	var out struct{ Data []byte } // base64, as encoding/json reads it
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &out)
	p, err := png.Decode(bytes.NewReader(out.Data))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}
