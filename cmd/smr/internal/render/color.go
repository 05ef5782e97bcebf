package render

// A style is a sequence of SGR parameters (ECMA-48, Select Graphic Rendition).
type style string

const (
	bold      style = "\x1b[1m"
	underline style = "\x1b[4m"
	red       style = "\x1b[1;31m"
	green     style = "\x1b[32m"
	yellow    style = "\x1b[1;33m"
	cyan      style = "\x1b[36m"
	reset           = "\x1b[0m"
)

// paint writes text in a style, where color is wanted.
func (t *textWriter) paint(s style, text string) string { return paint(t.o.Color, s, text) }

func paint(color bool, s style, text string) string {
	if !color || text == "" {
		return text
	}
	return string(s) + text + reset
}
