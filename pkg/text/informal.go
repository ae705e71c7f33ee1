package text

// glued decides where no space follows the stop, as in scraped copy: "was
// paid.The minister". Scripts without spaces end here as well.
func (b *boundary) glued() bool {
	t, n := &b.Tokens[b.stop], &b.Tokens[b.next]
	switch {
	case t.Kind != Stop || b.stop == 0:
		return false
	case b.Text[t.Start] >= 0xE3 || n.Kind == Ideograph: // 。 ！ ？
		return true
	case b.end != b.stop+1 && b.end == b.next:
		return false
	}
	before := &b.Tokens[b.stop-1]
	return before.Shape == Lower && before.RuneEnd-before.RuneStart > 2 && n.Shape == Title &&
		(b.class(b.next)&starter != 0 || b.Words[n.Word].lower > 0)
}

// casual reports whether the lower-case word that follows opens a sentence, as in
// mail and posts. Not when a quotation ends with the stop ("Why?" he asked), not
// after a stray stop ("in the . city"), nor when the word before may be an
// unknown abbreviation.
func (b *boundary) casual() bool {
	stop, mark := &b.Tokens[b.stop], b.mark()
	switch {
	case stop.Kind != Stop, b.end > b.stop+1, b.next > b.end, b.stop == b.start:
		return false
	case mark == '…', stop.Has(SpaceBefore), mark == '!' && b.attributed():
		return false
	}
	follows := b.class(b.next)
	i := b.stop - 1
	switch {
	case b.Tokens[i].Shape != Lower && follows&auxiliary != 0:
		return false // Yahoo! is
	case mark == '!' && (stop.End-stop.Start > 1 || b.Text[stop.Start] == '?'):
		return true
	case b.Tokens[i].Kind == Close:
		return mark == '.'
	}
	for i > b.start && b.Tokens[i].Kind == Quote {
		i--
	}
	t := &b.Tokens[i]
	n := t.RuneEnd - t.RuneStart
	switch {
	case t.Kind == Word && n > 1 && follows&pronoun != 0:
		return true
	case t.Kind == Word && t.Shape == Lower:
		return n > 2 || n == 2 && b.class(i)&starter != 0
	case t.Kind == Word && t.Shape == Title:
		return n > 3 && follows&starter != 0
	case t.Kind == Clitic, t.Kind == Number:
		return follows&starter != 0
	}
	return false
}

// attributed reports whether a verb of saying with its subject follows: "asked
// Smith", "Mr. Smith said", "Smith's deputy, a colonel, asked".
func (b *boundary) attributed() bool {
	owner := false
	for i := b.next; i < min(b.last, b.next+6); i++ {
		t := &b.Tokens[i]
		c := b.class(i)
		switch {
		case c&speech != 0:
			return true
		case t.Kind == Clitic:
			owner = true
		case t.Kind == Comma && i > b.next:
			return b.apposed(i + 1)
		case t.Kind >= Stop, t.Shape == Lower && c&pronoun == 0 && !owner:
			return false
		}
	}
	return false
}

// apposed reports whether an apposition from token i ends with a comma and a verb
// of saying.
func (b *boundary) apposed(i int32) bool {
	for stop := min(b.last-1, i+12); i < stop; i++ {
		switch b.Tokens[i].Kind {
		case Comma:
			if b.class(i+1)&speech != 0 {
				return true
			}
		case Stop:
			return false
		}
	}
	return false
}
