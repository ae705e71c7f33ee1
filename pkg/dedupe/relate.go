package dedupe

import "github.com/copydesk/copydesk/pkg/article"

const (
	// stillNear is the share from which a text without any new fact is a copy: editing
	// one word in ten leaves 0.73 of the triples, one in five 0.5.
	stillNear = 0.5
	// muchShorter is the length of an excerpt by that of its original.
	muchShorter = 0.85
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
	case x.novel(q, &m.old):
		return article.Update
	case m.onlyNew > 0 && m.onlyOld > 0:
		return article.Update // figures changed
	case m.ratio < muchShorter && m.inOld >= stillNear:
		return article.Excerpt
	case m.onlyNew > 0 && q.s.mark == updateMark:
		return article.Update
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
		if p.words < 8 || contains(old.paragraphs, p.hash) || common(p.triples, old.fingerprints) > 0 || x.phrase(p.triples) {
			continue
		}
		if p.words >= novelWords || !subset(p.figures, old.figures) || !known(p.names, old) {
			return true
		}
	}
	return false
}

// phrase reports whether most of the triples are common property.
func (x *Index) phrase(triples Hashes) bool {
	n := 0
	for _, f := range triples {
		if x.table(f).count(f, x.docs.oldest) > rareUpTo {
			n++
		}
	}
	return n > 0 && 2*n > len(triples)
}

func contains(list Hashes, v uint32) bool {
	for _, h := range list {
		if h == v {
			return true
		}
	}
	return false
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
