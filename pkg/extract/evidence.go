package extract

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// evidence is what is known of a block when the page is judged.
type evidence struct {
	pageBlock
	a, b, c float64 // share of its runs of words in trafilatura's body, readability's, domdistiller's
	ld      float64 // in the body of the page's JSON-LD
	words   float64
	echo    float64 // share of words in common with a headline
	rule    string  // the boilerplate rule that matches, or ""
	adopted bool    // by the blocks around it: see adoptBetween
}

// heading reports whether the block is a heading inside the article.
func (e *evidence) heading() bool {
	return len(e.tag) == 2 && e.tag[0] == 'h' && e.tag[1] >= '2' && e.tag[1] <= '6'
}

// nearby is how many blocks on each side keep a repeated block company.
const nearby = 3

// gather puts together what is known of the blocks of a page.
func gather(blocks []pageBlock, w witnesses, titles []string) []evidence {
	es := make([]evidence, len(blocks))
	rs := make([]runs, len(blocks))
	titleWords := make([]map[string]bool, len(titles))
	for i, t := range titles {
		titleWords[i] = wordSet(t)
	}
	for i, b := range blocks {
		rs[i] = runsOf(b.text)
		es[i] = evidence{
			pageBlock: b,
			a:         rs[i].in(w.a), b: rs[i].in(w.b), c: rs[i].in(w.c), ld: rs[i].in(w.linked),
			words: rs[i].words(),
			echo:  likeness(b.text, titleWords),
			rule:  boilerplateRule(b.text),
		}
	}
	settleRepeats(es, rs, w)
	return es
}

// settleRepeats leaves the votes for a text that stands on the page more often than
// in an extractor's body to the places in the best company: the same words in a
// teaser or a hidden copy are not the body.
func settleRepeats(es []evidence, rs []runs, w witnesses) {
	places := map[uint64][]int{}
	key := make([]uint64, len(rs))
	for i, r := range rs {
		if len(r) < 2 { // under five words, chance
			continue
		}
		for _, h := range r {
			key[i] = mix(key[i], h)
		}
		places[key[i]] = append(places[key[i]], i)
	}
	// Company is what the extractors have of the unrepeated blocks around. It is
	// settled for all before any vote is taken away.
	company := make([]float64, len(es))
	for i := range es {
		if len(places[key[i]]) < 2 {
			continue
		}
		sum, n := 0.0, 0.0
		for q := max(0, i-nearby); q < min(len(es), i+nearby+1); q++ {
			if len(places[key[q]]) < 2 {
				sum += (es[q].a + es[q].b + es[q].c) * es[q].words
				n += es[q].words
			}
		}
		company[i] = sum / max(1, n)
	}
	for _, group := range places {
		slices.SortStableFunc(group, func(x, y int) int { return -cmp.Compare(company[x], company[y]) })
		for _, body := range []struct {
			runs runCount
			vote func(*evidence) *float64
		}{
			{w.a, func(e *evidence) *float64 { return &e.a }},
			{w.b, func(e *evidence) *float64 { return &e.b }},
			{w.c, func(e *evidence) *float64 { return &e.c }},
		} {
			times := math.MaxInt
			for _, h := range rs[group[0]] {
				times = min(times, body.runs[h])
			}
			for _, i := range group[min(times, len(group)):] {
				*body.vote(&es[i]) = 0
			}
		}
	}
}

// linkedShare is the share of a block's letters that are in links.
func linkedShare(b pageBlock) float64 { return float64(b.linked) / float64(max(1, b.letters)) }

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), notWord) {
		m[w] = true
	}
	return m
}

// maxTitle is the longest line, in bytes, that is compared with the headlines.
const maxTitle = 500

// likeness is the greatest share of words that a line has in common with a title.
func likeness(line string, titles []map[string]bool) float64 {
	if len(titles) == 0 || len(line) > maxTitle {
		return 0
	}
	words := wordSet(line)
	best := 0.0
	for _, t := range titles {
		n := 0
		for w := range words {
			if t[w] {
				n++
			}
		}
		best = max(best, float64(n)/float64(max(len(words), len(t), 1)))
	}
	return best
}
