package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/extract"
	"github.com/copydesk/copydesk/pkg/isolate"
	"github.com/copydesk/copydesk/pkg/stage"
)

// isolated is the name of the function that reads untrusted files in children.
const isolated = "extract"

// ServeIsolated turns this process into a child that reads untrusted files, if that is
// what it was started as. A program whose desk has Options.Isolate calls it first in
// main.
func ServeIsolated() { isolate.Serve(isolated, readInChild) }

// reader reads files into items. Plain text is read where it is; any other format
// goes to a child process, when there is a pool of them.
type reader struct {
	pool   *isolate.Pool // nil: everything in this process
	limits extract.Limits
}

func (r *reader) read(ctx context.Context, data []byte, h extract.Hints) ([]extract.Item, error) {
	if r.pool == nil || len(data) > r.limits.Raw || extract.Plain(data, h) {
		return extract.File(ctx, data, h, r.limits)
	}
	h.Boilerplate = h.Boilerplate.Of(h.Source)
	request, err := encodeCall(call{Hints: h, Limits: r.limits}, data)
	if err != nil {
		return nil, err
	}
	b, err := r.pool.Call(ctx, request)
	if err != nil {
		return nil, inChild(err)
	}
	var a childAnswer
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("read the child's answer: %w", err)
	}
	if a.Reject != nil {
		return nil, a.Reject.reject()
	}
	items := make([]extract.Item, len(a.Items))
	for i, it := range a.Items {
		items[i].Article, items[i].Edge = it.Article, it.Edge
		if it.Reject != nil {
			items[i].Reject = it.Reject.reject()
		}
	}
	return items, nil
}

// inChild turns the end of a child into the reject that its file earns. What is not
// the file's doing is worth another try.
func inChild(err error) error {
	refuse := func(code, advice string) error {
		return &extract.Reject{Code: code, Class: extract.Classes[code], Err: fmt.Errorf("%w: %s", err, advice)}
	}
	var own *isolate.FuncError
	switch {
	case errors.Is(err, isolate.ErrDeadline):
		return refuse(extract.CodeTimeout, "send the article's text or a simpler page")
	case errors.Is(err, isolate.ErrMemory):
		return refuse(extract.CodeOutOfMemory, "split the file or send the article's text")
	case errors.Is(err, isolate.ErrStack):
		return refuse(extract.CodeDepth, "it is nested deeper than any real file")
	case errors.Is(err, isolate.ErrCrash), errors.As(err, &own):
		return refuse(extract.CodeParser, "a parser failed; please report the file")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return stage.Later(err, storeRetry)
}

// The child's side.

// call is what a child is told beside the file.
type call struct {
	Hints  extract.Hints  `json:"hints"`
	Limits extract.Limits `json:"limits"`
}

// encodeCall puts the length of the JSON before it and the file's bytes after it, which
// spares them base64.
func encodeCall(c call, data []byte) ([]byte, error) {
	head, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode call: %w", err)
	}
	b := make([]byte, 0, 4+len(head)+len(data))
	b = binary.BigEndian.AppendUint32(b, uint32(len(head)))
	return append(append(b, head...), data...), nil
}

func decodeCall(b []byte) (c call, data []byte, err error) {
	if len(b) < 4 {
		return c, nil, errors.New("decode call: too short")
	}
	n := int(binary.BigEndian.Uint32(b))
	if b = b[4:]; n > len(b) {
		return c, nil, errors.New("decode call: too short")
	}
	if err := json.Unmarshal(b[:n], &c); err != nil {
		return c, nil, fmt.Errorf("decode call: %w", err)
	}
	return c, b[n:], nil
}

// childAnswer is what extract.File returned.
type childAnswer struct {
	Items  []childItem  `json:"items"`
	Reject *childReject `json:"reject"`
}

type childItem struct {
	Article *article.Article `json:"article"`
	Reject  *childReject     `json:"reject"`
	Edge    *extract.Edge    `json:"edge,omitzero"`
}

// childReject is an extract.Reject whose error is text.
type childReject struct {
	Code  string   `json:"code"`
	Class string   `json:"class"`
	Path  []string `json:"path"`
	Text  string   `json:"text"`
}

func (r *childReject) reject() *extract.Reject {
	return &extract.Reject{Code: r.Code, Class: r.Class, Path: r.Path, Err: errors.New(r.Text)}
}

func asText(r *extract.Reject) *childReject {
	return &childReject{Code: r.Code, Class: r.Class, Path: r.Path, Text: r.Err.Error()}
}

// readInChild is the function of the children.
func readInChild(ctx context.Context, request []byte) ([]byte, error) {
	c, data, err := decodeCall(request)
	if err != nil {
		return nil, err
	}
	alive := func() { isolate.Progress(ctx) }
	items, err := extract.File(extract.WithProgress(ctx, alive), data, c.Hints, c.Limits)
	alive()
	var (
		a      childAnswer
		reject *extract.Reject
	)
	switch {
	case errors.As(err, &reject):
		a.Reject = asText(reject)
	case err != nil:
		return nil, err
	}
	for _, it := range items {
		item := childItem{Article: it.Article, Edge: it.Edge}
		if it.Reject != nil {
			item.Reject = asText(it.Reject)
		}
		a.Items = append(a.Items, item)
	}
	return json.Marshal(a)
}
