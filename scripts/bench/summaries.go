package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/pkg/summary"
	"github.com/copydesk/copydesk/scripts/learn"
)

const (
	// benchSentences is the length of the summaries compared.
	benchSentences = 3
	benchFolds     = 5
)

// compareSummaries prints ROUGE and readability of copydesk, learnt without the article
// at hand, beside methods that learn nothing. All get the same sentences and words.
func compareSummaries(w io.Writer, data, name string, seed uint64) error {
	sets, err := eval.ReadSummaries(data)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(sets, func(s eval.SummarySet) bool { return s.Name == name })
	if at < 0 {
		return fmt.Errorf("no set %q in %s", name, data)
	}
	articles := sets[at].Articles
	ranker, err := learn.HeldOut(articles, benchFolds, seed)
	if err != nil {
		return err
	}
	methods := []struct {
		name string
		pick func(a eval.SummaryArticle, c []summary.Candidate) []int
	}{
		{"lead-3", func(_ eval.SummaryArticle, c []summary.Candidate) []int { return first(len(c), benchSentences) }},
		{"lead-1", func(_ eval.SummaryArticle, c []summary.Candidate) []int { return first(len(c), 1) }},
		{"TextRank", func(_ eval.SummaryArticle, c []summary.Candidate) []int { return top(textRank(bagsOf(c))) }},
		{"LexRank", func(_ eval.SummaryArticle, c []summary.Candidate) []int { return top(lexRank(bagsOf(c))) }},
		{"copydesk, 1 sentence", copydeskPick(ranker, 1)},
		{"copydesk", copydeskPick(ranker, benchSentences)},
	}
	var lead []eval.Rouge
	fmt.Fprintf(w, "%s: %d articles, %d sentences, copydesk learnt on the other %d of %d folds, seed %d\n\n",
		name, len(articles), benchSentences, benchFolds-1, benchFolds, seed)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "method\tR1\tR2\tRLsum\tP(> lead-3)\tdangling\topen quote\t")
	for _, m := range methods {
		var scores []eval.Rouge
		dangling, torn := 0, 0
		for _, a := range articles {
			c := ranker(a).Candidates(a.Record)
			var sentences []string
			var starts []int
			open := false
			for _, i := range m.pick(a, c) {
				sentences, starts = append(sentences, c[i].Text), append(starts, c[i].Start)
				open = open || eval.OpenQuote(c[i].Text)
			}
			scores = append(scores, eval.NewRouge(a.Reference, sentences))
			if eval.Dangling(*a.Record.Text, starts) {
				dangling++
			}
			if open {
				torn++
			}
		}
		if lead == nil {
			lead = scores
		}
		n, r := float64(len(articles)), eval.MeanRouge(scores)
		fmt.Fprintf(out, "%s\t%.2f\t%.2f\t%.2f\t%.3f\t%.1f %%\t%.1f %%\t\n", m.name, 100*r.R1, 100*r.R2, 100*r.Lsum,
			eval.Better(scores, lead), 100*float64(dangling)/n, 100*float64(torn)/n)
	}
	return out.Flush()
}

func copydeskPick(ranker func(eval.SummaryArticle) *summary.Ranker, n int) func(eval.SummaryArticle, []summary.Candidate) []int {
	return func(a eval.SummaryArticle, c []summary.Candidate) (picked []int) {
		s, _, _ := ranker(a).Summarize(a.Record, summary.Options{Sentences: n})
		for _, e := range s.Sentences {
			picked = append(picked, slices.IndexFunc(c, func(c summary.Candidate) bool { return c.Start == e.Start }))
		}
		return picked
	}
}

func first(n, want int) (picked []int) {
	for i := range min(n, want) {
		picked = append(picked, i)
	}
	return picked
}

// top returns the numbers of the best sentences, in the order of the text.
func top(scores []float64) []int {
	order := first(len(scores), len(scores))
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	order = order[:min(benchSentences, len(order))]
	slices.Sort(order)
	return order
}

