package extract

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// shallow reports whether JSON is nested at most so deep, without reading it: the
// nesting of brackets outside strings.
func shallow(data []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > limit {
				return false
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return true
}

// jsonShape tells whether bytes are one JSON value, or one a line, or neither. A
// cut value counts as JSON: a list of objects is no prose.
func jsonShape(data []byte) format {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) < 2 || data[0] != '{' && data[0] != '[' {
		return ""
	}
	first, rest, lines := bytes.Cut(data, []byte("\n"))
	if first = bytes.TrimSpace(first); lines && len(bytes.TrimSpace(rest)) > 0 && bytes.IndexByte([]byte("{["), bytes.TrimSpace(rest)[0]) >= 0 &&
		len(first) > 2 && shallow(first, 10_000) && jsontext.Value(first).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return formatNDJSON
	}
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	tokens := 0
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) && tokens > 2 || tokens > 200 {
			return formatJSON
		}
		if err != nil {
			// Too deep for the decoder is JSON all the same; "[Editor's note]" is not.
			if tokens > 8 {
				return formatJSON
			}
			return ""
		}
		if tokens++; tokens == 2 && data[0] == '{' && token.Kind() == jsontext.KindEndObject {
			return formatJSON
		}
	}
}
