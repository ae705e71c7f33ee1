package dedupe

import (
	"math"
	"time"
)

// measures are what two articles have in common.
type measures struct {
	// inOld is the share of the new article's triples that the old one has, inNew the
	// reverse; shared counts them.
	inOld, inNew float64
	shared       int
	// weighted is the greater of the two shares with every triple weighted by how rare
	// it is; rare counts shared triples of which few articles have any.
	weighted float64
	rare     int
	// figures and names are the shares of the fewer figures and names that the other
	// article has too, names weighted by rarity, -1 when either has none.
	figures, names float64
	fewerFigures   int
	// lead is the share of one's headline and lead names, by rarity, that occur
	// anywhere in the other: the better of both directions. bothLeads is the worse.
	lead, bothLeads float64
	// only counts the figures that only one of them has.
	onlyNew, onlyOld int
	// ratio is the length of the new article by that of the old one.
	ratio float64
	// longer and shorter are their lengths in words.
	longer, shorter int
	headline        bool // they have the same one
	// opening counts the triples of the new article's first words that the old one has.
	opening int
	gap     time.Duration
}

// measure compares an article with an older one.
func (x *Index) measure(q *query, old view) (m measures) {
	s := q.s
	mine, theirs := s.Fingerprints, old.fingerprints
	top := min(s.ceiling(), ceiling(theirs, int(old.total)))
	nMine := 0
	if s.Total > keepAll && old.total <= keepAll {
		// All of the old one is known, and the beginning of the new one.
		mine = q.wide()
		top = 1<<32 - 1
		nMine = s.Total
	} else {
		mine, theirs = mine.upTo(top), theirs.upTo(top)
		nMine = len(mine)
	}
	if len(mine) == 0 || len(theirs) == 0 {
		return m
	}
	var both, all float64
	for i, j := 0, 0; j < len(theirs); {
		switch {
		case i == len(mine) || theirs[j] < mine[i]:
			all += x.weight(theirs[j])
			j++
		case mine[i] < theirs[j]:
			i++
		default:
			w := x.weight(theirs[j])
			all += w
			both += w
			m.shared++
			if w > 0.5 {
				m.rare++
			}
			i++
			j++
		}
	}
	m.inOld, m.inNew = float64(m.shared)/float64(nMine), float64(m.shared)/float64(len(theirs))
	if all > 0 {
		m.weighted = both / all
	}
	if own := x.ownWeight(q, top, nMine); own > 0 {
		m.weighted = min(1, max(m.weighted, both/own))
	}

	n := common(s.Figures, old.figures)
	m.onlyNew, m.onlyOld = len(s.Figures)-n, len(old.figures)-n
	m.fewerFigures = min(len(s.Figures), len(old.figures))
	m.figures = -1
	if m.fewerFigures > 0 {
		m.figures = float64(n) / float64(m.fewerFigures)
	}
	m.names = x.agreement(s, &old)
	mineFound, theirsFound := x.found(s.Lead, old.lead, old.names), x.found(old.lead, s.Lead, s.Names)
	m.lead, m.bothLeads = max(mineFound, theirsFound), min(mineFound, theirsFound)
	m.longer, m.shorter = max(s.Words, int(old.words)), min(s.Words, int(old.words))
	m.ratio = float64(s.Words) / math.Max(1, float64(old.words))
	for _, f := range s.opening[:min(len(s.opening), leadTriples)] {
		if theirs.has(f) {
			m.opening++
		}
	}
	m.gap = gap(q, &old)
	m.headline = s.Headline != 0 && s.Headline == old.headline
	return m
}

// agreement is the weight of the names that two articles share, by that of the lighter
// one, or -1 when it has none.
func (x *Index) agreement(s *Signature, old *view) float64 {
	var mine, theirs, both float64
	for _, names := range [...]Hashes{s.Lead, s.Names} {
		for _, h := range names {
			w := x.rarity(h)
			mine += w
			if old.lead.has(h) || old.names.has(h) {
				both += w
			}
		}
	}
	for _, names := range [...]Hashes{old.lead, old.names} {
		for _, h := range names {
			theirs += x.rarity(h)
		}
	}
	if fewer := min(mine, theirs); fewer > 0 {
		return both / fewer
	}
	return -1
}

// found is the share of names, by rarity, that occur among others; 1 for no names.
func (x *Index) found(names, lead, rest Hashes) float64 {
	var all, have float64
	for _, h := range names {
		w := x.rarity(h)
		w *= w
		all += w
		if lead.has(h) || rest.has(h) {
			have += w
		}
	}
	if all == 0 {
		return 1
	}
	return have / all
}

// rarity is the inverse document frequency of a name in the window.
func (x *Index) rarity(name uint32) float64 {
	return math.Log(float64(x.docs.len()+2) / float64(1+x.names.get(name)))
}

// ownWeight is the weight of the query's triples up to a hash; nMine is their number,
// when only the beginning of the article is at hand for some.
func (x *Index) ownWeight(q *query, top uint32, nMine int) float64 {
	if top != q.weighedTo {
		q.weighedTo, q.weight = top, 0
		mine := q.s.Fingerprints.upTo(top)
		for _, f := range mine {
			q.weight += x.weight(f)
		}
		if len(mine) > 0 {
			q.weight /= float64(len(mine))
		}
	}
	return q.weight * float64(nMine)
}

// weight is how much a triple says: 1 up to common articles that have it, falling with
// the logarithm to 0 for a set phrase.
func (x *Index) weight(f uint32) float64 { return x.scale(x.table(f).count(f, x.docs.oldest)) }

// rareUpTo is the number of articles up to which a triple has its full weight: a story
// and its versions.
const rareUpTo = 3

func (x *Index) scale(n int) float64 {
	if n <= rareUpTo {
		return 1
	}
	phrase := math.Min(float64(frequent), math.Max(30, float64(x.docs.len())/100))
	return math.Max(0, 1-math.Log(float64(n)/rareUpTo)/math.Log(phrase/rareUpTo))
}
