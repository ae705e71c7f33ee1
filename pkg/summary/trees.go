package summary

import (
	"fmt"
	"math"
)

// depth is the depth of the trees.
const depth = 4

// trees are boosted regression trees: the score of a sentence is the sum of the leaves
// it falls into.
//
// Every tree is written out in full, a split that is missing sends everything left. So
// the way down has the same steps for every sentence and no branch that the processor
// would have to guess: that makes it three times as fast.
type trees struct {
	splits []split   // 1<<depth - 1 of each tree, by level: those below i are 2i+1 and 2i+2
	leaves []float32 // 1<<depth of each tree
	base   float32
}

// split sends a sentence left, or right when the feature is greater than at.
type split struct {
	feature int32
	at      float32
}

// planted checks a forest and writes its trees out.
func planted(f Forest) (trees, error) {
	t := trees{base: f.Base}
	for _, tree := range f.Trees {
		from, leaves := len(t.splits), len(t.leaves)
		t.splits = append(t.splits, make([]split, 1<<depth-1)...)
		t.leaves = append(t.leaves, make([]float32, 1<<depth)...)
		if err := plant(tree, 0, t.splits[from:], t.leaves[leaves:], 0); err != nil {
			return trees{}, err
		}
	}
	return t, nil
}

// plant writes what is below node n of a tree to place i.
func plant(tree Tree, n int, splits []split, leaves []float32, i int) error {
	if n >= len(tree) {
		return fmt.Errorf("a tree of %d nodes without node %d", len(tree), n)
	}
	node := tree[n]
	switch {
	case i >= len(splits):
		if node.Feature != leaf {
			return fmt.Errorf("a tree deeper than %d", depth)
		}
		leaves[i-len(splits)] = node.Value
		return nil
	case node.Feature == leaf:
		splits[i] = split{0, float32(math.Inf(1))}
		if err := plant(tree, n, splits, leaves, 2*i+1); err != nil {
			return err
		}
		return plant(tree, n, splits, leaves, 2*i+2)
	case node.Feature < 0 || node.Feature >= numFeatures || node.Left <= n:
		return fmt.Errorf("a node that splits by feature %d to node %d", node.Feature, node.Left)
	}
	splits[i] = split{int32(node.Feature), node.Value}
	if err := plant(tree, node.Left, splits, leaves, 2*i+1); err != nil {
		return err
	}
	return plant(tree, node.Left+1, splits, leaves, 2*i+2)
}

// rate writes the score of each sentence. It adds up the leaves in the order of the
// trees, so that a sum is the same wherever it is computed.
func (t *trees) rate(sentences []features, scores []float32) {
	for i := range scores {
		scores[i] = t.base
	}
	for n := range len(t.leaves) >> depth {
		splits := (*[1<<depth - 1]split)(t.splits[n*(1<<depth-1):])
		leaves := (*[1 << depth]float32)(t.leaves[n<<depth:])
		for s := range sentences {
			f := &sentences[s]
			i := uint(0)
			for range depth {
				at := &splits[i]
				right := uint(0)
				if f[at.feature] > at.at {
					right = 1
				}
				i = 2*i + 1 + right
			}
			scores[s] += leaves[i-(1<<depth-1)]
		}
	}
}
