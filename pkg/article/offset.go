package article

import (
	"sort"
	"unicode/utf8"
)

// Offsets converts between byte offsets and code point offsets of one text. The
// zero value is for the empty text. It is safe for concurrent use.
//
// Runs of ASCII cost nothing to store: only the positions after a multi-byte
// character are kept, so English text converts by one binary search.
type Offsets struct {
	wide []wideRune
}

// wideRune is a position just after a character of more than one byte.
type wideRune struct{ bytes, runes int }

// NewOffsets indexes a text. An invalid byte counts as one code point, as in a
// range loop.
func NewOffsets(text string) *Offsets {
	var o Offsets
	runes := 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			runes++
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
		runes++
		if n > 1 {
			o.wide = append(o.wide, wideRune{bytes: i, runes: runes})
		}
	}
	return &o
}

// Rune returns the number of code points before byte offset b, which must lie on
// a character boundary of the text.
func (o *Offsets) Rune(b int) int {
	i := sort.Search(len(o.wide), func(i int) bool { return o.wide[i].bytes > b })
	if i == 0 {
		return b
	}
	w := o.wide[i-1]
	return w.runes + b - w.bytes
}

// Byte returns the byte offset of code point r of the text.
func (o *Offsets) Byte(r int) int {
	i := sort.Search(len(o.wide), func(i int) bool { return o.wide[i].runes > r })
	if i == 0 {
		return r
	}
	w := o.wide[i-1]
	return w.bytes + r - w.runes
}
