package eval

import (
	"strings"
	"unicode"
)

// shingleWords is the length of a shingle, as in the benchmark of Scrapinghub.
const shingleWords = 4

// overlap is what two texts have in common and what only one of them has, as
// shares of all their shingles, so that a long text weighs no more than a short one.
type overlap struct{ both, extra, missed float64 }

// shingles compares a text with its gold by runs of four words, a run counting as
// often as it occurs. The rules, to the odd case of a text under four words, are
// those of the evaluation script of scrapinghub/article-extraction-benchmark.
func shingles(gold, found string) overlap {
	g, f := countShingles(gold), countShingles(found)
	var o overlap
	for s, n := range g {
		o.both += float64(min(n, f[s]))
		o.missed += float64(max(0, n-f[s]))
	}
	for s, n := range f {
		o.extra += float64(max(0, n-g[s]))
	}
	if sum := o.both + o.extra + o.missed; sum > 0 {
		o.both, o.extra, o.missed = o.both/sum, o.extra/sum, o.missed/sum
	}
	return o
}

func countShingles(s string) map[string]int {
	words := strings.FieldsFunc(s, func(r rune) bool {
		// What Python's \w leaves out.
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_'
	})
	counts := map[string]int{}
	if len(words) == 0 {
		return counts
	}
	for i := range max(1, len(words)-shingleWords+1) {
		counts[strings.Join(words[i:min(i+shingleWords, len(words))], " ")]++
	}
	return counts
}

// overlaps are the pages of a set. Precision and recall are means over pages.
type overlaps []overlap

func (os overlaps) scores(stage, set string) []Score {
	var p, r float64
	var np, nr int
	for _, o := range os {
		if o.both+o.extra > 0 {
			np++
			p += o.both / (o.both + o.extra)
		}
		if o.both+o.missed > 0 {
			nr++
			r += o.both / (o.both + o.missed)
		}
	}
	p /= float64(max(1, np))
	r /= float64(max(1, nr))
	f1 := 0.0
	if p+r > 0 {
		f1 = 2 * p * r / (p + r)
	}
	return []Score{{stage, set, "f1", f1, len(os)}, {stage, set, "precision", p, len(os)}, {stage, set, "recall", r, len(os)}}
}

// scoreSegments looks for the segments that must, and must not, be in a text, as
// the evaluation of adbar/trafilatura does.
func scoreSegments(with, without []string, found string) count {
	found = oneLine(found)
	var c count
	for _, s := range with {
		if strings.Contains(found, oneLine(s)) {
			c.hit++
		} else {
			c.missed++
		}
	}
	for _, s := range without {
		if strings.Contains(found, oneLine(s)) {
			c.extra++
		}
	}
	return c
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
