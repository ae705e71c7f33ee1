package bench

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/dedupe"
)

func TestSyntheticNews_isLikeNewsToTheIndex(t *testing.T) {
	t.Parallel()
	s := newSyntheticNews()
	if s.article(7) != newSyntheticNews().article(7) {
		t.Error("article 7 differs from itself")
	}
	const n = 200
	kept := 0
	seen := map[uint32]int{}
	for i := range n {
		text := s.article(i)
		if words := len(strings.Fields(text)); words < articleWords || words > articleWords+40 {
			t.Fatalf("article %d has %d words", i, words)
		}
		sig := dedupe.Sign(synthetic(i, n, text))
		kept += len(sig.Fingerprints)
		for _, f := range sig.Fingerprints {
			seen[f]++
		}
	}
	// One in eight of 418 triples.
	if mean := float64(kept) / n; mean < 45 || mean > 60 {
		t.Errorf("%.1f fingerprints an article, want about 52", mean)
	}
	shared := 0
	for _, times := range seen {
		if times > 1 {
			shared += times
		}
	}
	if share := float64(shared) / float64(kept); share < 0.005 || share > 0.5 {
		t.Errorf("%.3f of the fingerprints are in several articles: too few or too many phrases", share)
	}
}

func TestRun_dedupeNeedsNoServer(t *testing.T) {
	t.Parallel()
	// More than a stream could hold, but it ends before the first article.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Options{Only: []string{"dedupe"}, N: 1 << 30, Rounds: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was canceled", err)
	}
}
