package dsl

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// attrs says where each attribute of a block goes.
type attrs map[string]**Attr

// blocks says what decodes each kind of block inside a block.
type blocks map[string]func(*hclsyntax.Block)

// A decoder turns bodies into the typed tree. It goes on after an error, so
// that one run reports all it can.
type decoder struct {
	config *Config
	diags  hcl.Diagnostics
}

// Decode parses and decodes the files of one configuration. The tree holds
// whatever could be decoded, also when there are errors.
func Decode(files []File) (*Config, hcl.Diagnostics) {
	d := &decoder{config: &Config{Sources: map[string][]byte{}, Budget: &Budget{left: MaxSteps}}}
	for _, file := range files {
		d.config.Sources[file.Name] = file.Bytes
		body, diags := Parse(file)
		d.diags = append(d.diags, diags...)
		if body == nil {
			continue
		}
		ignores, diags := ignoresOf(file, body)
		d.config.Ignores = append(d.config.Ignores, ignores...)
		d.diags = append(d.diags, diags...)
		if strings.HasSuffix(file.Name, ".smrvars") {
			d.config.Values = append(d.config.Values, d.values(body)...)
		} else {
			d.topLevel(body)
		}
	}
	d.unique()
	return d.config, d.diags
}

// DecodeActivity decodes one file of the catalogue, which holds a single
// activity or the personas of an edition, against the budget of a configuration.
func DecodeActivity(file File, budget *Budget) (*Config, hcl.Diagnostics) {
	d := &decoder{config: &Config{Budget: budget}}
	body, diags := Parse(file)
	d.diags = diags
	if body != nil {
		d.topLevel(body)
	}
	for _, a := range d.config.Activities {
		a.BuiltIn = true
	}
	for _, p := range d.config.Personas {
		p.BuiltIn = true
	}
	return d.config, d.diags
}

// DecodeValues decodes a .smrvars file.
func DecodeValues(file File, budget *Budget) ([]*Attr, hcl.Diagnostics) {
	d := &decoder{config: &Config{Budget: budget}}
	body, diags := Parse(file)
	d.diags = diags
	if body == nil {
		return nil, d.diags
	}
	return d.values(body), d.diags
}

func (d *decoder) errorf(code string, r hcl.Range, format string, args ...any) {
	d.diags = append(d.diags, diag.Errorf(code, r, format, args...))
}

// body decodes the attributes and blocks of b, which is a block named what.
func (d *decoder) body(b *hclsyntax.Body, what string, as attrs, bs blocks) {
	for name, a := range b.Attributes {
		if slot, ok := as[name]; ok {
			*slot = d.attr(a)
			continue
		}
		names := slices.Concat(slices.Collect(maps.Keys(as)), slices.Collect(maps.Keys(bs)))
		if _, isBlock := bs[name]; isBlock {
			d.errorf("unexpected-attribute", a.NameRange, "In %s, %q is a block, not an attribute. Write %s { … } without the equals sign.", what, name, name)
			continue
		}
		d.errorf("unsupported-argument", a.NameRange, "%s has no argument %q.%s", capital(what), name, diag.DidYouMean(name, names, allowed(names)))
	}
	for _, blk := range b.Blocks {
		if decode, ok := bs[blk.Type]; ok {
			decode(blk)
			continue
		}
		if _, isAttr := as[blk.Type]; isAttr {
			d.errorf("unexpected-block", blk.TypeRange, "In %s, %q is an attribute, not a block. Write %s = … with an equals sign.", what, blk.Type, blk.Type)
			continue
		}
		names := slices.Concat(slices.Collect(maps.Keys(bs)), slices.Collect(maps.Keys(as)))
		d.errorf("unsupported-block", blk.TypeRange, "%s has no block %q.%s", capital(what), blk.Type, diag.DidYouMean(blk.Type, names, allowed(names)))
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// allowed names what can stand in a block, where the list is short enough to read.
func allowed(names []string) string {
	if len(names) == 0 {
		return "It has no arguments."
	}
	if len(names) > 16 {
		return "dsl/LANGUAGE.md lists what it has."
	}
	slices.Sort(names)
	return "It has " + diag.Quote(names) + "."
}

func (d *decoder) attr(a *hclsyntax.Attribute) *Attr {
	expr, diags := guard(a.Expr, d.config.Budget)
	d.diags = append(d.diags, diags...)
	return &Attr{Name: a.Name, NameRange: a.NameRange, Expr: expr, Range: a.SrcRange}
}

// free returns all attributes of b sorted by name, for blocks whose arguments
// are named elsewhere; nested blocks are errors.
func (d *decoder) free(b *hclsyntax.Body, what string) []*Attr {
	var out []*Attr
	for _, a := range b.Attributes {
		out = append(out, d.attr(a))
	}
	slices.SortFunc(out, func(a, b *Attr) int { return strings.Compare(a.Name, b.Name) })
	for _, blk := range b.Blocks {
		d.errorf("unsupported-block", blk.TypeRange, "%s has arguments only, no block %q. Write %s = { … } for an object.", capital(what), blk.Type, blk.Type)
	}
	return out
}

func (d *decoder) values(b *hclsyntax.Body) []*Attr {
	out := d.free(b, "a file of variable values")
	slices.SortFunc(out, func(a, b *Attr) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return out
}

// label takes the one label that a block must have.
func (d *decoder) label(b *hclsyntax.Block, what string) Name {
	switch {
	case len(b.Labels) == 1 && b.Labels[0] != "":
		return Name{Text: b.Labels[0], Range: b.LabelRanges[0]}
	case len(b.Labels) > 1:
		d.errorf("unexpected-label", b.LabelRanges[1], "A block %q takes one label, %s. Delete %q.", b.Type, what, b.Labels[1])
		return Name{Text: b.Labels[0], Range: b.LabelRanges[0]}
	}
	d.errorf("missing-label", b.TypeRange, "A block %q needs a label, %s: %s \"…\" { … }.", b.Type, what, b.Type)
	return Name{Range: b.TypeRange}
}

// noLabel refuses labels on a block that takes none.
func (d *decoder) noLabel(b *hclsyntax.Block) {
	if len(b.Labels) > 0 {
		d.errorf("unexpected-label", b.LabelRanges[0], "A block %q takes no label. Delete %q.", b.Type, b.Labels[0])
	}
}

// once refuses a second block of a kind of which there can be one.
func once[T any](d *decoder, slot **T, b *hclsyntax.Block, first func(*T) hcl.Range) bool {
	if *slot == nil {
		return true
	}
	d.diags = append(d.diags, diag.Relate(
		diag.Errorf("duplicate-block", b.TypeRange, "There can be one block %q here. Move its arguments to the first one.", b.Type),
		first(*slot), "the first one"))
	return false
}

func header(b *hclsyntax.Block) hcl.Range { return b.DefRange() }

// whole is the range of a block with its body.
func whole(b *hclsyntax.Block) hcl.Range { return hcl.RangeBetween(b.TypeRange, b.CloseBraceRange) }
