package eval

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewSuite_isTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	wire := inventedWire(30)
	suite := func(seed uint64) *Suite {
		s, err := newSuite(wire, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := suite(3)
	if diff := cmp.Diff(first.Mutants, suite(3).Mutants); diff != "" {
		t.Errorf("two suites of seed 3:\n%s", diff)
	}
	other := suite(4)
	if cmp.Equal(first.Mutants, other.Mutants) {
		t.Error("seeds 3 and 4 give the same mutants")
	}
	if diff := cmp.Diff(first.Articles, other.Articles); diff != "" {
		t.Errorf("the index depends on the seed:\n%s", diff)
	}
	if want := len(first.Articles) * len(mutations); len(first.Mutants) != want {
		t.Errorf("%d mutants, want %d", len(first.Mutants), want)
	}
}

func TestNewSuite_hostsAreNotInTheIndex(t *testing.T) {
	t.Parallel()
	s, err := newSuite(inventedWire(30), 1)
	if err != nil {
		t.Fatal(err)
	}
	indexed := map[string]bool{}
	for _, a := range s.Articles {
		for _, w := range strings.Fields(a) {
			indexed[w] = true
		}
	}
	for _, m := range s.Mutants {
		if m.Kind != "embed" {
			continue
		}
		before, after, ok := strings.Cut(m.Text, s.Articles[m.Of])
		if !ok {
			t.Fatalf("a host without its original: %q", m.Text)
		}
		host := strings.Fields(before + after)
		if want := len(strings.Fields(s.Articles[m.Of])); len(host) != want {
			t.Errorf("%d words of foreign text, want %d", len(host), want)
		}
		known := 0
		for _, w := range host {
			if indexed[w] {
				known++
			}
		}
		if known > len(host)/10 { // a made-up word may turn up twice
			t.Errorf("%d of %d foreign words are in the index", known, len(host))
		}
	}
}

func TestUnlike_keepsOneOfTwoThatHaveTooMuchInCommon(t *testing.T) {
	t.Parallel()
	wire := inventedWire(12)
	half := wire[0]
	half.ID = "part" // in the index too: see isHost
	half.Text = strings.Join(strings.Fields(half.Text)[:50], " ") + " " + invented(99, 50)
	brief := wireArticle{ID: "short", Text: invented(98, leastWords-1)}
	if isHost(half.ID) || isHost(brief.ID) {
		t.Fatal("choose other ids: these are hosts")
	}
	articles, hosts := unlike(append(slices.Clone(wire), half, brief))
	var got []string
	for _, a := range articles {
		got = append(got, a.ID)
	}
	var want []string
	for _, a := range wire {
		if !isHost(a.ID) {
			want = append(want, a.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	if len(hosts) != len(wire)-len(want) {
		t.Errorf("%d hosts, want %d", len(hosts), len(wire)-len(want))
	}
}

func TestMutations_doWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	original := invented(1, 200)
	words := strings.Fields(original)
	m := &mutator{
		Rand: rand.New(rand.NewPCG(5, 5)), vocabulary: []string{"xyzzy"},
		hosts: [][]string{strings.Fields(invented(2, 90)), strings.Fields(invented(3, 90))},
	}
	changed := map[string]string{}
	for _, change := range mutations {
		changed[change.kind] = change.make(m, original)
	}
	if got := strings.Fields(changed["trunc25"]); !slices.Equal(got, words[:50]) {
		t.Errorf("trunc25 has %d words", len(got))
	}
	if got := strings.Fields(changed["trunc50"]); !slices.Equal(got, words[:100]) {
		t.Errorf("trunc50 has %d words", len(got))
	}
	if got := changed["boiler"]; !strings.Contains(got, original) || strings.HasPrefix(got, original) || strings.HasSuffix(got, original) {
		t.Errorf("boiler is not framed: %q", got)
	}
	if got := changed["boiler_trunc60"]; !strings.Contains(got, strings.Join(words[:120], " ")) || strings.Contains(got, words[121]+" "+words[122]) {
		t.Errorf("boiler_trunc60 does not hold 60 %%: %q", got)
	}
	shuffled := strings.Fields(changed["shuffle"])
	if slices.Equal(shuffled, words) {
		t.Error("shuffle left the order")
	}
	if slices.Sort(shuffled); !slices.Equal(shuffled, slices.Sorted(slices.Values(words))) {
		t.Error("shuffle changed words")
	}
	kept := func(s string) float64 {
		in := map[string]bool{}
		for _, w := range strings.Fields(s) {
			in[w] = true
		}
		n := 0
		for _, w := range words {
			if in[w] {
				n++
			}
		}
		return float64(n) / float64(len(words))
	}
	for _, c := range []struct {
		kind        string
		least, most float64
	}{
		{"reword5", 0.90, 0.999},
		{"reword10", 0.82, 0.97},
		{"reword20", 0.74, 0.93},
		{"reword30", 0.65, 0.88},
		{"ocr2", 0.75, 0.98},
		{"ocr5", 0.50, 0.90},
		{"drop30", 0.45, 0.95},
		{"update25", 0.90, 1},
		{"embed", 1, 1},
	} {
		if got := kept(changed[c.kind]); got < c.least || got > c.most {
			t.Errorf("%s keeps %.3f of the words, want %v to %v", c.kind, got, c.least, c.most)
		}
	}
	if !strings.HasPrefix(changed["drop30"], strings.Join(words[:10], " ")) {
		t.Error("drop30 lost the first sentence")
	}
	if got := len(strings.Fields(changed["embed"])); got != 400 {
		t.Errorf("embed has %d words, want 400", got)
	}
}

func TestSuite_Scores(t *testing.T) {
	t.Parallel()
	s := &Suite{
		Articles: []string{"a", "b"},
		Mutants:  []Mutant{{0, "trunc50", "a1"}, {0, "embed", "a2"}, {1, "trunc50", "b1"}, {1, "embed", "b2"}},
	}
	// Right; right and another besides; another; none.
	got := values(s.Scores("x", [][]int{{0}, {0, 1}, {0}, nil}), "x")
	want := map[string]float64{
		"f1": 4.0 / 8, "precision": 2.0 / 4, "recall": 2.0 / 4,
		// Pairs: 3+3 in the truth {0 a1 a2}{1 b1 b2}, 10 found {0 1 a1 a2 b1}{b2}, 3+1 in
		// both: (4 - 60/15) / (8 - 60/15).
		"ari": 0, "recall_trunc50": 0.5, "recall_embed": 0.5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got = values(s.Scores("x", [][]int{{0}, {0}, {1}, {1}}), "x")
	if got["f1"] != 1 || got["ari"] != 1 {
		t.Errorf("all right: %v", got)
	}
}
