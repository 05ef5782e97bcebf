package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// settings are the operations for what decides on nothing.
func (b *builder) settings(w *Want, r *live.Role) []Operation {
	if r.Description == w.Description && r.MaxSessionDuration == w.session() {
		return nil
	}
	args := Args{Description: &w.Description, MaxSessionDuration: w.session()}
	return []Operation{{Kind: UpdateRole, Phase: PhasePrepare, Why: "description and session duration", Args: args}}
}

// tagging are the tags to set before and after everything else. Until it has
// gone, what the configuration gave earlier stays remembered.
func (m *maker) tagging(w *Want, r *live.Role, slots []*slot) (first, last map[string]string) {
	first, last = map[string]string{}, map[string]string{}
	want := w.tags(m.d.Project)
	for key, value := range want {
		if have, ok := r.Tags[key]; !ok || have != value {
			first[key] = value
		}
	}
	for tag, kind := range map[string]string{TagAttached: foreignSlot, TagInline: inlineSlot} {
		var names []string
		leaving := false
		for _, s := range slots {
			switch {
			case s.kind != kind:
			case s.after != nil && slices.Contains(w.names(kind), s.key):
				names = append(names, s.key)
			case s.after == nil && s.before != nil && remembered(r.Tags[tag], s.key):
				names = append(names, s.key)
				leaving = true
			}
		}
		if !leaving {
			continue
		}
		delete(first, tag)
		if all := remember(names); all != r.Tags[tag] {
			first[tag] = all
		}
		if want[tag] != "" {
			last[tag] = want[tag]
		}
	}
	return first, last
}

func (w *Want) names(kind string) []string {
	if kind == foreignSlot {
		return w.attached()
	}
	return slices.Collect(maps.Keys(w.Inline))
}

// goneTags are the keys of tags that the configuration set and no longer has.
func (m *maker) goneTags(w *Want, r *live.Role) []string {
	want := w.tags(m.d.Project)
	var out []string
	for key := range r.Tags {
		_, wanted := want[key]
		switch {
		case wanted || key == TagRelease || strings.HasPrefix(lower(key), "aws:"):
		case strings.HasPrefix(key, tagPrefix) || w.Exclusive || remembered(r.Tags[TagTags], key):
			out = append(out, key)
		default:
			m.find(w, "extra-tag", r.Name, "The role has a tag %s that the configuration does not have. It stays. Add it to tags, or remove it.", strconv.Quote(key))
		}
	}
	slices.Sort(out)
	return out
}

// apart parts tags that go by when they do: those of the configuration before
// the tag that remembers them is written anew, those that remember what else
// goes after that has gone. A run that is killed in between forgets nothing.
func apart(gone []string) (first, last []string) {
	for _, key := range gone {
		if strings.HasPrefix(key, tagPrefix) {
			last = append(last, key)
		} else {
			first = append(first, key)
		}
	}
	return first, last
}

// tagsAlone refuses a change of tags that the role's policies look at together
// with any other change: comparisons take the tags of a role as given, so that
// nothing would be proved of what is in between.
func (m *maker) tagsAlone(w *Want, r *live.Role, walk *walk, first map[string]string, gone []string) bool {
	texts := map[string]bool{}
	for _, s := range walk.slots {
		for _, f := range []*form{s.before, s.after} {
			looked(f, texts)
		}
	}
	for _, f := range []*form{walk.start.limit, walk.end.limit, walk.start.trust, walk.end.trust} {
		looked(f, texts)
	}
	var seen []string
	changes := 0
	for key, value := range first {
		if texts[lower(key)] && r.Tags[key] != value {
			seen = append(seen, key)
		}
	}
	if len(seen) > 0 {
		changes++
	}
	before := len(seen)
	for _, key := range gone {
		if texts[lower(key)] {
			seen = append(seen, key)
		}
	}
	if len(seen) > before {
		changes++
	}
	if changes == 0 || len(walk.moves) == 0 && changes == 1 {
		return true
	}
	slices.Sort(seen)
	m.refuse(w, "tag-with-access", r.Name, "The policies of the role look at its tag %s, which changes together with its policies or with another such tag; of the states in between nothing can be proved. Release the change of the tag by itself.", strings.Join(seen, ", "))
	return false
}

// looked adds the keys of tags of the principal that a policy looks at, in
// lower case.
func looked(f *form, keys map[string]bool) {
	const prefix = "aws:principaltag/"
	if f == nil || f.doc == nil {
		return
	}
	text := policy.Lower(f.doc.Text)
	for rest := text; ; {
		_, after, found := strings.Cut(rest, prefix)
		if !found {
			return
		}
		if end := strings.IndexAny(after, "\"},"); end >= 0 {
			keys[strings.TrimSpace(after[:end])] = true
		}
		rest = after
	}
}

// settle deletes the policies of the role that it no longer has.
func (b *builder) settle(w *Want, slots []*slot) {
	for _, s := range slots {
		if s.kind != managedSlot || s.after != nil {
			continue
		}
		p := b.work.Policies[s.key]
		if p == nil {
			continue
		}
		if p.Attachments > 0 || p.Boundaries > 0 {
			b.find(w, "shared-policy", b.role, "The policy %s is no longer the role's, and somebody attached it by hand to others%s. It stays.", s.key, b.users(s.key, b.role))
			continue
		}
		b.deletePolicy(s.key, "the role no longer has it")
	}
}
