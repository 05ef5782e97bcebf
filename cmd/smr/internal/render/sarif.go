package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

const (
	sarifSchema      = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifFingerprint = "smrDiagnostic/v1"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string      `json:"id"`
	ShortDescription sarifText   `json:"shortDescription"`
	FullDescription  *sarifText  `json:"fullDescription,omitempty"`
	Default          sarifConfig `json:"defaultConfiguration"`
	Help             *sarifText  `json:"help,omitempty"`
}

type sarifConfig struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations,omitempty"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	ID       int           `json:"id,omitempty"`
	Message  *sarifText    `json:"message,omitempty"`
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

// SARIF writes a log of SARIF 2.1.0 (OASIS Standard, March 2020). The rule id is
// the code; the message repeats related places, which GitHub does not show; the
// fingerprint is made of the code, the file and the text of the line, so that a
// finding stays the same one when lines move.
func SARIF(w io.Writer, r *diag.Report, o Options) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "smr", Version: o.Version, Rules: []sarifRule{}}
	index := map[string]int{}
	seen := map[string]int{}
	for _, d := range r.Diags {
		code := diag.InfoOf(d).Code
		if code == "" {
			code = "uncoded"
		}
		i, known := index[code]
		if !known {
			i = len(index)
			index[code] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(o, code, d))
		}
		run.Results = append(run.Results, sarifResultOf(r, o, d, code, i, seen))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifRuleOf(o Options, code string, d *hcl.Diagnostic) sarifRule {
	rule := sarifRule{ID: code, ShortDescription: sarifText{d.Summary}, Default: sarifConfig{sarifLevel(d)}}
	if o.Explain == nil {
		return rule
	}
	if e := o.Explain(code); e != nil && e.Explain != "" {
		rule.FullDescription = &sarifText{e.Explain}
		rule.Help = &sarifText{e.Explain}
	}
	return rule
}

func sarifLevel(d *hcl.Diagnostic) string {
	if s := severity(d); s != "notice" {
		return s
	}
	return "note"
}

func sarifResultOf(r *diag.Report, o Options, d *hcl.Diagnostic, code string, rule int, seen map[string]int) sarifResult {
	res := sarifResult{RuleID: code, RuleIndex: rule, Level: sarifLevel(d), Message: sarifText{unlinked(message(r, o, d))}}
	if d.Subject != nil {
		res.Locations = []sarifLocation{{Physical: sarifPhysicalOf(r, o, *d.Subject)}}
	}
	for i, rel := range diag.InfoOf(d).Related {
		res.Related = append(res.Related, sarifLocation{ID: i + 1, Message: &sarifText{unlinked(clean(rel.Message))}, Physical: sarifPhysicalOf(r, o, rel.Range)})
	}
	print := fingerprint(r, o, d, code)
	seen[print]++
	res.Fingerprints = map[string]string{sarifFingerprint: fmt.Sprintf("%s:%d", print, seen[print])}
	return res
}

// unlinked is text without links, which a message of SARIF can hold (SARIF 2.1.0,
// 3.11.6, "Messages with embedded links"): names of a user's make none.
func unlinked(s string) string { return strings.ReplaceAll(s, "](", "] (") }

func sarifPhysicalOf(r *diag.Report, o Options, rng hcl.Range) sarifPhysical {
	s := o.spanOf(r, rng)
	uri := url.URL{Path: s.File} // whose String tells a path from a scheme
	return sarifPhysical{
		Artifact: sarifArtifact{URI: uri.String()},
		Region:   sarifRegion{s.Start.Line, s.Start.Column, s.End.Line, s.End.Column},
	}
}

// fingerprint names a finding by what it is about rather than by its line.
func fingerprint(r *diag.Report, o Options, d *hcl.Diagnostic, code string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q", code)
	if d.Subject != nil {
		line, _ := lineAt(o.source(r, d.Subject.Filename), d.Subject.Start.Byte)
		fmt.Fprintf(h, "%q%q", o.path(d.Subject.Filename), bytes.TrimSpace(line))
	} else {
		fmt.Fprintf(h, "%q", d.Detail)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
