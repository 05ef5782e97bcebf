// Command gen writes RULES.md from the rules themselves. Run it in the
// directory of the package: go generate ./compiler/check.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/sagemaker-roles/smr/compiler/check"
)

func main() {
	var b bytes.Buffer
	err := check.WriteRules(&b)
	if err == nil {
		err = os.WriteFile("RULES.md", b.Bytes(), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
