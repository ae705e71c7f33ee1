package crf

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/text"
)

// Text is what the field sees of a document. The zero value is ready for Read, which
// reuses its memory. It is not safe for concurrent use.
type Text struct {
	doc      *text.Document
	tokens   []token
	words    []word
	segments []Segment
}

// token is a token as its features need it.
type token struct {
	form, lower  uint32 // hashes of the form as written and in lower case
	shape, short uint32 // hashes of the shape, and of it without repetitions
	word         int32
	cluster      uint16
	casing       casing
	flags        flags
	// The sentence it belongs to, tokens [begin, end), and the capitalised run in it,
	// tokens [from, to).
	begin, end int32
	from, to   int32
	// first says that a sentence or a quotation opens with it.
	first bool
}

// flags of a token's letters.
type flags uint8

const (
	capital   flags = 1 << iota // begins with a capital
	allUpper                    // more than one letter, none small
	anyUpper                    // holds a capital
	lowerCase                   // begins with a small letter
	quote                       // is a quotation mark
	link                        // is a small word that joins the parts of names
	dash                        // is a free hyphen
)

// casing is how the words of a sentence are written.
type casing uint8

const (
	normal casing = iota
	upper         // headline in capitals
	title         // headline with a capital on most words
)

// Segment is a stretch of tokens near capitals, [First, Last): all others are outside
// of names. Open and Shut say that it begins or ends with its sentence.
type Segment struct {
	First, Last int
	Open, Shut  bool
}

// Segments returns the stretches that are to be labelled, in order.
func (t *Text) Segments() []Segment { return t.segments }

// Read takes in a document. The document must not change while the Text is in use.
func (t *Text) Read(doc *text.Document, c *Clusters) {
	t.doc = doc
	t.tokens = resize(t.tokens, len(doc.Tokens))
	t.words = resize(t.words, len(doc.Words))
	clear(t.words)
	t.segments = t.segments[:0]
	for i := range t.words {
		t.words[i].cluster = c.Of(doc.Words[i].Hash)
	}
	for i := range t.tokens {
		t.readToken(i, c)
	}
	for i := range doc.Sentences {
		s := &doc.Sentences[i]
		t.readSentence(int(s.First), int(s.Last))
	}
	t.collectWitnesses()
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n+n/2)[:n]
	}
	return s[:n]
}

// Hashes of words that the features ask for by name.
var (
	quoteHash = half(text.WordHash(`"`))
	marks     = map[string]string{
		"’": "'", "‘": "'", "“": `"`, "”": `"`, "``": `"`, "''": `"`, "–": "-", "—": "-", "…": "...",
	}
	links = linkSet("of the and for & de la al el bin van von der du da do dos del")
)

func linkSet(words string) map[uint32]bool {
	m := map[uint32]bool{}
	for _, w := range strings.Fields(words) {
		m[half(text.WordHash(w))] = true
	}
	return m
}

// half takes 32 of a hash's 64 bits.
func half(h uint64) uint32 { return uint32(h >> 32) }

// readToken fills in what a token shows by itself.
func (t *Text) readToken(i int, c *Clusters) {
	d := &t.doc.Tokens[i]
	form := t.doc.Text[d.Start:d.End]
	k := token{lower: half(d.Hash), form: half(t.doc.FormHash(i)), word: d.Word}
	w := &t.words[d.Word]
	if form[0] >= utf8.RuneSelf || form[0] == '`' || form[0] == '\'' {
		if plain, ok := marks[form]; ok {
			form = plain
			k.lower = half(text.WordHash(plain))
			k.form = k.lower
		}
	}
	k.cluster = w.cluster
	if k.cluster == NoCluster && !w.halved {
		w.halved = true
		if j := strings.LastIndexByte(form, '-'); j > 0 && j+1 < len(form) {
			w.cluster = c.Of(text.WordHash(form[j+1:]))
			k.cluster = w.cluster
		}
	}
	k.shape, k.short, k.flags = shapeOf(form)
	if k.lower == quoteHash {
		k.flags |= quote
	}
	if form == "-" {
		k.flags |= dash
	}
	if len(form) <= 3 && k.flags&anyUpper == 0 && links[k.lower] {
		k.flags |= link
	}
	t.tokens[i] = k
}

