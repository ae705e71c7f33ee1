package text

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// golden is 2^64 divided by the golden ratio, an odd number with well-mixed bits.
const golden uint64 = 0x9E3779B97F4A7C15

// hasher computes the hash of a word. The bytes are taken eight at a time as a
// little-endian number, the last one padded with zero bytes; from h = golden each
// is taken in by h = fold(h xor number), and the hash is fold of the last h, where
// fold(x) is the upper xor the lower half of the 128-bit product x * golden.
//
// It is written out here because it never changes: signatures of stored articles
// depend on it. Two multiplications serve most words, and every bit of the
// result depends on every byte.
type hasher struct {
	h, chunk uint64
	n        uint // bits in chunk
}

func newHasher() hasher { return hasher{h: golden} }

func (h *hasher) add(c byte) {
	h.chunk |= uint64(c) << h.n
	if h.n += 8; h.n == 64 {
		h.h = fold(h.h ^ h.chunk)
		h.chunk, h.n = 0, 0
	}
}

func (h *hasher) addRune(r rune) {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		h.add(c)
	}
}

func (h *hasher) sum() uint64 {
	if h.n > 0 {
		return fold(fold(h.h ^ h.chunk))
	}
	return fold(h.h)
}

func fold(x uint64) uint64 {
	hi, lo := bits.Mul64(x, golden)
	return hi ^ lo
}

// WordHash returns the hash of the lower-cased form of s: what Token.Hash holds
// for a token with that text.
func WordHash(s string) uint64 {
	h := newHasher()
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			h.add(lowerASCII[c])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			h.add(s[i]) // keep broken bytes apart
		} else {
			h.addRune(lower(r, sortOf(r)))
		}
		i += n
	}
	return h.sum()
}

// lower lower-cases a character of class k and reads the typographic apostrophe
// as '.
func lower(r rune, k sort) rune {
	switch {
	case k&upper != 0:
		return unicode.ToLower(r)
	case r == '’':
		return '\''
	}
	return r
}

// hashForm is the hash of the bytes as they stand.
func hashForm(s string) uint64 {
	h := newHasher()
	for i := range len(s) {
		h.add(s[i])
	}
	return h.sum()
}

// lowerASCII lower-cases a byte; those beyond ASCII stay.
var lowerASCII = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			t[c] = byte(c) + 'a' - 'A'
		}
	}
	return t
}()

// lettersOf reads the run of ASCII letters at i, eight bytes at a time: where it
// ends, the hash of its lower-cased form and the number of its capitals.
func lettersOf(s string, i int) (end int, h uint64, caps int) {
	const (
		high    = 0x8080808080808080
		caseBit = 0x2020202020202020
	)
	h = golden
	for i+8 <= len(s) {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		l := w | caseBit
		// The high bit of each byte: at least 'a', not above 'z', not beyond ASCII.
		// A sum that overflows spoils only bytes behind the end.
		letter := (l + (high - 'a'*0x0101010101010101)) &^ (l + (high - '{'*0x0101010101010101)) &^ w & high
		n := bits.TrailingZeros64(letter^high) &^ 7
		run := uint64(1)<<n - 1 // all ones for 64
		caps += bits.OnesCount64(letter >> 2 &^ w & run)
		if n > 0 {
			h = fold(h ^ (w|letter>>2)&run)
		}
		i += n / 8
		if n < 64 {
			return i, fold(h), caps
		}
	}
	tail := hasher{h: h}
	for ; i < len(s) && sorts[s[i]]&(upper|lowercase) != 0; i++ {
		if sorts[s[i]]&upper != 0 {
			caps++
		}
		tail.add(lowerASCII[s[i]])
	}
	return i, tail.sum(), caps
}
