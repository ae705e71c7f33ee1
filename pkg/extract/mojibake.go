package extract

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// unmojibake undoes UTF-8 that someone read as windows-1252 or Latin-1 before it was
// sent ("donâ€™t"), up to twice over ("donÃ¢â‚¬â„¢t").
//
// Such text is made of sequences that ordinary text hardly has: a letter that stands
// for the first byte of a UTF-8 sequence and signs that stand for the others. Where
// the first is Â, Ã, â or ð (accents, quotation marks, emoji) each sequence is mended
// by itself, so that one damaged quotation in good text is mended too. Others (Ð, Ä,
// à) begin words of good text, before a closing quotation mark for one; they count
// only in a line in which nothing else is beyond ASCII.
func unmojibake(line string) string {
	for range 2 {
		if !looksBroken(line) {
			break
		}
		mended, ok := mend(line, true)
		if !ok {
			mended, _ = mend(line, false)
		}
		if mended == line {
			break
		}
		line = mended
	}
	return line
}

// looksBroken reports whether a line has a letter of a first byte before a sign of
// a later one.
func looksBroken(line string) bool {
	for i := 0; i < len(line); {
		// All the letters in question are U+00C0 to U+00FF: 0xC3 and another byte.
		j := strings.IndexByte(line[i:], 0xc3)
		if j < 0 || i+j+2 > len(line) {
			return false
		}
		i += j
		r, n := utf8.DecodeRuneInString(line[i:])
		next, _ := utf8.DecodeRuneInString(line[i+n:])
		if b, ok := byteOf(next); ok && r >= 0xc2 && r <= 0xf4 && b >= 0x80 && b < 0xc0 {
			return true
		}
		i += n
	}
	return false
}

// mend decodes the sequences of a line. With whole, all of them, and ok says that
// nothing beyond ASCII was left over; else only those that good text does not have.
func mend(line string, whole bool) (mended string, ok bool) {
	var b strings.Builder
	b.Grow(len(line))
	ok = true
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRuneInString(line[i:])
		if r < utf8.RuneSelf {
			b.WriteByte(line[i])
			i++
			continue
		}
		if decoded, length := sequence(line[i:]); length > 0 && (whole || r == 'Â' || r == 'Ã' || r == 'â' || r == 'ð') {
			b.WriteRune(decoded)
			i += length
			continue
		}
		ok = false
		b.WriteString(line[i : i+n])
		i += n
	}
	return b.String(), ok
}

// sequence reads the characters at the start of s as the bytes of one UTF-8 sequence.
// It returns the character they make and how long they are in s, or 0.
func sequence(s string) (r rune, length int) {
	var seq [utf8.UTFMax]byte
	for n := range seq {
		c, size := utf8.DecodeRuneInString(s[length:])
		b, ok := byteOf(c)
		if !ok || size == 0 {
			return 0, 0
		}
		seq[n] = b
		length += size
		if r, m := utf8.DecodeRune(seq[:n+1]); m == n+1 && r != utf8.RuneError {
			if n == 0 {
				return 0, 0 // ASCII
			}
			return r, length
		}
	}
	return 0, 0
}

// byteOf returns the byte that windows-1252, or Latin-1 where that has none, reads as
// a character.
func byteOf(r rune) (byte, bool) {
	if b, ok := charmap.Windows1252.EncodeRune(r); ok {
		return b, true
	}
	if r >= 0x80 && r <= 0x9f {
		return byte(r), true
	}
	return 0, false
}
