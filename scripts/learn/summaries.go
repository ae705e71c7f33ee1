// Package learn fits the weights that copydesk ships to labelled data.
package learn

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/pkg/summary"
)

// SummaryModel is the name and version of what Summaries learns. Weights that give
// another summary for any article need another version.
const SummaryModel = "rank/1"

// boosting grows both forests. With 1,100 articles, deeper trees, more of them and the
// mean of several forests did no better on those left out.
var boosting = Boosting{Trees: 220, Depth: 4, Rate: 0.05, MinLeaf: 60, Rows: 0.7, Columns: 0.5}

// oracleSentences is the most sentences of the best summary that sentences of an article
// can make.
const oracleSentences = 4

// Summaries learns from articles and their references. The same articles in the same
// order and the same seed give the same weights.
func Summaries(articles []eval.SummaryArticle, seed uint64) (*summary.Weights, error) {
	w := &summary.Weights{Name: SummaryModel, Articles: len(articles)}
	with := map[uint32]uint16{}
	for _, a := range articles {
		for _, t := range summary.Terms(a.Record) {
			with[t]++
		}
		w.Seen = append(w.Seen, summary.Fingerprint(*a.Record.Text))
	}
	slices.Sort(w.Seen)
	w.Seen = slices.Compact(w.Seen)
	for _, t := range slices.Sorted(maps.Keys(with)) {
		if with[t] > 1 { // a term of one article is as rare as one of none
			w.Terms, w.Counts = append(w.Terms, t), append(w.Counts, with[t])
		}
	}
	k, err := summary.NewRanker(w)
	if err != nil {
		return nil, err
	}
	var rows, lines [][]float32
	var members, shares []float32
	for _, a := range articles {
		var reference []string
		for _, s := range a.Reference {
			reference = append(reference, eval.RougeWords(s)...)
		}
		candidates := k.Candidates(a.Record)
		member := oracle(reference, candidates)
		best := 0.0
		for _, c := range candidates {
			best = max(best, alone(reference, c.Text))
		}
		for i, c := range candidates {
			rows, members = append(rows, c.Features), append(members, member[i])
			if c.Line != "" {
				lines, shares = append(lines, c.LineFeatures), append(shares, float32(alone(reference, c.Line)/max(best, 0.1)))
			}
		}
	}
	w.Text = boosting.Grow(rows, members, seed)
	w.Line = boosting.Grow(lines, shares, seed+1)
	return w, nil
}

// alone is how well a sentence does as the whole summary.
func alone(reference []string, sentence string) float64 {
	return eval.RougeN(reference, eval.RougeWords(sentence), 1)
}

// oracle marks with 1 the sentences of the summary that is found by adding, as long as
// it helps, the sentence that raises R1 + R2 most.
func oracle(reference []string, candidates []summary.Candidate) []float32 {
	member := make([]float32, len(candidates))
	words := make([][]string, len(candidates))
	for i, c := range candidates {
		words[i] = eval.RougeWords(c.Text)
	}
	var chosen []string
	best := 0.0
	for range oracleSentences {
		next := -1
		for i := range candidates {
			if member[i] > 0 {
				continue
			}
			with := slices.Concat(chosen, words[i])
			if v := eval.RougeN(reference, with, 1) + eval.RougeN(reference, with, 2); v > best {
				best, next = v, i
			}
		}
		if next < 0 {
			break
		}
		member[next] = 1
		chosen = append(chosen, words[next]...)
	}
	return member
}

// Fold returns which of n folds an article is in, by a hash of the seed and its id.
func Fold(id string, n int, seed uint64) int {
	h := sha256.Sum256([]byte(strconv.FormatUint(seed, 10) + id))
	return int(binary.BigEndian.Uint16(h[:])) % n
}

// HeldOut learns once for each of n folds, without the articles of that fold, and
// returns the ranker that has not seen a given article.
func HeldOut(articles []eval.SummaryArticle, n int, seed uint64) (func(eval.SummaryArticle) *summary.Ranker, error) {
	rankers := make([]*summary.Ranker, n)
	for fold := range rankers {
		var others []eval.SummaryArticle
		for _, a := range articles {
			if Fold(a.ID, n, seed) != fold {
				others = append(others, a)
			}
		}
		w, err := Summaries(others, seed)
		if err != nil {
			return nil, err
		}
		if rankers[fold], err = summary.NewRanker(w); err != nil {
			return nil, err
		}
	}
	return func(a eval.SummaryArticle) *summary.Ranker { return rankers[Fold(a.ID, n, seed)] }, nil
}
