package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A matrix has a row for each role. A cell is "" where there is nothing.
type matrix struct {
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	Role, Account string
	Cells         []cell
}

// A cell is a short text with its meaning in words.
type cell struct{ Text, Title, Tone string }

// activities is the matrix of roles and the activities that they have.
func activities(roles []*ir.StackRole) *matrix {
	names := map[string]bool{}
	for _, r := range roles {
		for _, g := range r.Activities {
			names[g.Activity.Name] = true
		}
	}
	m := &matrix{Columns: sortedKeys(names)}
	for _, r := range roles {
		has := map[string]bool{}
		for _, g := range r.Activities {
			has[g.Activity.Name] = true
		}
		row := matrixRow{Role: r.Address(), Account: r.Target.Name}
		for _, name := range m.Columns {
			c := cell{}
			if has[name] {
				c = cell{"●", "has it", "calm"}
			}
			row.Cells = append(row.Cells, c)
		}
		m.Rows = append(m.Rows, row)
	}
	if len(m.Columns) == 0 {
		return nil
	}
	return m
}

// every stands for all services, where a pattern names them all.
const every = "every service"

// accesses is the matrix of roles and the highest level that their policies
// allow in each service, conditions, denials and boundaries left aside.
func accesses(roles []*ir.StackRole) *matrix {
	levels := map[*policy.Document]map[string]facts.Level{}
	of := func(d *policy.Document) map[string]facts.Level {
		if levels[d] == nil {
			levels[d] = allowed(d)
		}
		return levels[d]
	}
	rows := make([]map[string]facts.Level, len(roles))
	services := map[string]bool{}
	for i, r := range roles {
		rows[i] = map[string]facts.Level{}
		for _, list := range [][]ir.Policy{r.Managed, r.Inline} {
			for _, p := range list {
				for service, level := range of(p.Document) {
					rows[i][service] = max(rows[i][service], level)
					services[service] = true
				}
			}
		}
	}
	m := &matrix{Columns: sortedKeys(services)}
	for i, r := range roles {
		row := matrixRow{Role: r.Address(), Account: r.Target.Name}
		for _, s := range m.Columns {
			row.Cells = append(row.Cells, levelCell(rows[i][s]))
		}
		m.Rows = append(m.Rows, row)
	}
	if len(m.Columns) == 0 {
		return nil
	}
	return m
}

func levelCell(l facts.Level) cell {
	switch l {
	case facts.List:
		return cell{"L", "list", "calm"}
	case facts.Read:
		return cell{"R", "read", "calm"}
	case facts.Tagging:
		return cell{"T", "tagging", "warn"}
	case facts.Write:
		return cell{"W", "write", "warn"}
	case facts.PermissionsManagement:
		return cell{"P", "permissions management", "bad"}
	}
	return cell{}
}

// allowed is the highest level of the actions that a document allows, by
// service.
func allowed(d *policy.Document) map[string]facts.Level {
	out := map[string]facts.Level{}
	for i := range d.Statements {
		st := &d.Statements[i]
		if st.Effect != policy.Allow {
			continue
		}
		if len(st.NotActions) > 0 {
			out[every] = facts.PermissionsManagement
		}
		for _, pattern := range st.Actions {
			service, _, _ := strings.Cut(pattern, ":")
			if policy.HasWildcard(service) {
				out[every] = facts.PermissionsManagement
				continue
			}
			service = strings.ToLower(service)
			for a := range facts.Expand(pattern) {
				out[service] = max(out[service], a.Level)
			}
		}
	}
	return out
}
