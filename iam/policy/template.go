package policy

import "strings"

// A PartKind says what a part of a template stands for.
type PartKind uint8

// The kinds of parts.
const (
	Literal  PartKind = iota + 1 // Text itself
	AnyText                      // *: any text, also none
	AnyOne                       // ?: exactly one character
	Variable                     // the value of the condition key Text in the request
)

// A Part is a piece of a [Template].
type Part struct {
	Kind       PartKind
	Text       string // of a Literal, its text; of a Variable, the condition key as written
	Default    string // of a Variable, what stands for it when the request lacks the key
	HasDefault bool
}

// A Template is a value of a policy taken apart: literal text, wildcards and
// policy variables, in order. No two literals are neighbours.
type Template []Part

// ParseTemplate takes s apart. variables says whether "${" starts a policy
// variable, as it does in documents of [Version2012] (see [Document.HasVariables]);
// otherwise it is text, in which * is still a wildcard.
//
// The forms are ${key}, ${key, 'default'}, and ${*}, ${?} and ${$}, which are
// the literal characters (IAM User Guide, "IAM policy elements: Variables and
// tags"). Text that starts like a variable and is none (no closing brace, a
// blank key, more than a default in quotes) is literal.
func ParseTemplate(s string, variables bool) Template {
	t := make(Template, 0, 1+2*strings.Count(s, "*")+2*strings.Count(s, "$"))
	from := 0
	flush := func(to int) {
		if from < to {
			t = t.literal(s[from:to])
		}
	}
	for i := 0; i < len(s); {
		switch s[i] {
		case '*', '?':
			flush(i)
			kind := AnyText
			if s[i] == '?' {
				kind = AnyOne
			}
			t = append(t, Part{Kind: kind})
			i++
			from = i
		case '$':
			end := 0
			if variables {
				end = variableEnd(s[i:])
			}
			if end == 0 {
				i++
				continue
			}
			flush(i)
			t = t.variable(s[i+2 : i+end-1])
			i += end
			from = i
		default:
			i++
		}
	}
	flush(len(s))
	return t
}

// literal appends text, to the last part if that is literal too.
func (t Template) literal(text string) Template {
	if n := len(t); n > 0 && t[n-1].Kind == Literal {
		t[n-1].Text += text
		return t
	}
	return append(t, Part{Kind: Literal, Text: text})
}

// variable appends the variable that stands between braces as inner.
func (t Template) variable(inner string) Template {
	switch inner {
	case "*", "?", "$":
		return t.literal(inner)
	}
	key, rest, has := strings.Cut(inner, ",")
	p := Part{Kind: Variable, Text: strings.TrimSpace(key), HasDefault: has}
	if has {
		rest = strings.TrimSpace(rest)
		p.Default = rest[1 : len(rest)-1]
	}
	return append(t, p)
}

// variableEnd returns the length of the policy variable that s, which starts
// with $, starts with; 0 if it starts with none. It reads no further than one
// quoted default, so that reading every variable of a text is linear.
func variableEnd(s string) int {
	if len(s) < 4 || s[1] != '{' {
		return 0
	}
	if s[3] == '}' && (s[2] == '*' || s[2] == '?' || s[2] == '$') {
		return 4
	}
	i := 2
	for i < len(s) && !strings.ContainsRune(",}'${*?", rune(s[i])) {
		i++
	}
	if strings.TrimSpace(s[2:i]) == "" || i == len(s) {
		return 0
	}
	if s[i] == ',' {
		i = skipBlanks(s, i+1)
		if i == len(s) || s[i] != '\'' {
			return 0
		}
		n := strings.IndexByte(s[i+1:], '\'')
		if n < 0 {
			return 0
		}
		i = skipBlanks(s, i+n+2)
	}
	if i < len(s) && s[i] == '}' {
		return i + 1
	}
	return 0
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// HasVariables reports whether policy variables are replaced in d: its Version
// is [Version2012].
func (d *Document) HasVariables() bool { return d.Version == Version2012 }

// Variables returns the condition keys, as written, of the policy variables of
// s in order of appearance, with repetitions; nil if it holds none.
func Variables(s string) []string {
	if !strings.Contains(s, "${") {
		return nil
	}
	var keys []string
	for _, p := range ParseTemplate(s, true) {
		if p.Kind == Variable {
			keys = append(keys, p.Text)
		}
	}
	return keys
}

// Constant returns the text of a template without wildcards and variables.
func (t Template) Constant() (text string, ok bool) {
	switch {
	case len(t) == 0:
		return "", true
	case len(t) == 1 && t[0].Kind == Literal:
		return t[0].Text, true
	}
	return "", false
}

// String writes the template so that ParseTemplate(…, true) reads it again:
// wildcards of literal text as ${*} and ${?}, and ${ as ${$}{.
func (t Template) String() string {
	var b strings.Builder
	for i, p := range t {
		switch p.Kind {
		case AnyText:
			b.WriteByte('*')
		case AnyOne:
			b.WriteByte('?')
		case Variable:
			b.WriteString("${" + p.Text)
			if p.HasDefault {
				b.WriteString(", '" + p.Default + "'")
			}
			b.WriteByte('}')
		case Literal:
			next := i+1 < len(t) && t[i+1].Kind == Variable
			b.WriteString(escapeLiteral(p.Text, next))
		}
	}
	return b.String()
}

// escapeLiteral escapes what would not read as literal text. A dollar at the
// end is escaped as well if a variable follows.
func escapeLiteral(s string, beforeVariable bool) string {
	if !strings.ContainsAny(s, "*?$") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '*' || c == '?', c == '$' && (i+1 < len(s) && s[i+1] == '{' || i+1 == len(s) && beforeVariable):
			b.WriteString("${" + string(c) + "}")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
