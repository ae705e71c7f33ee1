package extract

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// story is an article with an opening and a closing line around its own text.
func story(n int, opening, closing string) []string {
	ps := []string{opening}
	for i := range 6 {
		ps = append(ps, fmt.Sprintf("Paragraph %c of harbour story %c said something else.", 'a'+i, 'a'+n))
	}
	return append(ps, closing)
}

func learn(stories, days int, opening, closing string) *Edges {
	var e Edges
	for n := range stories {
		e.Learn("harbour", story(n, opening, closing), received.Add(time.Duration(n%days)*24*time.Hour))
	}
	return &e
}

func TestEdges(t *testing.T) {
	t.Parallel()
	const opening, closing = "From our harbour desk, 5 October", "Write to the desk at the old pier."
	for _, tc := range []struct {
		name          string
		stories, days int
		line          string
		want          bool
	}{
		{"a line that closes every article", 6, 3, closing, true},
		{"the same with another date", 6, 3, "From our harbour desk, 9 October", true},
		{"too few articles", 4, 4, closing, false},
		{"on one day: a running story", 9, 1, closing, false},
		{"a line of one article", 6, 3, "Paragraph a of harbour story a said something else.", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rules := learn(tc.stories, tc.days, opening, closing).Snapshot()
			if got := rules.Learnt("harbour", tc.line); got != tc.want {
				t.Errorf("learnt: %v, want %v", got, tc.want)
			}
			if rules.Learnt("other", tc.line) {
				t.Error("another source has the rule too")
			}
		})
	}
}

func TestEdges_lineInsideArticlesStays(t *testing.T) {
	t.Parallel()
	const line = "The strike began in August."
	e := learn(6, 3, line, "The end.")
	for n := range 3 {
		ps := story(n, "Another opening.", "Another end.")
		ps[4] = line
		e.Learn("harbour", ps, received)
	}
	if e.Snapshot().Learnt("harbour", line) {
		t.Error("a line that also stands inside articles was learnt")
	}
}

func TestRules_revisionNamesTheContent(t *testing.T) {
	t.Parallel()
	one := learn(6, 3, "Opening line.", "Closing line.").Snapshot()
	two := learn(7, 3, "Opening line.", "Closing line.").Snapshot()
	other := learn(6, 3, "Opening line.", "Another closing line.").Snapshot()
	if one.Rev != two.Rev || one.Rev == other.Rev || one.Rev == "" {
		t.Errorf("revisions %q, %q of equal rules and %q of others", one.Rev, two.Rev, other.Rev)
	}
	data, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseRules(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, back); diff != "" {
		t.Error(diff)
	}
	one.Sources["harbour"] = append(one.Sources["harbour"], "zz")
	if data, err = json.Marshal(one); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRules(data); err == nil {
		t.Error("rules that were altered under their revision were read")
	}
}

func TestFile_learntBoilerplate(t *testing.T) {
	t.Parallel()
	rules := learn(6, 3, "From our harbour desk.", "Write to the desk at the old pier.").Snapshot()
	text := "From our harbour desk.\n\n" + prose + "\n\n" + prose + "\n\nIt goes on.\n\nWrite to the desk at the old pier.\n"
	a := extractOne(t, text, Hints{Source: "harbour", Boilerplate: rules})
	if want := prose + "\n\n" + prose + "\n\nIt goes on."; *a.Text != want {
		t.Errorf("text is %q", *a.Text)
	}
	if len(a.Cleaning.Removed) != 2 || a.Cleaning.Removed[0].Rule != "learnt" || deref(a.Cleaning.RulesRev) != rules.Rev {
		t.Errorf("cleaning is %+v", a.Cleaning)
	}
	if a := extractOne(t, text, Hints{Source: "harbour"}); len(a.Cleaning.Removed) != 0 || a.Cleaning.RulesRev != nil {
		t.Errorf("without rules, cleaning is %+v", a.Cleaning)
	}
}
