package importer

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A target is one account block.
type target struct {
	place
	name     string // "" where no account is known: then there is no block
	attached int    // most policies that a role has attached
	notes    []string
}

// regionName is how Regions are named; facts place them in partitions.
var regionName = regexp.MustCompile(`\b[a-z]{2}(?:-[a-z]+){1,3}-[0-9]\b`)

// locate finds where the roles of each source stand: account and partition from
// their ARNs, the Region from what their policies name most often.
func (im *importer) locate() {
	byPlace := map[string]*target{}
	for _, src := range im.sourcesInUse() {
		t := &target{}
		t.partition, t.account, t.region = src.State.Partition, src.State.Account, src.Region
		accounts, regions, partitions := map[string]int{}, map[string]int{}, map[string]int{}
		for _, s := range im.subjects {
			if s.source == src {
				s.mentions(accounts, regions, partitions)
			}
		}
		if t.account == "" {
			if t.account = mostly(accounts); t.account != "" {
				t.notes = append(t.notes, fmt.Sprintf("no file says which account this is; %s is the one that the policies name most often", t.account))
			}
		}
		t.partition = cmp.Or(t.partition, mostly(partitions), "aws")
		for r := range regions {
			if p, ok := facts.PartitionOf(r); !ok || p.Name != t.partition {
				delete(regions, r)
			}
		}
		if p, ok := facts.PartitionOf(t.region); !ok || p.Name != t.partition {
			t.region = ""
		}
		if found := mostly(regions); found != "" && (t.region == "" || regions[t.region] == 0) {
			t.region = found
		}
		if t.region == "" {
			t.region = anyRegion(t.partition)
			t.notes = append(t.notes, fmt.Sprintf("no policy names a Region, so %s is written for the account; nothing depends on it yet", t.region))
		}
		key := t.account + "\x00" + t.partition
		if known := byPlace[key]; known != nil && t.account != "" {
			t = known
		} else {
			byPlace[key] = t
			t.name = im.accountName(src, t)
			im.targets = append(im.targets, t)
			im.result.Notes = append(im.result.Notes, t.notes...)
		}
		for _, s := range im.subjects {
			if s.source == src {
				s.target = t
				t.attached = max(t.attached, len(s.role.Attached))
			}
		}
	}
}

func (im *importer) sourcesInUse() []*Source {
	var out []*Source
	for _, s := range im.subjects {
		if !slices.Contains(out, s.source) {
			out = append(out, s.source)
		}
	}
	return out
}

// accountNames are what an account can be called.
var accountNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

func (im *importer) accountName(src *Source, t *target) string {
	if t.account == "" {
		return ""
	}
	name := cmp.Or(src.Name, "main")
	for _, other := range im.targets {
		if other.name == name {
			return "a" + t.account
		}
	}
	return name
}

// mentions counts what the role's policies name.
func (s *subject) mentions(accounts, regions, partitions map[string]int) {
	see := func(v string) {
		arn, ok := policy.ParseARN(v)
		if ok && plain(arn.Partition, "-") {
			partitions[arn.Partition]++
		}
		if ok && policy.IsAccountID(arn.Account) {
			accounts[arn.Account]++
		}
		if ok || strings.Contains(v, "amazonaws") {
			for _, r := range regionName.FindAllString(v, 4) {
				if _, known := facts.PartitionOf(r); known {
					regions[r]++
				}
			}
		}
	}
	docs := []*policy.Document{}
	for _, t := range slices.Concat(s.managed, s.inline) {
		docs = append(docs, t.doc)
	}
	if s.role.Trust != nil {
		docs = append(docs, s.role.Trust.Policy)
	}
	for _, d := range docs {
		for _, st := range d.Statements {
			for _, v := range slices.Concat(st.Resources, st.NotResources) {
				see(v)
			}
			for _, c := range st.Conditions {
				for _, v := range c.Values {
					see(v)
				}
			}
		}
	}
}

// mostly is the name with the highest count, the first of several.
func mostly(counts map[string]int) string {
	best := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if best == "" || counts[name] > counts[best] {
			best = name
		}
	}
	return best
}

func anyRegion(partition string) string {
	p, _ := facts.FindPartition(partition)
	if len(p.Regions) == 0 || slices.Contains(p.Regions, "us-east-1") {
		return "us-east-1"
	}
	return slices.Sorted(slices.Values(p.Regions))[0]
}

// label names the role blocks: by the IAM name without the prefix that smr
// adds, in the letters that a label has.
func (im *importer) label() {
	used := map[string]bool{}
	for _, s := range im.subjects {
		name := strings.TrimPrefix(s.role.Name, resolve.NamePrefix)
		label := strings.Map(func(r rune) rune {
			if plain(string(r), "_-") {
				return r
			}
			return '-'
		}, name)
		if label == "" {
			label = "role"
		}
		s.label = label
		for n := 2; used[strings.ToLower(s.label)]; n++ {
			s.label = label + "-" + itoa(n)
		}
		used[strings.ToLower(s.label)] = true
	}
}

// speakable looks for text that the language cannot hold.
func (s *subject) speakable() error {
	values := map[string][]string{"the description": {s.role.Description}, "the path": {s.role.Path}, "the name": {s.role.Name}}
	for k, v := range s.role.Tags {
		values["the tag"] = append(values["the tag"], k, v)
	}
	for _, t := range slices.Concat(s.managed, s.inline) {
		what := fmt.Sprintf("in the policy %q the text", t.name)
		values[what] = append(values[what], texts(t.doc)...)
	}
	if s.role.Trust != nil {
		values["in the trust policy the text"] = texts(s.role.Trust.Policy)
	}
	for _, what := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[what] {
			if err := speakable(what, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// speakable says why the language cannot hold a text; nil if it can.
func speakable(what, v string) error {
	switch {
	case len(v) > dsl.MaxString:
		return fmt.Errorf("%s has %d bytes, and a string of the language at most %d", what, len(v), dsl.MaxString)
	case dsl.HasReserved(v):
		return fmt.Errorf("%s %q holds a private-use character that smr keeps for itself, and that IAM refuses", what, brief(v))
	case strings.Count(v, "$")+strings.Count(v, "%") > dsl.MaxParts:
		return fmt.Errorf("%s %q holds more than %d signs $ and %%", what, brief(v), dsl.MaxParts)
	case cty.StringVal(v).AsString() != v:
		return fmt.Errorf("%s %q is not in Unicode's composed form (NFC), to which the language brings every text", what, brief(v))
	}
	return nil
}

// texts are all strings of a document.
func texts(d *policy.Document) []string {
	var out []string
	for _, s := range d.Statements {
		out = append(out, slices.Concat(s.Actions, s.NotActions, s.Resources, s.NotResources)...)
		if p := s.Principal; p != nil {
			out = append(out, slices.Concat(p.AWS, p.Service, p.Federated)...)
		}
		for _, c := range s.Conditions {
			out = append(append(out, c.Operator, c.Key), c.Values...)
		}
	}
	return out
}

func brief(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
