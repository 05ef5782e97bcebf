package inert_test

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"

	"github.com/sagemaker-roles/smr/review/inert"
)

// fragments are what hostile text is made of.
var fragments = []string{
	"`", "``", "```", strings.Repeat("`", 64), strings.Repeat("`", 80), strings.Repeat("`", 200), strings.Repeat("`", 300), "~~~", "|", "||", "\\", "\\\\", "\\|", "\\`", "<", ">", "</details>", "</code>", "<summary>", "<!--", "-->", "<script>alert(1)</script>",
	"[x](http://evil.example)", "![x](http://evil.example/x.png)", "[", "]", "(", ")", "@acme/ml-security", "#12", "GH-12", "https://evil.example/a_b", "www.evil.example",
	"a@b.example", "&lt;", "&#124;", "&amp;", "&", "$", "$$", "~~", "**", "*", "_", "__", "{{", "${x}", ":shipit:", "\n", "\n\n", "\r", "\r\n", "\t", " ", "  ", "\n/approve\n",
	"\natlantis apply\n", "\n# Approved\n", "\n- [x] done\n", "\n| a | b |\n|--|--|\n", "\n---\n", "\n> [!NOTE]\n", "\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\u3164", "\u2800",
	"\u00a0", "\u3000", "\u0301", "\u0301\u0301\u0301\u0301", "\ufe0f", "\U000e0041", "\ue001", "\xff", "\xc3\x28", "\x00", "\x1b[31m", "é", "界", "👩‍👩‍👧", "arn:aws:s3:::b/*", "role", "smr:review v1",
	"::error::x", "::add-mask::a", "##[error]x", "##[", "##[group]", "::stop-commands::x", "%0A", "%0D", "%25", "::", "#", "file=a,line=1", "a<<EOF", "EOF", "=", "\u2028", "\u0085",
	"<img src=x onerror=alert(1)>", "<a href=x>", "'", "\"", ":", ",", "~", "^", "\v", "\f", "٣", "\U0001d173", "\u115f", "\u034f",
}

// hostile is a random text of fragments and characters.
func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(8) {
		switch r.IntN(8) {
		case 0:
			b.WriteRune(rune(r.IntN(0x250)))
		case 1:
			b.WriteByte(byte(r.IntN(256)))
		default:
			b.WriteString(fragments[r.IntN(len(fragments))])
		}
	}
	if r.IntN(200) == 0 {
		return strings.Repeat(b.String(), 200)
	}
	return b.String()
}

// document puts a text in every place of a comment that takes one, and says
// what a renderer has to make of it.
func document(s string) (markdown, want string) {
	seen := escape(inert.Cut(inert.Text(s), inert.MaxSpan))
	code := "<code>" + seen + "</code>"
	cell := strings.ReplaceAll(code, `\|`, `\◌|`)
	const url = "https://github.com/acme/roles/blob/abc/"
	var m, w strings.Builder
	fmt.Fprintf(&m, "Before %s after.\n\n", inert.Code(s))
	fmt.Fprintf(&w, "<p>Before %s after.</p>\n", code)
	fmt.Fprintf(&m, "- item %s: %s and %s\n\n", inert.HTML(s), inert.Link(inert.Code(s), url+"x#L1"), inert.Code(s))
	fmt.Fprintf(&w, "<ul>\n<li>item %s: <a href=\"%sx#L1\">%s</a> and %s</li>\n</ul>\n", code, url, code, code)
	fmt.Fprintf(&m, "| A | B |\n|:--|--:|\n| x %s | %s y |\n| [%s](%s) | **%s**%s |\n\n", inert.Cell(s), inert.Cell(s), inert.Cell(s), url, inert.Cell(s), inert.HTML(s))
	fmt.Fprintf(&w, "<table>\n<thead>\n<tr>\n<th LEFT>A</th>\n<th RIGHT>B</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td LEFT>x %s</td>\n<td RIGHT>%s y</td>\n</tr>\n<tr>\n<td LEFT><a href=\"%s\">%s</a></td>\n<td RIGHT><strong>%s</strong>%s</td>\n</tr>\n</tbody>\n</table>\n", cell, cell, url, cell, cell, code)
	fmt.Fprintf(&m, "<details><summary><b>%s</b> gains</summary>\n\n%s\n</details>\n\n", inert.HTML(s), inert.Block("diff", "+"+s+"\n"+s))
	fmt.Fprintf(&w, "<details><summary><b>%s</b> gains</summary>\n<pre><code class=\"language-diff\">%s</code></pre>\n</details>\n", code, escape(block("+"+s+"\n"+s)))
	return m.String(), w.String()
}

