package eval

import (
	"strings"
	"testing"
)

// table is a linker that knows its answers.
type table struct {
	links map[string]map[Span]string
	known string
}

func (t table) Links(text string) map[Span]string { return t.links[text] }
func (t table) Knows(id string) bool              { return strings.Contains(t.known, id+" ") }

func TestLinking(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"entities/linking/news.jsonl": `
{"id":"1","text":"Ärland beat Norland in Alden.","mentions":[{"start":0,"end":6,"qid":"Q1"},{"start":12,"end":19,"qid":"Q2"},{"start":23,"end":28,"qid":null}]}
{"id":"2","text":"Voss left Norland.","mentions":[{"start":0,"end":4,"qid":"Q9"},{"start":10,"end":17,"qid":"Q2"}]}
`[1:]})
	linker := table{known: "Q1 Q2 Q3 ", links: map[string]map[Span]string{
		"Ärland beat Norland in Alden.": {
			{0, 6}:   "Q1", // right
			{12, 19}: "Q3", // another id
			{23, 28}: "Q3", // a name that stands for nothing
		},
		"Voss left Norland.": {{10, 16}: "Q2"}, // cut short
	}}
	scores, err := Linking(dir, linker, quiet)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		value float64
		n     int
	}{
		"f1": {2.0 / 8, 4}, "precision": {1.0 / 4, 4}, "recall": {1.0 / 4, 4},
		"recall_covered": {1.0 / 3, 3}, "f1_covered": {2.0 / 7, 3},
		"precision_at_gold": {1.0 / 3, 3}, "coverage": {3.0 / 4, 4}, "coverage_ids": {2.0 / 3, 3},
	}
	for _, s := range scores {
		w, ok := want[s.Metric]
		if !ok || s.Stage != "linking" || s.Set != "news" {
			t.Errorf("unexpected figure %+v", s)
		}
		if s.Value < w.value-1e-9 || s.Value > w.value+1e-9 || s.N != w.n {
			t.Errorf("%s is %v of %d, want %v of %d", s.Metric, s.Value, s.N, w.value, w.n)
		}
		delete(want, s.Metric)
	}
	if len(want) > 0 {
		t.Errorf("no %v", want)
	}
}

func TestLinking_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"no folder":           nil,
		"no file":             {"entities/linking/README": "x"},
		"a line that is none": {"entities/linking/news.jsonl": "{\n"},
	} {
		if _, err := Linking(folder(t, files), table{}, quiet); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOwnLinker(t *testing.T) {
	t.Parallel()
	links := OwnLinker{}.Links("Mira Voss flew from Egypt to Norway.")
	if len(links) != 2 || links[Span{20, 25}] != "Q79" || links[Span{29, 35}] != "Q20" {
		t.Errorf("links are %v", links)
	}
	if (OwnLinker{}).Knows("Q1") || !(OwnLinker{}).Knows("Q79") {
		t.Error("the base is not the gazetteer's")
	}
}
