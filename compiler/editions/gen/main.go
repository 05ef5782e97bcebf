// Command gen writes dsl/catalog/ACCESS.md. Run it in compiler/editions.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	"github.com/sagemaker-roles/smr/compiler/editions"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	data, err := os.ReadFile("../../testdata/catalog/params.json")
	if err != nil {
		return err
	}
	var p editions.Params
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	changes, err := editions.Compare(p, "role-manager-2024", "2026")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := editions.Write(&b, p, "role-manager-2024", "2026", changes); err != nil {
		return err
	}
	return os.WriteFile("../../dsl/catalog/ACCESS.md", b.Bytes(), 0o644)
}
