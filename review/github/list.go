package github

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// list reads all pages of a list, element by element, and keeps those that
// keep says. A page that breaks off is read again from its beginning.
func list[T any](ctx context.Context, c *Client, path string, keep func(T) bool) ([]T, error) {
	var out []T
	for range maxPages {
		var page []T
		var next string
		err := c.do(ctx, http.MethodGet, path, nil, maxList, func(h http.Header, body io.Reader) error {
			page = nil
			var err error
			if next, err = c.next(h); err != nil {
				return err
			}
			dec := json.NewDecoder(body)
			if t, err := dec.Token(); err != nil || t != json.Delim('[') {
				return fmt.Errorf("%w: it is no list: %w", errAnswer, cause(err))
			}
			for dec.More() {
				var e T
				if err := dec.Decode(&e); err != nil {
					return err
				}
				if keep(e) {
					page = append(page, e)
				}
			}
			_, err = dec.Token()
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if next == "" {
			return out, nil
		}
		path = next
	}
	return nil, fmt.Errorf("%s has more than %d pages: %w", path, maxPages, errAnswer)
}

// cause is an error, or that there is none.
func cause(err error) error {
	if err == nil {
		return fmt.Errorf("another value stands there")
	}
	return err
}

// next is the address of the page that follows, "" after the last (GitHub
// Docs, "Using pagination in the REST API"). It is followed within the origin
// of the API alone: the token goes with it.
func (c *Client) next(h http.Header) (string, error) {
	for part := range strings.SplitSeq(strings.Join(h.Values("Link"), ","), ",") {
		target, parameters, _ := strings.Cut(part, ";")
		if !strings.Contains(parameters, `rel="next"`) {
			continue
		}
		target = strings.TrimSpace(target)
		if !strings.HasPrefix(target, "<") || !strings.HasSuffix(target, ">") {
			return "", fmt.Errorf("%w: the next page has no address", errAnswer)
		}
		u, err := url.Parse(target[1 : len(target)-1])
		if err != nil {
			return "", fmt.Errorf("%w: the next page has no address", errAnswer)
		}
		if u = c.api.ResolveReference(u); !c.own(u) {
			return "", fmt.Errorf("%w: the next page is said to be at another origin, %s://%s, which is not followed", errAnswer, u.Scheme, u.Host)
		}
		return u.String(), nil
	}
	return "", nil
}

// all keeps every element of a list.
func all[T any](T) bool { return true }
