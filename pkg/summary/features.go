package summary

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// The features of a sentence, in the order the trees know them. New ones go to the end.
const (
	fPosition      = iota // sentences before it, at most positionCap
	fWordsBefore          // words before it
	fShareBefore          // its place between 0, the start, and 1, the end
	fFromEnd              // sentences after it, at most positionCap
	fSentences            // logarithm of the number of sentences
	fCentroid             // cosine with the whole article
	fCentroidRank         // its rank by that, 0 to 1
	fLead                 // cosine with the first four sentences
	fFirst                // with the first
	fNext                 // with the next
	fPrevious             // with the one before
	fFrequency            // mean share of its terms among all terms
	fFrequencySum         // and their sum
	fDegree               // sum of its cosines with all others
	fDegreeRank           // its rank by that
	fDegreeBefore         // with those before it only
	fMostAlike            // the greatest cosine with one before it
	fWords                // words
	fWordsRelative        // words over the article's mean
	fTerms                // different terms
	fQuote                // 0 no quotation, 1 has one, 2 opens with one
	fTorn                 // half a quotation
	fLeans                // how it points back
	fNextLeans            // how the next sentence points back: at this one
	fNumbers              // numbers, at most 3
	fMoney                // an amount of money or a percentage
	fSpeech               // a verb of saying
	fQuestion             // a question mark
	fPersonal             // I, we, you
	fNew                  // share of its terms that no sentence before it has
	fRarity               // mean rarity of its terms
	fMatter               // mean count times rarity of its terms
	fTopTerms             // how many of the article's top terms it has
	fTopShare             // and their share of the top terms' weight
	fTopOld               // share of its terms that are top terms seen before
	fTopNew               // top terms it is the first to have
	fColon                // a colon
	fCommas               // commas
	fNames                // share of capitalised words
	fNameRuns             // runs of them
	fNamesNew             // share of words that are names not seen before
	fWhen                 // a weekday, month or yesterday, today
	fPast                 // words ending in -ed over all words, times ten
	fSalience             // salience of the entities it names over that of all, -1 without entities
	fSalientFirst         // the most salient entity it names first, -1 without entities
	numFeatures
)

const positionCap = 40

// features is one sentence as the trees see it.
type features [numFeatures]float32

// scratch is the memory of the features of one article.
type scratch struct {
	features []features

	begin    []int32 // the terms of sentence i are list[begin[i]:begin[i+1]], ascending
	list     []int32
	weight   []float64 // of each in the sentence
	norm     []float64 // length of the sentence's vector
	dense    []float64 // by term
	topped   []float64 // by term: weight of a top term, else 0
	seen     []bool    // by term
	names    []bool    // by word: a capitalised one was seen
	centroid []float64 // by sentence
	degree   []float64
	order    []int32
	scores   []float32

	lines   []features // of the sentences that could be the one line
	lineOf  []int32    // which sentence that is
	lineEnd []int32    // and the token behind it
}

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}

// headlineWeight is what a word of the headline counts in the matter of an article, in
// words of the text. The training texts have no headlines; it is a judgement.
const headlineWeight = 2

// measure computes the features of all sentences.
func (r *reader) measure(a *article.Article, rarity *idf) {
	r.terms.index(&r.doc, rarity)
	x := &r.scratch
	n := len(r.sentences)
	x.features = grown(x.features, n)
	r.vectors()
	r.headline(a)
	r.similarities()
	r.salience(a)
	r.places()
	r.matter()
	r.surface()
}

