package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// Clusters of clusters: 64 of 8 of 8, and how often the means are moved.
const (
	wide   = 64
	narrow = 8
	rounds = 12
)

// clusterWords gives each vector the number of its cluster.
func clusterWords(v *vectors, seed uint64) []uint16 {
	random := rand.New(rand.NewPCG(seed, 3))
	all := make([]int, len(v.at))
	for i := range all {
		all[i] = i
	}
	ids := make([]uint16, len(v.at))
	for a, inA := range groups(v, all, wide, random) {
		for b, inB := range groups(v, inA, narrow, random) {
			for c, inC := range groups(v, inB, narrow, random) {
				for _, i := range inC {
					ids[i] = uint16(a<<6 | b<<3 | c)
				}
			}
		}
	}
	return ids
}

// groups cuts some words into k groups by spherical k-means.
func groups(v *vectors, words []int, k int, random *rand.Rand) [][]int {
	of := make([]int, len(words))
	if len(words) <= k {
		for i := range of {
			of[i] = i
		}
	} else {
		kMeans(v, words, k, of, random)
	}
	out := make([][]int, k)
	for i, g := range of {
		out[g] = append(out[g], words[i])
	}
	return out
}

func kMeans(v *vectors, words []int, k int, of []int, random *rand.Rand) {
	means := make([]vector, k)
	for g, i := range random.Perm(len(words))[:k] {
		means[g] = v.at[words[i]]
	}
	for range rounds {
		for i, w := range words {
			best := float32(-2)
			for g := range means {
				if s := dot(&v.at[w], &means[g]); s > best {
					best, of[i] = s, g
				}
			}
		}
		clear(means)
		counts := make([]int, k)
		for i, w := range words {
			weight := float32(1)
			if w > 20000 { // rare words weigh less
				weight = 0.5
			}
			counts[of[i]]++
			m := &means[of[i]]
			for d, x := range v.at[w] {
				m[d] += float32(weight * x)
			}
		}
		for g := range means {
			if counts[g] == 0 {
				means[g] = v.at[words[random.IntN(len(words))]]
			}
			means[g] = unit(means[g])
		}
	}
}

func dot(a, b *vector) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i < dimensions; i += 4 {
		s0 += float32(a[i] * b[i])
		s1 += float32(a[i+1] * b[i+1])
		s2 += float32(a[i+2] * b[i+2])
		s3 += float32(a[i+3] * b[i+3])
	}
	return s0 + s1 + s2 + s3
}

// loadClusters returns the clusters of the word vectors, from a file in the cache folder
// when they have been made before.
func loadClusters(dir string, seed uint64, notice func(string, ...any)) (*crf.Clusters, error) {
	cache := filepath.Join(dir, fmt.Sprintf("clusters-%s-%d.tsv", vectorsSHA256[:12], seed))
	if _, err := os.Stat(cache); err != nil {
		notice("reading the word vectors")
		file, err := fetchVectors(dir)
		if err != nil {
			return nil, err
		}
		v, err := readVectors(file)
		if err != nil {
			return nil, err
		}
		notice("clustering %d words", len(v.words))
		var b strings.Builder
		for i, id := range clusterWords(v, seed) {
			fmt.Fprintf(&b, "%s\t%d\n", strings.Join(strings.Fields(v.words[i]), ""), id)
		}
		if err := os.WriteFile(cache, []byte(b.String()), 0o644); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(cache)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := crf.NewClusters(350_000)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		word, id, _ := strings.Cut(lines.Text(), "\t")
		n, err := strconv.ParseUint(id, 10, 12)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", cache, err)
		}
		c.Add(text.WordHash(word), uint16(n))
	}
	return c, nil
}
