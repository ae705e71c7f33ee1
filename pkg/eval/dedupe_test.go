package eval

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// invented returns a text of made-up words in sentences of ten; two numbers have no
// phrase in common.
func invented(i, words int) string {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	var b strings.Builder
	for n := range words {
		word := ""
		for range 3 {
			word += string("bdfgklmnprst"[r.IntN(12)]) + string("aeiou"[r.IntN(5)])
		}
		if n%10 == 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
		if n%10 == 9 {
			b.WriteByte('.')
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

// inventedWire returns n articles without anything in common, an hour apart.
func inventedWire(n int) []wireArticle {
	wire := make([]wireArticle, n)
	for i := range wire {
		wire[i] = wireArticle{"a" + strconv.Itoa(i), "Title " + strconv.Itoa(i), epoch.Add(time.Duration(i) * time.Hour), invented(i, 100)}
	}
	return wire
}

// lines encodes values one a line.
func lines[T any](t *testing.T, values []T) string {
	t.Helper()
	var b strings.Builder
	for _, v := range values {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// values maps the figures of a set by metric.
func values(scores []Score, set string) map[string]float64 {
	m := map[string]float64{}
	for _, s := range scores {
		if s.Set == set {
			m[s.Metric] = s.Value
		}
	}
	return m
}

// judgedStream is a stream with given verdicts: each names an older article by number,
// or itself.
func judgedStream(relations []article.Relation, of []int) *decided {
	d := &decided{numbers: map[string]int{}, byID: map[string]int{}, of: of}
	for n, r := range relations {
		id := "r" + strconv.Itoa(n)
		d.ids = append(d.ids, id)
		d.byID[id] = n
		d.entries = append(d.entries, dedupe.Entry{Relation: r})
	}
	return d
}

func TestDedupe_scoresEverySet(t *testing.T) {
	t.Parallel()
	wire := inventedWire(40)
	again := wire[3]
	again.ID, again.Date = "again", wire[3].Date.Add(time.Minute)
	wire = append(wire, again)
	late := wire[4]
	late.ID, late.Title, late.Date = "late", "Another", wire[4].Date.Add(100*time.Hour) // outside the window
	wire = append(wire, late)
	type event struct {
		ID    string `json:"id"`
		Event string `json:"event"`
		Text  string `json:"text"`
	}
	dir := folder(t, map[string]string{
		"dedupe/reuters/articles.jsonl.gz": lines(t, wire),
		"dedupe/reuters/corrected.jsonl":   `{"id":"again"}` + "\n" + `{"id":"a7"}` + "\n",
		"stories/ecb/articles.jsonl": lines(t, []event{
			{"1_1ecb", "1_ecb", invented(1, 60)},
			{"1_2ecb", "1_ecb", invented(1, 60)},
			{"1_1ecbplus", "1_ecbplus", "http : / / example . org\n" + invented(1, 60)},
			{"1_2ecbplus", "1_ecbplus", invented(2, 60) + "\n" + invented(3, 60)},
		}),
	})
	judged := fstest.MapFS{
		"reuters-pairs.tsv":       {Data: []byte("older\tnewer\tband\tpopulation\tjudge_a\tjudge_b\tlabel\na3\tagain\t0.90\t7\texact\texact\texact\na4\tlate\t0.90\t7\texact\tnear\tnear\n")},
		"reuters-corrections.tsv": {Data: []byte("correction\toriginal\nagain\ta3\na7\tnone\n")},
	}
	var told []string
	scores, err := scoreDedupe(dir, judged, DedupeOptions{Seed: 1, Misses: true}, func(format string, args ...any) {
		told = append(told, fmt.Sprintf(format, args...))
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := values(scores, "reuters")
	want := map[string]float64{
		"new": 41, "exact": 1, "near": 0, "excerpt": 0, "update": 0, "correction": 0, "kill": 0, "stopped": 1.0 / 42,
		"corrections_linked": 1, "corrections_named": 0, "corrections_any": 0.5,
	}
	if diff := cmp.Diff(want, stream); diff != "" {
		t.Errorf("reuters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]float64{"false_merges": 2, "merges": 1, "precision": 1.0 / 3}, values(scores, "ecb")); diff != "" {
		t.Errorf("ecb, where a link must not hide two copies (-want +got):\n%s", diff)
	}
	if got := values(scores, "pairs"); got["precision"] != 1 || got["recall"] != 0.5 || got["judges_equal"] != 0.5 {
		t.Errorf("pairs: %v", got)
	}
	mutations := values(scores, "mutations")
	for _, metric := range []string{"f1", "ari", "recall_trunc50", "recall_embed", "articles_new"} {
		if mutations[metric] < 0.5 {
			t.Errorf("mutations %s is %v", metric, mutations[metric])
		}
	}
	if s := values(scores, "speed"); s["signatures_per_core_second"] <= 0 || s["decisions_per_core_second"] <= 0 {
		t.Errorf("speed: %v", s)
	}
	all := strings.Join(told, "\n")
	for _, part := range []string{"pair a4 late is near (exact, near): accepted false", "correction again of a3: linked true; exact of a3", "1_1ecb and 1_1ecbplus are of different events"} {
		if !strings.Contains(all, part) {
			t.Errorf("no notice %q in\n%s", part, all)
		}
	}
}

func TestDedupe_saysWhatIsWrongWithTheData(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, content, want string
	}{
		{"no articles", "dedupe/reuters/readme.txt", "", "articles.jsonl.gz"},
		{"a line that is not JSON", "dedupe/reuters/articles.jsonl", "{", "articles.jsonl line 1"},
		{"an article without a date", "dedupe/reuters/articles.jsonl", `{"id":"a"}`, "no date"},
		{"nothing long enough", "dedupe/reuters/articles.jsonl", `{"id":"a","date":"2026-01-05T06:00:00Z","text":"Brief."}`, "too few"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Dedupe(folder(t, map[string]string{c.file: c.content}), DedupeOptions{}, quiet)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to tell of %q", err, c.want)
			}
		})
	}
}

func TestReadPairs_refuses(t *testing.T) {
	t.Parallel()
	const header = "older\tnewer\tband\tpopulation\tjudge_a\tjudge_b\tlabel\n"
	for name, c := range map[string]struct{ table, want string }{
		"a missing column":    {"older\tnewer\n", `no column "band"`},
		"a short line":        {header + "a\tb\t0.3\n", "line 2: no population"},
		"a word for a number": {header + "a\tb\t0.3\tmany\tnear\tnear\tnear\n", "line 2: population"},
		"an unknown label":    {header + "a\tb\t0.3\t9\tnear\talike\tnear\n", `no label "alike"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readPairs(fstest.MapFS{pairsFile: {Data: []byte(c.table)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadPairs_committedLabelsAreReadable(t *testing.T) {
	t.Parallel()
	judged, err := fs.Sub(labels, "labels")
	if err != nil {
		t.Fatal(err)
	}
	if pairs, err := readPairs(judged); err != nil || len(pairs) == 0 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
}

func TestPairScores(t *testing.T) {
	t.Parallel()
	d := judgedStream(
		[]article.Relation{article.New, article.Near, article.Exact, article.New, article.Update, article.New},
		[]int{0, 0, 1, 3, 3, 5}) // groups 0 1 2, 3 4 and 5
	pair := func(older, newer int, band string, population float64, label string) judgedPair {
		return judgedPair{band: band, population: population, label: label, judgeA: label, judgeB: label, olderNum: older, newerNum: newer}
	}
	scores := pairScores("pairs", []judgedPair{
		pair(0, 2, "0.9", 10, "exact"),      // right, weight 5
		pair(0, 1, "0.9", 10, "excerpt"),    // right, weight 5, but called near
		pair(3, 4, "0.3", 90, "different"),  // wrongly accepted, weight 30
		pair(0, 5, "0.3", 90, "correction"), // missed, weight 30
		pair(1, 5, "0.3", 90, "related"),    // rightly kept apart
	}, d)
	want := map[string]float64{
		"f1": 4.0 / 6, "precision": 2.0 / 3, "recall": 2.0 / 3,
		"f1_weighted": 20.0 / 80, "precision_weighted": 10.0 / 40, "recall_weighted": 10.0 / 40,
		"relation": 0.5, "relation_exact": 1, "relation_excerpt": 0,
	}
	if diff := cmp.Diff(want, values(scores, "pairs")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScorePairs_leavesOutWhatTheDataDoNotHold(t *testing.T) {
	t.Parallel()
	d := judgedStream([]article.Relation{article.New, article.Near}, []int{0, 0})
	table := "older\tnewer\tshare\tband\tpopulation\tjudge_a\tjudge_b\tlabel\n"
	row := "\t0.95\t0.90\t4\tnear\tupdate\tnear\n"
	scores, err := scorePairs(fstest.MapFS{pairsFile: {Data: []byte(table + "r0\tr1" + row + "r0\tr9" + row)}}, d, quiet, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if scores[0] != (Score{"dedupe", "pairs", "f1", 1, 1}) {
		t.Errorf("first score %+v, want one pair", scores[0])
	}
	halves := 0
	for _, s := range scores {
		if s.Metric == "f1" && s.Set != "pairs" {
			halves += s.N
		}
	}
	if halves != 1 {
		t.Errorf("%d pairs in the two halves, want 1", halves)
	}
	if scores, err = scorePairs(fstest.MapFS{}, d, quiet, quiet); err != nil || scores != nil {
		t.Errorf("without labels: %v, %v", scores, err)
	}
}

func TestAdjustedRand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b []int
		want float64
	}{
		{"the same groups under other names", []int{0, 0, 1, 1}, []int{7, 7, 3, 3}, 1},
		{"one group split", []int{0, 0, 1, 1}, []int{0, 0, 1, 2}, 4.0 / 7},
		{"groups across each other", []int{0, 0, 1, 1}, []int{0, 1, 0, 1}, -0.5},
		{"all alone in both", []int{0, 1, 2}, []int{2, 1, 0}, 1},
		{"one thing", []int{0}, []int{0}, 1},
	} {
		if got := adjustedRand(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestKappa(t *testing.T) {
	t.Parallel()
	var a, b []bool
	for _, c := range []struct {
		a, b bool
		n    int
	}{{true, true, 20}, {false, false, 15}, {true, false, 5}, {false, true, 10}} {
		for range c.n {
			a, b = append(a, c.a), append(b, c.b)
		}
	}
	if got := kappa(a, b); math.Abs(got-0.4) > 1e-12 {
		t.Errorf("kappa is %v, want 0.4", got)
	}
	if got := kappa([]bool{true, true}, []bool{true, true}); got != 1 {
		t.Errorf("kappa of judges who always say yes is %v", got)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	g := newGroups(5)
	g.join(0, 1)
	g.join(3, 4)
	g.join(1, 4)
	all := g.all()
	if all[0] != all[3] || all[1] != all[4] || all[2] == all[0] {
		t.Errorf("groups are %v", all)
	}
}

func TestWriteList(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := WriteList(&b, []Score{{"dedupe", "mutations", "f1", 1, 4200}, {"dedupe", "reuters", "exact", 160, 12150}}); err != nil {
		t.Fatal(err)
	}
	want := `stage   set        metric  value   n
dedupe  mutations  f1      1.0000  4200
dedupe  reuters    exact   160     12150
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
