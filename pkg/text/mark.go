package text

import (
	"unicode"
	"unicode/utf8"
)

// mark adds the token that begins with the ASCII mark c: one character, a run of
// one character, or something longer that only looks like punctuation.
func (s *scanner) mark(c byte) {
	text, i := s.text, s.pos
	fresh := s.flags&SpaceBefore != 0
	if end := emoticonEnd(text, i); end > i && fresh {
		s.add(end, Emoji)
		return
	}
	switch c {
	case '.', '!', '?':
		if c == '.' && fresh && isDigit(text, i+1) {
			s.number(i + 1)
			return
		}
		if c == '.' && fresh && fileName(text, i) > 0 {
			s.add(fileName(text, i), Link)
			return
		}
		s.add(stops(text, i), Stop)
	case ',', ';', ':':
		s.add(i+1, Comma)
	case '(', '[', '{':
		s.add(i+1, Open)
	case ')', ']', '}':
		s.add(i+1, Close)
	case '\'', '`':
		s.apostrophe(i, 1, fresh)
	case '"':
		s.add(i+1, Quote)
	case '-', '+':
		if fresh && isDigit(text, i+1) {
			s.number(i + 1)
			return
		}
		if c == '-' {
			s.add(repeat(text, i, 0), Dash)
			return
		}
		s.add(repeat(text, i, 0), Symbol)
	case '$':
		s.add(repeat(text, i, 0), Currency)
	case '@':
		s.tag(i, Mention)
	case '#':
		s.tag(i, Hashtag)
	case '&':
		s.add(max(i+1, entityEnd(text, i)), Symbol)
	default:
		s.add(repeat(text, i, 0), Symbol)
	}
}

// wideMark adds the token that begins with the mark r beyond ASCII.
func (s *scanner) wideMark(r rune, n int) {
	i := s.pos
	switch r {
	case '…':
		s.add(stops(s.text, i), Stop)
	case '。', '！', '？', '｡', '؟', '۔', '।', '॥', '։', '።', '၊', '။', '។', '‼', '⁇', '⁈', '⁉':
		s.add(i+n, Stop)
	case '，', '、', '；', '：', '،', '؛', '፣':
		s.add(i+n, Comma)
	case '’':
		s.apostrophe(i, n, s.flags&SpaceBefore != 0)
	case '“', '‘', '„', '‚', '«', '‹':
		s.add(i+n, Open)
	case '”', '»', '›':
		s.add(i+n, Close)
	case '—', '–', '―', '‒', '‐', '‑', '−':
		s.add(repeat(s.text, i, n), Dash)
	case '€', '£', '¥', '₹', '₽', '₩', '₦', '₪', '₺', '¢', '₴', '₫', '฿':
		s.add(i+n, Currency)
	default:
		if end := emojiEnd(s.text, i); end > i {
			s.add(end, Emoji)
			return
		}
		s.add(i+n, otherMark(r))
	}
}

func otherMark(r rune) Kind {
	switch {
	case unicode.In(r, unicode.Ps, unicode.Pi):
		return Open
	case unicode.In(r, unicode.Pe, unicode.Pf):
		return Close
	case unicode.Is(unicode.Pd, r):
		return Dash
	case unicode.Is(unicode.Sc, r):
		return Currency
	}
	return Symbol
}

// apostrophe reads a mark that may be a clitic ('s after a closing quote), an
// elision (’em, '80s), or a quotation mark.
func (s *scanner) apostrophe(i, n int, fresh bool) {
	text := s.text
	if byteAt(text, i) == '\'' || n == 3 {
		if _, end := clitic(text, i, i, i+n); end > 0 {
			s.add(end, Clitic)
			return
		}
	}
	if fresh {
		after := i + n
		end := letters(text, after)
		if isDigit(text, after) && isDigit(text, after+1) && decadeShort(text[after:end]) {
			s.add(end, Number)
			return
		}
		if end > after && end-after <= 5 && lexicon.class(WordHash(text[after:end]))&elision != 0 {
			s.add(end, Clitic)
			return
		}
	}
	if i+1 < len(text) && n == 1 && text[i+1] == text[i] {
		s.add(i+2, Quote) // `` and ''
		return
	}
	s.add(i+n, Quote)
}

// decadeShort reports whether s is 72, 80s or 000, as after '.
func decadeShort(s string) bool {
	if len(s) == 3 && s[2] == 's' {
		s = s[:2]
	}
	return len(s) == 2 && digits(s)
}

// tag adds @name or #name, or the bare sign.
func (s *scanner) tag(i int, kind Kind) {
	end := letters(s.text, i+1)
	if end == i+1 {
		s.add(repeat(s.text, i, 0), Symbol)
		return
	}
	s.add(end, kind)
}

// stops returns the end of a run of stops at i: "...", "?!", "…".
func stops(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == '.' || s[i] == '!' || s[i] == '?':
			i++
		case s[i] == 0xE2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0xA6:
			i += 3
		default:
			return i
		}
	}
	return i
}

// repeat returns the end of a run of the character at i, n bytes long (0 for 1).
func repeat(s string, i, n int) int {
	n = max(n, 1)
	c := s[i : i+n]
	for i+n <= len(s) && s[i:i+n] == c {
		i += n
	}
	return i
}

// entityEnd returns the end of an HTML character reference at i (&amp; &#39;),
// left over by a careless sender, or 0.
func entityEnd(s string, i int) int {
	j := i + 1
	if byteAt(s, j) == '#' {
		j++
	}
	from := j
	for j < len(s) && j-from < 9 && sorts[s[j]]&wordly != 0 {
		j++
	}
	if j-from < 2 || byteAt(s, j) != ';' {
		return 0
	}
	return j + 1
}

// emojiEnd returns the end of the emoji sequence at i: a base with its
// variation, skin tone and joined parts, or a pair of regional letters.
func emojiEnd(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	if 0x1F1E6 <= r && r <= 0x1F1FF {
		if r2, n2 := utf8.DecodeRuneInString(s[i+n:]); 0x1F1E6 <= r2 && r2 <= 0x1F1FF {
			return i + n + n2
		}
		return i + n
	}
	if r < 0x2190 || r == utf8.RuneError || r >= 0x2C00 && r < 0x1F000 || r > 0x1FAFF {
		return 0
	}
	for i += n; i < len(s); i += n {
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0xFE0F || r == 0xFE0E || 0x1F3FB <= r && r <= 0x1F3FF || 0xE0020 <= r && r <= 0xE007F:
		case r == 0x200D:
			if r2, n2 := utf8.DecodeRuneInString(s[i+n:]); r2 >= 0x2190 && sortOf(r2)&wordly == 0 {
				n += n2
			}
		default:
			return i
		}
	}
	return i
}

// emoticonEnd returns the end of an emoticon at i such as :-) or ;D, or 0. It
// must be followed by a gap or a mark.
func emoticonEnd(s string, i int) int {
	switch s[i] {
	case ':', ';', '=':
	default:
		return 0
	}
	j := i + 1
	switch byteAt(s, j) {
	case '-', '^', '\'':
		j++
	}
	switch byteAt(s, j) {
	case ')', '(', 'D', 'P', 'p', '/', '*', '|', 'O', 'o', '3', '[', ']', '\\', 'd':
		if j++; byteAt(s, j) == ')' {
			j++
		}
		if k, _ := sortAt(s, j); k&wordly == 0 && byteAt(s, j) != '/' {
			return j
		}
	}
	return 0
}
