package facts

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestMatchesResource(t *testing.T) {
	for _, c := range []struct {
		action, resource string
		want             Overlap
	}{
		{"s3:GetObject", "*", Overlaps},
		{"s3:GetObject", "**", Overlaps},
		{"s3:GetObject", "arn:aws:s3:::bucket/*", Overlaps},
		{"s3:GetObject", "arn:aws:s3:::bucket/a/b:c", Overlaps},
		{"s3:GetObject", "arn:aws:s3:::bucket", NoOverlap},
		{"s3:GetObject", "arn:aws:s3:::sagemaker-*", Overlaps}, // "*" crosses "/"
		{"s3:GetObject", "arn:aws:s3:::*", Overlaps},
		{"s3:GetObject", "arn:aws:s3:*:*:accesspoint/ap/object/*", Overlaps},
		{"s3:GetObject", "arn:aws:s3*", AcrossColons},
		{"s3:GetObject", "arn:*", AcrossColons},
		{"s3:GetObject", "arn:aws:s3:*:bucket/x", AcrossColons},
		{"s3:GetObject", "arn:aws:ec2:::bucket/*", NoOverlap},
		{"s3:GetObject", "", NoOverlap},
		{"s3:GetBucketAcl", "arn:aws:s3:::bucket/*", NoOverlap},
		{"s3:GetBucketAcl", "arn:aws:s3:::bucket", Overlaps},
		{"s3:GetBucketAcl", "arn:aws:s3:::bucket*", Overlaps},
		{"s3:GetBucketAcl", "arn:aws:s3:::*/*", NoOverlap},
		{"s3:PutBucketAcl", "arn:aws:s3:::${bucket}/*", NoOverlap}, // whatever the variable holds
		{"s3:PutBucketAcl", "arn:aws:s3:::${bucket}", Overlaps},
		{"s3:ListBucket", "arn:aws:s3:::sagemaker-studio-x/sharing", NoOverlap},
		{"s3:ListBucket", "arn:aws-cn:s3:::bucket", Overlaps},
		{"s3:ListBucket", "arn:AWS:s3:::bucket", NoOverlap},
		{"s3:ListAllMyBuckets", "*", Overlaps},
		{"s3:ListAllMyBuckets", "?", Overlaps},
		{"s3:ListAllMyBuckets", "arn:aws:s3:::*", Overlaps},
		{"s3:ListAllMyBuckets", "arn:aws:s3:::bucket/*", NoOverlap},
		{"sagemaker:DescribeLineageGroup", "arn:aws:sagemaker:*:*:*/*", NoOverlap},
		{"sagemaker:DescribeLineageGroup", "*", Overlaps},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:*:*:*/*", Overlaps},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:training-job/x", Overlaps},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:model/x", NoOverlap},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1::training-job/x", NoOverlap},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:training-job", NoOverlap},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:training-job/", NoOverlap},
		{"sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:1234:5678:training-job/x", NoOverlap},
		{"sagemaker:CreateEndpoint", "arn:aws:sagemaker:*:*:Canvas*", NoOverlap},
		{"sagemaker:CreateEndpoint", "arn:aws:sagemaker:*:*:endpoint-config/*", Overlaps},
		{"sagemaker:CreateEndpoint", "arn:aws:sagemaker:*:endpoint/*", AcrossColons},
		{"sagemaker-mlflow:CreateExperiment", "arn:aws:sagemaker:*:*:mlflow-app/*", Overlaps},
		{"sagemaker-mlflow:CreateExperiment", "arn:aws:sagemaker:*:*:model/*", NoOverlap},
		{"logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/sagemaker/*", Overlaps},
		{"logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/sagemaker/x", NoOverlap},
		{"logs:PutLogEvents", "arn:aws:logs:*:*:/aws-glue/*", AcrossColons},
		{"logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:*", Overlaps},
		{"iam:PassRole", "arn:aws:iam::123456789012:role/team/x", Overlaps},
		{"iam:PassRole", "arn:aws:iam::*:role/*", Overlaps},
		{"iam:PassRole", "arn:aws:iam::*:user/*", NoOverlap},
		{"ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x", Overlaps},
		{"elasticloadbalancing:AddTags", "arn:aws:elasticloadbalancing:*:*:targetgroup/x/*", Overlaps},
		{"lex:DeleteBot", "arn:aws:lex:*:*:bot:x", Overlaps}, // the second of two formats
		{"s3:NoSuchAction", "arn:aws:s3:::bucket", Overlaps},
		{"s3:GetObject", "arn:aws:s3:::bucket/${*}", Overlaps}, // the character itself
		{"s3:GetObject", "arn:aws:s3${*}:::bucket/x", NoOverlap},
		{"s3:GetObject", "arn:aws:s3:::bucket/${", Overlaps},
	} {
		if got := MatchesResource(c.action, c.resource); got != c.want {
			t.Errorf("%s on %s: %d, want %d", c.action, c.resource, got, c.want)
		}
	}
}

// Pseudo parameters take the place of what they stand for and no other.
func TestMatchPseudoParameters(t *testing.T) {
	arn := "arn:" + policy.PseudoPartition + ":sagemaker:" + policy.PseudoRegion + ":" + policy.PseudoAccount + ":"
	for resource, want := range map[string]Overlap{"training-job/x": Overlaps, "*/*": Overlaps, "model/x": NoOverlap} {
		if got := MatchesResource("sagemaker:CreateTrainingJob", arn+resource); got != want {
			t.Errorf("%s: %d, want %d", resource, got, want)
		}
	}
}

