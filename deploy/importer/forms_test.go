package importer

import (
	"testing"
	"time"
)

func TestForms(t *testing.T) {
	for _, name := range []string{"role-manager-2024", "2026"} {
		start := time.Now()
		e, err := loadEdition(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, len(e.forms), len(e.activities), len(e.personas), time.Since(start))
	}
}
