package preflight_test

import (
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight"
)

// compile compiles files of a configuration and decides its expectations.
func compile(t *testing.T, files map[string]string) *compiler.Result {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	r := preflight.Join(compiler.Compile(compiler.Options{FS: fsys}))
	if r.Fault != nil {
		t.Fatal(r.Fault)
	}
	return r
}

// TestCodes: the wrong example of each code raises it and nothing else, the
// right one raises nothing.
func TestCodes(t *testing.T) {
	raised := func(src string) map[string]string {
		codes := map[string]string{}
		for _, d := range compile(t, map[string]string{"roles.smr": src}).Report().Diags {
			codes[diag.InfoOf(d).Code] = d.Detail
		}
		return codes
	}
	for _, e := range preflight.Codes() {
		if e.Bad == "" || e.Good == "" {
			t.Errorf("%s has no example", e.Code)
		}
		bad, good := raised(e.Bad), raised(e.Good)
		if _, ok := bad[e.Code]; !ok || len(bad) != 1 {
			t.Errorf("the wrong example of %s raises %v", e.Code, bad)
		}
		if len(good) != 0 {
			t.Errorf("the right example of %s raises %v", e.Code, good)
		}
	}
}
