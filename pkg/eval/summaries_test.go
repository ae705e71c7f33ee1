package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/summary"
)

func TestDangling(t *testing.T) {
	t.Parallel()
	const s = "Port Alden\n\nThe ferry sank on Monday night. It carried 40 people home. But all of them were saved. Divers search the wreck."
	for _, tc := range []struct {
		name   string
		starts []int
		want   bool
	}{
		{"the first sentence may open as it likes", []int{12}, false},
		{"a pronoun without what it stands for", []int{44}, true},
		{"a pronoun behind it", []int{12, 44}, false},
		{"a linking word over a gap", []int{12, 73}, true},
		{"a sentence that stands alone", []int{103}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Dangling(s, tc.starts); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestOpenQuote(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"“Stay,” he said.": false, "“Stay, he said.": true, "\"Go.": true, "\"Go,\" she said.": false, "`` Go , '' she said .": false,
	} {
		if got := OpenQuote(s); got != want {
			t.Errorf("%s: got %v", s, got)
		}
	}
}

func TestBetter(t *testing.T) {
	t.Parallel()
	high, low := make([]Rouge, 50), make([]Rouge, 50)
	for i := range high {
		high[i].R1 = 0.3 + float64(i%7)/100
		low[i].R1 = 0.2 + float64(i%5)/100
	}
	if a, b := Better(high, low), Better(low, high); a != 1 || b != 0 {
		t.Errorf("got %v and %v, want 1 and 0", a, b)
	}
	if p := Better(low, low); p != 0 {
		t.Errorf("nothing is better than itself: got %v", p)
	}
}

// A set of one invented article goes through the whole scorecard.
func TestSummaries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := `{"id":"a","text":"PORT ALDEN (AP) — The ferry sank on Monday night with 40 people aboard. It was on its way home. All were saved by fishermen, the harbour master said. Divers search the wreck today.","reference":"A ferry sank with 40 people aboard .\nFishermen saved all of them ."}` + "\n"
	if err := os.MkdirAll(filepath.Join(dir, "summaries", "own"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "summaries", "own", "articles.jsonl"), []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	scores, err := Summaries(dir, summary.Default(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, s := range scores {
		got[s.Set+" "+s.Metric] = s.Value
	}
	for _, m := range []string{"own offsets_exact", "own no_dangling_opener", "own no_open_quote", "own one_line_fits"} {
		if got[m] != 1 {
			t.Errorf("%s is %v", m, got[m])
		}
	}
	if r := got["own r1"]; r < 0.3 || r >= 1 {
		t.Errorf("r1 is %v", r)
	}
	if _, trained := got["own/trained r1"]; trained {
		t.Error("an article that was not learnt from counts as one")
	}
}

func TestReadSummaries_boilerplateIsTakenOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var lines strings.Builder
	for n := range repeatedIn {
		shared := "The ferry had been out of service since the spring."
		if n == 0 {
			shared = "One fewer has this sentence than the other one."
		}
		fmt.Fprintf(&lines, `{"id": "%d", "text": "Ferry %d sank. Write to us and win a day on the river. %s", "reference": "A ferry sank."}`+"\n", n, n, shared)
	}
	if err := os.MkdirAll(filepath.Join(dir, "summaries", "wire"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "summaries", "wire", "articles.jsonl"), []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	sets, err := ReadSummaries(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n, a := range sets[0].Articles {
		got := strings.Join(strings.Fields(*a.Record.Text), " ")
		want := fmt.Sprintf("Ferry %d sank. The ferry had been out of service since the spring.", n)
		if n == 0 {
			want = "Ferry 0 sank. One fewer has this sentence than the other one."
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
