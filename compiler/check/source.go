package check

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// maxSearched is how many bytes of source are searched for places. It is never
// reached by files with findings that a person can read; a hostile file with
// many thousand of them gets coarser places.
const maxSearched = 8 << 20

// literal finds the string literal that says text inside a place, so that a
// finding about one element of a list points at that element. ok is false when
// the text is not written out there.
func (r *reporter) literal(place hcl.Range, text string) (hcl.Range, bool) {
	src, ok := r.sources[place.Filename]
	if !ok || place.Start.Byte >= place.End.Byte || place.End.Byte > len(src) {
		return place, false
	}
	body := src[place.Start.Byte:place.End.Byte]
	if r.searched += len(body); r.searched > maxSearched {
		return place, false
	}
	needle := []byte(`"` + quoter.Replace(text) + `"`)
	i := bytes.Index(body, needle)
	if i < 0 {
		return place, false
	}
	return cut(place, body, i, len(needle)), true
}

// within is literal, falling back on the whole place.
func (r *reporter) within(place hcl.Range, text string) hcl.Range {
	found, _ := r.literal(place, text)
	return found
}

// quoter writes text as it stands between the quotation marks of a template.
var quoter = strings.NewReplacer(
	`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "${", "$${", "%{", "%%{",
	policy.PseudoPartition, "${partition}", policy.PseudoRegion, "${region}", policy.PseudoAccount, "${account_id}",
)

// cut is the range of n bytes at offset i of a place whose text is body;
// columns are counted by hcl, in grapheme clusters.
func cut(place hcl.Range, body []byte, i, n int) hcl.Range {
	steps := []int{i, n}
	if i == 0 {
		steps = steps[1:]
	}
	start := place.Start
	start.Byte = 0 // the scanner takes it for an index of body
	sc := hcl.NewRangeScannerFragment(body, place.Filename, start, func(data []byte, _ bool) (int, []byte, error) {
		step := min(steps[0], len(data))
		steps = steps[1:]
		return step, data[:step], nil
	})
	for len(steps) > 0 && sc.Scan() {
	}
	rng := sc.Range()
	rng.Start.Byte += place.Start.Byte
	rng.End.Byte += place.Start.Byte
	return rng
}
