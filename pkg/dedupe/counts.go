package dedupe

import "math/bits"

// counts counts 32-bit hashes: an open-addressed table, because a million articles bring
// thirty million names, and a map takes four times as long.
type counts struct {
	slots []tally
	used  int // slots taken, those of hashes that count nothing any more included
	alive int // hashes that count something
}

// tally is a hash and its number. A slot whose number is 0 was never taken if its hash
// is 0 too.
type tally struct{ hash, n uint32 }

// at returns the slot of a hash, or the empty one where it belongs.
func (c *counts) at(hash uint32) *tally {
	i, _ := bits.Mul64(spread(hash), uint64(len(c.slots)))
	for {
		t := &c.slots[i]
		if t.hash == hash || *t == (tally{}) {
			return t
		}
		if i++; i == uint64(len(c.slots)) {
			i = 0
		}
	}
}

// get returns the number of a hash.
func (c *counts) get(hash uint32) uint32 {
	if len(c.slots) == 0 {
		return 0
	}
	return c.at(max(hash, 1)).n
}

// add counts a hash once more.
func (c *counts) add(hash uint32) {
	hash = max(hash, 1)
	if 4*(c.used+1) > 3*len(c.slots) {
		c.grow()
	}
	t := c.at(hash)
	if t.n == 0 {
		c.alive++
		if t.hash == 0 {
			c.used++
		}
	}
	t.hash = hash
	t.n++
}

// drop counts a hash once less.
func (c *counts) drop(hash uint32) {
	if len(c.slots) == 0 {
		return
	}
	if t := c.at(max(hash, 1)); t.n > 0 {
		if t.n--; t.n == 0 {
			c.alive--
		}
	}
}

// grow makes the table anew with room for as many hashes again as count something.
func (c *counts) grow() {
	old := c.slots
	c.slots = make([]tally, max(64, 2*c.alive+c.alive/2))
	c.used = c.alive
	for _, t := range old {
		if t.n > 0 {
			*c.at(t.hash) = t
		}
	}
}
