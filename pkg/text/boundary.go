package text

// boundary is a place where a sentence may end: a stop or an abbreviation, the
// marks that close after it, and what comes next.
type boundary struct {
	*Document
	start int32 // first token of the sentence
	stop  int32 // the stop or abbreviation
	end   int32 // the token after it and its closing marks
	next  int32 // the first token from end that is no opening mark, or last
	last  int32 // the end of the paragraph

	quoted  bool // a quotation closes between stop and end
	opened  bool // a quotation or bracket opens between end and next
	bracket bool // it is a bracket
}

// ends reports whether the sentence from token start ends after the stop or
// abbreviation at token stop and the closers up to token end, where more follows.
func (d *Document) ends(start, stop, end, last int32) bool {
	b := boundary{Document: d, start: start, stop: stop, end: end, next: end, last: last}
	for k := stop + 1; k < end; k++ {
		t := &d.Tokens[k]
		b.quoted = b.quoted || t.Kind == Quote || t.Kind == Close && d.Text[t.Start] >= 0x80
	}
	for ; b.next < last && b.opening(&d.Tokens[b.next]); b.next++ {
	}
	switch {
	case b.next == last:
		return d.Tokens[end].Has(SpaceBefore)
	case !d.Tokens[end].Has(SpaceBefore):
		return b.glued()
	case d.Tokens[b.next].Shape == Lower && d.Tokens[b.next].Kind <= Clitic:
		return b.casual()
	case d.Tokens[stop].Kind == Abbreviation:
		return b.abbreviated()
	}
	return b.stopped()
}

// opening notes a mark that opens what follows, and reports whether t is one or
// a bullet.
func (b *boundary) opening(t *Token) bool {
	switch t.Kind {
	case Open:
		b.opened = true
		c := b.Text[t.Start]
		b.bracket = b.bracket || c == '(' || c == '['
	case Quote:
		b.opened = true
	case Dash, Symbol, Emoji:
	default:
		return false
	}
	return true
}

// stopped decides after a plain stop with a space and no lower-case word behind.
func (b *boundary) stopped() bool {
	t, n := &b.Tokens[b.stop], &b.Tokens[b.next]
	starts := b.class(b.next)&starter != 0
	switch b.mark() {
	case '!':
		if b.quoted && !b.opened && b.attributed() {
			return false // "Why now?" Smith asked
		}
		named := b.stop > b.start && t.End-t.Start == 1 && b.class(b.stop-1)&exclaiming != 0
		return !named || starts // Yahoo! Mail
	case '…':
		return n.Shape != NoCase || b.opened || n.Kind == Number
	}
	switch {
	case b.end == b.stop+1 && b.corrupt():
		return false
	case b.quoted && n.Shape == Title && !starts && b.next == b.end+1 && b.Tokens[b.end].Kind == Dash:
		return false // "It's a long game." - Ada Obi
	}
	return !b.enumerator()
}

// mark returns what kind of stop stands at the boundary: '.', '…' for two and
// more of them, '!' for any other, which always end something.
func (b *boundary) mark() rune {
	dots := 0
	for i := b.stop; i < b.end; i++ {
		t := &b.Tokens[i]
		if t.Kind != Stop {
			continue
		}
		for _, r := range b.Text[t.Start:t.End] {
			switch r {
			case '.':
				dots++
			case '…':
				dots += 2
			default:
				return '!'
			}
		}
	}
	if dots > 1 {
		return '…'
	}
	return '.'
}

// corrupt reports whether the stop parts a known name, as in "the American
// state. Department".
func (b *boundary) corrupt() bool {
	if b.stop == b.start {
		return false
	}
	return b.Tokens[b.stop-1].Shape == Lower && b.class(b.stop-1)&domain != 0 &&
		b.Tokens[b.next].Shape == Title && b.class(b.next)&office != 0
}

// enumerator reports whether the stop follows the number of a list item: one
// that opens the sentence or comes after a colon.
func (b *boundary) enumerator() bool {
	i := b.stop - 1
	if i < b.start {
		return false
	}
	t := &b.Tokens[i]
	return t.Kind == Number && t.End-t.Start <= 2 && (i == b.start || b.Text[b.Tokens[i-1].Start] == ':')
}

// class returns what the lexicon knows of token i.
func (d *Document) class(i int32) class { return d.Words[d.Tokens[i].Word].class }
