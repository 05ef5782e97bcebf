package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/review"
)

// evil is what no terminal may be sent.
const evil = "\x1b[31m\r\n\u202ex\u0007\xff"

// hostile is a document that holds evil in every text.
func hostile() *review.Diff {
	e, n := evil, 1
	list := []string{evil}
	var context authz.Context
	context.Set(evil, evil)
	w := &access.Witness{Action: evil, Resource: evil, Context: context, Principal: evil, PrincipalType: authz.AWS, Assumes: evil}
	values := review.Values{Before: &e}
	place := &review.Place{File: evil, Line: 1}
	var grants []review.Grant
	for _, kind := range []string{review.CauseStatement, review.CauseDeny, review.CauseBoundary, review.CauseManaged, review.CauseTrust} {
		for _, side := range []string{"base", "head"} {
			grants = append(grants, review.Grant{
				Actions: list, NotActions: list, Resources: list, NotResources: list, Principals: list, NotPrincipals: list, Unproven: true,
				Conditions: map[string]map[string][]string{evil: {evil: list}}, Level: access.Level(evil),
				From: &review.Cause{File: evil, Line: 1, Activity: evil, Label: evil, Kind: kind, Side: side, Policy: evil, Override: place},
			}, review.Grant{From: &review.Cause{Kind: kind, Side: side, Policy: evil}})
		}
	}
	role := review.Role{
		Role: evil, Account: evil, Change: review.Changed, NewAccess: access.Unknown, LostAccess: access.Yes, UnknownBecause: evil,
		IfStarCrossesColons: access.Yes, StarWitness: w, FutureNamesOnly: true, OnlyIfAbsent: list, Gained: grants, Lost: grants, Witness: w, LostWitness: w,
		Trust:    review.Trust{NewAccess: access.Unknown, LostAccess: access.Yes, UnknownBecause: evil, Gained: grants, Lost: grants, Witness: w},
		Boundary: values, Quotas: map[string]review.Quota{evil: {Before: new(int), After: &n, Of: evil}}, Name: &values, Path: &values, ARN: &values, Description: &values,
		Tags: []review.TagChange{{Key: evil, Values: values}}, Attached: []review.Attached{{ARN: evil, Change: review.Removed}},
		Policies: []review.Policy{{Name: evil}}, RenamedFrom: evil, Declared: place, Escalations: []review.Escalation{{Summary: evil}},
	}
	return &review.Diff{
		Roles: []review.Role{role}, Findings: []review.Finding{{Severity: evil, Code: evil, Detail: evil, File: evil, Line: 1}}, FindingsOmitted: 1,
	}
}

// checkInert fails if text could do anything to a terminal but write.
func checkInert(t *testing.T, what, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar) {
			t.Errorf("%s writes %q:\n%q", what, r, text)
			return
		}
	}
	if !strings.Contains(text, `\u{1b}`) {
		t.Errorf("%s does not show what was hostile: %q", what, text)
	}
}

// TestDiffIsInert: no text of a document reaches a terminal raw.
func TestDiffIsInert(t *testing.T) {
	for _, width := range []int{0, 40} {
		var out bytes.Buffer
		if err := Diff(&out, hostile(), Options{Width: width}, nil); err != nil {
			t.Fatal(err)
		}
		checkInert(t, fmt.Sprintf("the text form of width %d", width), out.String())
	}
	var out bytes.Buffer
	if err := DiffJSON(&out, hostile()); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\r\x07") {
		t.Error("the JSON form holds control characters")
	}
}

// TestDecisionsAreInert: nor does one of an answer.
func TestDecisionsAreInert(t *testing.T) {
	reason := Reason{Layer: evil, Policy: evil, SID: evil, Effect: policy.Effect(evil), Because: evil, From: &Origin{File: evil, Activity: evil, Label: evil, Override: &Origin{File: evil, Line: 2}}}
	layer := reason
	layer.Statement = -1
	list := []Decision{{
		Role: evil, Account: evil, Principal: evil, Action: evil, Resource: evil, Decision: evil, UnknownBecause: "x" + evil,
		Reasons: []Reason{reason, layer}, NearMisses: []Reason{reason}, Notes: []string{evil},
	}}
	for _, width := range []int{0, 40} {
		var out bytes.Buffer
		if err := Decisions(&out, list, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		checkInert(t, fmt.Sprintf("the text form of width %d", width), out.String())
	}
}

// TestAlikeRoles: roles that change alike are told once.
func TestAlikeRoles(t *testing.T) {
	var d review.Diff
	for i := range 5 {
		d.Roles = append(d.Roles, review.Role{
			Role: fmt.Sprintf("team-%d", i), Account: "prod", Change: review.Changed, NewAccess: access.Yes, LostAccess: access.No,
			Trust:  review.Trust{NewAccess: access.No, LostAccess: access.No},
			Gained: []review.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}, Level: "read", From: &review.Cause{File: "roles.smr", Line: i + 1, Kind: review.CauseStatement, Side: "head"}}},
		})
	}
	d.Roles[4].Gained[0].Resources = []string{"arn:aws:s3:::b/*"}
	var out bytes.Buffer
	if err := Diff(&out, &d, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	const want = `team-0, team-1 and 2 more gain access
  + read s3:GetObject
      on *
      roles.smr:1

team-4 (prod) gains access
  + read s3:GetObject
      on arn:aws:s3:::b/*
      roles.smr:5

5 roles gain access.
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
