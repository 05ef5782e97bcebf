package render

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// sarifSubset is a schema of ours for the objects that smr writes, made after
// the tables of SARIF 2.1.0 (OASIS Standard, section 3): what each must and may
// have. It is stricter than the standard's own, which allows far more.
const sarifSubset = "testdata/sarif.schema.json"

func valid(t *testing.T, text string) {
	t.Helper()
	raw, err := os.ReadFile(sarifSubset)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile("sarif.json").Validate(v); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestHostileSARIF: names of files stay relative addresses, and texts make no
// links, whatever they hold.
func TestHostileSARIF(t *testing.T) {
	names := []string{
		"a b.smr", "javascript:alert(1).smr", "x:y.smr", "%2e%2e/x.smr", "a?b#c.smr", "\"><script>.smr", "é\u202e.smr", "[a](b).smr", "a\\b.smr", "new\nline.smr", "\x1b[2J.smr",
	}
	var diags hcl.Diagnostics
	sources := map[string][]byte{}
	for _, name := range names {
		sources[name] = []byte("role \"x\" {}\n")
		rng := hcl.Range{Filename: name, Start: hcl.Pos{Line: 1}, End: hcl.Pos{Line: 1, Byte: 4}}
		diags = append(diags, diag.Relate(diag.Errorf("a-b", rng, "role %q and [here](https://evil.example) and [1](1)", name), rng, "[there](https://evil.example)"))
	}
	text := render(t, "sarif", diag.NewReport(diags, sources, nil), Options{Version: "0.1.0", Explain: func(string) *diag.Entry { return &diag.Entry{Explain: "why"} }})
	valid(t, text)
	var log struct {
		Runs []struct {
			Results []struct {
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	if n := len(log.Runs[0].Results); n != len(names) {
		t.Fatalf("%d results", n)
	}
	found := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		address := r.Locations[0].PhysicalLocation.ArtifactLocation.URI
		u, err := url.Parse(address)
		if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(address, "!$&'()*+,;=:@/._-~%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			t.Errorf("the address %q: %v", address, err)
			continue
		}
		found[strings.TrimPrefix(u.Path, "./")] = true
		if regexp.MustCompile(`\]\(`).MatchString(r.Message.Text) {
			t.Errorf("a link in %q", r.Message.Text)
		}
	}
	for _, name := range names {
		if !found[name] {
			t.Errorf("no address leads to %q: %v", name, found)
		}
	}
	if strings.Contains(text, "](") {
		t.Error("a link in a related place")
	}
}

// TestValidSARIF: the report of every kind of finding.
func TestValidSARIF(t *testing.T) {
	valid(t, render(t, "sarif", fixed(t), Options{Version: "0.1.0"}))
	valid(t, render(t, "sarif", diag.NewReport(nil, nil, nil), Options{}))
}