// shapeOf hashes the shape of a form, X for capitals, x for small letters, d for digits
// and marks as they stand, up to 24 of them.
func shapeOf(form string) (shape, short uint32, f flags) {
	shape, short = offset32, offset32
	letters, small := 0, 0
	last := byte(0)
	for i := 0; i < len(form) && i < 24; i++ {
		c := form[i]
		switch {
		case c >= 'a' && c <= 'z':
			c = 'x'
			letters++
			small++
		case c >= 'A' && c <= 'Z':
			c = 'X'
			letters++
			f |= anyUpper
		case c >= '0' && c <= '9':
			c = 'd'
		case c >= utf8.RuneSelf:
			c = 'u'
			letters++
			if r, _ := utf8.DecodeRuneInString(form[i:]); unicode.IsUpper(r) {
				f |= anyUpper
				c = 'X'
			} else if unicode.IsLower(r) {
				small++
			}
		}
		shape = (shape ^ uint32(c)) * prime32
		if c != last {
			short = (short ^ uint32(c)) * prime32
		}
		if i == 0 && c == 'X' {
			f |= capital
		}
		if i == 0 && (c == 'x' || c == 'u' && small > 0) {
			f |= lowerCase
		}
		last = c
	}
	if f&capital != 0 && small == 0 && letters > 1 {
		f |= allUpper
	}
	return shape, short, f
}

// FNV-1a.
const (
	offset32 = 2166136261
	prime32  = 16777619
)

// readSentence fills in what a token shows among its neighbours.
func (t *Text) readSentence(first, last int) {
	capitals, uppers, words := 0, 0, 0
	for i := first; i < last; i++ {
		k := &t.tokens[i]
		if k.flags&(capital|lowerCase) != 0 {
			words++
			if k.flags&capital != 0 {
				capitals++
			}
			if k.flags&allUpper != 0 {
				uppers++
			}
		}
	}
	cas := normal
	switch {
	case words >= 3 && uppers*10 >= words*7:
		cas = upper
	case words >= 4 && capitals*10 >= words*8:
		cas = title
	}
	open := -1
	for i := first; i < last; i++ {
		k := &t.tokens[i]
		k.casing = cas
		k.begin, k.end = int32(first), int32(last)
		k.first = i == first || i == first+1 && t.tokens[first].flags&quote != 0
		near := t.near(i, first, last)
		if near && open < 0 {
			open = i
		}
		if open >= 0 && (!near || i+1 == last) {
			to := i
			if near {
				to++
			}
			t.segments = append(t.segments, Segment{open, to, open == first, to == last})
			open = -1
		}
	}
	for i := first; i < last; {
		j := t.run(i, last)
		for k := i; k < max(j, i+1); k++ {
			t.tokens[k].from, t.tokens[k].to = int32(i), int32(j)
		}
		i = max(j, i+1)
	}
}

// near reports whether a token can be part of a name: it has a capital, or stands in a
// gap of at most two tokens between such, or is joined to one by a free hyphen, as some
// tokenisers leave it (Jong - un, Kosmos - 19).
func (t *Text) near(i, first, last int) bool {
	up := func(j int) bool { return j >= first && j < last && t.tokens[j].flags&anyUpper != 0 }
	hyphen := func(j int) bool { return j >= first && j < last && t.tokens[j].flags&dash != 0 }
	switch {
	case up(i):
		return true
	case up(i-1) || up(i-2):
		return up(i+1) || up(i+2) || hyphen(i) && up(i-1) || hyphen(i-1) && up(i-2)
	}
	return hyphen(i+1) && up(i+2)
}

// run returns the end of the run of capitalised tokens that begins at i, or i. Small
// words that join the parts of names count in between.
func (t *Text) run(i, last int) int {
	if t.tokens[i].flags&capital == 0 {
		return i
	}
	j := i + 1
	for j < last {
		switch {
		case t.tokens[j].flags&capital != 0:
			j++
		case t.tokens[j].flags&link != 0 && j+1 < last && t.tokens[j+1].flags&capital != 0:
			j += 2
		case t.tokens[j].flags&link != 0 && j+2 < last && t.tokens[j+1].flags&link != 0 && t.tokens[j+2].flags&capital != 0:
			j += 3
		default:
			return j
		}
	}
	return j
}
