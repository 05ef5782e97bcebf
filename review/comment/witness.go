package comment

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
)

// witness shows one request that is decided differently.
func (w *writer) witness(title string, x *access.Witness, more string) {
	if x == nil {
		return
	}
	text := fmt.Sprintf("**%s:** %s on %s", title, code(x.Action), code(x.Resource))
	var keys []string
	for i := range x.Context.Len() {
		key, values, _ := x.Context.At(i)
		if len(keys) < 4 {
			keys = append(keys, code(key)+" = "+few(values))
		}
	}
	if len(keys) > 0 {
		text += " when " + strings.Join(keys, ", ")
	}
	w.line(text + "." + more + "\n")
}
