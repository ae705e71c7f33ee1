package main

import (
	"math"
	"slices"
)

// verified is one permutation hashing with optimal densification (Shrivastava, ICML
// 2017) in 42 bands of 3 rows, which lets nearly everything alike through, and exact
// containment of 3-grams to judge the candidates by: MinHash with every advantage but a
// tuned rule.
type verified struct {
	scanner
	least float64
	bands *bands
	last  []uint64 // grams of the text read last
	sig   []uint32
	grams [][]uint64 // of each article
}

func newVerified(least float64) *verified {
	return &verified{least: least, bands: newBands(42, 3)}
}

func (v *verified) read(t string) {
	v.last = v.of(t, 3)
	v.sig = onePermutation(v.last)
}

func (v *verified) add() {
	v.bands.add(v.sig)
	v.grams = append(v.grams, slices.Clone(v.last))
}

func (v *verified) find() []int {
	return slices.DeleteFunc(v.bands.find(v.sig), func(n int) bool {
		return containment(v.last, v.grams[n]) < v.least
	})
}

// onePermutation puts each hash into one of the bins and keeps the least of each. An
// empty bin borrows from one that a hash of its number chooses.
func onePermutation(grams []uint64) []uint32 {
	sig := make([]uint32, permutations)
	for i := range sig {
		sig[i] = math.MaxUint32
	}
	bin := func(h uint64) int { return int((h >> 32) * permutations >> 32) }
	for _, g := range grams {
		i := bin(g)
		sig[i] = min(sig[i], uint32(g))
	}
	if len(grams) == 0 {
		return sig
	}
	filled := slices.Clone(sig)
	for i, v := range filled {
		for try := uint64(1); v == math.MaxUint32; try++ {
			v = filled[bin(mix(uint64(i)<<32|try))]
		}
		sig[i] = v
	}
	return sig
}
