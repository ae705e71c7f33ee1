package crf

import (
	"math"
	"sync"

	"github.com/copydesk/copydesk/pkg/text"
)

// Names returns the names of a document in order.
func (m *Model) Names(doc *text.Document) []Name {
	t := taggers.Get().(*tagger)
	defer taggers.Put(t)
	t.text.Read(doc, m.Clusters)
	t.labels = resize(t.labels, len(doc.Tokens))
	clear(t.labels)
	t.sum(m)
	t.decode(m, 0)
	t.text.Vote(t.labels)
	t.addVotes(m)
	clear(t.labels)
	t.decode(m, 1)
	names := t.names(m)
	t.text.doc = nil
	return names
}

var taggers = sync.Pool{New: func() any { return new(tagger) }}

// tagger is the memory of one call of Names.
type tagger struct {
	text     Text
	labels   []Label
	sums     []sums // one for each token of the segments
	scores   [][Labels]float32
	from     [][Labels]Label
	exps     [][Labels]float64
	forward  [][Labels]float64
	scale    []float64
	backward [][Labels]float64
	features []uint32
}

// sums are the added rows of a token's features, of both passes.
type sums struct {
	acc [8]uint64
	n   int
}

// sum adds up the features of the segments' tokens, which both passes share.
func (t *tagger) sum(m *Model) {
	t.sums = t.sums[:0]
	for _, s := range t.text.segments {
		for i := s.First; i < s.Last; i++ {
			t.features = t.text.Features(t.features[:0], i)
			x := sums{n: len(t.features)}
			m.sum(t.features, &x.acc)
			t.sums = append(t.sums, x)
		}
	}
}

// addVotes adds the features of the second pass.
func (t *tagger) addVotes(m *Model) {
	k := 0
	for _, s := range t.text.segments {
		for i := s.First; i < s.Last; i++ {
			t.features = t.text.VoteFeatures(t.features[:0], i)
			t.sums[k].n += len(t.features)
			m.sum(t.features, &t.sums[k].acc)
			k++
		}
	}
}

// decode labels the segments by the sums of one pass.
func (t *tagger) decode(m *Model, pass int) {
	p := &m.pass[pass]
	t.scores = resize(t.scores, len(t.sums))
	for k := range t.sums {
		p.scores(t.sums[k].acc[4*pass:4*pass+4], t.sums[k].n, &t.scores[k])
	}
	k := 0
	for _, s := range t.text.segments {
		n := s.Last - s.First
		t.from = resize(t.from, n)
		Best(t.scores[k:k+n], &p.moves, s, t.from, t.labels[s.First:s.Last])
		k += n
	}
}

const impossible = -1e30

// Best finds the best labels of a segment by its tokens' scores. from is scratch of
// the segment's length.
func Best(scores [][Labels]float32, moves *[Labels][Labels]float32, s Segment, from [][Labels]Label, labels []Label) {
	var prev, cur [Labels]float32
	n := len(scores)
	for b := range Label(Labels) {
		prev[b] = impossible
		if b.opens() {
			prev[b] = scores[0][b]
			if !s.Open {
				prev[b] += moves[Outside][b]
			}
		}
	}
	for i := 1; i < n; i++ {
		u := &scores[i]
		// A name may begin, or not, after anything that closes.
		for _, b := range opening {
			best, at := prev[Outside]+moves[Outside][b], Outside
			for _, a := range closing {
				if v := prev[a] + moves[a][b]; v > best {
					best, at = v, a
				}
			}
			cur[b], from[i][b] = best+u[b], at
		}
		for y := range Type(types) {
			b, c := label(y, begin), label(y, inside)
			for _, l := range [2]Label{label(y, inside), label(y, end)} {
				best, at := prev[b]+moves[b][l], b
				if v := prev[c] + moves[c][l]; v > best {
					best, at = v, c
				}
				cur[l], from[i][l] = best+u[l], at
			}
		}
		prev = cur
	}
	best, at := float32(2*impossible), Outside
	for b := range Label(Labels) {
		if !b.closes() {
			continue
		}
		v := prev[b]
		if !s.Shut {
			v += moves[b][Outside]
		}
		if v > best {
			best, at = v, b
		}
	}
	for i := n - 1; i >= 0; i-- {
		labels[i] = at
		if i > 0 {
			at = from[i][at]
		}
	}
}

// opening are the labels that may follow an end, closing those that are one, outside
// apart.
var opening, closing = func() (o, c []Label) {
	for l := range Label(Labels) {
		if l.opens() {
			o = append(o, l)
		}
		if l.closes() && l != Outside {
			c = append(c, l)
		}
	}
	return o, c
}()

// names reads the labels and gives each name its probability.
func (t *tagger) names(m *Model) []Name {
	var names []Name
	k := 0
	for _, s := range t.text.segments {
		n := s.Last - s.First
		had := len(names)
		names = Decode(names, t.labels[s.First:s.Last], s.First)
		if len(names) > had {
			t.weigh(m, s, t.scores[k:k+n], names[had:])
		}
		k += n
	}
	return names
}

// weigh gives the names of a segment their probabilities, by the forward and backward
// sums over all ways to label it.
func (t *tagger) weigh(m *Model, s Segment, scores [][Labels]float32, names []Name) {
	n := len(scores)
	t.exps, t.forward, t.backward, t.scale = resize(t.exps, n), resize(t.forward, n), resize(t.backward, n), resize(t.scale, n)
	f, b, odds := t.forward, t.backward, &m.odds
	for i := range n {
		top := scores[i][0]
		for _, v := range scores[i] {
			top = max(top, v)
		}
		for y, v := range scores[i] {
			t.exps[i][y] = math.Exp(float64((v - top) * m.temper))
		}
		sum := 0.0
		for y := range Label(Labels) {
			in := 0.0
			switch {
			case i > 0:
				for x, v := range f[i-1] {
					in += v * odds[x][y]
				}
			case y.opens() && s.Open:
				in = 1
			case y.opens():
				in = odds[Outside][y]
			}
			f[i][y] = in * t.exps[i][y]
			sum += f[i][y]
		}
		for y := range f[i] {
			f[i][y] /= sum
		}
		t.scale[i] = sum
	}
	total := 0.0
	for x := range Label(Labels) {
		b[n-1][x] = 0
		if x.closes() {
			b[n-1][x] = 1
			if !s.Shut {
				b[n-1][x] = odds[x][Outside]
			}
		}
		total += f[n-1][x] * b[n-1][x]
	}
	for i := n - 2; i >= 0; i-- {
		for x := range b[i] {
			out := 0.0
			for y, v := range b[i+1] {
				out += odds[x][y] * t.exps[i+1][y] * v
			}
			b[i][x] = out / t.scale[i+1]
		}
	}
	for j := range names {
		labels := t.labels[names[j].First:names[j].Last]
		k := names[j].First - s.First
		p := f[k][labels[0]] / total
		for i := 1; i < len(labels); i++ {
			p *= odds[labels[i-1]][labels[i]] * t.exps[k+i][labels[i]] / t.scale[k+i]
		}
		names[j].Probability = min(p*b[k+len(labels)-1][labels[len(labels)-1]], 1)
	}
}
