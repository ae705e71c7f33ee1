package extract

import "golang.org/x/net/html"

// adoptBetween adds what stands between two blocks of the body, in the same element as
// both, if one extractor at least has it: a paragraph, or the heading of a section.
// Extractors drop those from the middle of a text for their looks.
func adoptBetween(es []evidence) {
	before := map[*html.Node]int{} // the last block of the body in an element
	for i := range es {
		e := &es[i]
		if !e.belongs() || !e.prose() {
			continue
		}
		if from, ok := before[e.parent]; ok {
			for q := from + 1; q < i; q++ {
				b := &es[q]
				if b.parent == e.parent && (b.heading() || b.prose()) && b.known() {
					b.adopted = true
				}
			}
		}
		before[e.parent] = i
	}
}

// adoptHeadings adds the headings between two paragraphs of the body, of whatever
// elements, that one extractor at least has: templates put each section in a box.
func adoptHeadings(es []evidence) {
	for i := range es {
		e := &es[i]
		if i == 0 || i+1 == len(es) || !e.heading() || !e.known() {
			continue
		}
		before, after := &es[i-1], &es[i+1]
		if before.belongs() && before.prose() && after.belongs() && after.prose() {
			e.adopted = true
		}
	}
}

// known reports whether an extractor has the block.
func (e *evidence) known() bool { return e.a > mostly || e.b > mostly || e.c > mostly }
