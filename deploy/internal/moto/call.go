package moto

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A Call is one request of a client.
type Call struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	Action       string     // such as "CreateRole"; "" for what is no call of the query protocol
	Form         url.Values // what the action is given
}

// A Response is what a peer answers.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Peer answers calls.
type Peer interface{ Do(*Call) *Response }

// A PeerFunc is a function as a Peer.
type PeerFunc func(*Call) *Response

// Do implements Peer.
func (f PeerFunc) Do(c *Call) *Response { return f(c) }

// NewCall is the call of IAM with that form.
func NewCall(form url.Values) *Call {
	return &Call{
		Method: http.MethodPost, Path: "/", Body: []byte(form.Encode()), Action: form.Get("Action"), Form: form,
		Header: http.Header{
			"Content-Type":  {"application/x-www-form-urlencoded"},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"},
		},
	}
}

// ReadCall reads a request whole.
func ReadCall(r *http.Request) (*Call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	c := &Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		c.Form, c.Action = form, form.Get("Action")
	} else if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.Action = target[strings.LastIndexByte(target, '.')+1:]
	}
	return c, nil
}

// Writes reports whether the call changes anything.
func (c *Call) Writes() bool {
	return c.Action != "" && !strings.HasPrefix(c.Action, "Get") && !strings.HasPrefix(c.Action, "List") && !strings.HasPrefix(c.Action, "Describe")
}

// Good reports whether the call was done.
func (r *Response) Good() bool { return r.Status == http.StatusOK }

// Refuse is an error as IAM's query protocol tells it.
func Refuse(status int, code, message string) *Response {
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(message))
	kind := "Sender"
	if status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	body := fmt.Sprintf(`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ErrorResponse>`, kind, code, &text)
	return &Response{Status: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body)}
}

// Accept is the answer to a call that returns nothing.
func Accept(action string) *Response {
	body := fmt.Sprintf(`<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ResponseMetadata></%[1]sResponse>`, action)
	return &Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body)}
}

// Code is the code of an error, "" for a good answer.
func (r *Response) Code() string {
	if r.Good() {
		return ""
	}
	var answer struct {
		Code string `xml:"Error>Code"`
	}
	if err := xml.Unmarshal(r.Body, &answer); err != nil || answer.Code == "" {
		return fmt.Sprintf("HTTP %d", r.Status)
	}
	return answer.Code
}

// Decode reads a good answer's XML into v.
func (r *Response) Decode(v any) error {
	if !r.Good() {
		return fmt.Errorf("%s: %s", r.Code(), r.Body)
	}
	return xml.Unmarshal(r.Body, v)
}
