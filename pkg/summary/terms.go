package summary

import (
	"math"

	"github.com/copydesk/copydesk/pkg/text"
)

// terms are the words of an article that carry its matter: their endings folded, so
// that "strike" and "strikes" are one, and words of every text left out.
type terms struct {
	of    []int32   // term of each word of the document, -1 for none
	hash  []uint32  // of each term
	idf   []float64 // rarity of each term
	count []float64 // occurrences in the sentences
	slots []int32   // open addressing over hash: 1 + term, 0 for empty
}

// stopwords say nothing about the matter of an English text. The last lines are those
// of reports: said, Mr, year.
var stopwords = words(`a about above after again against all also am an and any are aren as at be because been before being below
	between both but by can cannot could couldn did didn do does doesn doing don down during each few for from further had hadn
	has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself just let ll me more
	most mustn my myself no nor not now of off on once only or other our ours ourselves out over own re s so some such t than
	that the their theirs them themselves then there these they this those through to too under until up ve very was wasn we were
	weren what when where which while who whom why will with won would wouldn you your yours yourself yourselves
	's n't 'm 'd 'll 're 've
	said same say says mr mrs ms one two new year years told according last first`)

// index finds the terms of the document's words.
func (t *terms) index(d *text.Document, rarity *idf) {
	n := len(d.Words)
	size := 256
	for size < 2*n {
		size *= 2
	}
	if size > cap(t.slots) {
		t.slots = make([]int32, size)
	} else {
		t.slots = t.slots[:size]
		clear(t.slots)
	}
	t.of, t.hash, t.idf = t.of[:0], t.hash[:0], t.idf[:0]
	for i := range d.Words {
		w := &d.Words[i]
		tok := &d.Tokens[w.First]
		if !tok.Kind.Lexical() || tok.RuneEnd-tok.RuneStart < 2 && tok.Kind != text.Ideograph || stopwords[w.Hash] {
			t.of = append(t.of, -1)
			continue
		}
		t.of = append(t.of, t.enter(foldHash(d.Text[tok.Start:tok.End], w.Hash), rarity))
	}
	t.count = append(t.count[:0], make([]float64, len(t.hash))...)
}

// enter returns the term with the hash h.
func (t *terms) enter(h uint32, rarity *idf) int32 {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		n := t.slots[i]
		if n == 0 {
			t.hash = append(t.hash, h)
			t.idf = append(t.idf, rarity.of(h))
			t.slots[i] = int32(len(t.hash))
			return t.slots[i] - 1
		}
		if t.hash[n-1] == h {
			return n - 1
		}
	}
}

// longestFolded is the most bytes of a word whose ending is folded.
const longestFolded = 24

// foldHash returns the hash of a word without its inflection. It goes by ending alone
// and is wrong now and then; that matters little, since it is wrong in the same way
// for every text. Words with other than the letters a to z keep the hash h they have.
func foldHash(word string, h uint64) uint32 {
	if len(word) < 4 || len(word) > longestFolded {
		return uint32(h>>32) | 1
	}
	var b [longestFolded]byte
	for i := range len(word) {
		c := word[i] | 0x20
		if c < 'a' || c > 'z' {
			return uint32(h>>32) | 1
		}
		b[i] = c
	}
	n := fold(b[:len(word)])
	x := uint64(14695981039346656037) // FNV-1a
	for _, c := range b[:n] {
		x = (x ^ uint64(c)) * 1099511628211
	}
	return uint32(x^x>>32) | 1
}

// fold takes plural, past and -ing endings off a lower-case word and returns how many
// bytes are left. It may change the last of them.
func fold(b []byte) int {
	n := len(b)
	ends := func(s string) bool { return n > len(s)+2 && string(b[n-len(s):n]) == s }
	switch {
	case ends("ies"):
		n -= 2
		b[n-1] = 'y'
	case ends("sses"), ends("shes"), ends("ches"), ends("xes"):
		n -= 2
	case b[n-1] == 's' && b[n-2] != 's' && b[n-2] != 'u' && b[n-2] != 'i':
		n--
	}
	switch {
	case ends("ied"):
		n -= 2
		b[n-1] = 'y'
	case ends("ing"):
		n = undouble(b, n, 3)
	case ends("ed"):
		n = undouble(b, n, 2)
	case ends("ly"):
		n -= 2
	}
	if n > 3 && b[n-1] == 'e' {
		n--
	}
	return n
}

// undouble takes an ending of cut bytes off b[:n], and the consonant it doubled: stopped.
// Without a vowel before it, it is no ending: king, shed.
func undouble(b []byte, n, cut int) int {
	vowel := false
	for _, c := range b[:n-cut] {
		vowel = vowel || c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'
	}
	if !vowel {
		return n
	}
	n -= cut
	if c := b[n-1]; n > 3 && c == b[n-2] && c != 'l' && c != 's' && c != 'z' && c != 'e' {
		n--
	}
	return n
}

// idf is how rare terms are among news articles, by their hashes.
type idf struct {
	slots   []uint32 // hashes by open addressing, 0 for empty
	weights []float64
	unseen  float64
}

// newIDF takes hashes, none of them 0, and the number of articles, of n, that have each.
func newIDF(hashes []uint32, counts []uint16, n int) *idf {
	size := 16
	for size < 2*len(hashes) {
		size *= 2
	}
	weight := func(count uint16) float64 { return math.Log((float64(n) + 1) / (float64(count) + 0.5)) }
	t := &idf{slots: make([]uint32, size), weights: make([]float64, size), unseen: weight(0)}
	for i, h := range hashes {
		j := t.slot(h)
		t.slots[j], t.weights[j] = h, weight(counts[i])
	}
	return t
}

func (t *idf) slot(h uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	i := h & mask
	for t.slots[i] != 0 && t.slots[i] != h {
		i = (i + 1) & mask
	}
	return i
}

func (t *idf) of(h uint32) float64 {
	if i := t.slot(h); t.slots[i] != 0 {
		return t.weights[i]
	}
	return t.unseen
}
