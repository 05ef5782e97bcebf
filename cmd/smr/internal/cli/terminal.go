package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// color reports whether what is written to w may have colors: on a terminal,
// unless NO_COLOR, CI, a dumb terminal or --no-color speak against it.
func (s *session) color(w io.Writer) bool {
	return terminal(w) && !s.noColor && s.env("NO_COLOR") == "" && s.env("CI") == "" && s.env("TERM") != "dumb"
}

// width is how many columns text is wrapped at: those of the terminal, at most
// 120; 0 where w is no terminal.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !terminal(w) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return min(columns, 120)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
