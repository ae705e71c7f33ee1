package crf

// Clusters leads from words to clusters of words that stand in like places. Only the
// upper half of a word's hash is kept: a word that is in no cluster is taken for one
// that is once in ten thousand times.
type Clusters struct {
	slots []clusterSlot
	mask  uint32
	n     int
}

type clusterSlot struct {
	word    uint32
	cluster uint16
	taken   bool
}

// clusterBits is the length of a cluster's number: 64 clusters of 8 of 8. Its upper 6
// and 9 bits number the wider ones.
const clusterBits = 12

// NoCluster is the cluster of a word that is in none.
const NoCluster uint16 = 0xFFFF

// NewClusters returns a table with room for n words.
func NewClusters(n int) *Clusters {
	size := 1024
	for size < 2*n {
		size *= 2
	}
	return &Clusters{slots: make([]clusterSlot, size), mask: uint32(size - 1)}
}

// Len returns the number of words.
func (c *Clusters) Len() int { return c.n }

// Of returns the cluster of the word with this hash (see text.WordHash), or NoCluster.
func (c *Clusters) Of(word uint64) uint16 {
	h := half(word)
	for i := h & c.mask; ; i = (i + 1) & c.mask {
		s := c.slots[i]
		switch {
		case !s.taken:
			return NoCluster
		case s.word == h:
			return s.cluster
		}
	}
}

// Add puts a word into a cluster, 0 to 4095, unless the word is in one. It reports
// whether it was added. The table must have been made for as many words.
func (c *Clusters) Add(word uint64, cluster uint16) bool { return c.add(half(word), cluster) }

func (c *Clusters) add(h uint32, cluster uint16) bool {
	for i := h & c.mask; ; i = (i + 1) & c.mask {
		s := &c.slots[i]
		if !s.taken {
			*s = clusterSlot{h, cluster, true}
			c.n++
			return true
		}
		if s.word == h {
			return false
		}
	}
}
