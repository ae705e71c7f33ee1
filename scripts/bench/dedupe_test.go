package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// invented returns a text of made-up words; two numbers have no phrase in common.
func invented(i, words int) string {
	r := rand.New(rand.NewPCG(uint64(i), 2))
	all := make([]string, words)
	for n := range all {
		for range 3 {
			all[n] += string("bdfgklmnprst"[r.IntN(12)]) + string("aeiou"[r.IntN(5)])
		}
	}
	return strings.Join(all, " ")
}

func TestMethods_findWhatTheyAreMadeFor(t *testing.T) {
	t.Parallel()
	for _, c := range methods {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := c.make()
			for i := range 50 {
				m.read(invented(i, 200))
				m.add()
			}
			m.read(invented(17, 200))
			if got := m.find(); !slices.Equal(got, []int{17}) {
				t.Errorf("the same text is a copy of %v, want [17]", got)
			}
			m.read(invented(99, 200))
			if got := m.find(); len(got) > 0 {
				t.Errorf("a new text is a copy of %v", got)
			}
		})
	}
}

func TestVerified_findsAnExtractThatMinHashRejects(t *testing.T) {
	t.Parallel()
	half := strings.Join(strings.Fields(invented(3, 200))[:100], " ")
	for _, c := range []struct {
		name string
		m    method
		want int
	}{{"verified", newVerified(0.3), 1}, {"MinHash at 0.8", newMinHash(5, 0.8), 0}} {
		for i := range 10 {
			c.m.read(invented(i, 200))
			c.m.add()
		}
		c.m.read(half)
		if got := c.m.find(); len(got) != c.want {
			t.Errorf("%s finds %v", c.name, got)
		}
	}
}

func TestBestBands_areThoseOfDatasketch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		threshold   float64
		count, rows int
	}{{0.5, 25, 5}, {0.8, 9, 13}} {
		if count, rows := bestBands(c.threshold); count != c.count || rows != c.rows {
			t.Errorf("threshold %v: %d bands of %d rows, want %d of %d", c.threshold, count, rows, c.count, c.rows)
		}
	}
}

func TestMinHash_estimatesJaccard(t *testing.T) {
	t.Parallel()
	m := newMinHash(1, 0.5)
	words := strings.Fields(invented(5, 300))
	m.read(strings.Join(words[:200], " "))
	first := m.sig
	m.read(strings.Join(words[100:], " "))
	same := 0
	for i := range first {
		if first[i] == m.sig[i] {
			same++
		}
	}
	// 100 of 300 words in common; four standard deviations of 128 draws.
	if got := float64(same) / permutations; got < 0.17 || got > 0.50 {
		t.Errorf("Jaccard of a third is estimated as %.3f", got)
	}
}

func TestOnePermutation_leavesNoBinEmpty(t *testing.T) {
	t.Parallel()
	grams := []uint64{mix(1), mix(2), mix(3)}
	for i, v := range onePermutation(grams) {
		if !slices.Contains([]uint32{uint32(grams[0]), uint32(grams[1]), uint32(grams[2])}, v) {
			t.Errorf("bin %d holds %d, of no hash", i, v)
		}
	}
}

func TestCompareDedupe_printsEachMethod(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "dedupe", "reuters")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, "{\"id\":\"a%d\",\"date\":\"2026-01-05T06:00:00Z\",\"text\":%q}\n", i, invented(i, 120))
	}
	if err := os.WriteFile(filepath.Join(folder, "articles.jsonl"), []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := compareDedupe(&out, dir, 1); err != nil {
		t.Fatal(err)
	}
	for _, c := range methods {
		if !strings.Contains(out.String(), c.name) {
			t.Errorf("no row for %s in\n%s", c.name, out.String())
		}
	}
	if err := compareDedupe(&out, t.TempDir(), 1); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("without data: %v", err)
	}
}
