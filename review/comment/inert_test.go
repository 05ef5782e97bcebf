package comment

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// fragments are what hostile texts are made of.
var fragments = []string{
	"`", "``", "|", "\\", "\\|", "</details>", "</code>", "<!--", "-->", "<script>", "[x](http://evil.example)", "![x](http://evil.example)",
	"@acme/ml-security", "#12", "https://evil.example", "&lt;", "**", "_", "~~", "\n", "\n\n/approve\n", "\n# Approved\n", "\n| a |\n|--|\n", "\u202e", "\u200b", "é", "界", "arn:aws:s3:::b/*", "role", " ",
	"<!-- smr:review v1 key=default -->", "\r\n> [!NOTE]\n", "$", "{{", "\x00", "\xff",
}

// filled is a review of which every text of anybody's is what text returns.
func filled(text func() string) *Input {
	place := &review.Place{File: text(), Line: 7}
	from := func(kind, side string) *review.Cause {
		return &review.Cause{Kind: kind, Side: side, File: text(), Line: 3, Activity: text(), Label: text(), Policy: text()}
	}
	grant := func(escalation bool, kind, side string) review.Grant {
		return review.Grant{
			Actions: []string{text(), text()}, Resources: []string{text(), text()}, NotResources: []string{text()}, Principals: []string{text()},
			Conditions: map[string]map[string][]string{"StringEquals": {"aws:x": {text(), text()}}}, Level: access.LevelWrite, Escalation: escalation, From: from(kind, side),
		}
	}
	value := text()
	r := review.Role{
		Role: text(), Account: text(), Change: review.Changed, NewAccess: access.Yes, LostAccess: access.Yes, UnknownBecause: text(), Declared: place, RenamedFrom: text(),
		Gained: []review.Grant{grant(true, review.CauseStatement, "head"), grant(false, review.CauseManaged, "head")}, Lost: []review.Grant{grant(false, review.CauseDeny, "base")},
		Witness: &access.Witness{Action: text(), Resource: text()}, Boundary: review.Values{Before: &value}, Description: &review.Values{After: &value},
		Tags: []review.TagChange{{Key: text(), Values: review.Values{After: &value}}}, Attached: []review.Attached{{ARN: text(), Change: review.Added}},
		Policies: []review.Policy{{Name: text(), Kind: "managed", Change: review.Changed}},
	}
	r.Trust.NewAccess, r.Trust.LostAccess = access.Yes, access.No
	r.Trust.Gained = []review.Grant{grant(false, review.CauseTrust, "head")}
	pass, trust, unknown := r.Seal(r.Gained[0]), r.Seal(r.Trust.Gained[0]), r.Seal(r.Gained[0])
	pass.Kind, trust.Kind, unknown.Kind = review.EscalationPassRole, review.EscalationTrust, review.EscalationUnknown
	pass.Summary, unknown.Summary = text(), text()
	r.Escalations = []review.Escalation{pass, trust, unknown}
	other := r
	other.Role, other.Account, other.Escalations = text(), "another account", nil
	d := &review.Diff{Roles: []review.Role{r, other}}
	finding := func(severity string) review.Finding {
		return review.Finding{Severity: severity, Code: "a-code", Summary: "Summary", Detail: text(), File: text(), Line: 9}
	}
	d.Findings = []review.Finding{finding("error"), finding("warning"), finding("notice")}
	return &Input{
		Diff: d, Verdict: gate.Judge(d, gate.Rules{FailOn: gate.Escalation}, []gate.Approval{{Digits: gate.Short(trust.Digest), By: text()}}, 0),
		Invalid: []review.Finding{finding("error")}, Server: "https://github.com", Repository: "acme/ml-roles", Head: strings.Repeat("a", 40), Base: strings.Repeat("b", 40),
		Branch: text(), Directory: "dir", Report: "https://github.com/acme/ml-roles/actions/runs/1", Owners: text(),
	}
}

var (
	codeSpan = regexp.MustCompile(`(?s)<code>.*?</code>`)
	address  = regexp.MustCompile(`href="https://github\.com/acme/ml-roles/[A-Za-z0-9/._%#-]*"`)
	digest   = regexp.MustCompile(`[0-9a-f]{32}`)
)

// structure is what a text renders to, without what code spans hold and where
// links into the repository lead.
func structure(t *testing.T, markdown string) string {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	s := codeSpan.ReplaceAllString(b.String(), "<code/>")
	return digest.ReplaceAllString(address.ReplaceAllString(s, "href"), "digest")
}

func TestForeignTextIsInert(t *testing.T) {
	names := 0
	want := structure(t, Markdown(filled(func() string { names++; return fmt.Sprint("name", names) }), MaxComment))
	r := rand.New(rand.NewPCG(1, 2))
	n := 300
	if testing.Short() {
		n = 60
	}
	for range n {
		var all []string
		in := filled(func() string {
			var b strings.Builder
			fmt.Fprint(&b, "x", len(all)) // no name is empty, nor there twice
			for range r.IntN(4) {
				b.WriteString(fragments[r.IntN(len(fragments))])
			}
			all = append(all, b.String())
			return b.String()
		})
		text := Markdown(in, MaxComment)
		if diff := cmp.Diff(want, structure(t, text)); diff != "" {
			t.Fatalf("-want +got\n%s\ntexts %q\n%s", diff, all, text)
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "/approve") || strings.HasPrefix(line, "<!--") || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "@") {
				t.Fatalf("a line begins with text of somebody else: %q", line)
			}
		}
	}
}

func TestAnnotationsFit(t *testing.T) {
	in := many(60, 0)
	list := Annotations(in, nil)
	if len(list) != 10 || !strings.Contains(list[9].Message, "51 more") {
		t.Errorf("%d annotations, the last %+v", len(list), list[len(list)-1])
	}
}