// vectors fills the term vectors of the sentences and counts the terms.
func (r *reader) vectors() {
	x, t := &r.scratch, &r.terms
	n := len(r.sentences)
	x.begin = grown(x.begin, n+1)
	x.norm = grown(x.norm, n)
	x.list, x.weight = x.list[:0], x.weight[:0]
	for i := range r.sentences {
		s := &r.sentences[i]
		from := len(x.list)
		for j := s.first; j < s.last; j++ {
			if term := t.of[r.doc.Tokens[j].Word]; term >= 0 {
				x.list = append(x.list, term)
				t.count[term]++
			}
		}
		list := x.list[from:]
		slices.Sort(list)
		kept := 0
		for j := 0; j < len(list); {
			k := j + 1
			for k < len(list) && list[k] == list[j] {
				k++
			}
			w := (1 + logCount(k-j)) * t.idf[list[j]]
			x.norm[i] += w * w
			x.weight = append(x.weight, w)
			list[kept] = list[j]
			kept++
			j = k
		}
		x.list = x.list[:from+kept]
		x.norm[i] = math.Sqrt(x.norm[i])
		x.begin[i+1] = int32(len(x.list))
	}
}

// logs are the logarithms of small counts.
var logs = func() (l [64]float64) {
	for i := 1; i < len(l); i++ {
		l[i] = math.Log(float64(i))
	}
	return l
}()

func logCount(n int) float64 { return logs[min(n, len(logs)-1)] }

// headline adds the headline's words to the matter of the article.
func (r *reader) headline(a *article.Article) {
	if a.Headline == nil {
		return
	}
	t := &r.terms
	for _, w := range strings.FieldsFunc(*a.Headline, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if stopwords[text.WordHash(w)] {
			continue
		}
		h := foldHash(w, text.WordHash(w))
		mask := uint32(len(t.slots) - 1)
		for i := h & mask; t.slots[i] != 0; i = (i + 1) & mask {
			if term := t.slots[i] - 1; t.hash[term] == h {
				t.count[term] += headlineWeight
				break
			}
		}
	}
}

// similarities are the features that compare sentences with each other.
func (r *reader) similarities() {
	x, t := &r.scratch, &r.terms
	n := len(r.sentences)
	x.dense = grown(x.dense, len(t.hash))
	x.centroid, x.degree = grown(x.centroid, n), grown(x.degree, n)
	norm := 0.0
	for term, c := range t.count {
		if c > 0 {
			x.dense[term] = (1 + logCount(int(c))) * t.idf[term]
			norm += x.dense[term] * x.dense[term]
		}
	}
	norm = math.Sqrt(norm)
	for i := range n {
		x.centroid[i] = r.cosine(i, norm)
		x.features[i][fCentroid] = float32(x.centroid[i])
	}
	clear(x.dense)
	for i := range min(n, 4) {
		for j := x.begin[i]; j < x.begin[i+1]; j++ {
			x.dense[x.list[j]] += x.weight[j]
		}
	}
	norm = 0
	for _, w := range x.dense {
		norm += w * w
	}
	norm = math.Sqrt(norm)
	for i := range n {
		x.features[i][fLead] = float32(r.cosine(i, norm))
	}
	clear(x.dense)
	for i := range n {
		for j := x.begin[i]; j < x.begin[i+1]; j++ {
			x.dense[x.list[j]] = x.weight[j]
		}
		f := &x.features[i]
		for j := i + 1; j < n; j++ {
			c := r.cosine(j, x.norm[i])
			g := &x.features[j]
			x.degree[i] += c
			x.degree[j] += c
			g[fDegreeBefore] += float32(c)
			g[fMostAlike] = max(g[fMostAlike], float32(c))
			if i == 0 {
				g[fFirst] = float32(c)
			}
			if j == i+1 {
				f[fNext], g[fPrevious] = float32(c), float32(c)
			}
		}
		for j := x.begin[i]; j < x.begin[i+1]; j++ {
			x.dense[x.list[j]] = 0
		}
	}
	x.features[0][fFirst] = 1
	for i := range n {
		x.features[i][fDegree] = float32(x.degree[i] / math.Sqrt(float64(n)))
		x.features[i][fDegreeBefore] /= float32(max(i, 1))
	}
	r.rank(x.centroid, fCentroidRank)
	r.rank(x.degree, fDegreeRank)
}

