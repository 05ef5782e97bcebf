package cloudformation

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The short forms of intrinsic functions, as tags of nodes. JSON has the long
// forms, see appendJSON.
const (
	tagRef    = "!Ref"
	tagSub    = "!Sub"
	tagJoin   = "!Join"
	tagGetAtt = "!GetAtt"
	tagText   = "!!str"
	tagInt    = "!!int"
	tagMap    = "!!map"
	tagList   = "!!seq"
)

// pseudo names CloudFormation's pseudo parameters (CloudFormation User Guide,
// "Pseudo parameters reference").
func pseudo(p string) string {
	switch p {
	case policy.PseudoPartition:
		return "AWS::Partition"
	case policy.PseudoRegion:
		return "AWS::Region"
	default:
		return "AWS::AccountId"
	}
}

// text spells s, whose pseudo parameters become CloudFormation's.
//
// Where there is none, s stands as it is: outside of Fn::Sub, "${" is text, so
// IAM's policy variables need no escape. Inside it they do: ${!aws:username}
// stands for ${aws:username} (CloudFormation User Guide, "Fn::Sub"). Text that
// this cannot escape is joined from pieces by Fn::Join, which escapes nothing.
func text(s string) *yaml.Node {
	switch {
	case !policy.HasPseudo(s):
		return scalar(tagText, s)
	case s == policy.PseudoPartition || s == policy.PseudoRegion || s == policy.PseudoAccount:
		return scalar(tagRef, pseudo(s))
	case !escapable(s):
		return join(s)
	}
	var b strings.Builder
	for t, p := range emit.Pieces(s) {
		b.WriteString(strings.ReplaceAll(t, "${", "${!"))
		if p != "" {
			b.WriteString("${" + pseudo(p) + "}")
		}
	}
	return scalar(tagSub, b.String())
}

// escapable reports whether every "${" of s starts a policy variable that
// Fn::Sub is known to write back. AWS documents ${!Literal} without saying what
// a literal holds; names of keys and tags are in use, such as
// ${!aws:PrincipalTag/cost-center}, so other signs are not tried.
func escapable(s string) bool {
	for {
		_, rest, found := strings.Cut(s, "${")
		if !found {
			return true
		}
		end := strings.IndexFunc(rest, func(c rune) bool {
			return (c > '~' || !letter(byte(c))) && !strings.ContainsRune("0123456789:/._-", c)
		})
		if end < 1 || rest[end] != '}' {
			return false
		}
		s = rest[end+1:]
	}
}

func join(s string) *yaml.Node {
	pieces := list()
	for t, p := range emit.Pieces(s) {
		if t != "" {
			add(pieces, scalar(tagText, t))
		}
		if p != "" {
			add(pieces, scalar(tagRef, pseudo(p)))
		}
	}
	n := list(scalar(tagText, ""), pieces)
	n.Tag = tagJoin
	return n
}

func scalar(tag, value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
	if tag != tagInt && !plain(value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// plain reports whether s may stand in YAML without quotation marks: it starts
// with a letter or one of a few signs, holds nothing that YAML's grammar looks
// at, and no reader takes it for a bool, a null or a number, also not one of
// YAML 1.1 such as CloudFormation's, to which "no" and "1:30" are none of text
// (YAML 1.1 type repository).
func plain(s string) bool {
	if s == "" || !letter(s[0]) && s[0] != '/' && s[0] != '$' {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case letter(c) || '0' <= c && c <= '9' || strings.IndexByte("_/.@=+-*?${}!~()'", c) >= 0:
		case c == ':' && i+1 < len(s) && s[i+1] != ' ':
		case (c == ' ' || c == ',') && i+1 < len(s):
		default:
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func list(items ...*yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: tagList, Content: items}
	return n
}

func add(list *yaml.Node, items ...*yaml.Node) { list.Content = append(list.Content, items...) }

func object() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: tagMap} }

// set adds a member to an object; members stand in the order of the calls.
func set(object *yaml.Node, key string, value *yaml.Node) {
	object.Content = append(object.Content, scalar(tagText, key), value)
}

// setText adds a member that is left out when empty.
func setText(object *yaml.Node, key, value string) {
	if value != "" {
		set(object, key, text(value))
	}
}
