package text

import "strings"

// abbreviated decides after U.S., Corp., J. and the like, where no lower-case
// word follows.
func (b *boundary) abbreviated() bool {
	t, n := &b.Tokens[b.stop], &b.Tokens[b.next]
	a, c := b.class(b.stop), b.class(b.next)
	if t.Has(Hyphenated) { // then-Gov. Obi
		form := b.Form(int(b.stop))
		a = lexicon.class(WordHash(form[strings.LastIndexByte(form, '-')+1:]))
	}
	switch {
	case b.end > b.stop+1 && !b.bracket && a&title == 0: // Inc.” The
		return c&starter != 0 || b.opened || b.Tokens[b.stop+1].Kind == Stop
	case a&title != 0 && a&outward == 0, a&inward != 0:
		return false
	case a&counter != 0:
		return n.Kind != Number && a&outward != 0
	case a&(month|weekday) != 0:
		return n.Kind != Number
	case n.Kind == Number:
		return false
	case t.Shape == Capital:
		return c&starter != 0 && n.Shape != Capital
	case b.opened:
		return !b.bracket
	case a&clock != 0:
		return c&(zone|month|weekday|day) == 0 && !b.timeAhead()
	case a&country != 0 && c&ordinal != 0:
		return false // U.S. Under Secretary
	case c&starter != 0:
		return true
	}
	if a&closing != 0 && n.Kind == Word && b.closes(a) {
		return c&post == 0
	}
	return t.Shape != Upper && a&country == 0 && n.Shape == Title && b.onlyOpens(n.Word)
}

// closes reports whether the company suffix of class a at the boundary closes a
// name: one stands before it, and it is no county (Cookstown, Co. Tyrone).
func (b *boundary) closes(a class) bool {
	if a&plural != 0 { // etc.
		return true
	}
	if b.stop == b.start {
		return false
	}
	before := &b.Tokens[b.stop-1]
	return before.Shape != Lower && (before.Kind != Comma || b.Tokens[b.stop].Hash != countyHash)
}

// onlyOpens reports whether the document has a word in lower case, and never
// capitalised inside a sentence: then its capital here says that a sentence
// begins.
func (d *Document) onlyOpens(word int32) bool {
	w := &d.Words[word]
	return w.lower > 0 && w.inner == 0
}

// timeAhead reports whether "time" is near, as in "1:30 p.m. Chicago time".
func (b *boundary) timeAhead() bool {
	for i := b.next; i < min(b.last, b.next+3); i++ {
		if b.Tokens[i].Hash == timeHash {
			return true
		}
	}
	return false
}

var (
	timeHash   = WordHash("time")
	countyHash = WordHash("co.")
)
