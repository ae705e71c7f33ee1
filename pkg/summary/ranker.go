package summary

import (
	"github.com/copydesk/copydesk/pkg/article"
)

// Ranker chooses the sentences of summaries by weights learnt from articles and the
// summaries that editors wrote for them. It is safe for concurrent use.
type Ranker struct {
	name   string
	rarity *idf
	text   trees // rates a sentence among several
	line   trees // rates it alone
	seen   map[uint64]bool
}

// Candidate is a sentence that may be in a summary, as the trees see it.
type Candidate struct {
	// Text is the sentence, Start and End its code points.
	Text       string
	Start, End int
	// Torn: it is half a quotation or bracket, so no summary has it.
	Torn bool
	// Features are what the trees split by, see Node.
	Features []float32
	// Line is the part of the sentence that could stand alone as the one line, and
	// LineFeatures are its features. Empty when there is none.
	Line         string
	LineFeatures []float32
}

// Candidates returns the sentences of an article that may be in its summary. It serves
// training and measurement.
func (k *Ranker) Candidates(a *article.Article) []Candidate {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.read(a)
	if len(r.sentences) == 0 {
		return nil
	}
	r.measure(a, k.rarity)
	list := make([]Candidate, len(r.sentences))
	for i := range r.sentences {
		s := &r.sentences[i]
		list[i] = Candidate{
			Text: r.text(s), Start: int(s.runeStart), End: int(s.runeEnd),
			Torn:     s.torn,
			Features: append([]float32(nil), r.scratch.features[i][:]...),
		}
		if end := r.lineEnd(s); end > 0 {
			f := r.lineFeatures(i, end)
			list[i].Line, list[i].LineFeatures = r.span(s, end), f[:]
		}
	}
	return list
}

// Terms returns the hashes of the different terms of an article's sentences, in order
// of first appearance. It serves to count in how many articles each term is.
func Terms(a *article.Article) []uint32 {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.read(a)
	r.terms.index(&r.doc, newIDF(nil, nil, 0))
	r.scratch.features = grown(r.scratch.features, len(r.sentences))
	r.vectors()
	var hashes []uint32
	for term, h := range r.terms.hash {
		if r.terms.count[term] > 0 {
			hashes = append(hashes, h)
		}
	}
	return hashes
}

// rate scores the sentences with the trees for summaries.
func (r *reader) rate(t *trees) {
	x := &r.scratch
	x.scores = grown(x.scores, len(r.sentences))
	t.rate(x.features, x.scores)
	for i, score := range x.scores {
		r.sentences[i].score = float64(score)
	}
}
