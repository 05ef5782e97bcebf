package report

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pictures rewrites those of the README. They depend on the browser and its
// fonts, so that no test compares them.
var pictures = flag.Bool("pictures", false, "write .github/pictures")

// peer is a program that judges what is written; a missing one is an error where
// SMR_REQUIRE_PEERS=1 says so.
func peer(t *testing.T, name, where string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err == nil {
		return program
	}
	if os.Getenv("SMR_REQUIRE_PEERS") == "1" {
		t.Fatalf("%s is not installed: %s", name, where)
	}
	t.Skipf("%s is not installed: %s", name, where)
	return ""
}

// save keeps a picture for the README, cut to a height.
func save(t *testing.T, name string, picture image.Image, height int) {
	t.Helper()
	if !*pictures {
		return
	}
	cut := image.NewRGBA(image.Rect(0, 0, picture.Bounds().Dx(), min(height, picture.Bounds().Dy())))
	draw.Draw(cut, cut.Bounds(), picture, picture.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, cut); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("../../.github/pictures", name), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// column is the width of a comment on GitHub in a window of 1,280 pixels.
const column = 830

// style is how a comment looks on GitHub, as far as its layout depends on it:
// fonts, sizes, paddings, and that code in a table breaks anywhere.
const style = `
body { margin: 16px; width: 830px; font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; color: #1f2328; background: #fff }
h3 { font-size: 1.25em; margin: 0 0 16px }
p, blockquote, table, details, pre, .alert { margin: 0 0 16px }
code { font: 85% "DejaVu Sans Mono", monospace; background: #818b981f; border-radius: 6px; padding: .2em .4em; white-space: break-spaces; word-break: break-word }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
tr:nth-child(2n) { background: #f6f8fa }
.alert { padding: 8px 16px; border-left: .25em solid #cf222e }
.alert.note { border-color: #0969da }
.alert b.title { display: block }
.alert :last-child { margin-bottom: 0 }
summary { margin-bottom: 8px }
a { color: #0969da; text-decoration: none }
a code { color: inherit }
sub { line-height: 0 }
`

var alert = regexp.MustCompile(`<blockquote>\s*<p>\[!([A-Z]+)\]\s*`)

// comment is a page with a comment as GitHub shows it: rendered by cmark-gfm,
// with the alerts that GitHub adds. A script counts what does not fit.
func comment(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../comment/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	if own, _ := filepath.Abs("../../.ci/cache/peers/bin/cmark-gfm"); peer(t, "cmark-gfm", "run .ci/peers") != own {
		args = []string{"--unsafe", "-e", "table", "-e", "strikethrough", "-e", "autolink", "-e", "tasklist"} // Debian's program
	}
	cmd := exec.Command(peer(t, "cmark-gfm", "run .ci/peers"), args...)
	cmd.Stdin = bytes.NewReader(data)
	html, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	body := alert.ReplaceAllStringFunc(string(html), func(s string) string {
		kind := alert.FindStringSubmatch(s)[1]
		return `<blockquote class="alert ` + strings.ToLower(kind) + `"><b class="title">` + kind[:1] + strings.ToLower(kind[1:]) + "</b><p>"
	})
	return "<!doctype html><meta charset=utf-8><style>" + style + "</style>" + body + `<script>
for (const d of document.querySelectorAll("details")) d.open = d.open || location.hash == "#open"
const wide = [...document.querySelectorAll("table, p, summary, blockquote, pre")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
const overlap = [...document.querySelectorAll("td, th")].filter(e => e.scrollHeight > e.clientHeight + 1 && e.clientHeight > 0)
document.body.dataset.wide = wide.length
document.body.dataset.overlap = overlap.length
document.body.dataset.tables = document.querySelectorAll("table").length
document.body.dataset.links = document.querySelectorAll("a[href]").length
document.body.dataset.height = Math.ceil(document.body.getBoundingClientRect().bottom)
</script>`
}

// measured is what the script of the page counted.
func measured(t *testing.T, dom []byte, name string) int {
	t.Helper()
	m := regexp.MustCompile(`<body[^>]* data-` + name + `="(\d+)"`).FindSubmatch(dom)
	if m == nil {
		t.Fatalf("no %s in %.300s", name, dom)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCommentInChromium: each comment, with every fold open, fits GitHub's
// column; nothing is cut off or lies over something else.
func TestCommentInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	for _, name := range []string{"forecast.golden.md", "approved.golden.md", "invalid.golden.md"} {
		page := strings.ReplaceAll(comment(t, name), "<details>", "<details open>")
		dom := view(t, page, false, column+32, 4000).dom()
		if wide, over := measured(t, dom, "wide"), measured(t, dom, "overlap"); wide+over > 0 {
			t.Errorf("%s: %d elements are wider than the column, %d cells lie over others", name, wide, over)
		}
		if name != "invalid.golden.md" && (measured(t, dom, "tables") < 3 || measured(t, dom, "links") < 5) {
			t.Errorf("%s: %d tables, %d links", name, measured(t, dom, "tables"), measured(t, dom, "links"))
		}
		if strings.Contains(string(dom), "[!CAUTION]") || strings.Contains(string(dom), "|:--") {
			t.Errorf("%s: Markdown is left in what is shown", name)
		}
		if name == "forecast.golden.md" {
			closed := comment(t, name)
			height := measured(t, view(t, closed, false, column+32, 4000).dom(), "height")
			picture := view(t, closed, false, column+32, height+16).picture()
			if n := inked(picture); n < 20000 {
				t.Errorf("%d pixels differ from the background", n)
			}
			save(t, "comment.png", picture, height+16)
		}
	}
}
