package runner

import (
	"errors"
	"fmt"
	"strings"
)

// File reads a file such as GITHUB_OUTPUT. A line is NAME=VALUE, or begins with
// NAME<<DELIMITER a value that ends before the line that is DELIMITER; what
// stands first in the line decides. An error fails the step.
func File(text string) (map[string]string, error) {
	out := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case heredoc >= 0 && (equals < 0 || heredoc < equals):
			name, delimiter := line[:heredoc], line[heredoc+2:]
			if name == "" || delimiter == "" {
				return out, fmt.Errorf("invalid format %q", line)
			}
			value, after, err := heredocValue(rest, delimiter)
			if err != nil {
				return out, err
			}
			out[name], text = value, after
		case equals > 0:
			out[line[:equals]] = line[equals+1:]
		default:
			return out, fmt.Errorf("invalid format %q", line)
		}
	}
	return out, nil
}

// heredocValue is what stands before the line that is the delimiter. Every
// line of the value, and so the last one, ends with a line feed.
func heredocValue(text, delimiter string) (value, rest string, err error) {
	var lines []string
	for {
		line, after, ended := strings.Cut(text, "\n")
		if line == delimiter {
			return strings.Join(lines, "\n"), after, nil
		}
		if !ended {
			return "", "", errors.New("matching delimiter not found " + delimiter)
		}
		lines, text = append(lines, line), after
	}
}
