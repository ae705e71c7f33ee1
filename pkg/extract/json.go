package extract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readJSON splits JSON into the objects that are articles: one, a list of them, or one
// a line. An object is one of ours, ninjs, a JSON Feed, a search result or
// anything with a text in it.
func (in *intake) readJSON(p part) *Reject {
	text, _, _ := decode(p.data, formatJSON, p.hints)
	data := []byte(text)
	if !shallow(data, in.limits.JSONDepth) {
		return refuse(CodeDepth, "JSON nested more than %d deep: send the article's own object", in.limits.JSONDepth)
	}
	before := in.count()
	reject := in.readValue(p, jsontext.Value(data))
	if reject == nil && in.count() == before {
		reject = refuse(CodeNoItems, "an empty list: nothing to read")
	}
	return reject
}

// readLines reads JSON with one value a line. A line that is none is one reject.
func (in *intake) readLines(p part) *Reject {
	text, _, _ := decode(p.data, formatNDJSON, p.hints)
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if in.full || in.ctx.Err() != nil {
			return nil
		}
		q := p
		q.path = append(slices.Clone(p.path), numbered("line", n))
		v := jsontext.Value(line)
		reject := refuse(CodeDepth, "JSON nested more than %d deep: send the article's own object", in.limits.JSONDepth)
		if shallow(v, in.limits.JSONDepth) {
			reject = in.readValue(q, v)
		}
		if reject != nil {
			in.reject(q, reject)
		}
	}
	return nil
}

// readValue reads an object, or every element of a list.
func (in *intake) readValue(p part, v jsontext.Value) *Reject {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || v[0] != '[' {
		return in.readObject(p, v)
	}
	for element, err := range elements(v) {
		if in.full || in.ctx.Err() != nil {
			return nil
		}
		reject := brokenJSON(err)
		if err == nil {
			reject = in.readObject(p, element)
		}
		if reject != nil {
			in.reject(p, reject)
		}
	}
	return nil
}

// elements yields the elements of a list one by one, so that only one of them is in
// memory as more than bytes.
func elements(list jsontext.Value) func(yield func(jsontext.Value, error) bool) {
	return func(yield func(jsontext.Value, error) bool) {
		d := jsontext.NewDecoder(bytes.NewReader(list), jsontext.AllowDuplicateNames(true))
		if _, err := d.ReadToken(); err != nil {
			yield(nil, err)
			return
		}
		for d.PeekKind() != jsontext.KindEndArray {
			v, err := d.ReadValue()
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// readObject tells what an object is and reads it.
func (in *intake) readObject(p part, v jsontext.Value) *Reject {
	if len(v) > in.limits.JSON {
		if list := listIn(v); list != nil {
			return in.readValue(p, list)
		}
		return refuse(CodeTooLarge, "one JSON object of %d bytes, the limit is %d: send a list of articles instead", len(v), in.limits.JSON)
	}
	var value any
	if err := json.Unmarshal(v, &value, jsontext.AllowDuplicateNames(true)); err != nil {
		return brokenJSON(err)
	}
	o, ok := value.(map[string]any)
	if !ok {
		return refuse(CodeNoText, "a JSON %s instead of an object: send objects with a headline and a text", v.Kind())
	}
	switch {
	case isRecord(o):
		return in.readRecord(p, v)
	case isJSONFeed(o):
		return in.readJSONFeed(p, o)
	case isNinjs(o):
		return in.readNinjs(p, o)
	}
	if list := listOf(o); list != nil && !hasBody(o) {
		for _, e := range list {
			if in.full || in.ctx.Err() != nil {
				return nil
			}
			var reject *Reject
			if e := e.(map[string]any); isNinjs(e) {
				reject = in.readNinjs(p, e)
			} else {
				reject = in.readAnyObject(p, e)
			}
			if reject != nil {
				in.reject(p, reject)
			}
		}
		return nil
	}
	return in.readAnyObject(p, o)
}

func brokenJSON(err error) *Reject {
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return refuse(CodeMalformed, "not JSON from byte %d on (%w): send it whole", syntax.ByteOffset, syntax.Err)
	}
	return refuse(CodeMalformed, "not JSON (%w): send it whole", err)
}

// listNames are the members that hold the articles in answers of search engines and
// news services.
var listNames = []string{"articles", "items", "results", "docs", "documents", "entries", "stories", "news", "posts", "hits", "response", "data", "result", "_embedded"}

// listOf returns the list of articles in an answer, or nil.
func listOf(o map[string]any) []any { return listWithin(o, 3) }

func listWithin(o map[string]any, depth int) []any {
	for _, name := range listNames {
		switch v := o[name].(type) {
		case []any:
			objects := len(v) > 0 && !slices.ContainsFunc(v, func(e any) bool { _, ok := e.(map[string]any); return !ok })
			if objects && (hasText(v[0].(map[string]any)) || isNinjs(v[0].(map[string]any))) {
				return v
			}
		case map[string]any:
			if depth > 1 {
				if list := listWithin(v, depth-1); list != nil {
					return list
				}
			}
		}
	}
	return nil
}

// listIn finds such a list at the top of an object that is too large to be read whole.
func listIn(v jsontext.Value) jsontext.Value {
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true))
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil
		}
		if slices.Contains(listNames, key) && value.Kind() == jsontext.KindBeginArray {
			return slices.Clone(value)
		}
	}
	return nil
}

// textOf makes text of a value: a string, the first useful member of an object, the
// paragraphs of a list.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		if v == float64(int64(v)) {
			return fmt.Sprintf("%d", int64(v))
		}
		return fmt.Sprint(v)
	case map[string]any:
		for _, name := range []string{"rendered", "value", "text", "#text", "_", "content", "html", "name"} {
			if s, ok := v[name].(string); ok && s != "" {
				return s
			}
		}
	case []any:
		var all []string
		for _, e := range v {
			if _, nested := e.([]any); nested {
				continue
			}
			if s := textOf(e); s != "" {
				all = append(all, s)
			}
		}
		return strings.Join(all, "\n\n")
	}
	return ""
}
