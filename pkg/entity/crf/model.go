package crf

import (
	"math"
	"math/bits"
)

// Model is what was learnt, ready for use. It does not change and is safe for
// concurrent use.
type Model struct {
	// Clusters are the words' clusters.
	Clusters *Clusters
	// rows holds a row of four numbers for each feature hash: eight weights of one byte
	// each in a number, the 16 of the first pass and then the 16 of the second. A byte
	// is the weight plus 128, so that sums never borrow from the next lane.
	rows []uint64
	mask uint32
	pass [2]pass
	// temper is the factor by which scores are multiplied before they are read as
	// probabilities.
	temper float32
	// odds are the second pass's moves as factors of probability, 0 where impossible.
	odds [Labels][Labels]float64
}

// weighMoves fills in the odds.
func (m *Model) weighMoves() {
	for a := range Label(Labels) {
		for b := range Label(Labels) {
			if follows(a, b) {
				m.odds[a][b] = math.Exp(float64(m.pass[1].moves[a][b] * m.temper))
			}
		}
	}
}

// pass is what belongs to one of the two passes alone.
type pass struct {
	scale float32 // of a weight of 1
	// moves are the weights of a label after another, hard-coded impossibilities aside.
	moves [Labels][Labels]float32
}

const zeroRow = 0x8080808080808080

// sum adds up the rows of some features. Each number of acc holds four lanes of 16
// bits, which 257 features cannot fill.
func (m *Model) sum(features []uint32, acc *[8]uint64) {
	const even = 0x00FF00FF00FF00FF
	a := *acc
	for _, h := range features {
		r := m.rows[(h&m.mask)*4:]
		r = r[:4:4]
		a[0] += r[0] & even
		a[1] += r[0] >> 8 & even
		a[2] += r[1] & even
		a[3] += r[1] >> 8 & even
		a[4] += r[2] & even
		a[5] += r[2] >> 8 & even
		a[6] += r[3] & even
		a[7] += r[3] >> 8 & even
	}
	*acc = a
}

// scores reads the sums of n features for one pass into the labels' scores.
func (p *pass) scores(acc []uint64, n int, out *[Labels]float32) {
	bias := int32(n) * 128
	out[Outside] = 0
	for half := range 2 {
		even, odd := acc[2*half], acc[2*half+1]
		for j := range 4 {
			out[1+8*half+2*j] = p.scale * float32(int32(even>>(16*j)&0xFFFF)-bias)
			out[2+8*half+2*j] = p.scale * float32(int32(odd>>(16*j)&0xFFFF)-bias)
		}
	}
}

// Weights are a model as training makes it: of each pass the weight of every feature
// hash for every label, and of every label after another.
type Weights struct {
	// Bits is the logarithm of the number of feature hashes.
	Bits uint
	// W holds the labels' weights of each hash in turn.
	W [2][]float32
	// Moves is by label before and label.
	Moves [2][Labels][Labels]float32
	// Temper is the factor of scores before they are read as probabilities.
	Temper float32
}

// small is a weight in 127ths of the limit. Weights below prune are 0.
func small(v, prune, limit float32) int8 {
	if v < prune && v > -prune {
		return 0
	}
	return int8(max(-127, min(127, math.Round(float64(v/limit)*127))))
}

func emptyRows(b uint) []uint64 {
	rows := make([]uint64, 4<<b)
	for i := range rows {
		rows[i] = zeroRow
	}
	return rows
}

// lanesOf is the two numbers of one pass of a row. Only differences of weights matter, so
// that of outside is taken from the others and needs no lane. given says which labels
// have a weight, in order.
func lanesOf(given uint64, weights []byte) (low, high uint64) {
	outside := 0
	if given&1 != 0 {
		outside = int(int8(weights[0]))
		given &^= 1
		weights = weights[1:]
	}
	const every = 0x0101010101010101
	n := [2]uint64{uint64(byte(128-outside)) * every, uint64(byte(128-outside)) * every}
	for ; given != 0; given &= given - 1 {
		l := bits.TrailingZeros64(given) - 1
		q := max(-128, min(127, int(int8(weights[0]))-outside))
		shift := l % 8 * 8
		n[l/8] = n[l/8]&^(0xFF<<shift) | uint64(byte(q+128))<<shift
		weights = weights[1:]
	}
	return n[0], n[1]
}
