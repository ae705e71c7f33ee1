package text

import "strings"

// ends reports whether the sentence from token start ends after the stop or
// abbreviation at token i and the closers up to token end, where more follows.
func (d *Document) ends(start, i, end, last int32, quotes int) bool {
	t := &d.Tokens[i]
	next := end // the first token that is no opening mark
	opened, bracket := false, false
	for next < last {
		switch n := &d.Tokens[next]; n.Kind {
		case Open:
			bracket = bracket || d.Text[n.Start] == '(' || d.Text[n.Start] == '['
			opened = true
		case Quote:
			opened = true
		case Dash, Symbol, Emoji:
		default:
			goto found
		}
		next++
	}
	return d.Tokens[end].Has(SpaceBefore)
found:
	n := &d.Tokens[next]
	c := d.Words[n.Word].class
	if !d.Tokens[end].Has(SpaceBefore) {
		return d.glued(i, end, next)
	}
	quoted := false
	for k := i + 1; k < end; k++ {
		quoted = quoted || d.Tokens[k].Kind == Quote || d.Tokens[k].Kind == Close && d.Text[d.Tokens[k].Start] >= 0x80
	}
	kind := d.stopKind(i, end)
	if n.Shape == Lower && n.Kind <= Clitic {
		return t.Kind == Stop && d.casual(start, i, end, next, last, kind)
	}
	if t.Kind == Abbreviation {
		return d.afterAbbreviation(start, i, end, next, last, c, opened, bracket)
	}
	switch kind {
	case '!', '?':
		if quoted && !opened && d.attributed(next, last) {
			return false // "Why now?" Smith asked
		}
		if i > start && t.End-t.Start == 1 && d.Words[d.Tokens[i-1].Word].class&exclaiming != 0 && c&starter == 0 {
			return false // Yahoo! Mail
		}
		return true
	case '…':
		return n.Shape != NoCase || opened || n.Kind == Number
	}
	if i > start && end == i+1 && d.corrupt(i-1, next) {
		return false
	}
	if quoted && n.Shape == Title && c&starter == 0 && next == end+1 && d.Tokens[end].Kind == Dash {
		return false // "It's a long game." - Ada Obi
	}
	if d.enumerator(start, i-1) {
		return false // 1. First item
	}
	return true
}

// stopKind returns '!' if the stops from i to end hold ! or ?, '…' for an
// ellipsis, else '.'.
func (d *Document) stopKind(i, end int32) rune {
	kind, dots := '.', 0
	for ; i < end; i++ {
		t := &d.Tokens[i]
		if t.Kind != Stop {
			continue
		}
		for _, r := range d.Text[t.Start:t.End] {
			switch r {
			case '.':
				dots++
			case '…':
				dots += 3
			case '。':
				return '!'
			default:
				return '!'
			}
		}
	}
	if dots > 1 {
		kind = '…'
	}
	return kind
}

// glued decides where no space follows the stop, as in scraped copy: "was
// paid.The minister".
func (d *Document) glued(i, end, next int32) bool {
	t, n := &d.Tokens[i], &d.Tokens[next]
	if t.Kind != Stop || i == 0 {
		return false
	}
	if d.Text[t.Start] >= 0xE3 || n.Kind == Ideograph { // 。 needs no space
		return true
	}
	before := &d.Tokens[i-1]
	if end != i+1 && end == next {
		return false
	}
	if before.Shape != Lower || before.RuneEnd-before.RuneStart < 3 || n.RuneEnd-n.RuneStart < 2 && n.Shape != Capital {
		return false
	}
	return n.Shape == Title && (d.Words[n.Word].class&starter != 0 || d.Words[n.Word].lower > 0)
}

// afterAbbreviation decides after U.S., Corp., J. and the like.
func (d *Document) afterAbbreviation(start, i, end, next, last int32, c class, opened, bracket bool) bool {
	t, n := &d.Tokens[i], &d.Tokens[next]
	a := d.Words[t.Word].class
	if t.Has(Hyphenated) { // then-Gov. Obi
		form := d.Form(int(i))
		a = lexicon.class(WordHash(form[strings.LastIndexByte(form, '-')+1:]))
	}
	switch {
	case end > i+1 && !bracket && a&title == 0 && d.Tokens[end-1].Kind != Abbreviation:
		return c&starter != 0 || opened || d.Tokens[i+1].Kind == Stop
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
	}
	if opened {
		return !bracket
	}
	if a&clock != 0 {
		return c&(zone|month|weekday|day) == 0 && !d.timeAhead(next, last)
	}
	if a&country != 0 && c&ordinal != 0 {
		return false // U.S. Under Secretary
	}
	if c&starter != 0 {
		return true
	}
	if i > start && t.Hash == countyHash && d.Tokens[i-1].Kind == Comma {
		return false // Cookstown, Co. Tyrone
	}
	if a&closing != 0 && n.Kind == Word && (a&plural != 0 || i > start && d.Tokens[i-1].Shape != Lower && d.Tokens[i-1].Kind != Comma) {
		return c&post == 0
	}
	w := &d.Words[n.Word]
	return t.Shape != Upper && a&country == 0 && n.Shape == Title && w.lower > 0 && w.inner == 0
}

