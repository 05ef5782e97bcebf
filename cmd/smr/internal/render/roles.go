package render

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// maxRows is how many roles the table shows; of more, the fullest ones.
const maxRows = 40

// A row is one role with all accounts in which it is equally full.
type row struct {
	role                string
	attached, most      int
	largest, largestMax int // the largest managed policy
	inline, inlineMax   int // all inline policies together
	accounts            []string
}

// fullness is the share of the quota that is used most, in thousandths.
func (r *row) fullness() int {
	return max(share(r.attached, r.most), share(r.largest, r.largestMax), share(r.inline, r.inlineMax))
}

func share(used, limit int) int {
	if limit <= 0 {
		return 0
	}
	return used * 1000 / limit
}

// Roles writes the table of roles: for each the managed policies attached of
// those that it may have, how full its largest managed policy and its inline
// policies are, and where it is deployed.
func Roles(w io.Writer, stack *ir.Stack, o Options) error {
	buf := bufio.NewWriter(w)
	if stack == nil || len(stack.Roles) == 0 {
		return buf.Flush()
	}
	rows := rowsOf(stack)
	shown := rows
	if len(rows) > maxRows {
		shown = slices.Clone(rows)
		slices.SortStableFunc(shown, func(a, b *row) int { return cmp.Compare(b.fullness(), a.fullness()) })
		shown = shown[:maxRows]
	}
	table := [][]string{{"ROLE", "POLICIES", "LARGEST POLICY", "INLINE", "ACCOUNTS"}}
	for _, r := range shown {
		table = append(table, []string{clean(r.role), fmt.Sprintf("%2d of %d", r.attached, r.most), bar(r.largest, r.largestMax), bar(r.inline, r.inlineMax), r.where()})
	}
	writeTable(buf, table, o)
	if more := len(rows) - len(shown); more > 0 {
		fmt.Fprintf(buf, "\nThe fullest %d of %s are shown.\n", len(shown), Count(len(rows), "role"))
	}
	buf.WriteString("\n")
	return buf.Flush()
}

// rowsOf gathers roles of the same address and use over their accounts.
func rowsOf(stack *ir.Stack) []*row {
	type key struct {
		role                                                   string
		attached, most, largest, largestMax, inline, inlineMax int
	}
	sizes := map[*policy.Document]int{}
	size := func(p *ir.Policy) int {
		n, ok := sizes[p.Document]
		if !ok {
			n = policy.Size(p.Document)
			sizes[p.Document] = n
		}
		return n
	}
	index := map[key]*row{}
	var rows []*row
	for _, sr := range stack.Roles {
		r := row{
			role: sr.Address(), attached: len(sr.Managed) + len(sr.Attached), most: quota(sr.Target, "attached_policies_per_role"),
			largestMax: quota(sr.Target, "managed_policy_size"), inlineMax: quota(sr.Target, "inline_policies_size"),
		}
		for i := range sr.Managed {
			r.largest = max(r.largest, size(&sr.Managed[i]))
		}
		for i := range sr.Inline {
			r.inline += size(&sr.Inline[i])
		}
		k := key{r.role, r.attached, r.most, r.largest, r.largestMax, r.inline, r.inlineMax}
		if index[k] == nil {
			index[k] = &r
			rows = append(rows, &r)
		}
		index[k].accounts = append(index[k].accounts, sr.Target.Name)
	}
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(a.role, b.role) })
	return rows
}

// quota is what an account admits: what its block says, or IAM's default.
func quota(t *ir.Target, name string) int {
	if q, ok := t.Quotas[name]; ok {
		return q.Value
	}
	q, _ := facts.FindQuota(name)
	return q.Default
}

// where names up to three accounts and counts more.
func (r *row) where() string {
	names := make([]string, len(r.accounts))
	for i, a := range r.accounts {
		names[i] = clean(a)
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], len(names)-2)
	}
	return strings.Join(names, ", ")
}

// barWidth is how many cells a bar has.
const barWidth = 10

// bar draws how much of a quota is used, rounded down, so that only what is
// full looks full; "" for nothing.
func bar(used, limit int) string {
	if used == 0 || limit <= 0 {
		return ""
	}
	full := min(used*barWidth/limit, barWidth)
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full) + fmt.Sprintf(" %3d%%", used*100/limit)
}

// writeTable aligns columns; those without any entry below the heading go.
func writeTable(w *bufio.Writer, table [][]string, o Options) {
	widths := make([]int, len(table[0]))
	for c := range table[0] {
		for r, line := range table {
			if r > 0 && line[c] != "" {
				widths[c] = max(widths[c], columns(line[c]), columns(table[0][c]))
			}
		}
	}
	for r, line := range table {
		text := ""
		for c, cell := range line {
			if widths[c] > 0 {
				text += cell + strings.Repeat(" ", widths[c]-columns(cell)+2)
			}
		}
		text = strings.TrimRight(text, " ")
		if r == 0 {
			text = paint(o.Color, bold, text)
		}
		w.WriteString(text + "\n")
	}
}

// Counts writes the line that ends a report: how many errors, warnings and
// notices there are.
func Counts(w io.Writer, r *diag.Report, o Options) error {
	var parts []string
	for _, part := range []struct {
		n    int
		noun string
	}{{r.Errors, "error"}, {r.Warnings, "warning"}, {r.Notices, "notice"}} {
		if part.n > 0 {
			parts = append(parts, Count(part.n, part.noun))
		}
	}
	text, tint := "Good: no findings.", green
	switch {
	case r.Errors > 0:
		text, tint = strings.Join(parts, ", ")+".", red
	case len(parts) > 0:
		text = "Good, with " + strings.Join(parts, " and ") + "."
	}
	if r.Ignored > 0 {
		text += fmt.Sprintf(" %s ignored by comments.", Count(r.Ignored, "warning"))
	}
	_, err := fmt.Fprintln(w, paint(o.Color, tint, text))
	return err
}

// Count is a number with its noun: "1 role", "2 policies".
func Count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
