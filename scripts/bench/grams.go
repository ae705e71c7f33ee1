package main

import (
	"slices"

	"github.com/copydesk/copydesk/pkg/text"
)

// scanner cuts texts into hashes of word n-grams. Its buffers are used again.
type scanner struct {
	doc   text.Document
	words []uint64
	grams []uint64
}

// of returns the hashes of the different runs of n words, ascending. They hold
// until the next call. A text of fewer words has one.
func (s *scanner) of(t string, n int) []uint64 {
	s.doc.Scan(t)
	s.words, s.grams = s.words[:0], s.grams[:0]
	for i := range s.doc.Tokens {
		if s.doc.Tokens[i].Kind.Lexical() {
			s.words = append(s.words, s.doc.Tokens[i].Hash)
		}
	}
	n = min(n, len(s.words))
	for i := 0; n > 0 && i+n <= len(s.words); i++ {
		var h uint64
		for _, w := range s.words[i : i+n] {
			h = mix(h*31 + w)
		}
		s.grams = append(s.grams, h)
	}
	slices.Sort(s.grams)
	s.grams = slices.Compact(s.grams)
	return s.grams
}

// mix is the finaliser of SplitMix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// containment returns how much of the shorter of two ascending lists the other has.
func containment(a, b []uint64) float64 {
	least := min(len(a), len(b))
	if least == 0 {
		return 0
	}
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			n++
			a, b = a[1:], b[1:]
		}
	}
	return float64(n) / float64(least)
}
