package extract

import (
	"strings"
	"unicode"
)

// runWords is the length of the runs of words by which texts are compared: the
// shortest that are rarely shared by chance.
const runWords = 4

// runs are the hashes of the runs of words in a line. A line of fewer words is one
// run.
type runs []uint64

// runsOf hashes a line. Scripts that set no spaces are taken letter by letter.
func runsOf(line string) runs {
	var words []uint64
	var word uint64
	for _, r := range line {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r):
			if word != 0 {
				words = append(words, word)
			}
			word = 0
			continue
		case r > 0x2e00 && isHan(r), unicode.Is(unicode.Thai, r):
			if word != 0 {
				words = append(words, word)
				word = 0
			}
			words = append(words, mix(0, uint64(r)))
			continue
		}
		word = mix(word, uint64(unicode.ToLower(r)))
	}
	if word != 0 {
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil
	}
	n := max(1, len(words)-runWords+1)
	hashes := make(runs, n)
	for i := range n {
		var h uint64
		for _, w := range words[i:min(i+runWords, len(words))] {
			h = mix(h, w)
		}
		hashes[i] = h
	}
	return hashes
}

// mix adds a value to a hash: FNV-1a over 64 bit words, with the high bits folded
// back so that the order of words matters in all of them.
func mix(h, v uint64) uint64 {
	h = (h ^ v ^ 0xcbf29ce484222325) * 0x100000001b3
	return h ^ h>>29
}

// words is the number of words of the line.
func (rs runs) words() float64 {
	if len(rs) == 0 {
		return 0
	}
	return float64(len(rs) + runWords - 1)
}

// in is the share of the runs that a text has.
func (rs runs) in(text runCount) float64 {
	if len(rs) == 0 {
		return 0
	}
	n := 0
	for _, h := range rs {
		if text[h] > 0 {
			n++
		}
	}
	return float64(n) / float64(len(rs))
}

// runCount is how often each run occurs in a text.
type runCount map[uint64]int

func countRuns(lines []string) runCount {
	c := runCount{}
	for _, l := range lines {
		for part := range strings.SplitSeq(l, "\n") {
			for _, h := range runsOf(part) {
				c[h]++
			}
		}
	}
	return c
}

// shared is the number of different runs both texts have.
func (c runCount) shared(o runCount) float64 {
	if len(o) < len(c) {
		c, o = o, c
	}
	n := 0
	for h := range c {
		if o[h] > 0 {
			n++
		}
	}
	return float64(n)
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
