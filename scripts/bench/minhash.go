package main

import (
	"math"
	"math/rand/v2"
)

// permutations is the length of a signature, the default of datasketch.
const permutations = 128

// minHash is MinHash with locality sensitive hashing as in the Python package
// datasketch: its permutations, its choice of bands, no verification.
type minHash struct {
	scanner
	words int // of a gram
	a, b  [permutations]uint64
	sig   [permutations]uint32
	bands *bands
}

func newMinHash(words int, threshold float64) *minHash {
	m := &minHash{words: words, bands: newBands(bestBands(threshold))}
	r := rand.New(rand.NewPCG(1, 0))
	for i := range permutations {
		m.a[i], m.b[i] = 1+r.Uint64N(mersenne-1), r.Uint64N(mersenne)
	}
	return m
}

const mersenne = 1<<61 - 1

// sign fills in the signature: the least of (a*h + b) mod 2^61-1, low 32 bits, for 32-bit
// hashes h. The product wraps at 2^64 as it does there.
func (m *minHash) sign(grams []uint64) {
	for i := range m.sig {
		m.sig[i] = math.MaxUint32
	}
	for _, g := range grams {
		h := g & math.MaxUint32
		for i := range m.sig {
			if v := uint32((m.a[i]*h + m.b[i]) % mersenne); v < m.sig[i] {
				m.sig[i] = v
			}
		}
	}
}

func (m *minHash) read(t string) { m.sign(m.of(t, m.words)) }
func (m *minHash) find() []int   { return m.bands.find(m.sig[:]) }
func (m *minHash) add()          { m.bands.add(m.sig[:]) }

// bestBands chooses the number of bands and the rows of each for which the areas of
// false positives below and false negatives above the threshold are least together, as
// datasketch does with weights of one half each and steps of 0.001.
func bestBands(threshold float64) (count, rows int) {
	best := math.Inf(1)
	for b := 1; b <= permutations; b++ {
		for r := 1; r <= permutations/b; r++ {
			missed := func(s float64) float64 { return math.Pow(1-math.Pow(s, float64(r)), float64(b)) }
			wrong := area(func(s float64) float64 { return 1 - missed(s) }, 0, threshold)
			if e := (wrong + area(missed, threshold, 1)) / 2; e < best {
				best, count, rows = e, b, r
			}
		}
	}
	return count, rows
}

func area(f func(float64) float64, from, to float64) (sum float64) {
	const step = 0.001
	for x := from; x < to; x += step {
		sum += f(x+step/2) * step
	}
	return sum
}
