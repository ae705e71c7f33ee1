package main

import (
	"math"
	"math/rand/v2"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// lanes are the labels.
const lanes = crf.Labels

// example is a segment to learn from: the features of its tokens, and their labels.
type example struct {
	crf.Segment
	features [][]uint32
	labels   []crf.Label
	from     *sentence
}

// settings of one training.
type settings struct {
	bits    uint
	epochs  int
	rate    float32
	dropout float32 // the share of features that an example is trained without
	l2      float32
	seed    uint64
}

// learner trains the weights of one pass by stochastic gradient descent with AdaGrad
// rates. It works in one goroutine and in a fixed order: the same examples and settings
// give the same weights, bit for bit, on one architecture.
type learner struct {
	settings
	mask    uint32
	weights []float32
	squares []float32 // AdaGrad's sums of squared gradients
	moves   [crf.Labels][crf.Labels]float32
	moveSq  [crf.Labels][crf.Labels]float32
	expMove [crf.Labels][crf.Labels]float64
	steps   int

	scores            [][crf.Labels]float32
	exps, alpha, beta [][crf.Labels]float64
	z                 []float64
	kept              [][]uint32
}

func newLearner(s settings) *learner {
	return &learner{
		settings: s, mask: 1<<s.bits - 1,
		weights: make([]float32, lanes<<s.bits), squares: make([]float32, lanes<<s.bits),
	}
}

// train learns from the examples.
func train(examples []*example, s settings) *learner {
	l := newLearner(s)
	random := rand.New(rand.NewPCG(s.seed, 1))
	for epoch := range s.epochs {
		rate := s.rate * (1 - 0.7*float32(epoch)/float32(s.epochs))
		for _, i := range random.Perm(len(examples)) {
			e := examples[i]
			if e.from.weight == 0 {
				continue
			}
			l.drop(e.features, random)
			l.step(e, rate)
		}
	}
	return l
}

// drop leaves out features at random.
func (l *learner) drop(features [][]uint32, random *rand.Rand) {
	limit := uint32(l.dropout * (1 << 16))
	for len(l.kept) < len(features) {
		l.kept = append(l.kept, nil)
	}
	for i, f := range features {
		k := l.kept[i][:0]
		var bits uint64
		for j, h := range f {
			if j%4 == 0 {
				bits = random.Uint64()
			}
			if uint32(bits&0xFFFF) >= limit {
				k = append(k, h)
			}
			bits >>= 16
		}
		l.kept[i] = k
	}
}

func (l *learner) score(features []uint32, out *[crf.Labels]float32) {
	var u [lanes]float32
	for _, h := range features {
		w := l.weights[int(h&l.mask)*lanes:][:lanes:lanes]
		for k := range u {
			u[k] += w[k]
		}
	}
	*out = u
}

// label finds the best labels of an example with all its features.
func (l *learner) label(e *example, labels []crf.Label) {
	n := len(e.labels)
	l.size(n)
	for i := range n {
		l.score(e.features[i], &l.scores[i])
	}
	crf.Best(l.scores[:n], &l.moves, e.Segment, make([][crf.Labels]crf.Label, n), labels)
}

func (l *learner) size(n int) {
	for len(l.scores) < n {
		l.scores = append(l.scores, [crf.Labels]float32{})
		l.exps, l.alpha, l.beta = append(l.exps, [crf.Labels]float64{}), append(l.alpha, [crf.Labels]float64{}), append(l.beta, [crf.Labels]float64{})
		l.z = append(l.z, 0)
	}
}

// least is the smallest gradient that moves a weight.
const least = 1e-4

// step moves the weights towards the labels of one example.
func (l *learner) step(e *example, rate float32) {
	n := len(e.labels)
	l.size(n)
	if l.steps%16 == 0 { // the moves change slowly and their exponentials are dear
		for a := range crf.Label(crf.Labels) {
			for b := range crf.Label(crf.Labels) {
				l.expMove[a][b] = 0
				if crf.Follows(a, b) {
					l.expMove[a][b] = math.Exp(float64(l.moves[a][b]))
				}
			}
		}
	}
	l.steps++
	l.sums(e, n)
	weight := e.from.weight
	for i := range n {
		var p [crf.Labels]float64
		total := 0.0
		for k := range p {
			p[k] = l.alpha[i][k] * l.beta[i][k]
			total += p[k]
		}
		var g [lanes]float32
		moved := false
		for k := range g {
			g[k] = float32(p[k]/total) * weight
			if int(e.labels[i]) == k {
				g[k] -= weight
			}
			if g[k] < least && g[k] > -least {
				g[k] = 0
			}
			moved = moved || g[k] != 0
		}
		if moved {
			l.move(l.kept[i], &g, rate)
		}
	}
	l.moveTransitions(e, n, rate)
}

// sums fills in the forward and backward sums, scaled to 1 at each token.
func (l *learner) sums(e *example, n int) {
	for i := range n {
		l.score(l.kept[i], &l.scores[i])
		top := l.scores[i][0]
		for _, v := range l.scores[i] {
			top = max(top, v)
		}
		total := 0.0
		for b := range crf.Label(crf.Labels) {
			x := math.Exp(float64(l.scores[i][b] - top))
			l.exps[i][b] = x
			in := 0.0
			switch {
			case i > 0:
				for a := range l.alpha[i-1] {
					in += l.alpha[i-1][a] * l.expMove[a][b]
				}
			case !b.Opens():
			case e.Open:
				in = 1
			default:
				in = l.expMove[crf.Outside][b]
			}
			if i == n-1 {
				switch {
				case !b.Closes():
					in = 0
				case !e.Shut:
					in *= l.expMove[b][crf.Outside]
				}
			}
			l.alpha[i][b] = in * x
			total += in * x
		}
		total = max(total, 1e-300)
		for b := range l.alpha[i] {
			l.alpha[i][b] /= total
		}
		l.z[i] = total
	}
	for i := n - 1; i >= 0; i-- {
		for a := range crf.Label(crf.Labels) {
			out := 0.0
			switch {
			case i < n-1:
				last := i+1 == n-1
				for b := range crf.Label(crf.Labels) {
					if l.expMove[a][b] == 0 || last && !b.Closes() {
						continue
					}
					v := l.expMove[a][b] * l.exps[i+1][b] * l.beta[i+1][b]
					if last && !e.Shut {
						v *= l.expMove[b][crf.Outside]
					}
					out += v
				}
				out /= l.z[i+1]
			case a.Closes():
				out = 1
			}
			l.beta[i][a] = out
		}
	}
}

// move takes a step with the features of one token.
func (l *learner) move(features []uint32, g *[lanes]float32, rate float32) {
	for _, h := range features {
		at := int(h&l.mask) * lanes
		w, s := l.weights[at:][:lanes:lanes], l.squares[at:][:lanes:lanes]
		for k, v := range g {
			if v == 0 {
				continue
			}
			v += l.l2 * w[k]
			s[k] += v * v
			w[k] -= rate * v / (1e-3 + sqrt(s[k]))
		}
	}
}

func (l *learner) moveTransitions(e *example, n int, rate float32) {
	weight := e.from.weight
	step := func(a, b crf.Label, p float64, gold bool) {
		g := float32(p)
		if gold {
			g--
		}
		g *= weight
		if g < least && g > -least {
			return
		}
		l.moveSq[a][b] += g * g
		l.moves[a][b] -= rate * g / (1e-3 + sqrt(l.moveSq[a][b]))
	}
	if !e.Open {
		for b := range crf.Label(crf.Labels) {
			step(crf.Outside, b, l.alpha[0][b]*l.beta[0][b], e.labels[0] == b)
		}
	}
	for i := 1; i < n; i++ {
		for a := range crf.Label(crf.Labels) {
			before := l.alpha[i-1][a]
			if before < 1e-6 && e.labels[i-1] != a {
				continue
			}
			for b := range crf.Label(crf.Labels) {
				if l.expMove[a][b] == 0 {
					continue
				}
				p := before * l.expMove[a][b] * l.exps[i][b] * l.beta[i][b] / l.z[i]
				if i == n-1 {
					switch {
					case !b.Closes():
						p = 0
					case !e.Shut:
						p *= l.expMove[b][crf.Outside]
					}
				}
				step(a, b, p, e.labels[i-1] == a && e.labels[i] == b)
			}
		}
	}
	if !e.Shut {
		for a := range crf.Label(crf.Labels) {
			if a.Closes() {
				step(a, crf.Outside, l.alpha[n-1][a]*l.beta[n-1][a], e.labels[n-1] == a)
			}
		}
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