// bag is the words of a sentence, stemmed and without those of every text, sorted; and
// how often it has each.
type bag struct {
	words  []string
	counts []float64
	length int
}

var everyday = strings.Fields(`a about after all also an and any are as at be been before but by can could did do for from
	had has have he her his how i if in into is it its just more most no not now of off on one only or other our out over said
	she so some than that the their them then there they this to up was we were what when which who will with would you`)

func bagsOf(candidates []summary.Candidate) []bag {
	bags := make([]bag, len(candidates))
	for i, c := range candidates {
		words := slices.DeleteFunc(eval.RougeWords(c.Text), func(w string) bool { return slices.Contains(everyday, w) })
		slices.Sort(words)
		b := &bags[i]
		b.length = len(words)
		for _, w := range words {
			if n := len(b.words); n > 0 && b.words[n-1] == w {
				b.counts[n-1]++
			} else {
				b.words, b.counts = append(b.words, w), append(b.counts, 1)
			}
		}
	}
	return bags
}

// textRank ranks by the words sentences share, over the logarithms of their lengths
// (R. Mihalcea and P. Tarau, "TextRank", 2004).
func textRank(bags []bag) []float64 {
	return pageRank(len(bags), func(i, j int) float64 {
		shared := 0.0
		common(&bags[i], &bags[j], func(int, int) { shared++ })
		if d := math.Log(float64(bags[i].length+1)) + math.Log(float64(bags[j].length+1)); d > 0 {
			return shared / d
		}
		return 0
	})
}

// lexThreshold is the cosine from which sentences are neighbours in LexRank.
const lexThreshold = 0.1

// lexRank ranks by the number of neighbours by cosine of tf-idf, idf being that of the
// article's sentences (G. Erkan and D. Radev, "LexRank", 2004).
func lexRank(bags []bag) []float64 {
	with := map[string]float64{}
	for _, b := range bags {
		for _, w := range b.words {
			with[w]++
		}
	}
	weight := func(b *bag, i int) float64 {
		return (1 + math.Log(b.counts[i])) * math.Log((float64(len(bags))+1)/(with[b.words[i]]+0.5))
	}
	norms := make([]float64, len(bags))
	for i := range bags {
		for j := range bags[i].words {
			w := weight(&bags[i], j)
			norms[i] += w * w
		}
		norms[i] = math.Sqrt(norms[i])
	}
	return pageRank(len(bags), func(i, j int) float64 {
		dot := 0.0
		common(&bags[i], &bags[j], func(x, y int) { dot += weight(&bags[i], x) * weight(&bags[j], y) })
		if dot > lexThreshold*norms[i]*norms[j] {
			return 1
		}
		return 0
	})
}

// common calls f with the places of each word that two bags share.
func common(a, b *bag, f func(i, j int)) {
	for i, j := 0, 0; i < len(a.words) && j < len(b.words); {
		switch c := strings.Compare(a.words[i], b.words[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			f(i, j)
			i++
			j++
		}
	}
}

// pageRank ranks the nodes of a graph with weighted edges, damping 0.85.
func pageRank(n int, edge func(i, j int) float64) []float64 {
	const damping, rounds = 0.85, 50
	edges := make([][]float64, n)
	sums := make([]float64, n)
	rank := make([]float64, n)
	for i := range n {
		edges[i] = make([]float64, n)
		rank[i] = 1 / float64(n)
	}
	for i := range n {
		for j := range i {
			e := edge(i, j)
			edges[i][j], edges[j][i] = e, e
			sums[i] += e
			sums[j] += e
		}
	}
	for range rounds {
		next := make([]float64, n)
		for i := range n {
			for j := range n {
				if sums[i] > 0 {
					next[j] += rank[i] * edges[i][j] / sums[i]
				} else {
					next[j] += rank[i] / float64(n)
				}
			}
		}
		for i := range next {
			next[i] = (1-damping)/float64(n) + damping*next[i]
		}
		rank = next
	}
	return rank
}
