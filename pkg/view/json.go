package view

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns JSON text in a form that a terminal only displays and that means the same:
// what a terminal would act on, and what would reorder or hide text, is written as an
// escape. Such characters are inside strings, or the text is not JSON; there, those that
// have no escape, such as invalid UTF-8, are replaced.
func JSON(s string) string {
	i := 0
	for i < len(s) && (s[i] >= ' ' && s[i] < 0x7f || s[i] == '\n') {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteByte('\n')
		case r == '\t' || r == '\r': // between values; in a string it is an escape already
			b.WriteByte(' ')
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', isMark(r), isBidi(r), isHidden(r):
			if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
				fmt.Fprintf(&b, "\\u%04x\\u%04x", high, low)
			} else {
				fmt.Fprintf(&b, "\\u%04x", r)
			}
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// JSONWriter passes JSON on to w as JSON has it. Each write must be whole characters, as
// an encoder's are.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(b []byte) (int, error) {
	if _, err := io.WriteString(j.w, JSON(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}