// casual reports whether the lower-case word at next opens a sentence after the
// stop at i, as in mail and posts. Not when a quotation ends with the stop
// ("Why?" he asked), nor when the word before may be an unknown abbreviation.
func (d *Document) casual(start, i, end, next, last int32, kind rune) bool {
	stop := &d.Tokens[i]
	if end > i+1 || next > end || i == start || kind == '…' || stop.Has(SpaceBefore) || d.attributed(next, last) {
		return false // a stop after a space is a stray one: "in the . city"
	}
	before, after := &d.Tokens[i-1], d.Words[d.Tokens[next].Word].class
	if before.Shape != Lower && after&auxiliary != 0 {
		return false // Yahoo! is
	}
	if kind == '!' && (stop.End-stop.Start > 1 || d.Text[stop.Start] == '?') {
		return true
	}
	i--
	if d.Tokens[i].Kind == Close {
		return kind == '.'
	}
	for i > start && d.Tokens[i].Kind == Quote {
		i--
	}
	t := &d.Tokens[i]
	n := t.RuneEnd - t.RuneStart
	opener := after&starter != 0
	switch {
	case t.Kind == Word && t.Shape == Lower:
		return n > 2 || n == 2 && d.Words[t.Word].class&starter != 0
	case t.Kind == Word && t.Shape == Title:
		return opener && n > 3
	case t.Kind == Clitic, t.Kind == Number:
		return opener
	}
	return false
}

// timeAhead reports whether "time" is near, as in "1:30 p.m. Chicago time".
func (d *Document) timeAhead(i, last int32) bool {
	for n := 0; i < last && n < 3; i, n = i+1, n+1 {
		if d.Tokens[i].Hash == timeHash {
			return true
		}
	}
	return false
}

var (
	timeHash   = WordHash("time")
	countyHash = WordHash("co.")
	andHash    = WordHash("and")
)

// attributed reports whether a verb of saying with its subject follows at i:
// "asked Smith", "Mr. Smith said", "Smith's deputy, a colonel, asked".
func (d *Document) attributed(i, last int32) bool {
	owner := false
	for n := 0; i < last && n < 6; i, n = i+1, n+1 {
		t := &d.Tokens[i]
		c := d.Words[t.Word].class
		switch {
		case c&speech != 0:
			return true
		case t.Kind == Clitic:
			owner = true
		case t.Kind == Comma && n > 0:
			return d.apposed(i+1, last)
		case t.Kind >= Stop, t.Shape == Lower && c&pronoun == 0 && !owner:
			return false
		}
	}
	return false
}

// apposed reports whether an apposition from i ends with a comma and a verb of
// saying.
func (d *Document) apposed(i, last int32) bool {
	for n := 0; i+1 < last && n < 12; i, n = i+1, n+1 {
		switch d.Tokens[i].Kind {
		case Comma:
			if d.Words[d.Tokens[i+1].Word].class&speech != 0 {
				return true
			}
		case Stop:
			return false
		}
	}
	return false
}

// corrupt reports whether a stop between tokens i and next parts a known name,
// as in "the American state. Department".
func (d *Document) corrupt(i, next int32) bool {
	t, n := &d.Tokens[i], &d.Tokens[next]
	return t.Shape == Lower && n.Shape == Title &&
		d.Words[t.Word].class&domain != 0 && d.Words[n.Word].class&office != 0
}

// enumerator reports whether token i, before a stop, numbers a list item: it
// opens the sentence or follows a colon.
func (d *Document) enumerator(start, i int32) bool {
	if i < start {
		return false
	}
	t := &d.Tokens[i]
	return t.Kind == Number && t.End-t.Start <= 2 && (i == start || d.Text[d.Tokens[i-1].Start] == ':')
}
