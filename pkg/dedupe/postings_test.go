package dedupe

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The table finds what a plain map finds, while articles come and go.
func TestPostings_findWhatAMapFinds(t *testing.T) {
	t.Parallel()
	const most = 40
	r := rand.New(rand.NewPCG(1, 2))
	p := &postings{frequent: most}
	plain := map[uint32][]uint32{}
	oldest := uint32(firstArticle)
	for id := oldest; id < 6000; id++ {
		for range 12 {
			// A few phrases are everywhere, most triples nowhere else.
			f := uint32(r.ExpFloat64() * 2000)
			if r.IntN(3) > 0 {
				f = r.Uint32()
			}
			list := plain[f]
			if len(list) > 0 && list[len(list)-1] == id {
				continue // an article's fingerprints are different
			}
			p.add(f, id, oldest)
			list = slices.DeleteFunc(list, func(old uint32) bool { return old < oldest })
			if len(list) < most {
				list = append(list, id)
			}
			plain[f] = list
		}
		if id > 1500 {
			oldest = id - 1500
		}
	}
	for f, list := range plain {
		want := list[alive(list, oldest):]
		got := p.find(f, nil, oldest)
		slices.Sort(got)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("articles with %d (-want +got):\n%s", f, diff)
		}
		if n := p.count(f, oldest); n != len(want) {
			t.Fatalf("%d articles with %d, want %d", n, f, len(want))
		}
	}
	if got := p.find(12345, nil, 6000); len(got) > 0 {
		t.Errorf("found %v, and everything is gone", got)
	}
}

func BenchmarkPostings(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &postings{frequent: frequent}
	for id := uint32(firstArticle); id < 20_000; id++ {
		for range 52 {
			p.add(r.Uint32()%limit, id, firstArticle)
		}
	}
	b.Run("find", func(b *testing.B) {
		var found []uint32
		for b.Loop() {
			found = p.find(r.Uint32()%limit, found[:0], firstArticle)
		}
	})
	b.Run("add", func(b *testing.B) {
		id := uint32(20_000)
		for b.Loop() {
			p.add(r.Uint32()%limit, id, id-20_000+firstArticle)
			id++
		}
	})
}
