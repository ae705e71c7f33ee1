package dedupe

import (
	"math/rand/v2"
	"testing"
)

func TestCounts_countLikeAMap(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var c counts
	plain := map[uint32]uint32{}
	if c.get(7) != 0 {
		t.Error("an empty table counts something")
	}
	for range 200_000 {
		h := uint32(r.ExpFloat64()*3000) + 1
		if r.IntN(5) < 2 {
			h = r.Uint32() | 1
		}
		if r.IntN(2) == 0 {
			c.add(h)
			plain[h]++
		} else if c.drop(h); plain[h] > 0 {
			plain[h]--
		}
	}
	alive := 0
	for h, n := range plain {
		if got := c.get(h); got != n {
			t.Fatalf("%d is counted %d times, want %d", h, got, n)
		}
		if n > 0 {
			alive++
		}
	}
	if c.alive != alive {
		t.Errorf("%d hashes count something, want %d", c.alive, alive)
	}
}
