package main

import (
	"slices"
	"testing"

	"github.com/copydesk/copydesk/pkg/summary"
)

// The second sentence shares words with all others, the last with none.
func TestRanks_theCentreFirst(t *testing.T) {
	t.Parallel()
	bags := bagsOf([]summary.Candidate{
		{Text: "Dockers strike."}, {Text: "Dockers strike while ships wait offshore."}, {Text: "Ships wait offshore."}, {Text: "Apples ripen."},
	})
	for name, rank := range map[string][]float64{"TextRank": textRank(bags), "LexRank": lexRank(bags)} {
		if slices.Max(rank) != rank[1] || slices.Min(rank) != rank[3] {
			t.Errorf("%s: got %v", name, rank)
		}
	}
	if got := top([]float64{.1, .4, .2, .3}); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("top: got %v", got)
	}
}
