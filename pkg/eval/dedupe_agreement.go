package eval

// groups is a partition of the numbers 0 to n-1.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) of(i int) int {
	for g[i] != i {
		g[i] = g[g[i]] // halve the way for the next one
		i = g[i]
	}
	return i
}

func (g groups) join(a, b int) { g[g.of(a)] = g.of(b) }

// all returns the group of each number.
func (g groups) all() []int {
	all := make([]int, len(g))
	for i := range g {
		all[i] = g.of(i)
	}
	return all
}

// adjustedRand is the adjusted Rand index of two partitions (Hubert and Arabie, 1985):
// 1 for the same, about 0 for one that is drawn by lot. Two partitions without any pair
// to tell apart are the same.
func adjustedRand(a, b []int) float64 {
	both, inA, inB := map[[2]int]int{}, map[int]int{}, map[int]int{}
	for i := range a {
		both[[2]int{a[i], b[i]}]++
		inA[a[i]]++
		inB[b[i]]++
	}
	together, pairsA, pairsB := pairsIn(both), pairsIn(inA), pairsIn(inB)
	n := float64(len(a))
	if n < 2 {
		return 1
	}
	expected := pairsA * pairsB / (n * (n - 1) / 2)
	most := (pairsA + pairsB) / 2
	if most == expected {
		return 1
	}
	return (together - expected) / (most - expected)
}

// pairsIn counts the pairs within the groups of the given sizes.
func pairsIn[K comparable](sizes map[K]int) (pairs float64) {
	for _, n := range sizes {
		pairs += float64(n) * float64(n-1) / 2
	}
	return pairs
}

// kappa is Cohen's kappa of two judges who said yes or no: 1 for full agreement, 0 for
// as much as chance gives. Judges who said the same thing always agree fully.
func kappa(a, b []bool) float64 {
	if len(a) == 0 {
		return 1
	}
	var agree, yesA, yesB float64
	for i := range a {
		if a[i] == b[i] {
			agree++
		}
		if a[i] {
			yesA++
		}
		if b[i] {
			yesB++
		}
	}
	n := float64(len(a))
	agree, yesA, yesB = agree/n, yesA/n, yesB/n
	chance := yesA*yesB + (1-yesA)*(1-yesB)
	if chance == 1 {
		return 1
	}
	return (agree - chance) / (1 - chance)
}
