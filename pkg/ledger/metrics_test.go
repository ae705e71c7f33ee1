package ledger_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/ledger"
)

func TestMetrics_balanceByLane(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	m := ledger.NewMetrics(reg)
	if n, err := testutil.GatherAndCount(reg, "copydesk_ledger_items"); err != nil || n != 3*5 {
		t.Errorf("before the first reading: %d series, %v", n, err)
	}
	m.Set([]ledger.Sums{
		{Source: "ap", Lane: article.Live, Files: 5, Opened: 4, Split: 9, Enriched: 5, Duplicate: 2, Dead: 1},
		{Source: "mail", Lane: article.Live, Files: 1},
		{Source: "archive", Lane: article.Backfill, Files: 2, Opened: 2, Split: 2, Enriched: 2},
		{Source: "x", Lane: "https://evil.example/lane", Dead: 1},
		{Source: "y", Lane: "another", Dead: 1},
	})
	want := `
# HELP copydesk_ledger_items Items of all time by lane and state: in = enriched + duplicate + dead + in_flight.
# TYPE copydesk_ledger_items gauge
copydesk_ledger_items{lane="backfill",state="dead"} 0
copydesk_ledger_items{lane="backfill",state="duplicate"} 0
copydesk_ledger_items{lane="backfill",state="enriched"} 2
copydesk_ledger_items{lane="backfill",state="in"} 2
copydesk_ledger_items{lane="backfill",state="in_flight"} 0
copydesk_ledger_items{lane="live",state="dead"} 1
copydesk_ledger_items{lane="live",state="duplicate"} 2
copydesk_ledger_items{lane="live",state="enriched"} 5
copydesk_ledger_items{lane="live",state="in"} 11
copydesk_ledger_items{lane="live",state="in_flight"} 3
copydesk_ledger_items{lane="other",state="dead"} 2
copydesk_ledger_items{lane="other",state="duplicate"} 0
copydesk_ledger_items{lane="other",state="enriched"} 0
copydesk_ledger_items{lane="other",state="in"} 0
copydesk_ledger_items{lane="other",state="in_flight"} -2
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "copydesk_ledger_items"); err != nil {
		t.Error(err)
	}
}

func TestLeak(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, after ledger.Sums
		inHand        int64
		want          int64
	}{
		{"nothing came yet", ledger.Sums{}, ledger.Sums{}, 0, 0},
		{"all have ended", ledger.Sums{Files: 3, Enriched: 2, Dead: 1}, ledger.Sums{Files: 3, Enriched: 2, Dead: 1}, 0, 0},
		{"two wait and one is at work", ledger.Sums{Files: 3}, ledger.Sums{Files: 3}, 3, 0},
		{"one ended while we asked", ledger.Sums{Files: 3}, ledger.Sums{Files: 3, Enriched: 1}, 2, 0},
		{"more came while we asked", ledger.Sums{Files: 3}, ledger.Sums{Files: 50, Enriched: 1}, 2, 0},
		{"one is between two stages and in the hands of both", ledger.Sums{Files: 3}, ledger.Sums{Files: 3, Enriched: 2}, 2, 0},
		{"one is nowhere", ledger.Sums{Files: 3}, ledger.Sums{Files: 3, Enriched: 1}, 1, 1},
		{"one ended twice", ledger.Sums{Files: 3, Enriched: 3}, ledger.Sums{Files: 3, Enriched: 3, Duplicate: 1}, 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ledger.Leak(c.before, c.inHand, c.after); got != c.want {
				t.Errorf("Leak = %d, want %d", got, c.want)
			}
		})
	}
}
