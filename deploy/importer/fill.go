package importer

import "slices"

// fill fills the holes that stand in resources: with the values that every
// place of the hole finds, or for a near solution half of them.
func (u *universe) fill(s *solution, near bool) bool {
	for _, hole := range s.form.holes {
		if s.args[hole] != nil {
			continue
		}
		votes, places := map[string]int{}, 0
		var order []string
		for i := range s.form.statements {
			for _, r := range s.form.statements[i].resources {
				if r.hole != hole {
					continue
				}
				places++
				for _, v := range u.candidates(s, i, r, near) {
					if votes[v] == 0 {
						order = append(order, v)
					}
					votes[v]++
				}
			}
		}
		if places == 0 && u.conditional(s, hole) == 0 {
			continue // the form does not say it
		}
		list := slices.DeleteFunc(order, func(v string) bool {
			return votes[v] < places && (!near || 2*votes[v] < places)
		})
		if len(list) == 0 {
			return false
		}
		s.args[hole] = list
	}
	return true
}

// candidates are what can stand in the hole of one resource of a statement:
// what every action of it finds, or for a near solution half of them.
func (u *universe) candidates(s *solution, i int, r value, near bool) []string {
	actions := s.form.statements[i].actions
	votes := map[string]int{}
	var order []string
	sets := []int{s.conds[i]}
	if near {
		sets = append(sets, s.wider[i]...)
	}
	for _, action := range actions {
		seen := map[string]bool{}
		for _, set := range sets {
			for _, x := range u.lists[actionUnder{action, set}] {
				inner, ok := r.match(x)
				if !ok || seen[inner] || !plausible(s.form, r.hole, inner) {
					continue
				}
				seen[inner] = true
				if votes[inner] == 0 {
					order = append(order, inner)
				}
				votes[inner]++
			}
		}
	}
	return slices.DeleteFunc(order, func(v string) bool {
		return votes[v] < len(actions) && (!near || 2*votes[v] < len(actions))
	})
}

// conditional counts the conditions that a hole stands in.
func (u *universe) conditional(s *solution, hole string) int {
	n := 0
	for i := range s.form.statements {
		for _, c := range s.form.statements[i].conds {
			if slices.ContainsFunc(c.values, func(v value) bool { return v.hole == hole }) {
				n++
			}
		}
	}
	return n
}
