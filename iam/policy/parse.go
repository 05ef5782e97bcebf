package policy

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Parse reads one policy document of the JSON policy language (IAM User Guide,
// "Grammar of the IAM JSON policy language").
//
// Element names and the values of Effect and Version compare with case, as IAM
// compares them; condition operators without. Where the grammar admits a list,
// one value may stand without brackets; numbers and booleans are admitted as
// condition values and kept as the strings they are written as. A list may be
// empty: IAM Access Analyzer's policy check reference calls such an element one
// that "does not affect the policy", and the field is then empty but not nil.
//
// Refused are an unknown or repeated element (of which IAM would keep one
// without saying which), a statement without Effect or without exactly one of
// Action and NotAction, both forms of one element, an unknown principal type or
// condition operator, and text that is not JSON in UTF-8. Whether an element is
// admitted in this type of policy (Principal in an identity-based one) is not
// decided here. The error is always an *Error. Parse takes time and memory
// linear in src; the caller bounds its length.
func Parse(src []byte) (*Document, error) { return parse(src, false) }

// ParseLoose reads as [Parse] does, and takes a string other than "*" as the
// value of Principal or NotPrincipal, which the grammar lacks and IAM refuses,
// for an AWS principal. Simulators of policies admit that form.
func ParseLoose(src []byte) (*Document, error) { return parse(src, true) }

func parse(src []byte, loose bool) (*Document, error) {
	p := parser{scanner: scanner{src: src}, loose: loose}
	d, err := p.document()
	if err == nil && (p.space() != 0 || p.pos < len(src)) {
		err = p.errorf(p.pos, "The text goes on after the policy document with %s.", p.found())
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// A parser knows the grammar; its scanner knows JSON.
type parser struct {
	scanner
	loose bool
}

// object calls member for every member of the object that is next. member
// reads the value; object refuses a name that was there already.
func (p *parser) object(where string, member func(name string, at int) *Error) *Error {
	if err := p.open('{', "an object", where); err != nil {
		return err
	}
	var seen nameSet
	for first := true; ; first = false {
		more, err := p.more('}', first)
		if err != nil || !more {
			return err
		}
		name, at, err := p.key()
		if err != nil {
			return err
		}
		if !seen.add(name) {
			return p.errorf(at, "%s holds %q twice. A name may stand once in an object.", where, name)
		}
		if err := member(name, at); err != nil {
			return err
		}
	}
}

// A nameSet holds the names of one object; small ones need no map.
type nameSet struct {
	few  []string
	many map[string]bool
}

// add reports whether name was not in the set, which it then is.
func (n *nameSet) add(name string) bool {
	if n.many != nil {
		if n.many[name] {
			return false
		}
		n.many[name] = true
		return true
	}
	if slices.Contains(n.few, name) {
		return false
	}
	n.few = append(n.few, name)
	if len(n.few) > 16 {
		n.many = make(map[string]bool, 2*len(n.few))
		for _, s := range n.few {
			n.many[s] = true
		}
	}
	return true
}

func (p *parser) document() (*Document, *Error) {
	d := &Document{}
	p.space()
	start := p.pos
	err := p.object("The policy document", func(name string, at int) (err *Error) {
		switch name {
		case "Version":
			p.space()
			at := p.pos
			if d.Version, err = p.scalar("Version"); err != nil {
				return err
			}
			if d.Version != Version2012 && d.Version != Version2008 {
				return p.errorf(at, "Version %q does not exist; IAM knows %q and %q.", d.Version, Version2012, Version2008)
			}
		case "Id":
			d.ID, err = p.scalar("Id")
		case "Statement":
			d.Statements, err = p.statements()
		default:
			return p.unknown(name, at, "The policy document", "Version", "Id", "Statement")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.Statements == nil {
		return nil, p.errorf(start, "The policy document has no Statement element. It needs one with at least one statement.")
	}
	return d, nil
}

// unknown is the error for an element that may not stand where it does.
func (p *parser) unknown(name string, at int, where string, admitted ...string) *Error {
	for _, a := range admitted {
		if strings.EqualFold(a, name) {
			return p.errorf(at, "%s holds %q; IAM writes it %q and compares names with case.", where, name, a)
		}
	}
	return p.errorf(at, "%s holds the unknown element %q. It may hold %s.", where, name, strings.Join(admitted, ", "))
}

func (p *parser) statements() ([]Statement, *Error) {
	if p.space() == '{' {
		st, err := p.statement(0)
		if err != nil {
			return nil, err
		}
		return []Statement{st}, nil
	}
	if err := p.open('[', "a statement or a list of statements", "Statement"); err != nil {
		return nil, err
	}
	list := make([]Statement, 0, 8)
	for first := true; ; first = false {
		more, err := p.more(']', first)
		if err != nil {
			return nil, err
		}
		if !more {
			return list, nil
		}
		st, err := p.statement(len(list))
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
}

// statement reads one statement; index, from 0, names it in messages.
func (p *parser) statement(index int) (Statement, *Error) {
	var st Statement
	where := "Statement " + strconv.Itoa(index+1)
	p.space()
	start := p.pos
	err := p.object(where, func(name string, at int) *Error { return p.element(&st, where, name, at) })
	if err != nil {
		return st, err
	}
	if msg := st.malformed(); msg != "" {
		return st, p.errorf(start, "%s %s", where, msg)
	}
	return st, nil
}

// malformed says what makes a statement break the grammar, "" if nothing does.
func (s *Statement) malformed() string {
	switch {
	case s.Effect == "":
		return `has no Effect. It must be "Allow" or "Deny".`
	case s.Actions == nil && s.NotActions == nil:
		return "has no Action. It needs Action or NotAction."
	case s.Actions != nil && s.NotActions != nil:
		return "has Action and NotAction. It may have one of them."
	case s.Resources != nil && s.NotResources != nil:
		return "has Resource and NotResource. It may have one of them."
	case s.Principal != nil && s.NotPrincipal != nil:
		return "has Principal and NotPrincipal. It may have one of them."
	}
	return ""
}

// element reads the value of one element of a statement.
func (p *parser) element(st *Statement, where, name string, at int) (err *Error) {
	switch name {
	case "Sid":
		st.SID, err = p.scalar("Sid")
	case "Effect":
		p.space()
		at := p.pos
		var s string
		if s, err = p.scalar("Effect"); err == nil && s != string(Allow) && s != string(Deny) {
			err = p.errorf(at, `Effect %q does not exist; it is "Allow" or "Deny", compared with case.`, s)
		}
		st.Effect = Effect(s)
	case "Principal":
		st.Principal, err = p.principal(name)
	case "NotPrincipal":
		st.NotPrincipal, err = p.principal(name)
	case "Action":
		st.Actions, err = p.list(name, false)
	case "NotAction":
		st.NotActions, err = p.list(name, false)
	case "Resource":
		st.Resources, err = p.list(name, false)
	case "NotResource":
		st.NotResources, err = p.list(name, false)
	case "Condition":
		st.Conditions, err = p.conditions()
	default:
		err = p.unknown(name, at, where, "Sid", "Effect", "Principal", "NotPrincipal",
			"Action", "NotAction", "Resource", "NotResource", "Condition")
	}
	return err
}

func (p *parser) principal(where string) (*Principal, *Error) {
	if p.space() == '"' {
		at := p.pos
		s, err := p.text()
		if err != nil {
			return nil, err
		}
		if s != "*" && p.loose {
			return &Principal{AWS: []string{s}}, nil
		}
		if s != "*" {
			return nil, p.errorf(at, `%s %q must be "*" or an object such as {"AWS": %q}.`, where, s, s)
		}
		return &Principal{Any: true}, nil
	}
	pr := &Principal{}
	err := p.object(where, func(name string, at int) (err *Error) {
		switch name {
		case "AWS":
			pr.AWS, err = p.list(name, false)
		case "Service":
			pr.Service, err = p.list(name, false)
		case "Federated":
			pr.Federated, err = p.list(name, false)
		case "CanonicalUser":
			pr.CanonicalUser, err = p.list(name, false)
		default:
			err = p.unknown(name, at, where, "AWS", "Service", "Federated", "CanonicalUser")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return pr, nil
}

func (p *parser) conditions() ([]Condition, *Error) {
	var list []Condition
	err := p.object("Condition", func(op string, at int) *Error {
		if _, ok := ParseOperator(op); !ok {
			return p.errorf(at, "The condition operator %q does not exist. %s", op, operatorHelp)
		}
		return p.object(op, func(key string, _ int) *Error {
			values, err := p.list(key, true)
			list = append(list, Condition{Operator: op, Key: key, Values: values})
			return err
		})
	})
	return list, err
}

// scalar reads the string that the element named where must be.
func (p *parser) scalar(where string) (string, *Error) {
	if p.space() != '"' {
		return "", p.errorf(p.pos, "%s must be a string, not %s.", where, p.found())
	}
	return p.text()
}

// list reads one value or a list of them. The result is never nil.
func (p *parser) list(where string, condition bool) ([]string, *Error) {
	if p.space() != '[' {
		v, err := p.value(where, condition)
		if err != nil {
			return nil, err
		}
		return []string{v}, nil
	}
	p.pos++
	values := []string{}
	for first := true; ; first = false {
		more, err := p.more(']', first)
		if err != nil {
			return nil, err
		}
		if !more {
			return values, nil
		}
		v, err := p.value(where, condition)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
}

// value reads a string or, in a condition, a number or boolean.
func (p *parser) value(where string, condition bool) (string, *Error) {
	c := p.space()
	if c == '"' {
		return p.text()
	}
	if !condition {
		return "", p.errorf(p.pos, "%s must be a string or a list of strings, not %s.", where, p.found())
	}
	if c == '-' || c >= '0' && c <= '9' {
		return p.number()
	}
	for _, word := range []string{"true", "false"} {
		if bytes.HasPrefix(p.src[p.pos:], []byte(word)) {
			p.pos += len(word)
			return word, nil
		}
	}
	return "", p.errorf(p.pos, "A value of the condition key %q must be a string, a number or a boolean, not %s.", where, p.found())
}
