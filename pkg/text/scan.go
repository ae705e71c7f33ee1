package text

import (
	"slices"
	"unicode/utf8"
)

// scanner walks a text once and appends its tokens.
type scanner struct {
	text string
	doc  *Document

	pos     int   // next byte to read
	wide    int32 // bytes before pos beyond one for each code point
	flags   Flags // what precedes the next token
	line    line  // the line being read
	opening bool  // a sentence may begin here
}

// run reads the whole text. Plain words, which are most tokens, are cut here;
// the rest is left to word, number and mark.
func (s *scanner) run() {
	text := s.text
	s.flags = SpaceBefore | LineBefore | BlankBefore
	s.opening = true
	for s.pos < len(text) {
		i := s.pos
		c := text[i]
		if c == ' ' {
			s.pos++
			s.flags |= SpaceBefore
			continue
		}
		if c >= utf8.RuneSelf {
			s.wideRune()
			continue
		}
		k := sorts[c]
		switch {
		case k&(upper|lowercase) != 0:
			end, h, caps := lettersOf(text, i)
			if end < len(text) && joins[text[end]] && !s.plainStop(end, h) {
				s.word(i)
				continue
			}
			s.plain(end, h, caps)
		case k&letter != 0 && wordlyAt(text, i+1): // _name
			s.word(i)
		case k&gap != 0:
			s.pos++
			s.gap(k)
		case k&digit != 0:
			s.number(i)
		default:
			s.mark(c)
		}
	}
	s.endLine()
}

// joins marks the bytes after which a run of ASCII letters may not be a whole
// token: joiners, a stop, the colon of a URL, the $ of US$, other scripts.
var joins = func() (t [256]bool) {
	for _, c := range []byte(`-'.&/@~:$_0123456789`) {
		t[c] = true
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		t[c] = true
	}
	return t
}()

// plainStop reports whether the byte at i is the stop of a sentence after a word
// with hash h that is no abbreviation, the commonest of joins.
func (s *scanner) plainStop(i int, h uint64) bool {
	return s.text[i] == '.' && i-s.pos > 1 && (i+1 == len(s.text) || sorts[s.text[i+1]]&gap != 0) &&
		lexicon.class(h)&abbreviated == 0
}

// plain adds the word of ASCII letters that ends at end and is hashed already.
func (s *scanner) plain(end int, h uint64, caps int) {
	start := s.pos
	t := s.next()
	t.Start, t.End = int32(start), int32(end)
	t.RuneStart, t.RuneEnd = int32(start)-s.wide, int32(end)-s.wide
	t.Kind = Word
	t.Shape = Lower
	if caps > 0 {
		t.Shape = shape(end-start, caps, sorts[s.text[start]]&upper != 0, caps < end-start)
	}
	t.Flags = s.flags
	s.finish(t, h)
}

// next makes room for a token and returns it, to be filled whole.
func (s *scanner) next() *Token {
	d := s.doc
	n := len(d.Tokens)
	if n == cap(d.Tokens) {
		d.Tokens = slices.Grow(d.Tokens, max(64, n))
	}
	d.Tokens = d.Tokens[:n+1]
	return &d.Tokens[n]
}

// finish gives the last token its word and hash and counts how the word is
// cased, the evidence for capitals after an abbreviation: a word seen in lower
// case was capitalised because a sentence begins, one capitalised inside a
// sentence is a name.
func (s *scanner) finish(t *Token, h uint64) {
	v := &s.doc.vocab
	t.Hash = h
	t.Word = v.id(h, int32(len(s.doc.Tokens)-1))
	switch t.Shape {
	case Lower:
		v.words[t.Word].lower++
	case Title, Mixed:
		if !s.opening && t.Flags&LineBefore == 0 {
			v.words[t.Word].inner++
		}
	}
	s.opening = opens>>t.Kind&1 != 0 || s.opening && t.Kind == Close
	s.flags = 0
	s.pos = int(t.End)
}

// opens marks the kinds after which a capital says nothing.
const opens = 1<<Abbreviation | 1<<Stop | 1<<Open | 1<<Quote | 1<<Symbol

// shape reads the case of a token from the number of its capitals.
func shape(n, caps int, first, lower bool) Shape {
	switch {
	case caps == 0 && lower:
		return Lower
	case caps == 0:
		return NoCase
	case caps == 1 && first && lower:
		return Title
	case lower:
		return Mixed
	case caps == 1 && n <= 2:
		return Capital
	}
	return Upper
}

// add appends a token from the read position to end, whatever it holds.
func (s *scanner) add(end int, kind Kind) {
	start := s.pos
	t := s.next()
	*t = Token{Start: int32(start), RuneStart: int32(start) - s.wide, Kind: kind, Flags: s.flags}
	h := newHasher()
	caps, n := 0, 0
	var seen sort
	first := false
	for i := start; i < end; n++ {
		c := s.text[i]
		k := sorts[c]
		if c < utf8.RuneSelf {
			h.add(lowerASCII[c])
			i++
		} else {
			r, w := utf8.DecodeRuneInString(s.text[i:])
			k = sortOf(r)
			if r == utf8.RuneError && w == 1 {
				h.add(c)
			} else {
				h.addRune(lower(r, k))
			}
			i += w
			s.wide += int32(w - 1)
			t.Flags |= Foreign
		}
		seen |= k
		if k&upper != 0 {
			caps++
			first = first || n == 0
		}
	}
	if seen&digit != 0 {
		t.Flags |= Digits
	}
	t.End, t.RuneEnd = int32(end), int32(end)-s.wide
	t.Shape = shape(n, caps, first, seen&lowercase != 0)
	s.finish(t, h.sum())
}

// gap notes white space and line ends.
func (s *scanner) gap(k sort) {
	s.flags |= SpaceBefore
	if k&newline == 0 {
		return
	}
	if s.text[s.pos-1] == '\n' && s.pos > 1 && s.text[s.pos-2] == '\r' {
		return // the second half of a CR LF
	}
	if s.flags&LineBefore != 0 {
		s.flags |= BlankBefore
	}
	s.flags |= LineBefore
	s.endLine()
}

// wideRune reads what begins with a character beyond ASCII.
func (s *scanner) wideRune() {
	r, n := utf8.DecodeRuneInString(s.text[s.pos:])
	k := sortOf(r)
	switch {
	case k&gap != 0:
		s.pos += n
		s.wide += int32(n - 1)
		s.gap(k)
	case ideographic(r):
		s.add(s.pos+n, Ideograph)
	case k&letter != 0:
		s.word(s.pos)
	case k&digit != 0:
		s.number(s.pos)
	default:
		s.wideMark(r, n)
	}
}
