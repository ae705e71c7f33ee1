package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quotation is what stands between its marks: bytes [start, end).
type quotation struct {
	start, end int
	// open says that no mark closes it: the speech goes on in the next paragraph.
	open bool
}

// longestSingle is the most bytes of a quotation in single marks.
const longestSingle = 2000

// closing is the mark that closes what an opening mark opens. A straight mark does both.
func closing(r rune) (rune, bool) {
	switch r {
	case '“':
		return '”', true
	case '‘':
		return '’', true
	case '«':
		return '»', true
	case '"':
		return '"', true
	}
	return 0, false
}

// quoted returns the quotations of a paragraph, the outer ones where one is inside
// another. One that is not closed goes to the end of the paragraph, as in speech of
// several paragraphs; but a single mark must be closed, for it is an apostrophe too.
func quoted(s string, from, to int) []quotation {
	var spans []quotation
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(s[i:to])
		mark, ok := closing(r)
		if !ok || r == '‘' && !apart(s[from:i]) {
			i += n
			continue
		}
		start := i + n
		limit := to
		if r == '‘' {
			limit = min(to, start+longestSingle)
		}
		end := closed(s[start:limit], mark)
		switch {
		case end >= 0:
			inner := s[start : start+end]
			from := start + len(inner) - len(strings.TrimLeftFunc(inner, unicode.IsSpace)) // « Non »
			spans = append(spans, quotation{start: from, end: from + len(strings.TrimSpace(inner))})
			i = start + end + utf8.RuneLen(mark)
		case r == '‘' || r == '"' && !apart(s[from:i]):
			i = start // ’tis; 5"
		default:
			if start < to {
				spans = append(spans, quotation{start, to, true})
			}
			return spans
		}
	}
	return spans
}

// apart reports whether a text ends where a word may begin.
func apart(before string) bool {
	r, n := utf8.DecodeLastRuneInString(before)
	return n == 0 || unicode.IsSpace(r) || strings.ContainsRune("([—–-“\"", r)
}

// closed returns where the mark stands that closes a quotation, or -1. A single mark
// between letters, or before one, is an apostrophe.
func closed(s string, mark rune) int {
	for i, r := range s {
		if r != mark {
			continue
		}
		if mark == '’' {
			if next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(mark):]); unicode.IsLetter(next) {
				continue
			}
			if before, _ := utf8.DecodeLastRuneInString(s[:i]); before == 's' && strings.ContainsRune(s[i+utf8.RuneLen(mark):], mark) {
				continue // the dockers’ union
			}
		}
		return i
	}
	return -1
}
