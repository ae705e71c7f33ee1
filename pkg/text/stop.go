package text

import "strings"

// dot decides about the stop at i, after the letters text[seg:i] of a word that
// began at start. It returns i to leave the stop alone; i+1 and Word to take it
// in and read on; or the end and kind of the finished token.
func (s *scanner) dot(start, seg, i int, dotted bool) (int, Kind) {
	text := s.text
	n := i - seg
	switch {
	case byteAt(text, i+1) == '.':
		if byteAt(text, i+2) != '.' && (dotted && n == 1 || n > 1 && s.known(seg, i)) {
			return i + 1, Abbreviation // U.S..
		}
		return i, Word
	case wordlyAt(text, i+1):
		return s.innerDot(start, seg, i, dotted)
	case dotted && n <= 3:
		return i + 1, Word // the last stop of U.S.
	case n == 1 && seg == start:
		if s.initial(i) {
			return i + 1, Word
		}
		if s.known(seg, i) || sorts[text[seg]]&lowercase != 0 && (isDigit(text, ahead(text, i+1)) || s.bracketed()) {
			return i + 1, Word // c. 1240, (b. March 1975)
		}
		return i, Word
	case s.known(seg, i):
		return i + 1, Word
	case n <= 6 && (byteAt(text, i+1) == ',' || byteAt(text, i+1) == ';') && sorts[text[i-1]]&digit == 0:
		return i + 1, Word // only an abbreviation's stop stands before a comma
	}
	return i, Word
}

// innerDot decides about a stop with a letter or digit right after it.
func (s *scanner) innerDot(start, seg, i int, dotted bool) (int, Kind) {
	text := s.text
	n := i - seg
	m := letters(text, i+1) - (i + 1)
	cap := isUpper(text, i+1)
	if isDigit(text, i+1) {
		if n == 1 || isDigit(text, i-1) || lexicon.class(WordHash(text[seg:i]))&counter != 0 {
			return i + 1, Word // No.1, c.1240
		}
		return i, Word
	}
	if n == 1 && sorts[text[seg]]&letter != 0 {
		switch {
		case m == 1:
			return i + 1, Word // U.S, e.g
		case m <= 3 && byteAt(text, i+1+m) == '.' && cap:
			return i + 1, Word // M.Sc.
		case isUpper(text, seg) && cap:
			return i + 1, Abbreviation // J.Smith
		}
		return i, Word
	}
	if cap && lexicon.class(WordHash(text[seg:i]))&abbreviated != 0 && isUpper(text, seg) {
		if m == 1 {
			return i + 1, Word // Ph.D
		}
		return i + 1, Abbreviation // Mr.Smith
	}
	if m == 1 && cap && strings.EqualFold(text[seg:i], "ph") {
		return i + 1, Word // Ph.D
	}
	return i, Word
}

// initial reports whether the capital before the stop at i is an initial.
func (s *scanner) initial(i int) bool {
	text := s.text
	if !isUpper(text, i-1) {
		return false
	}
	q := ahead(text, i+1)
	if q < 0 {
		return false
	}
	last := s.last()
	if last != nil && s.doc.vocab.words[last.Word].class&labelled != 0 && byteAt(text, q+1) != '.' {
		return false // World War I. Following
	}
	named := last != nil && s.flags&BlankBefore == 0 && (last.Shape == Title || last.Kind == Abbreviation)
	switch c := text[q]; {
	case c == ',' || (c == ')' || c == ']') && named:
		return true
	case sorts[c]&lowercase != 0, sorts[c]&digit != 0 && s.bracketed():
		return true
	case c == '"' || c == '(':
		return named
	case isUpper(text, q):
		if text[i-1] == 'I' && !named && byteAt(text, q+1) != '.' {
			return false
		}
		c := lexicon.class(WordHash(text[q:letters(text, q)]))
		return c&starter == 0 || c&auxiliary != 0 || byteAt(text, q+1) == '.' // James F. Will
	case c >= 0x80:
		k, _ := sortAt(text, q)
		return k&letter != 0 || named
	}
	return false
}

// known reports whether text[seg:i] and the stop at i are an abbreviation of the
// lexicon, used as one: what stands on both sides decides about words that are
// English words as well.
func (s *scanner) known(seg, i int) bool {
	text := s.text
	c := lexicon.class(WordHash(text[seg:i]))
	if c&abbreviated == 0 {
		return false
	}
	title, doubt := c&title != 0, c&doubtful != 0
	cap := isUpper(text, seg)
	glued := byteAt(text, i+1)
	q := ahead(text, i+1)
	next := sort(0)
	if q >= 0 {
		next, _ = sortAt(text, q)
	}
	switch {
	case glued == ',' || glued == ';' || glued == ':':
		return cap || c&plural != 0 || !doubt
	case cap && doubt && i-seg > 1 && isUpper(text, seg+1):
		return false // RT, MO and ST in capitals are other words
	case cap && title && glued == ')': // (Alabama Gov.)
		return true
	case c&counter != 0 && next&digit != 0: // No. 5
		return true
	case c&(month|weekday) != 0:
		return cap && (!doubt || next&(digit|lowercase) != 0)
	case text[seg:i] == "al": // et al.
		return s.after(etHash)
	case text[seg:i] == "v": // Halden v. Skerry
		return next&upper != 0 && s.afterName()
	case text[seg:i] == "Co" && (s.after(commaHash) || s.after(andHash)): // Cookstown, Co. Tyrone
		return next&upper != 0
	case cap && title && (next&upper != 0 || next == letter || byteAt(text, q) == '@'):
		return true
	case c&state != 0 && doubt: // Boston, Mass.
		return cap && (next&lowercase != 0 || c&outward != 0 || s.after(commaHash))
	case doubt && c&outward != 0:
		return cap && (next&lowercase != 0 || s.afterName())
	case doubt:
		return cap && title && next&lowercase != 0
	case c&plural != 0:
		return true
	}
	return cap || c&(inward|outward) != 0 && !title
}

// last returns the token before the one being read, nil for none.
func (s *scanner) last() *Token {
	if n := len(s.doc.Tokens); n > 0 {
		return &s.doc.Tokens[n-1]
	}
	return nil
}

// afterName reports whether a capitalised word precedes.
func (s *scanner) afterName() bool {
	t := s.last()
	return t != nil && s.flags&LineBefore == 0 && (t.Shape == Title || t.Shape == Upper || t.Shape == Mixed || t.Kind == Symbol || t.Kind == Close)
}

// after reports whether the word with hash h precedes.
func (s *scanner) after(h uint64) bool {
	t := s.last()
	return t != nil && t.Hash == h
}

var (
	andHash   = WordHash("and")
	commaHash = WordHash(",")
	etHash    = WordHash("et")
)

// bracketed reports whether an opening bracket precedes.
func (s *scanner) bracketed() bool {
	t := s.last()
	return t != nil && t.Kind == Open && s.flags == 0
}

// ahead returns the next place after at most one line break that is no gap, or
// -1 at the end of a paragraph.
func ahead(s string, i int) int {
	lines := 0
	for i < len(s) {
		k, n := sortAt(s, i)
		if k&gap == 0 {
			return i
		}
		if k&newline != 0 && (s[i] != '\n' || s[i-1] != '\r') {
			if lines++; lines > 1 {
				return -1
			}
		}
		i += n
	}
	return -1
}
