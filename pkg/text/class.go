package text

import (
	"unicode"
	"unicode/utf8"
)

// sort is what the scanner needs to know of a character.
type sort uint8

const (
	upper     sort = 1 << iota // an upper or title case letter
	lowercase                  // a lower-case letter
	letter                     // any letter, mark, or _ inside a word
	digit                      // a decimal digit
	gap                        // white space, control, invisible mark
	newline                    // a gap that ends a line
)

const wordly = letter | digit

// sorts classes the ASCII bytes; bytes from 0x80 on have class 0.
var sorts = func() (t [256]sort) {
	for c := range utf8.RuneSelf {
		switch {
		case 'a' <= c && c <= 'z':
			t[c] = letter | lowercase
		case 'A' <= c && c <= 'Z':
			t[c] = letter | upper
		case '0' <= c && c <= '9':
			t[c] = digit
		case c == '_':
			t[c] = letter
		case c == '\n' || c == '\r' || c == '\f' || c == '\v':
			t[c] = gap | newline
		case c <= ' ' || c == 0x7F:
			t[c] = gap
		}
	}
	return t
}()

// sortOf classes a character beyond ASCII. A broken byte is a symbol, class 0.
func sortOf(r rune) sort {
	if uint32(r) < uint32(len(alphabets)) {
		return alphabets[r]
	}
	return classify(r)
}

// alphabets holds the classes of the alphabetic scripts, which are looked up for
// each letter.
var alphabets = func() (t [0x1100]sort) {
	for r := range t {
		t[r] = classify(rune(r))
	}
	return t
}()

func classify(r rune) sort {
	switch {
	case r < 0xC0: // Latin-1 signs
		switch r {
		case 0xAA, 0xB5, 0xBA:
			return letter | lowercase
		case 0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE:
			return digit
		case 0xAD: // soft hyphen, inside words only
			return letter
		case 0x85:
			return gap | newline
		case 0xA0:
			return gap
		}
		if r < 0xA0 {
			return gap
		}
		return 0
	case r < 0x250: // Latin letters
		if r == 0xD7 || r == 0xF7 {
			return 0
		}
	case 0x2000 <= r && r < 0x2070: // general punctuation
		switch {
		case r == 0x2028 || r == 0x2029:
			return gap | newline
		case r == 0x200C || r == 0x200D: // joiners, inside words only
			return letter
		case r <= 0x200F || 0x202A <= r && r <= 0x202F || r >= 0x205F:
			return gap
		}
		return 0
	case 0x3040 <= r && r < 0xA000: // kana, Han: the commonest of the rest
		return letter
	case r == 0x3000 || r == 0xFEFF || r == utf8.RuneError:
		if r == utf8.RuneError {
			return 0
		}
		return gap
	}
	switch {
	case unicode.IsLower(r):
		return letter | lowercase
	case unicode.IsUpper(r) || unicode.IsTitle(r):
		return letter | upper
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	case unicode.IsSpace(r):
		return gap
	}
	return 0
}

// ideographic reports whether each character of the script is a token.
func ideographic(r rune) bool {
	switch {
	case r < 0x3041:
		return r == 0x3005 || r == 0x3007
	case r <= 0x3096: // Hiragana
		return true
	case r < 0x3400:
		return false
	case r <= 0x9FFF: // Han
		return true
	}
	return 0xF900 <= r && r <= 0xFAFF || 0x20000 <= r && r <= 0x3FFFF
}

// sortAt classes the character at byte i and gives its length. Past the end it
// answers a gap, which saves the callers a test.
func sortAt(s string, i int) (sort, int) {
	if i >= len(s) {
		return gap, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return sorts[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return sortOf(r), n
}

// isDigit, isUpper and isLetter test the ASCII byte at i, which may lie outside.
func isDigit(s string, i int) bool { return uint(i) < uint(len(s)) && sorts[s[i]]&digit != 0 }
func isUpper(s string, i int) bool { return uint(i) < uint(len(s)) && sorts[s[i]]&upper != 0 }

// wordlyAt reports whether a letter or digit of any script stands at i.
func wordlyAt(s string, i int) bool {
	k, _ := sortAt(s, i)
	return k&wordly != 0 && (i >= len(s) || s[i] != '_')
}

// gapAt reports whether i is the end of the text or a gap.
func gapAt(s string, i int) bool {
	k, _ := sortAt(s, i)
	return k&gap != 0
}

// byteAt returns the byte at i, or 0 outside the text.
func byteAt(s string, i int) byte {
	if uint(i) < uint(len(s)) {
		return s[i]
	}
	return 0
}
