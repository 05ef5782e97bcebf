package report

import (
	"image"
	"testing"
)

// The page is looked at in Chromium, in both color schemes. Where it is not
// installed the test is skipped; SMR_REQUIRE_PEERS=1 makes that a failure.
func TestInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	page := compared(t, read(t, "base.smr"), read(t, "head.smr"))
	for name, dark := range map[string]bool{"report-light.png": false, "report-dark.png": true} {
		picture := view(t, page, dark, 1100, 1500).picture()
		if got := brightness(picture, 2, 2) < 0x40; got != dark {
			t.Errorf("%s: dark background %v, want %v", name, got, dark)
		}
		if n := inked(picture); n < 20000 {
			t.Errorf("%s: %d pixels differ from the background", name, n)
		}
		save(t, name, picture, 900)
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
