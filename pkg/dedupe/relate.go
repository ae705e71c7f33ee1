package dedupe

import (
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
)

const (
	// stillNear is the share from which a text without any new fact is a copy: editing
	// one word in ten leaves 0.73 of the triples, one in five 0.5.
	stillNear = 0.5
	// muchShorter is the length of an excerpt by that of its original.
	muchShorter = 0.85
	// trifling is the length below which a paragraph is a scrap.
	trifling = 8
	// novelWords is the length from which a new paragraph counts though it brings
	// neither figure nor name.
	novelWords = 25
)

// relate says what a match makes of the newer article. Stopping news costs more than
// passing a copy on, so anything that may be new makes it an update.
func (x *Index) relate(q *query, m *match) article.Relation {
	switch {
	case q.s.mark == correctionMark:
		return article.Correction
	case m.old.stub && q.a.Kind != article.KindPaywallStub && m.ratio > 1:
		return article.Update // the rest of the story
	case x.novel(q, &m.old), x.newFigure(q, &m.old):
		return article.Update
	case m.ratio < muchShorter && m.inOld >= stillNear:
		return article.Excerpt
	case m.inOld >= stillNear && m.inNew >= stillNear:
		return article.Near
	case m.inOld >= m.inNew:
		return article.Excerpt
	}
	return article.Update
}

// novel reports whether an article has a paragraph that says something the older one
// does not: none of its words, and a figure, a name or some length. A set phrase such
// as a copyright line is no news.
func (x *Index) novel(q *query, old *view) bool {
	for i := range q.s.fresh {
		p := &q.s.fresh[i]
		if slices.Contains(old.paragraphs, p.hash) || common(p.triples, old.fingerprints) > 0 || x.trifle(p) {
			continue
		}
		if p.words >= novelWords || !subset(p.figures, old.figures) || !known(p.names, old) {
			return true
		}
	}
	return false
}

// newFigure reports whether an article has a figure that the older one has not, and that
// stands in its headline or in a paragraph that matters.
func (x *Index) newFigure(q *query, old *view) bool {
	known := old.figures
	for _, f := range q.s.Figures {
		if len(known) == maxFigures && f > known[maxFigures-1] {
			return false // no more of the older one's are kept
		}
		if !known.has(f) && !x.onlyInTrifles(q, f) {
			return true
		}
	}
	return false
}

// onlyInTrifles reports whether a figure stands in paragraphs that do not matter, and
// nowhere else in the text.
func (x *Index) onlyInTrifles(q *query, figure uint32) bool {
	found := false
	for i := range q.s.fresh {
		if p := &q.s.fresh[i]; p.figures.has(figure) {
			if !x.trifle(p) {
				return false
			}
			found = true
		}
	}
	return found
}

// trifle reports whether a paragraph is a scrap or a set phrase, such as a copyright
// line.
func (x *Index) trifle(p *paragraph) bool {
	if p.words < trifling {
		return true
	}
	n := 0
	for _, f := range p.triples {
		if x.table(f).count(f, x.docs.oldest) > rareUpTo {
			n++
		}
	}
	return n > 0 && 2*n > len(p.triples)
}

func subset(a, b Hashes) bool { return common(a, b) == len(a) }

func known(names Hashes, old *view) bool {
	for _, n := range names {
		if !old.lead.has(n) && !old.names.has(n) {
			return false
		}
	}
	return true
}
