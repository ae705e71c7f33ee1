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
var boosting = Boosting{Trees: 220, Depth: 4, Rate: 0.05, MinLeaf: 120, Rows: 0.7, Columns: 0.5}

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
	var labels, alone []float32 // what they learn: how much a sentence belongs, R1 of a line
	for _, a := range articles {
		var reference []string
		for _, s := range a.Reference {
			reference = append(reference, eval.RougeWords(s)...)
		}
		candidates := k.Candidates(a.Record)
		labels = append(labels, belonging(reference, candidates)...)
		for _, c := range candidates {
			rows = append(rows, c.Features)
			if c.Line != "" {
				lines, alone = append(lines, c.LineFeatures), append(alone, float32(eval.RougeN(reference, eval.RougeWords(c.Line), 1)))
			}
		}
	}
	w.Text = boosting.Grow(rows, labels, seed)
	w.Line = boosting.Grow(lines, alone, seed+1)
	return w, nil
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