// cosine compares sentence i with the dense vector of length norm.
func (r *reader) cosine(i int, norm float64) float64 {
	x := &r.scratch
	if norm == 0 || x.norm[i] == 0 {
		return 0
	}
	sum := 0.0
	list := x.list[x.begin[i]:x.begin[i+1]]
	weight := x.weight[x.begin[i]:x.begin[i+1]]
	for j, term := range list {
		sum += weight[j] * x.dense[term]
	}
	return sum / (norm * x.norm[i])
}

// rank writes the rank of each sentence by v, the greatest first, as feature f.
func (r *reader) rank(v []float64, f int) {
	x := &r.scratch
	x.order = grown(x.order, len(v))
	for i := range x.order {
		x.order[i] = int32(i)
	}
	slices.SortStableFunc(x.order, func(a, b int32) int { return cmp.Compare(v[b], v[a]) })
	for rank, i := range x.order {
		x.features[i][f] = float32(rank) / float32(len(v))
	}
}

// places are the features of where a sentence stands and how long it is.
func (r *reader) places() {
	x := &r.scratch
	n := len(r.sentences)
	total := 0
	for i := range r.sentences {
		total += int(r.sentences[i].words)
	}
	before := 0
	for i := range r.sentences {
		s, f := &r.sentences[i], &x.features[i]
		f[fPosition] = float32(min(i, positionCap))
		f[fWordsBefore] = float32(min(before, 1000))
		f[fShareBefore] = float32(i) / float32(n)
		f[fFromEnd] = float32(min(n-1-i, positionCap))
		f[fSentences] = float32(math.Log(float64(n)))
		f[fWords] = float32(s.words)
		f[fWordsRelative] = float32(s.words) * float32(n) / float32(max(total, 1))
		f[fLeans] = float32(s.leans)
		if s.torn {
			f[fTorn] = 1
		}
		if i > 0 {
			x.features[i-1][fNextLeans] = f[fLeans]
		}
		before += int(s.words)
	}
}

// topTerms is the number of terms that stand for the article's matter.
const topTerms = 12

// matter are the features of what a sentence's terms say about the article.
func (r *reader) matter() {
	x, t := &r.scratch, &r.terms
	x.order = x.order[:0]
	total := 0.0
	for term, c := range t.count {
		total += c
		if c > 1 {
			x.order = append(x.order, int32(term))
		}
	}
	slices.SortStableFunc(x.order, func(a, b int32) int { return cmp.Compare(t.count[b]*t.idf[b], t.count[a]*t.idf[a]) })
	x.order = x.order[:min(len(x.order), topTerms)]
	x.topped = grown(x.topped, len(t.hash))
	x.seen = grown(x.seen, len(t.hash))
	weight := 0.0
	for _, term := range x.order {
		x.topped[term] = t.count[term] * t.idf[term]
		weight += x.topped[term]
	}
	for i := range r.sentences {
		var share, mass, rarity, top, topShare, old, fresh, freshTop float64
		for _, term := range x.list[x.begin[i]:x.begin[i+1]] {
			share += t.count[term] / total
			mass += t.count[term] * t.idf[term]
			rarity += t.idf[term]
			if x.topped[term] > 0 {
				top++
				topShare += x.topped[term] / weight
				if x.seen[term] {
					old++
				} else {
					freshTop++
				}
			}
			if !x.seen[term] {
				fresh++
				x.seen[term] = true
			}
		}
		n := float64(max(1, x.begin[i+1]-x.begin[i]))
		f := &x.features[i]
		f[fTerms] = float32(n)
		f[fFrequency], f[fFrequencySum] = float32(share/n*100), float32(share*10)
		f[fMatter], f[fRarity] = float32(mass/n), float32(rarity/n)
		f[fTopTerms], f[fTopShare] = float32(top), float32(topShare)
		f[fTopOld], f[fTopNew] = float32(old/n), float32(freshTop)
		f[fNew] = float32(fresh / n)
	}
}
