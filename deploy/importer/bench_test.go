package importer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// BenchmarkImport imports 400 roles of four kinds, among them a
// hand-made one.
func BenchmarkImport(b *testing.B) {
	state := many(b, 400)
	b.ResetTimer()
	for range b.N {
		r, err := Import(context.Background(), []*Source{{State: state}}, Options{})
		if err != nil || len(r.Roles) != 400 {
			b.Fatalf("%v, %d roles", err, len(r.Roles))
		}
	}
}

// many is an account with n roles.
func many(t testing.TB, n int) *live.State {
	p := readParams(t)
	var source strings.Builder
	source.WriteString(p.header("role-manager-2024"))
	for i := range n {
		body, form, activities := `persona = "data_scientist"`, "", []string{"s3_bucket_access"}
		switch i % 4 {
		case 1:
			body, form, activities = `persona = "mlops_engineer"`, "vpc", nil
		case 2:
			body, activities = `persona = "compute"`, []string{"access_required_aws_services"}
		case 3:
			body, activities = "statement \"S\" {\n"+handWritten[i%len(handWritten)]+"\n}", nil
		}
		source.WriteString(p.role(fmt.Sprintf("r%d", i), body, form, "per_activity", activities))
	}
	return deployed(compiled(t, source.String()))
}
