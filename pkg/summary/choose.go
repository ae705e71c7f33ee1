package summary

import (
	"slices"

	"github.com/copydesk/copydesk/pkg/text"
)

// choice is a summary being put together: sentences by number, ascending.
type choice struct {
	r        *reader
	budget   Options
	chosen   []int
	words    int
	runes    int
	trigrams map[trigram]bool
}

// trigram is three words in a row, by their numbers in the document.
type trigram [3]int32

// choose puts a summary together from the best sentences, by their scores. Each must
// make sense where it stands: one that leans on the sentence before it comes with that
// one or not at all, half a quotation and what repeats three words of another are left
// out.
//
// The best is taken first. A sentence and those it leans on are rated by their mean.
func (r *reader) choose(o Options) []int {
	c := &choice{r: r, budget: o, trigrams: map[trigram]bool{}}
	for c.more() {
		best, score := []int(nil), 0.0
		for i := range r.sentences {
			group := c.with(i)
			if len(group) == 0 || !c.fits(group) {
				continue
			}
			sum := 0.0
			for _, j := range group {
				sum += r.sentences[j].score
			}
			if mean := sum / float64(len(group)); best == nil || mean > score {
				best, score = group, mean
			}
		}
		if best == nil {
			break
		}
		c.take(best)
	}
	return c.chosen
}

func (c *choice) more() bool { return c.budget.Sentences <= 0 || len(c.chosen) < c.budget.Sentences }

// with returns sentence i and those before it that it needs and that are not chosen, or
// none when it cannot be in the summary.
func (c *choice) with(i int) []int {
	if _, found := slices.BinarySearch(c.chosen, i); found {
		return nil
	}
	var group []int
	for {
		s := &c.r.sentences[i]
		if s.torn || c.repeats(s) {
			return nil
		}
		group = append(group, i)
		if s.leans == stands || i == 0 {
			return group
		}
		if s.gap {
			return nil
		}
		i--
		if _, found := slices.BinarySearch(c.chosen, i); found {
			return group
		}
	}
}

// fits reports whether there is room for a group of sentences.
func (c *choice) fits(group []int) bool {
	words, runes := c.words, c.runes
	for _, i := range group {
		s := &c.r.sentences[i]
		words += int(s.words)
		runes += int(s.runeEnd-s.runeStart) + 1
	}
	return (c.budget.Sentences <= 0 || len(c.chosen)+len(group) <= c.budget.Sentences) &&
		(c.budget.Words <= 0 || words <= c.budget.Words) && (c.budget.Characters <= 0 || runes-1 <= c.budget.Characters)
}

func (c *choice) take(group []int) {
	for _, i := range group {
		s := &c.r.sentences[i]
		c.words += int(s.words)
		c.runes += int(s.runeEnd-s.runeStart) + 1
		c.chosen = append(c.chosen, i)
		for t := range c.r.trigrams(s) {
			c.trigrams[t] = true
		}
	}
	slices.Sort(c.chosen)
}

func (c *choice) repeats(s *sentence) bool {
	if len(c.trigrams) == 0 {
		return false
	}
	for t := range c.r.trigrams(s) {
		if c.trigrams[t] {
			return true
		}
	}
	return false
}

// trigrams yields the trigrams of a sentence, marks left out.
func (r *reader) trigrams(s *sentence) func(func(trigram) bool) {
	return func(yield func(trigram) bool) {
		t := trigram{-1, -1, -1}
		n := 0
		for i := s.first; i < s.last; i++ {
			tok := &r.doc.Tokens[i]
			if !tok.Kind.Lexical() || tok.Kind == text.Clitic {
				continue
			}
			t[0], t[1], t[2] = t[1], t[2], tok.Word
			if n++; n >= 3 && !yield(t) {
				return
			}
		}
	}
}
