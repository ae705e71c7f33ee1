package dedupe

import (
	"cmp"
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
)

// query is one article on its way through Decide, with room to work in.
type query struct {
	s        *Signature
	o        *Overrides
	a        *article.Article
	hash     uint64
	received int64
	// published as in times.
	published int32
	all       Hashes   // see wide
	listed    []uint32 // articles with one triple
	found     []hit    // the same for all triples
	closest   []candidate

	weighedTo uint32  // up to which hash
	weight    float64 // the mean weight of its own triples is known
}

// hit is an article that shares a triple, with the triple's weight.
type hit struct {
	id     uint32
	weight float32
}

// candidate is an article with the weight of the triples it shares.
type candidate struct {
	id       uint32
	strength float32
}

func (q *query) begin(a *article.Article, s *Signature, o *Overrides) {
	*q = query{s: s, o: o, a: a, hash: contentKey(s.Hash), received: nanos(a.Received), published: minutes(publishedOf(a)), all: q.all[:0], listed: q.listed[:0], found: q.found[:0], closest: q.closest[:0]}
}

// wide returns the triples of the beginning together with those kept of the rest.
func (q *query) wide() Hashes {
	if len(q.all) == 0 {
		q.all = append(append(q.all, q.s.opening...), q.s.Fingerprints...)
		q.all = set(q.all)
	}
	return q.all
}

// comparable is how many of the query's fingerprints a document could share.
func (q *query) comparable(d *document) int {
	if d.total > keepAll && q.s.Total <= keepAll {
		return len(q.s.Fingerprints.upTo(limit - 1))
	}
	return len(q.s.Fingerprints)
}

// candidates returns the articles that share the most with the query by weight, the
// strongest first, then the latest first. By mere number the hundred siblings in a
// template would stand before the original.
func (x *Index) candidates(q *query) []candidate {
	look := func(f uint32) {
		q.listed = x.table(f).find(f, q.listed[:0], x.docs.oldest)
		if len(q.listed) >= frequent {
			return
		}
		w := float32(x.scale(len(q.listed)))
		for _, id := range q.listed {
			q.found = append(q.found, hit{id, w})
		}
	}
	for _, f := range q.s.Fingerprints {
		look(f)
	}
	if q.s.Total > keepAll {
		for _, f := range q.s.opening {
			if f >= limit && !q.s.Fingerprints.has(f) {
				look(f) // only short articles have it
			}
		}
	}
	slices.SortFunc(q.found, func(a, b hit) int { return cmp.Compare(a.id, b.id) })
	least := leastShare
	if q.s.mark == correctionMark {
		least = leastShareMarked
	}
	for rest := q.found; len(rest) > 0; {
		id, n, strength := rest[0].id, 0, float32(0)
		for n < len(rest) && rest[n].id == id {
			strength += rest[n].weight
			n++
		}
		rest = rest[n:]
		if n < minShared && len(q.s.Fingerprints) >= minShared {
			continue
		}
		d := x.docs.get(id)
		fewer := min(q.comparable(d), int(d.fingerprints))
		if n >= min(minShared, fewer) && float64(n) >= least*float64(fewer) && !d.removed && x.within(d.received, q.received) {
			q.closest = append(q.closest, candidate{id, strength})
		}
	}
	slices.SortFunc(q.closest, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.strength, a.strength), cmp.Compare(b.id, a.id))
	})
	return q.closest[:min(len(q.closest), maxCandidates)]
}

func (x *Index) within(a, b int64) bool { return max(a-b, b-a) <= int64(x.window) }
