package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// tidy makes the characters of a text plain, so that later stages see words and not
// typesetting: NFC, one kind of line end, ordinary spaces, nothing invisible.
func tidy(s string) string {
	if isPlainASCII(s) {
		return s
	}
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		// First, because no-break spaces are part of the damage it mends.
		lines[i] = dropJoiners(strings.Map(plain, unmojibake(line)))
	}
	return norm.NFC.String(strings.Join(lines, "\n"))
}

// isPlainASCII reports whether tidy has nothing to do: a third of all English news.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' || c >= 0x7f {
			return false
		}
	}
	return true
}

// plain maps a character to the one that reads the same, or drops it.
func plain(r rune) rune {
	switch {
	case r > ' ' && r < 0x7f, r > 0xad && r < 0x300, r >= 0x2010 && r < 0x2028, r >= 0x3001 && r < 0xfe00:
		return r // most text, none of it below
	case r == '\n', r == '\r', r == '\f', r == '\v', r == '\u0085', r == '\u2028', r == '\u2029':
		return '\n'
	case r == '\t', unicode.Is(unicode.Zs, r):
		return ' '
	case r == '\u200c', r == '\u200d':
		return r // dropJoiners decides
	case r == '\u00ad': // soft hyphen
		return -1
	// Control and format characters: zero width spaces, byte order marks, direction
	// marks. Tags (U+E0020 and up) stay, they spell flags.
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r) && r < 0xe0000:
		return -1
	}
	return r
}

// dropJoiners removes zero width joiners between characters that do not join. They
// spell words in Persian and Indic scripts and build emoji, but in Latin text they
// are watermarks that keep equal words apart.
func dropJoiners(s string) string {
	if !strings.Contains(s, "\u200c") && !strings.Contains(s, "\u200d") {
		return s
	}
	var b strings.Builder
	prev := ' '
	for i, r := range s {
		if r == '\u200c' || r == '\u200d' {
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if prev < 0x300 || next < 0x300 || next == utf8.RuneError {
				continue
			}
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}