// block is the content of [inert.Block] by its documentation.
func block(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(inert.Lines(s), "\n"), "\n") {
		if line != "" && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, " ") {
			line = " " + line
		}
		long := strings.Repeat("`", 200)
		b.WriteString(strings.ReplaceAll(line, long, long+"◌") + "\n")
	}
	return b.String()
}

// escape spells what begins a tag or a reference; quotation marks may stay.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// normal takes away what renderers may spell one way or another.
func normal(s string) string {
	return strings.NewReplacer("@<!-- -->", "@", "&#64;<!-- -->", "@", "&quot;", `"`, "&#34;", `"`, "&#39;", "'",
		` style="text-align:left"`, " LEFT", ` align="left"`, " LEFT", ` style="text-align:right"`, " RIGHT", ` align="right"`, " RIGHT",
		"<pre lang=\"diff\"><code>", "<pre><code class=\"language-diff\">", "</tbody></table>", "</tbody>\n</table>").Replace(s)
}

// references are spelled out where the text is HTML of ours: a renderer leaves
// them as they are inside of raw HTML.
func references(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "&#")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + strings.IndexByte(s[i:], ';') + 1
		b.WriteString(s[:i] + escape(html.UnescapeString(s[i:end])))
		s = s[end:]
	}
}

func render(t testing.TB, markdown string) string {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(renderer.WithUnsafe()))
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkMarkdown(t testing.TB, s string) {
	t.Helper()
	markdown, want := document(s)
	if got := references(normal(render(t, markdown))); got != want {
		t.Fatalf("text %q is not inert\nMarkdown:\n%s\ngot:\n%s\nwant:\n%s", s, markdown, got, want)
	}
	checkLines(t, s, markdown)
}

// checkLines looks for lines that begin with untrusted text.
func checkLines(t testing.TB, s, markdown string) {
	t.Helper()
	for line := range strings.Lines(markdown) {
		for _, order := range []string{"/approve", "atlantis", "<!--", "@acme"} {
			if strings.HasPrefix(line, order) {
				t.Fatalf("text %q begins the line %q", s, line)
			}
		}
	}
	if !utf8.ValidString(markdown) {
		t.Fatalf("text %q makes Markdown that is not UTF-8", s)
	}
}

func TestMarkdownInGoldmark(t *testing.T) {
	for _, f := range fragments {
		checkMarkdown(t, f)
		checkMarkdown(t, "a"+f+"b")
	}
	checkMarkdown(t, "")
	n := 8000
	if testing.Short() {
		n = 2000
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		checkMarkdown(t, hostile(r))
	}
}