func TestMatchedTypes(t *testing.T) {
	for resource, want := range map[string]string{
		"arn:aws:sagemaker:*:*:endpoint/*": "endpoint",
		"arn:aws:sagemaker:*:*:endpoint*":  "endpoint endpoint-config",
		"*":                                "endpoint endpoint-config",
		"arn:aws:sagemaker:*":              "",
		"arn:aws:sagemaker:*:*:model/*":    "",
	} {
		var names []string
		for _, m := range action(t, "sagemaker:CreateEndpoint").MatchedTypes(ParseResource(resource)) {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", resource, got, want)
		}
	}
}

// Every resource type can be named by its own format with wildcards, and by a
// format whose placeholders are filled in.
func TestEveryTypeMatchesItself(t *testing.T) {
	for _, prefix := range Services() {
		s, _ := FindService(prefix)
		for _, r := range s.ResourceTypes() {
			for _, arn := range r.ARNs {
				for _, fill := range []string{"*", "1", "?"} {
					if got := r.Match(ParseResource(filled(arn, fill))); got != Overlaps {
						t.Errorf("%s %s: %s: %d", prefix, r.Name, filled(arn, fill), got)
					}
				}
			}
		}
	}
}

// filled is an ARN format with its placeholders replaced.
func filled(arn, fill string) string {
	var b strings.Builder
	for i := 0; i < len(arn); {
		if _, n := placeholderAt(arn[i:]); n > 0 {
			b.WriteString(fill)
			i += n
			continue
		}
		b.WriteByte(arn[i])
		i++
	}
	return b.String()
}

// overlap against trying every short text.
func TestOverlapBruteForce(t *testing.T) {
	element := rapid.Custom(func(t *rapid.T) element {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return element{class: anything, star: true}
		case 1:
			return element{class: anything}
		case 2:
			return element{class: noColon, star: true}
		}
		return element{lit: rapid.SampledFrom([]byte("a:")).Draw(t, "lit")}
	})
	var texts []string
	for level := []string{""}; len(level[0]) <= 6; {
		texts = append(texts, level...)
		var longer []string
		for _, s := range level {
			longer = append(longer, s+"a", s+":", s+"0")
		}
		level = longer
	}
	rapid.Check(t, func(t *rapid.T) {
		// Where two lists overlap, they do so in a text with no more characters
		// than both have places that are not stars: six here.
		a := rapid.SliceOfN(element, 0, 3).Draw(t, "a")
		b := rapid.SliceOfN(element, 0, 3).Draw(t, "b")
		want := false
		for _, s := range texts {
			if fits(a, s) && fits(b, s) {
				want = true
				break
			}
		}
		if got := overlap(a, b); got != want {
			t.Fatalf("overlap(%v, %v) = %v, want %v", a, b, got, want)
		}
	})
}

// fits is a plain recursive matcher.
func fits(list []element, s string) bool {
	if len(list) == 0 {
		return s == ""
	}
	e := list[0]
	if e.star && fits(list[1:], s) {
		return true
	}
	if s == "" || e.class == literal && e.lit != s[0] || e.class != literal && !e.class.admits(s[0]) {
		return false
	}
	if e.star {
		return fits(list, s[1:])
	}
	return fits(list[1:], s[1:])
}

func FuzzParseResource(f *testing.F) {
	for _, s := range []string{"*", "arn:aws:s3:::a/*", "arn:${Partition}:${*}", "${", "${aws:username", "\xee\x80\x81", "arn:aws:s3:*:*:*:*:*"} {
		f.Add(s)
	}
	create, _ := FindAction("sagemaker:CreateEndpoint")
	list, _ := FindAction("s3:ListAllMyBuckets")
	f.Fuzz(func(t *testing.T, s string) {
		r := ParseResource(s)
		create.Match(r)
		if strings.Trim(s, "*") == "" && s != "" && (list.Match(r) != Overlaps || create.Match(r) != Overlaps) {
			t.Errorf("%q does not match everything", s)
		}
	})
}

// Whoever turns stretches of a real ARN into wildcards gets a pattern that
// still matches: part by part if no stretch holds one of the first five
// colons, across colons otherwise.
func TestGeneralizedARNMatches(t *testing.T) {
	prefixes := Services()
	rapid.Check(t, func(t *rapid.T) {
		s, _ := FindService(rapid.SampledFrom(prefixes).Draw(t, "service"))
		if len(s.types) == 0 {
			return
		}
		r := &s.types[rapid.IntRange(0, len(s.types)-1).Draw(t, "type")]
		format := rapid.SampledFrom(r.ARNs).Draw(t, "format")
		arn := strings.ReplaceAll(filled(format, rapid.StringMatching(`[a-z0-9]{1,4}`).Draw(t, "fill")), "*", "x")
		from := rapid.IntRange(0, len(arn)-1).Draw(t, "from")
		to := rapid.IntRange(from, len(arn)).Draw(t, "to")
		wildcard := "*"
		if to == from+1 && rapid.Bool().Draw(t, "one") {
			wildcard = "?"
		}
		pattern := arn[:from] + wildcard + arn[to:]
		want := Overlaps
		if colons := strings.Count(arn[:from], ":"); colons < 5 && strings.Contains(arn[from:to], ":") {
			want = AcrossColons
		}
		if got := r.Match(ParseResource(pattern)); got < want {
			t.Fatalf("%s %s: %s from %s: %d, want %d", s.Prefix, r.Name, pattern, arn, got, want)
		}
	})
}
