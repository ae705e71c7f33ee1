package extract

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	xunicode "golang.org/x/text/encoding/unicode"
)

// utf16Sample is how much of a file, in bytes, is looked at to tell UTF-16.
const utf16Sample = 4 << 10

// utf16Order tells whether bytes without a mark are UTF-16, and in which order:
// "utf-16le", "utf-16be" or "".
//
// Text in an alphabet shows by its spaces and digits, every second byte of which is
// NUL, which no text in another charset has. Text in Han or Hangul has few of
// these; it shows by the commonest signs of such text, a full stop or a comma or a
// space every few characters, which bytes of another charset do not make by chance.
func utf16Order(data []byte) string {
	sample := data[:min(len(data), utf16Sample)&^1]
	nuls := bytes.IndexByte(sample, 0) >= 0
	if len(sample) < 4 || len(data)%2 != 0 && len(data) <= utf16Sample || !nuls && validStart(sample) {
		return ""
	}
	little, littleSigns := utf16Sense(sample, 1)
	big, bigSigns := utf16Sense(sample, 0)
	// Binary files have NULs too, but not one unit in thirty as they are here.
	const sense, signs = 0.97, 0.03
	switch {
	case little >= sense && littleSigns >= signs && littleSigns > 3*bigSigns:
		return "utf-16le"
	case big >= sense && bigSigns >= signs && bigSigns > 3*littleSigns:
		return "utf-16be"
	}
	return ""
}

// utf16Sense returns the share of units that are characters of running text, and of
// those that are its commonest signs. high is the place of the high byte in a unit.
func utf16Sense(sample []byte, high int) (sense, signs float64) {
	good, common := 0, 0
	for i := 0; i < len(sample); i += 2 {
		r := rune(sample[i+high])<<8 | rune(sample[i+1-high])
		switch {
		case r == ' ', r == '\n', r == '、', r == '。', r == '，', r == '\u3000':
			common++
			good++
		case r == '\r', r == '\t', r > ' ' && r < 0x7f, r >= 0xd800 && r < 0xe000,
			r >= 0xa0 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) || r == 0xa0 || r == 0x200b || r == 0xfeff || r == 0x200c):
			good++
		}
	}
	n := float64(len(sample) / 2)
	return float64(good) / n, float64(common) / n
}

// validStart is utf8.Valid for a piece that may end within a character.
func validStart(b []byte) bool {
	for cut := range min(utf8.UTFMax, len(b)) {
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

func decodeUTF16(data []byte, order string) string {
	endian := xunicode.LittleEndian
	if order == "utf-16be" {
		endian = xunicode.BigEndian
	}
	// The decoder replaces lone surrogates, so it has no errors to give.
	b, _ := xunicode.UTF16(endian, xunicode.IgnoreBOM).NewDecoder().Bytes(data)
	return string(b)
}
