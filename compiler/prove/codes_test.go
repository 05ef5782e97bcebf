package prove_test

import (
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// TestCodes: the wrong example of each code raises it, and no error of another;
// the right one does not.
func TestCodes(t *testing.T) {
	raised := func(src string) map[string]bool {
		r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(src)}}})
		if r.Fault != nil {
			t.Error(r.Fault)
		}
		codes := map[string]bool{}
		for _, d := range r.Diags {
			codes[diag.InfoOf(d).Code] = true
		}
		return codes
	}
	for _, e := range prove.Codes() {
		if e.Bad == "" {
			continue // needs more text than an example has
		}
		bad, good := raised(e.Bad), raised(e.Good)
		if !bad[e.Code] || len(bad) != 1 {
			t.Errorf("the wrong example of %s raises %v", e.Code, bad)
		}
		if len(good) != 0 {
			t.Errorf("the right example of %s raises %v", e.Code, good)
		}
	}
}
