package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A reporter collects findings. What a block says of many roles is one finding
// with their number: the same code, place and matter.
type reporter struct {
	code      string // of the rule that runs
	program   *ir.Program
	sources   map[string][]byte
	found     map[matter]*finding
	order     []*finding
	suggested int
	searched  int        // bytes of source that literal has looked through
	touched   []*finding // findings that at returned or counted since it was last emptied
}

// A matter is what one finding is about.
type matter struct {
	code  string
	place hcl.Range
	about string
}

// A finding is a diagnostic in the making.
type finding struct {
	diag  *hcl.Diagnostic
	code  string
	place hcl.Range
	way   string // the way out, said last
	roles int
	last  *ir.Role
}

func newReporter(p *ir.Program) *reporter {
	r := &reporter{program: p, found: map[matter]*finding{}}
	if p.Config != nil {
		r.sources = p.Config.Sources
	}
	return r
}

// at starts a finding of the running rule about one role (nil: about none in
// particular) and returns nil when the matter is known already; the role is
// counted either way. Roles must come one after another.
func (r *reporter) at(role *ir.Role, place hcl.Range, about string) *finding {
	return r.matter(matter{r.code, place, about}, role, place)
}

// atText is at for a text that stands at a place: the finding points at the
// text itself where it is written out there.
func (r *reporter) atText(role *ir.Role, place hcl.Range, text string) *finding {
	return r.atTextIn(role, place, text, "")
}

// atTextIn is atText for what depends on the account.
func (r *reporter) atTextIn(role *ir.Role, place hcl.Range, text, account string) *finding {
	f := r.matter(matter{r.code, place, text + account}, role, place)
	if f != nil {
		f.place = r.within(place, text)
	}
	return f
}

// matter is at for a matter that is not told apart by its place.
func (r *reporter) matter(key matter, role *ir.Role, place hcl.Range) *finding {
	f, known := r.found[key]
	if !known {
		f = &finding{code: key.code, place: place}
		r.found[key] = f
		r.order = append(r.order, f)
	}
	f.count(role)
	r.touched = append(r.touched, f)
	if known {
		return nil
	}
	return f
}

// count counts a role that the finding speaks of, nil for none; roles come one
// after another.
func (f *finding) count(role *ir.Role) {
	if role != nil && f.last != role {
		f.roles++
		f.last = role
	}
}

func (f *finding) errorf(format string, args ...any) *finding {
	f.diag = diag.Errorf(f.code, f.place, format, args...)
	return f
}

func (f *finding) warnf(format string, args ...any) *finding {
	f.diag = diag.Warnf(f.code, f.place, format, args...)
	return f
}

func (f *finding) noticef(format string, args ...any) *finding {
	f.diag = diag.Noticef(f.code, f.place, format, args...)
	return f
}

// wayOut is what to do about it; it is said after the number of roles.
func (f *finding) wayOut(format string, args ...any) *finding {
	f.way = fmt.Sprintf(format, args...)
	return f
}

// fix adds text to write, in the language itself.
func (f *finding) fix(message, text string) *finding {
	diag.Suggest(f.diag, message, text)
	return f
}

// relate adds a second place, unless it is none.
func (f *finding) relate(place hcl.Range, message string) *finding {
	if place.Filename != "" {
		diag.Relate(f.diag, place, message)
	}
	return f
}

// diagnostics finishes the findings: the number of roles goes between what is
// wrong and the way out.
func (r *reporter) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, f := range r.order {
		if f.diag == nil {
			continue
		}
		parts := []string{f.diag.Detail}
		if f.roles > 1 {
			diag.InfoOf(f.diag).Count = f.roles
			parts = append(parts, fmt.Sprintf("Found in %d roles.", f.roles))
		}
		if f.way != "" {
			parts = append(parts, f.way)
		}
		f.diag.Detail = readable.Replace(strings.Join(parts, " "))
		diags = append(diags, f.diag)
	}
	return diags
}

// readable writes pseudo parameters, also those that %q escaped, as references.
var readable = strings.NewReplacer(
	policy.PseudoPartition, "${partition}", policy.PseudoRegion, "${region}", policy.PseudoAccount, "${account_id}",
	`\ue001`, "${partition}", `\ue002`, "${region}", `\ue003`, "${account_id}",
)

// maxSuggestions is how often a rule looks for what was meant. A report shows
// no more findings than that.
const maxSuggestions = diag.MaxDiagnostics

// suggest looks for what was meant, at most maxSuggestions times.
func (r *reporter) suggest(look func() string) string {
	if r.suggested++; r.suggested > maxSuggestions {
		return ""
	}
	return strings.TrimSpace(look())
}

// users reports whether a place is in the user's files and not in the catalogue.
func (r *reporter) users(place hcl.Range) bool {
	_, ok := r.sources[place.Filename]
	return ok
}

// placeOf is the first of the places that is in the user's files, else where
// the role takes its persona, else the role's label.
func (r *reporter) placeOf(role *ir.Role, places ...hcl.Range) hcl.Range {
	for _, p := range places {
		if r.users(p) {
			return p
		}
	}
	if role.Decl != nil && role.Decl.Persona != nil {
		return role.Decl.Persona.Expr.Range()
	}
	return labelOf(role)
}

func labelOf(role *ir.Role) hcl.Range {
	if role.Decl == nil {
		return hcl.Range{}
	}
	return role.Decl.Name.Range
}

// A roleName is how a role is named in a message: "label" or label["key"].
type roleName string

func named(role interface{ Address() string }) roleName { return roleName(role.Address()) }

// Format writes the name for any verb, since an address with a key has its own
// quotation marks.
func (n roleName) Format(f fmt.State, _ rune) {
	if strings.HasSuffix(string(n), `"]`) {
		fmt.Fprint(f, string(n))
		return
	}
	fmt.Fprintf(f, "%q", string(n))
}
