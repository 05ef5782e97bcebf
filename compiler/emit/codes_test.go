package emit_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// emitted compiles a configuration and emits it to every target; it returns the
// codes that the targets raise.
func emitted(t *testing.T, config string) []string {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(config)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	var codes []string
	for _, target := range compiler.Targets() {
		files, diags := compiler.Emit(r.Stack, target.Name, emit.Options{})
		if diags.HasErrors() != (len(files) == 0) {
			t.Errorf("%s: %d files with %v", target.Name, len(files), diags)
		}
		for _, d := range diags {
			codes = append(codes, diag.InfoOf(d).Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestCodes(t *testing.T) {
	for _, e := range emit.Codes() {
		if e.Bad != "" && !slices.Contains(emitted(t, e.Bad), e.Code) {
			t.Errorf("%s: its Bad raises %v", e.Code, emitted(t, e.Bad))
		}
		if slices.Contains(emitted(t, e.Good), e.Code) {
			t.Errorf("%s: its Good raises it", e.Code)
		}
		if e.Explain == "" || e.Severity != hcl.DiagError && e.Bad != "" {
			t.Errorf("%s lacks an explanation or has a severity that its Bad does not show", e.Code)
		}
	}
}

func TestUnknownTarget(t *testing.T) {
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte("role \"x\" {\n}\n")}}})
	_, diags := compiler.Emit(r.Stack, "cloudfromation", emit.Options{})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, `Did you mean "cloudformation"?`) {
		t.Error(diags)
	}
}
