package report

import (
	"context"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The page is looked at in Chromium, in both color schemes. Where it is not
// installed the test is skipped; SMR_REQUIRE_PEERS=1 makes that a failure.
func TestInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("SMR_REQUIRE_PEERS") == "1" {
			t.Fatal("chromium is not installed (Debian: chromium)")
		}
		t.Skip("chromium is not installed (Debian: chromium)")
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(page, []byte(compared(t, read(t, "base.smr"), read(t, "head.smr"))), 0o644); err != nil {
		t.Fatal(err)
	}
	for scheme, dark := range map[string]bool{"1": false, "0": true} {
		shot := filepath.Join(t.TempDir(), "page.png")
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
			"--blink-settings=preferredColorScheme="+scheme, "--user-data-dir="+t.TempDir(), "--window-size=1100,1500", "--screenshot="+shot, "file://"+page)
		cmd.WaitDelay = 5 * time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		f, err := os.Open(shot)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := brightness(picture, 2, 2) < 0x40; got != dark {
			t.Errorf("color scheme %s: dark background %v, want %v", scheme, got, dark)
		}
		if n := inked(picture); n < 20000 {
			t.Errorf("color scheme %s: %d pixels differ from the background", scheme, n)
		}
	}
}

func brightness(p image.Image, x, y int) int {
	r, g, b, _ := p.At(x, y).RGBA()
	return int(r>>8+g>>8+b>>8) / 3
}

// inked counts the pixels that are not background.
func inked(p image.Image) int {
	n, paper := 0, brightness(p, 2, 2)
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			if d := brightness(p, x, y) - paper; d > 24 || d < -24 {
				n++
			}
		}
	}
	return n
}
