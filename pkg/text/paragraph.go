package text

// line is one line of the text that has tokens.
type line struct {
	first, last int32 // Tokens[first:last]
}

// endLine closes the line being read, if it has tokens.
func (s *scanner) endLine() {
	n := int32(len(s.doc.Tokens))
	if n > s.line.first {
		s.line.last = n
		s.doc.lines = append(s.doc.lines, s.line)
	}
	s.line.first = n
}

// Figures for hard-wrapped copy, in code points. Mail and wire copy is wrapped
// at 60 to 80; the shortest full line of a column is about 40.
const (
	fullLine    = 40
	longestWrap = 100
)

// paragraphs groups the lines into paragraphs and cuts each into sentences.
func (d *Document) paragraphs() {
	width := d.wrapWidth()
	for i := 0; i < len(d.lines); {
		j := i + 1
		for j < len(d.lines) && d.continues(j, width) {
			j++
		}
		d.paragraph(d.lines[i].first, d.lines[j-1].last, j-i)
		i = j
	}
}

// continues reports whether line j goes on with the paragraph of the line before.
func (d *Document) continues(j int, width int32) bool {
	l := d.lines[j]
	if width == 0 || d.Tokens[l.first].Has(BlankBefore) || d.item(l) {
		return false
	}
	before := d.lines[j-1]
	if d.length(before)*10 >= width*6 {
		return true
	}
	// After a short line only a clear continuation.
	last := &d.Tokens[before.last-1]
	return last.Kind != Stop && d.Tokens[l.first].Shape == Lower ||
		last.Shape == Lower && d.length(before) >= fullLine/2 && d.length(l) >= fullLine
}

// wrapWidth returns the width a hard-wrapped text is wrapped at, or 0 for a text
// whose line breaks are meant: when most full lines stop in mid-sentence, and few
// are too long to be wrapped.
func (d *Document) wrapWidth() int32 {
	full, open, long := 0, 0, 0
	width := int32(0)
	for i, l := range d.lines {
		n := d.length(l)
		if n > longestWrap {
			long++
			continue
		}
		width = max(width, n)
		if i+1 == len(d.lines) || d.Tokens[d.lines[i+1].first].Has(BlankBefore) || n < fullLine {
			continue
		}
		full++
		if k := d.Tokens[l.last-1].Kind; k != Stop && k != Close && k != Quote {
			open++
		}
	}
	if full < 2 || open*2 <= full || long*5 >= len(d.lines) {
		return 0
	}
	return width
}

func (d *Document) length(l line) int32 {
	return d.Tokens[l.last-1].RuneEnd - d.Tokens[l.first].RuneStart
}

// item reports whether a line begins like a list item: a bullet, or a number or
// letter with a stop or bracket.
func (d *Document) item(l line) bool {
	if l.last-l.first < 2 {
		return false
	}
	t, next := &d.Tokens[l.first], &d.Tokens[l.first+1]
	switch t.Kind {
	case Dash:
		return next.Has(SpaceBefore) && t.RuneEnd-t.RuneStart == 1
	case Symbol, Emoji:
		return next.Has(SpaceBefore) && bullet(d.Text[t.Start:t.End])
	case Number:
		return t.End-t.Start <= 2 && !next.Has(SpaceBefore) && (d.Text[next.Start] == '.' || next.Kind == Close) &&
			l.last-l.first > 2 && d.Tokens[l.first+2].Has(SpaceBefore)
	}
	return false
}

func bullet(s string) bool {
	switch s {
	case "*", "•", "·", "‣", "▪", "■", "●", "○", "◦", "►", "→", "★", "☆", "✓", "✔":
		return true
	}
	return false
}

// headingLength is the most code points of a line that counts as a heading; wire
// headlines run to about 90, a photo caption or first sentence is longer.
const headingLength = 120

// paragraph adds Tokens[first:last] as a paragraph of its sentences.
func (d *Document) paragraph(first, last int32, lines int) {
	a, b := &d.Tokens[first], &d.Tokens[last-1]
	p := Paragraph{
		Start: a.Start, End: b.End, RuneStart: a.RuneStart, RuneEnd: b.RuneEnd,
		First: int32(len(d.Sentences)),
	}
	d.sentences(first, last, int32(len(d.Paragraphs)))
	p.Last = int32(len(d.Sentences))
	switch {
	case d.item(line{first, last}):
		p.Layout = Item
	case lines == 1 && p.Last-p.First == 1 && p.RuneEnd-p.RuneStart <= headingLength && b.Kind <= Emoji && b.Kind != Abbreviation:
		p.Layout = Heading
	}
	d.Paragraphs = append(d.Paragraphs, p)
}
