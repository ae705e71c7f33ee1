package main

import "math/bits"

// simHash is Charikar's fingerprint of 64 bits over 3-grams. A copy is what differs in
// few bits. The index is a list that is read through, so its speed falls with its size;
// the usual tables (Manku, WWW 2007) would find the same.
type simHash struct {
	scanner
	distance int
	print    uint64 // of the text read last
	prints   []uint64
}

func (s *simHash) sign(grams []uint64) {
	var votes [64]int
	for _, g := range grams {
		for i := range votes {
			votes[i] += int(g>>i&1)*2 - 1
		}
	}
	s.print = 0
	for i, v := range votes {
		if v > 0 {
			s.print |= 1 << i
		}
	}
}

func (s *simHash) read(t string) { s.sign(s.of(t, 3)) }
func (s *simHash) add()          { s.prints = append(s.prints, s.print) }

func (s *simHash) find() (found []int) {
	for n, p := range s.prints {
		if bits.OnesCount64(s.print^p) <= s.distance {
			found = append(found, n)
		}
	}
	return found
}
