package main

import "slices"

// bands is the index of locality sensitive hashing: a table for each band of a
// signature. Texts with the same values in any band are candidates.
type bands struct {
	rows   int
	tables []map[uint64][]int32
	n      int32
}

func newBands(count, rows int) *bands {
	b := &bands{rows: rows}
	for range count {
		b.tables = append(b.tables, map[uint64][]int32{})
	}
	return b
}

func (b *bands) key(sig []uint32, band int) uint64 {
	h := uint64(band)
	for _, v := range sig[band*b.rows : (band+1)*b.rows] {
		h = mix(h*31 + uint64(v))
	}
	return h
}

func (b *bands) add(sig []uint32) {
	for i, table := range b.tables {
		k := b.key(sig, i)
		table[k] = append(table[k], b.n)
	}
	b.n++
}

func (b *bands) find(sig []uint32) []int {
	var found []int
	for i, table := range b.tables {
		for _, n := range table[b.key(sig, i)] {
			found = append(found, int(n))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
