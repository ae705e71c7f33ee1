package learn

import (
	"cmp"
	"math"
	"slices"

	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/pkg/summary"
)

const (
	// oracleSentences is the most sentences of the best summary that sentences of an
	// article can make.
	oracleSentences = 4
	// contenders is the number of sentences, the best alone, of which all triples are
	// tried.
	contenders = 14
	// sharpness is how far below the best triple, in R1 + R2, another counts 1/e.
	//
	// Which of several good summaries is the best is chance; learning from all of them
	// brought 0.3 R1 in cross-validation. 0.06 brought half of that, 0.02 no more.
	sharpness = 0.03
)

// belonging is how much each sentence belongs in a summary, 0 to 1: half by the one
// summary that greedy search finds, half by all summaries that are nearly as good. Of
// the first alone R2 is as good and R1 worse, of the second alone it is the other way
// round.
func belonging(reference []string, candidates []summary.Candidate) []float32 {
	g := newGold(reference, candidates)
	labels := g.greedy()
	for i, share := range g.shares() {
		labels[i] = (labels[i] + share) / 2
	}
	return labels
}

// gold compares sets of candidates with a reference.
type gold struct {
	candidates []summary.Candidate
	wanted     []int32   // how often the reference has each of its words and word pairs
	pair       []bool    // which of these are pairs
	has        [][]int32 // of each candidate: those it has, as often as it has them
	words      []int     // and its length
	reference  int       // and the reference's
	count      []int32
}

func newGold(reference []string, candidates []summary.Candidate) *gold {
	g := &gold{candidates: candidates, reference: len(reference)}
	ids := map[[2]string]int32{}
	enter := func(gram [2]string) {
		id, known := ids[gram]
		if !known {
			id = int32(len(ids))
			ids[gram] = id
			g.wanted, g.pair = append(g.wanted, 0), append(g.pair, gram[1] != "")
		}
		g.wanted[id]++
	}
	for i, w := range reference {
		enter([2]string{w})
		if i > 0 {
			enter([2]string{reference[i-1], w})
		}
	}
	g.count = make([]int32, len(g.wanted))
	for _, c := range candidates {
		words := eval.RougeWords(c.Text)
		var has []int32
		for i, w := range words {
			if id, ok := ids[[2]string{w}]; ok {
				has = append(has, id)
			}
			if i > 0 {
				if id, ok := ids[[2]string{words[i-1], w}]; ok {
					has = append(has, id)
				}
			}
		}
		g.has, g.words = append(g.has, has), append(g.words, len(words))
	}
	return g
}

// score is R1 + R2 of a set of candidates, but for pairs across their borders.
func (g *gold) score(set ...int) float64 {
	clear(g.count)
	words, hits, pairs := 0, 0, 0
	for _, i := range set {
		words += g.words[i]
		for _, id := range g.has[i] {
			if g.count[id] < g.wanted[id] {
				g.count[id]++
				if g.pair[id] {
					pairs++
				} else {
					hits++
				}
			}
		}
	}
	if hits == 0 {
		return 0
	}
	score := 2 * float64(hits) / float64(words+g.reference)
	if pairs > 0 {
		score += 2 * float64(pairs) / float64(words-len(set)+g.reference-1)
	}
	return score
}

// greedy marks with 1 the sentences of the summary that is found by adding, as long as
// it helps, the sentence that helps most.
func (g *gold) greedy() []float32 {
	labels := make([]float32, len(g.candidates))
	var chosen []int
	best := 0.0
	for range oracleSentences {
		next := -1
		for i := range g.candidates {
			if labels[i] > 0 {
				continue
			}
			if v := g.score(append(chosen, i)...); v > best {
				best, next = v, i
			}
		}
		if next < 0 {
			break
		}
		labels[next] = 1
		chosen = append(chosen, next)
	}
	return labels
}

// shares tells for each sentence in how many of the good triples it is, each counted by
// how close it comes to the best. Torn sentences are in none.
func (g *gold) shares() []float32 {
	shares := make([]float32, len(g.candidates))
	alone := make([]float64, len(g.candidates))
	var order []int
	for i := range g.candidates {
		alone[i] = g.score(i)
		if !g.candidates[i].Torn {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(alone[b], alone[a]) })
	order = order[:min(contenders, len(order))]
	if len(order) <= 3 {
		for _, i := range order {
			shares[i] = 1
		}
		return shares
	}
	type triple struct {
		at    [3]int
		score float64
	}
	var triples []triple
	best := 0.0
	for a := range order {
		for b := range a {
			for c := range b {
				at := [3]int{order[a], order[b], order[c]}
				t := triple{at, g.score(at[:]...)}
				best = max(best, t.score)
				triples = append(triples, t)
			}
		}
	}
	total := 0.0
	sums := make([]float64, len(shares))
	for _, t := range triples {
		weight := math.Exp((t.score - best) / sharpness)
		total += weight
		for _, i := range t.at {
			sums[i] += weight
		}
	}
	for i, sum := range sums {
		shares[i] = float32(sum / total)
	}
	return shares
}
