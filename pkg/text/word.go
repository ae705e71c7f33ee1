package text

import "unicode/utf8"

// word adds the word that begins at start, with its clitic if it has one. It
// handles everything the fast path of run does not: joiners and other scripts.
func (s *scanner) word(start int) {
	text := s.text
	if end := linkEnd(text, start); end > start {
		s.add(end, Link)
		return
	}
	kind := Word
	var flags Flags
	seg := start    // where the part after the last joiner begins
	dotted := false // single letters with stops so far: U.S
	i := start
	for {
		i = letters(text, i)
		if i >= len(text) {
			break
		}
		next := i // where the word goes on, or i to end it
		switch c := text[i]; {
		case c == '.':
			if c := byteAt(text, i+1); c == '.' || sorts[c]&wordly != 0 {
				if end := emailEnd(text, start); end > 0 {
					s.add(end, Email)
					return
				}
			}
			if end, k := s.dot(start, seg, i, dotted); end > i {
				if k != Word {
					s.add(end, k)
					return
				}
				next = end
				kind = Abbreviation
				dotted = true
			}
		case c == '\'' || c >= utf8.RuneSelf && apostrophe(text, i) > 0:
			n := apostrophe(text, i)
			cut, end := clitic(text, start, i, i+n)
			if end > 0 {
				s.flags |= flags
				if cut > start {
					s.add(cut, kind)
				}
				s.add(end, Clitic)
				return
			}
			if wordlyAt(text, i+n) {
				next = i + n
				kind = Word
			}
		case c == '-' || c >= utf8.RuneSelf && hyphen(text, i) > 0:
			n := max(1, hyphen(text, i))
			if wordlyAt(text, i+n) {
				next = i + n
				flags |= Hyphenated
				kind = Word
			}
		case c == '&':
			if !dotted && i-seg <= 3 && wordlyAt(text, i+1) && shortAhead(text, i+1, 3) && entityEnd(text, i) == 0 {
				next = i + 1
			}
		case c == '/':
			if i-start == 1 && sorts[text[start]]&lowercase != 0 && wordlyAt(text, i+1) && shortAhead(text, i+1, 2) {
				next = i + 1 // b/c, s/he
			}
		case c == '@':
			if end := emailEnd(text, start); end > i {
				s.add(end, Email)
				return
			}
		case c == '~':
			if wordlyAt(text, i+1) {
				next = i + 1
			}
		case c == '$':
			if i-start <= 3 && upperCase(text[start:i]) {
				s.add(i+1, Currency)
				return
			}
		}
		if next == i {
			break
		}
		if text[i] != '.' {
			dotted = false
		}
		i, seg = next, next
		if kind == Abbreviation && !wordlyAt(text, i) && byteAt(text, i) != '-' && byteAt(text, i) != '/' && apostrophe(text, i) == 0 {
			break
		}
	}
	s.flags |= flags
	s.add(i, kind)
}

// letters returns the end of the run of letters and digits at i. The run ends
// before an ideograph, which is a token of its own.
func letters(s string, i int) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if sorts[c]&wordly == 0 {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if sortOf(r)&wordly == 0 || ideographic(r) {
			break
		}
		i += n
	}
	return i
}

// apostrophe returns the length of the apostrophe at i, 0 if there is none.
func apostrophe(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '\'':
		return 1
	case s[i] == 0xE2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0x99:
		return 3
	}
	return 0
}

// hyphen returns the length of a Unicode hyphen at i, 0 if there is none.
func hyphen(s string, i int) int {
	if i+2 < len(s) && s[i] == 0xE2 && s[i+1] == 0x80 && (s[i+2] == 0x90 || s[i+2] == 0x91) {
		return 3
	}
	return 0
}

// clitic tells whether what follows the apostrophe at i..after is a clitic of
// the word from start: it returns where to cut and where the clitic ends, or 0.
func clitic(s string, start, i, after int) (cut, end int) {
	n := 0
	for after+n < len(s) && n < 3 && sorts[s[after+n]]&letter != 0 {
		n++
	}
	if n == 0 || n > 2 || wordlyAt(s, after+n) {
		return 0, 0
	}
	a := lowerASCII[s[after]]
	if n == 1 {
		switch a {
		case 's', 'm', 'd':
			if i-start > 1 && decade(s[start:i]) && a == 's' {
				return 0, 0
			}
			return i, after + n
		case 't':
			if i > start && lowerASCII[s[i-1]] == 'n' {
				return i - 1, after + n
			}
		}
		return 0, 0
	}
	switch b := lowerASCII[s[after+1]]; {
	case a == 'l' && b == 'l', a == 'r' && b == 'e', a == 'v' && b == 'e':
		return i, after + n
	}
	return 0, 0
}

// decade reports whether s is a number such as 80 or 1930, whose 's is a plural.
func decade(s string) bool {
	return (len(s) == 2 || len(s) == 4) && digits(s) && s[len(s)-1] == '0'
}

// digits reports whether s is ASCII digits only.
func digits(s string) bool {
	for i := range len(s) {
		if sorts[s[i]]&digit == 0 {
			return false
		}
	}
	return s != ""
}

// upperCase reports whether s is ASCII capitals only.
func upperCase(s string) bool {
	for i := range len(s) {
		if sorts[s[i]]&upper == 0 {
			return false
		}
	}
	return s != ""
}

// shortAhead reports whether the run of letters at i is at most n bytes long.
func shortAhead(s string, i, n int) bool {
	end := letters(s, i)
	return end > i && end-i <= n
}