// GitHub renders with cmark-gfm. Where it is not installed the test is
// skipped; SMR_REQUIRE_PEERS=1 makes that a failure.
func TestMarkdownInCmark(t *testing.T) {
	program, err := exec.LookPath("cmark-gfm")
	if err != nil {
		if os.Getenv("SMR_REQUIRE_PEERS") == "1" {
			t.Fatal("cmark-gfm is not installed: run .ci/peers")
		}
		t.Skip("cmark-gfm is not installed: run .ci/peers")
	}
	batches := 20
	if testing.Short() {
		batches = 4
	}
	r := rand.New(rand.NewPCG(3, 4))
	for batch := range batches {
		var markdown, want strings.Builder
		var texts []string
		for range 250 {
			texts = append(texts, hostile(r))
		}
		if batch == 0 {
			texts = append(texts, fragments...)
		}
		for i, s := range texts {
			m, w := document(s)
			fmt.Fprintf(&markdown, "## %d\n\n%s", i, m)
			fmt.Fprintf(&want, "<h2>%d</h2>\n%s", i, w)
		}
		cmd := exec.Command(program, "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tagfilter", "-e", "tasklist")
		cmd.Stdin = strings.NewReader(markdown.String())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(references(normal(string(out))), "<h2>")
		for i, w := range strings.Split(want.String(), "<h2>") {
			if i >= len(got) || got[i] != w {
				t.Fatalf("text %q is not inert\ngot:\n%s\nwant:\n%s", texts[max(0, i-1)], got[min(i, len(got)-1)], w)
			}
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range fragments {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkMarkdown(t, s) })
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                         "plain",
		"a\nb\r\tc":                     "a◌b◌◌c",
		"\u202eevil\u2066 \u200b\ufeff": "◌evil◌ ◌◌",
		"nbsp\u00a0wide\u3000":          "nbsp◌wide◌",
		"\ue001\U000f0000":              "◌◌",
		"\xff\xfe":                      "◌◌",
		"\u3164\u2800\u115f\ufe0f":      "◌◌◌◌",
		"e\u0301 \u0301":                "e\u0301 \u0301",
		"e\u0301\u0301\u0301\u0301":     "e\u0301\u0301◌◌",
		"\u0301x":                       "◌x",
		"界é👍":                           "界é👍",
	} {
		if got := inert.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := inert.Lines("a\n\tb\r\n"); got != "a\n\tb◌\n" {
		t.Errorf("Lines = %q", got)
	}
}

func TestSpans(t *testing.T) {
	for _, test := range []struct{ in, code, cell, html string }{
		{"role", "`role`", "`role`", "<code>role</code>"},
		{"a`b", "``a`b``", "``a`b``", "<code>a&#96;b</code>"},
		{"`", "`` ` ``", "`` ` ``", "<code>&#96;</code>"},
		{" x", "`  x `", "`  x `", "<code>&#32;x</code>"},
		{"a|b", "`a|b`", "`a\\|b`", "<code>a&#124;b</code>"},
		{"a\\|b", "`a\\|b`", "`a\\◌\\|b`", "<code>a&#92;&#124;b</code>"},
		{"a@b", "`a@b`", "`a@b`", "<code>a&#64;<!-- -->b</code>"},
		{"", "<code></code>", "<code></code>", "<code></code>"},
		{"<b>", "`<b>`", "`<b>`", "<code>&#60;b&#62;</code>"},
	} {
		if got := inert.Code(test.in); got != test.code {
			t.Errorf("Code(%q) = %s, want %s", test.in, got, test.code)
		}
		if got := inert.Cell(test.in); got != test.cell {
			t.Errorf("Cell(%q) = %s, want %s", test.in, got, test.cell)
		}
		if got := inert.HTML(test.in); got != test.html {
			t.Errorf("HTML(%q) = %s, want %s", test.in, got, test.html)
		}
	}
	if got := inert.Code(strings.Repeat("é", 300)); utf8.RuneCountInString(got) != inert.MaxSpan+2 || !strings.HasSuffix(got, "…`") {
		t.Errorf("a long text is shown as %s", got)
	}
}

func TestURL(t *testing.T) {
	for _, test := range []struct {
		address string
		parts   []string
		want    string
	}{
		{"https://github.com", []string{"acme/roles", "blob", "abc", "infra/roles.smr"}, "https://github.com/acme/roles/blob/abc/infra/roles.smr"},
		{"https://ghes.example:8443/", []string{"a"}, "https://ghes.example:8443/a"},
		{
			"https://github.com",
			[]string{"x) [y](http://evil|\"'<>`\\\n*_~é?#"},
			"https://github.com/x%29%20%5By%5D%28http%3A//evil%7C%22%27%3C%3E%60%5C%0A%2A%5F%7E%C3%A9%3F%23",
		},
		{"javascript:alert(1)", nil, ""},
		{"https://", []string{"x"}, ""},
		{"https://user@evil.example", []string{"x"}, ""},
		{"https://evil.example/a b", []string{"x"}, ""},
		{"https://e/)[x](y", nil, ""},
	} {
		if got := inert.URL(test.address, test.parts...); got != test.want {
			t.Errorf("URL(%q, %q) = %q, want %q", test.address, test.parts, got, test.want)
		}
	}
	if got := inert.Link("x", ""); got != "x" {
		t.Errorf("a link without an address is %q", got)
	}
}
