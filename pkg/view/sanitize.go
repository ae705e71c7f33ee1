package view

import (
	"strings"
	"unicode/utf8"
)

// Terminal returns s in a form that a terminal only displays: it cannot move the
// cursor, change colours or titles, or reorder text. Lines are kept.
//
//   - A control character of ASCII becomes its picture, so that an escape sequence
//     is seen and does nothing; a tab becomes a space, CR LF a line feed.
//   - Other controls, bidi embeddings, overrides and isolates, and invalid UTF-8
//     become U+FFFD. The three bidi marks of ordinary Arabic and Hebrew text, which
//     could still reorder what follows, are left out, as are characters of no width.
//   - A line or paragraph separator becomes a line feed.
func Terminal(s string) string { return neutralise(s, '\n') }

// OneLine is Terminal for a place that has one line: a line break becomes a space.
func OneLine(s string) string { return neutralise(s, ' ') }

func neutralise(s string, newline rune) string {
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
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
		case r == '\r' && strings.HasPrefix(s[i+n:], "\n"): // the line feed follows
		case r == '\n', r == '\u2028', r == '\u2029':
			b.WriteRune(newline)
		case r == '\t':
			b.WriteByte(' ')
		case r < ' ':
			b.WriteRune('\u2400' + r)
		case r == 0x7f:
			b.WriteRune('\u2421')
		case isMark(r), isHidden(r):
		case r == utf8.RuneError, r >= 0x80 && r < 0xa0, isBidi(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// isMark reports the invisible marks of direction: ALM, LRM and RLM.
func isMark(r rune) bool { return r == '\u061c' || r == '\u200e' || r == '\u200f' }

// isHidden reports characters of no width that hide in a name or a word. The joiners,
// which Persian, the scripts of India and emoji are written with, are not among them.
func isHidden(r rune) bool {
	return r == '\u200b' || r == '\u2060' || r == '\ufeff' || r == '\u00ad' || r >= '\U000e0000' && r <= '\U000e007f'
}

// isBidi reports the embeddings, overrides and isolates of Unicode's bidirectional
// algorithm.
func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
