package extract

import (
	"fmt"
	"strings"
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
		e.Learn(*edgeOf(story(n, opening, closing)), received.Add(time.Duration(n%days)*24*time.Hour))
	}
	return &e
}

// snapshot has one source's edges.
func snapshot(e *Edges) *Rules {
	if r := (*Rules)(nil).With(map[string][]string{"harbour": e.Learnt()}); r != nil {
		return r
	}
	return &Rules{}
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
			rules := snapshot(learn(tc.stories, tc.days, opening, closing))
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
		e.Learn(*edgeOf(ps), received)
	}
	if snapshot(e).Learnt("harbour", line) {
		t.Error("a line that also stands inside articles was learnt")
	}
}

func TestRules_revisionNamesTheContent(t *testing.T) {
	t.Parallel()
	one := snapshot(learn(6, 3, "Opening line.", "Closing line."))
	two := snapshot(learn(7, 3, "Opening line.", "Closing line."))
	other := snapshot(learn(6, 3, "Opening line.", "Another closing line."))
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
	rules := snapshot(learn(6, 3, "From our harbour desk.", "Write to the desk at the old pier."))
	text := "From our harbour desk.\n\n" + prose + "\n\n" + prose + "\n\nIt goes on.\n\nWrite to the desk at the old pier.\n"
	a := extractOne(t, text, Hints{Source: "harbour", Boilerplate: rules})
	if want := prose + "\n\n" + prose + "\n\nIt goes on."; *a.Text != want {
		t.Errorf("text is %q", *a.Text)
	}
	if len(a.Cleaning.Removed) != 2 || a.Cleaning.Removed[0].Rule != "learnt" || deref(a.Cleaning.RulesRev) != "1-"+rules.Rev {
		t.Errorf("cleaning is %+v", a.Cleaning)
	}
	if a := extractOne(t, text, Hints{Source: "harbour"}); len(a.Cleaning.Removed) != 0 || a.Cleaning.RulesRev != nil {
		t.Errorf("without rules, cleaning is %+v", a.Cleaning)
	}
}

func TestEdges_nearCopiesOfAnArticleCountOnce(t *testing.T) {
	t.Parallel()
	var e Edges
	for n := range 12 {
		ps := story(1, "The lock reopened on Monday.", "More is expected tomorrow.")
		ps[1] = fmt.Sprintf("Its lead was written anew for edition %c.", 'a'+n)
		if got := e.Learn(*edgeOf(ps), received.Add(time.Duration(n)*24*time.Hour)); got != (n == 0) {
			t.Errorf("delivery %d of one article was counted: %v", n, got)
		}
	}
	if lines := e.Learnt(); len(lines) != 0 {
		t.Errorf("an article that came twelve times taught %q", lines)
	}
}

func TestEdges_aLineOnTheBorderStays(t *testing.T) {
	t.Parallel()
	const closing = "Write to the desk at the old pier."
	e := learn(6, 3, "From our harbour desk.", closing)
	fill := func(from, n int) {
		for i := from; i < from+n; i++ {
			ps := []string{fmt.Sprintf("Opening %c%c.", 'a'+i%26, 'a'+i/26)}
			for j := range 6 {
				ps = append(ps, fmt.Sprintf("Part %c of quay story %c%c told another tale.", 'a'+j, 'a'+i%26, 'a'+i/26))
			}
			e.Learn(*edgeOf(ps), received)
		}
	}
	e.Learnt()
	fill(0, 60) // its share is 9 % now
	if !snapshot(e).Learnt("harbour", closing) {
		t.Error("a line that was learnt goes as soon as its share is below a tenth")
	}
	fill(60, 80) // 4 %
	if snapshot(e).Learnt("harbour", closing) {
		t.Error("a line in four of a hundred articles is still learnt")
	}
}

func TestEdges_staySmallAndComeBack(t *testing.T) {
	t.Parallel()
	const closing = "Write to the desk at the old pier."
	var e Edges
	for n := range 5000 {
		ps := make([]string, 9)
		for i := range ps {
			ps[i] = fmt.Sprintf("Sentence %c%c%c%c of the day.", 'a'+i, 'a'+n%26, 'a'+n/26%26, 'a'+n/676)
		}
		ps[8] = closing
		e.Learn(*edgeOf(ps), received.Add(time.Duration(n%4)*24*time.Hour))
		if len(e.lines) > maxEdgeLines || len(e.prints) > maxPrints || e.articles > maxEdgeArticles {
			t.Fatalf("after %d articles: %d lines, %d prints, %d counted", n, len(e.lines), len(e.prints), e.articles)
		}
	}
	want := []string{edgeKey(closing)}
	if diff := cmp.Diff(want, e.Learnt()); diff != "" {
		t.Errorf("learnt (-want +got):\n%s", diff)
	}
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseEdges(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || string(again) != string(data) {
		t.Errorf("stored and read again, the counts differ (%v)", err)
	}
	if diff := cmp.Diff(want, back.Learnt()); diff != "" {
		t.Errorf("learnt after a restart (-want +got):\n%s", diff)
	}
}

func TestRules_With(t *testing.T) {
	t.Parallel()
	var none *Rules
	if r := none.With(map[string][]string{"a": nil}); r != nil {
		t.Errorf("nothing learnt made the snapshot %+v", r)
	}
	one := none.With(map[string][]string{"a": {"x "}})
	two := one.With(map[string][]string{"b": {"y "}})
	if same := two.With(map[string][]string{"b": {"y "}, "c": nil}); same != two {
		t.Errorf("a snapshot without a change is %+v", same)
	}
	three := two.With(map[string][]string{"b": nil})
	if one.Number != 1 || two.Number != 2 || three.Number != 3 || one.Rev != three.Rev || one.Name() == three.Name() {
		t.Errorf("snapshots %s, %s, %s", one.Name(), two.Name(), three.Name())
	}
	if diff := cmp.Diff(map[string][]string{"a": {"x "}, "b": {"y "}}, two.Sources); diff != "" {
		t.Errorf("an older snapshot changed (-want +got):\n%s", diff)
	}
}

func FuzzParseEdges(f *testing.F) {
	data, err := learn(6, 3, "From our harbour desk.", "Write to the desk.").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEdges(data)
		if err != nil {
			return
		}
		e.Learn(*edgeOf(story(1, "Opening.", "Closing.")), received)
		if _, err := e.Encode(); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkEdgeOf(b *testing.B) {
	ps := make([]string, 24)
	for i := range ps {
		ps[i] = strings.Repeat(fmt.Sprintf("The council of ward %d met and adjourned. ", i), 1+i%9)
	}
	b.ReportAllocs()
	for b.Loop() {
		edgeOf(ps)
	}
}

func BenchmarkEdges_Learn(b *testing.B) {
	var e Edges
	edge := *edgeOf(story(1, "Opening line.", "Closing line."))
	b.ReportAllocs()
	for b.Loop() {
		edge.Print++
		e.Learn(edge, received)
	}
}
