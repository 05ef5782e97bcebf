package authz_test

import (
	"os"
	"testing"

	"github.com/sagemaker-roles/smr/iam/authz"
)

// readCase reads the request of a data scientist's role session: eight
// identity policies as SageMaker Role Manager makes them, a boundary and a
// bucket policy.
func readCase(tb testing.TB) *authz.Case {
	tb.Helper()
	text, err := os.ReadFile("testdata/data-scientist.json")
	if err != nil {
		tb.Fatal(err)
	}
	c, err := authz.DecodeCase(text)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func BenchmarkRealistic(b *testing.B) {
	c := readCase(b)
	e, err := authz.Compile(c.Policies, authz.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decide", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if o, err := e.Decide(&c.Request); o != authz.Allow {
				b.Fatal(o, err)
			}
		}
	})
	b.Run("evaluate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if d, err := e.Evaluate(&c.Request); d.Outcome != authz.Allow {
				b.Fatal(d, err)
			}
		}
	})
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			if _, err := authz.Compile(c.Policies, authz.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("line", func(b *testing.B) {
		text, _ := os.ReadFile("testdata/data-scientist.json")
		for b.Loop() {
			c, err := authz.DecodeCase(text)
			if err != nil {
				b.Fatal(err)
			}
			d, err := c.Evaluate(authz.Options{})
			c.AppendAnswer(nil, d, err)
		}
	})
}
