package text

import (
	"unicode"
	"unicode/utf8"
)

// The constants of 64-bit FNV-1a. The hash is simple enough to be written again
// in any language, which matters more here than speed: signatures depend on it.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

// WordHash returns the hash of the lower-cased form of s: what Token.Hash holds
// for a token with that text.
func WordHash(s string) uint64 {
	h := fnvOffset
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			h = (h ^ uint64(lowerASCII[c])) * fnvPrime
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 { // keep broken bytes apart
			h = (h ^ uint64(s[i])) * fnvPrime
			i++
			continue
		}
		h = hashRune(h, fold(r))
		i += n
	}
	return h
}

// fold lower-cases a character and reads the typographic apostrophe as '.
func fold(r rune) rune {
	if r == '’' {
		return '\''
	}
	return unicode.ToLower(r)
}

func hashRune(h uint64, r rune) uint64 {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// hashForm is FNV-1a over the bytes as they stand.
func hashForm(s string) uint64 {
	h := fnvOffset
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

var lowerASCII = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		t[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			t[c] = byte(c) + 'a' - 'A'
		}
	}
	return t
}()
