package learn

import (
	"math/rand/v2"
	"slices"

	"github.com/copydesk/copydesk/pkg/summary"
)

// Boosting is how a forest is grown: regression trees by least squares, each fitted to
// what those before it left over (J. Friedman, "Greedy function approximation", 2001),
// with features cut into quantiles.
type Boosting struct {
	Trees   int
	Depth   int
	Rate    float64 // the share of each tree that counts
	MinLeaf int     // the fewest rows of a leaf
	Rows    float64 // the share of rows that each tree sees
	Columns float64 // the share of features that each tree may split by
}

// bins is the number of quantiles a feature is cut into.
const bins = 64

// Grow fits a forest to rows of features and their targets. The same rows and the same
// seed give the same forest.
func (o Boosting) Grow(rows [][]float32, targets []float32, seed uint64) summary.Forest {
	g := &grower{Boosting: o, rows: rows, rest: make([]float64, len(rows)), rng: rand.New(rand.NewPCG(seed, 0))}
	g.cut()
	base := 0.0
	for _, t := range targets {
		base += float64(t)
	}
	base /= float64(max(1, len(targets)))
	f := summary.Forest{Base: float32(base)}
	for i, t := range targets {
		g.rest[i] = float64(t) - base
	}
	for range o.Trees {
		f.Trees = append(f.Trees, g.tree())
	}
	return f
}

type grower struct {
	Boosting
	rows [][]float32
	rest []float64
	rng  *rand.Rand

	cuts [][]float32 // by feature: bin b holds values up to cuts[b]
	bin  [][]uint8   // by feature and row

	columns []int
	nodes   summary.Tree
}

// cut sorts the values of each feature into bins.
func (g *grower) cut() {
	n := len(g.rows)
	if n == 0 {
		return
	}
	values := make([]float32, n)
	for f := range g.rows[0] {
		for i, row := range g.rows {
			values[i] = row[f]
		}
		slices.Sort(values)
		var cuts []float32
		for b := 1; b < bins; b++ {
			if c := values[b*n/bins]; c < values[n-1] && (len(cuts) == 0 || c > cuts[len(cuts)-1]) {
				cuts = append(cuts, c)
			}
		}
		bin := make([]uint8, n)
		for i, row := range g.rows {
			b, _ := slices.BinarySearch(cuts, row[f])
			bin[i] = uint8(b)
		}
		g.cuts, g.bin = append(g.cuts, cuts), append(g.bin, bin)
	}
}

// tree grows one tree and takes it off what is left.
func (g *grower) tree() summary.Tree {
	g.columns = g.columns[:0]
	for f := range g.cuts {
		if g.Columns >= 1 || g.rng.Float64() < g.Columns {
			g.columns = append(g.columns, f)
		}
	}
	var sample []int32
	for i := range g.rows {
		if g.Rows >= 1 || g.rng.Float64() < g.Rows {
			sample = append(sample, int32(i))
		}
	}
	g.nodes = summary.Tree{{}}
	g.grow(0, sample, g.Depth)
	for i, row := range g.rows {
		g.rest[i] -= float64(value(g.nodes, row))
	}
	return g.nodes
}

// grow makes node at of the rows that reach it, and what is below it.
func (g *grower) grow(at int, rows []int32, depth int) {
	sum := 0.0
	for _, i := range rows {
		sum += g.rest[i]
	}
	feature, cut := -1, 0
	if depth > 0 && len(rows) >= 2*g.MinLeaf {
		feature, cut = g.split(rows, sum)
	}
	if feature < 0 {
		g.nodes[at] = summary.Node{Feature: -1, Value: float32(g.Rate * sum / float64(max(1, len(rows))))}
		return
	}
	left := len(g.nodes)
	g.nodes[at] = summary.Node{Feature: feature, Left: left, Value: g.cuts[feature][cut]}
	g.nodes = append(g.nodes, summary.Node{}, summary.Node{})
	var low, high []int32
	for _, i := range rows {
		if int(g.bin[feature][i]) <= cut {
			low = append(low, i)
		} else {
			high = append(high, i)
		}
	}
	g.grow(left, low, depth-1)
	g.grow(left+1, high, depth-1)
}

// split finds the split that takes most off the squared error, or feature -1.
func (g *grower) split(rows []int32, sum float64) (feature, cut int) {
	n := float64(len(rows))
	best, feature := sum*sum/n+1e-9, -1
	for _, f := range g.columns {
		var sums [bins]float64
		var counts [bins]int32
		bin := g.bin[f]
		for _, i := range rows {
			b := bin[i]
			sums[b] += g.rest[i]
			counts[b]++
		}
		low, count := 0.0, int32(0)
		for b := range g.cuts[f] {
			low += sums[b]
			count += counts[b]
			if int(count) < g.MinLeaf {
				continue
			}
			if len(rows)-int(count) < g.MinLeaf {
				break
			}
			high := sum - low
			if gain := low*low/float64(count) + high*high/(n-float64(count)); gain > best {
				best, feature, cut = gain, f, b
			}
		}
	}
	return feature, cut
}

// value is what a tree gives a row.
func value(t summary.Tree, row []float32) float32 {
	n := t[0]
	for n.Feature >= 0 {
		if row[n.Feature] > n.Value {
			n = t[n.Left+1]
		} else {
			n = t[n.Left]
		}
	}
	return n.Value
}
