package summary

// trees are boosted regression trees: the score of a sentence is the sum of the leaves
// it falls into.
//
// All nodes lie in one array. A node sends a sentence to left, or to the node behind it
// when the feature is greater than the threshold.
type trees struct {
	nodes []node
	roots []int32
	base  float32
}

// node is an inner node, or with feature leaf the value at.
type node struct {
	feature int16
	left    int16 // from the root of its tree; the right one follows it
	at      float32
}

const leaf = -1

// score adds up the leaves in the order of the trees, so that the sum is the same
// wherever it is computed.
func (t *trees) score(f *features) float64 {
	sum := t.base
	for _, root := range t.roots {
		tree := t.nodes[root:]
		n := &tree[0]
		for n.feature >= 0 {
			i := n.left
			if f[n.feature] > n.at {
				i++
			}
			n = &tree[i]
		}
		sum += n.at
	}
	return float64(sum)
}
