package importer

import (
	"context"
	"strings"

	"github.com/sagemaker-roles/smr/dsl/catalog"
)

// chooseEdition plans every role in the editions and takes the one in which the
// configuration is shortest.
func (im *importer) chooseEdition(ctx context.Context) error {
	names := catalog.Editions()
	if im.options.Edition != "" {
		names = []string{im.options.Edition}
	}
	best, least := "", 0
	plans := map[string][]*plan{}
	for _, name := range names {
		e, err := editions()[name]()
		if err != nil {
			return err
		}
		im.editions[name] = e
		cost := 0
		for i, s := range im.subjects {
			if err := ctx.Err(); err != nil {
				return err
			}
			im.options.progress("recognizing in edition "+name, i, len(im.subjects))
			plans[name] = append(plans[name], im.planner(e, s, levelEdited).plan())
		}
		im.share(e, plans[name])
		for _, p := range plans[name] {
			cost += p.cost
		}
		if best == "" || cost < least || cost == least && (im.recognized(plans[name]) == 0 || im.recognized(plans[name]) > im.recognized(plans[best])) {
			best, least = name, cost
		}
	}
	im.result.Edition = best
	for i, s := range im.subjects {
		s.plan = plans[best][i]
		for _, other := range names {
			if other != best && len(s.plan.choices) == 0 && len(plans[other][i].choices) > 0 {
				s.note("edition %q has %d of its activities; imported alone, with --role %s, it would be written in that edition", other, len(plans[other][i].choices), s.role.Name)
			}
		}
	}
	return nil
}

// share lets roles that do not name their VPC have that of the account's other
// roles, where all that name one name the same.
func (im *importer) share(e *edition, plans []*plan) {
	vpcs := map[*target]map[string]wide{}
	for i, s := range im.subjects {
		if v := plans[i].wide; len(v.vpc[0]) > 0 {
			if vpcs[s.target] == nil {
				vpcs[s.target] = map[string]wide{}
			}
			vpcs[s.target][strings.Join(v.vpc[0], " ")+"\x00"+strings.Join(v.vpc[1], " ")] = wide{vpc: v.vpc}
		}
	}
	for i, s := range im.subjects {
		if len(vpcs[s.target]) != 1 || len(plans[i].wide.vpc[0]) > 0 || plans[i].cost == 0 {
			continue
		}
		p := im.planner(e, s, levelEdited)
		for _, w := range vpcs[s.target] {
			p.hint = w
		}
		plans[i] = p.plan()
	}
}

func (im *importer) recognized(list []*plan) int {
	n := 0
	for _, p := range list {
		n += len(p.choices)
	}
	return n
}
