package summary

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func englishArticle(body string) *article.Article {
	lang := "en"
	return &article.Article{Language: &lang, Text: &body}
}

func summarize(a *article.Article, o Options) *article.Summary {
	s, _, _ := Summarize(a, o)
	return s
}

func texts(s *article.Summary) []string {
	got := []string{}
	for _, e := range s.Sentences {
		got = append(got, e.Text)
	}
	return got
}

// strike is the article of testdata/strike.txt.
func strike(tb testing.TB) *article.Article {
	tb.Helper()
	body, err := os.ReadFile("testdata/strike.txt")
	if err != nil {
		tb.Fatal(err)
	}
	a := englishArticle(strings.TrimSpace(string(body)))
	line := "PORT ALDEN (HW)"
	a.Dateline = &line
	return a
}

// checkSpans holds a summary to its promise: what it says stands in the text.
func checkSpans(t *testing.T, a *article.Article, s *article.Summary) {
	t.Helper()
	runes := []rune(*a.Text)
	for _, e := range s.Sentences {
		if got := string(runes[e.Start:e.End]); got != string([]rune(e.Text)) {
			t.Errorf("%q is not text[%d:%d], that is %q", e.Text, e.Start, e.End, got)
		}
	}
	for _, p := range s.KeyPoints {
		if !strings.Contains(*a.Text, p) {
			t.Errorf("key point %q is not in the text", p)
		}
	}
	if s.OneLine != nil && !strings.Contains(*a.Text, *s.OneLine) {
		t.Errorf("one line %q is not in the text", *s.OneLine)
	}
}

func TestSummarize_sentences(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, dateline, text string
		want                 []string
	}{
		{
			"a short article comes back whole, leaning sentences and all", "",
			"Dockers voted on Monday. They will stay away.",
			[]string{"Dockers voted on Monday.", "They will stay away."},
		},
		{
			"headings and credits are passed over", "",
			"Harbour strike\n\nPhoto: M. Voss\n\nDockers voted on Monday to stay away.\n\nCourt to rule\n\nThe port is shut until further notice.",
			[]string{"Dockers voted on Monday to stay away.", "The port is shut until further notice."},
		},
		{
			"lines for the reader are passed over", "",
			"Dockers voted on Monday to stay away. Scroll down for video of the vote. The port is shut until further notice.",
			[]string{"Dockers voted on Monday to stay away.", "The port is shut until further notice."},
		},
		{
			"people who do what such lines ask for are news", "",
			"Some 4,000 dockers sign up for the fund each week. Children read more books in the idle months. Please sign up for our letter.",
			[]string{"Some 4,000 dockers sign up for the fund each week.", "Children read more books in the idle months."},
		},
		{
			"a credit at the end is passed over", "",
			"Dockers voted on Monday to stay away. Ilse Brandt and two others contributed to this report.",
			[]string{"Dockers voted on Monday to stay away."},
		},
		{
			"the dateline is stripped", "PORT ALDEN (HW)",
			"PORT ALDEN (HW) — Dockers voted on Monday. They will stay away.",
			[]string{"Dockers voted on Monday.", "They will stay away."},
		},
		{
			"a dateline that nobody found before is stripped", "",
			"PORT ALDEN (AP) — Dockers voted on Monday to stay away.",
			[]string{"Dockers voted on Monday to stay away."},
		},
		{
			"one that lost its dash too", "",
			"Port Alden, Marrow (CNN)Dockers voted on Monday to stay away.",
			[]string{"Dockers voted on Monday to stay away."},
		},
		{
			"a note in brackets is passed over, and the dateline behind it", "",
			"(Corrects the day in the first paragraph.)\n\nPORT ALDEN, March 4 — Dockers voted on Monday to stay away.",
			[]string{"Dockers voted on Monday to stay away."},
		},
		{
			"copy with a stray stop is one sentence", "",
			"The envoy left, as reported by the Norlandish state. Department officials would not say where he went.",
			[]string{"The envoy left, as reported by the Norlandish state. Department officials would not say where he went."},
		},
		{"nothing but a heading is better than nothing", "", "Harbour strike goes on", []string{"Harbour strike goes on"}},
		{"nothing at all", "", "", []string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := englishArticle(tc.text)
			if tc.dateline != "" {
				a.Dateline = &tc.dateline
			}
			s := summarize(a, Options{})
			if diff := cmp.Diff(tc.want, texts(s)); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
			checkSpans(t, a, s)
		})
	}
}

// rated returns a reader of a text whose sentences have the given scores.
func rated(body string, scores ...float64) *reader {
	r := new(reader)
	r.read(englishArticle(body))
	for i := range r.sentences {
		r.sentences[i].score = scores[i]
	}
	return r
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		text   string
		scores []float64
		o      Options
		want   []int
	}{
		{
			"the best, in the order of the text",
			"The port of Alden is shut. Farmers pour away their milk. Ships wait off the coast. Shops run out of flour.",
			[]float64{.1, .9, .2, .8},
			Options{Sentences: 2},
			[]int{1, 3},
		},
		{
			"one that leans brings the one it leans on",
			"The port of Alden is shut. Farmers pour away their milk. They will be paid for it. Shops run out of flour.",
			[]float64{.1, .5, .9, .4},
			Options{Sentences: 2},
			[]int{1, 2},
		},
		{
			"or stays away when there is no room for both",
			"The port of Alden is shut. Farmers pour away their milk. They will be paid for it. Shops run out of flour.",
			[]float64{.1, .3, .9, .4},
			Options{Sentences: 1},
			[]int{3},
		},
		{
			"so does one whose speaker is a pronoun",
			"The port of Alden is shut. Farmers pour away their milk. “Nobody told us of it,” she said. Shops run out of flour.",
			[]float64{.1, .3, .9, .4},
			Options{Sentences: 1},
			[]int{3},
		},
		{
			"half a quotation stays away",
			"The port of Alden is shut. “We will never come back here. We have had enough of it,” Brandt said. Shops run out of flour.",
			[]float64{.1, .9, .8, .4},
			Options{Sentences: 2},
			[]int{0, 3},
		},
		{
			"what repeats three words stays away",
			"The port of Alden is shut. Nobody at the port of Alden knows more. Shops run out of flour.",
			[]float64{.9, .8, .1},
			Options{Sentences: 2},
			[]int{0, 2},
		},
		{
			"as many words as fit",
			"The port of Alden is shut. Farmers pour away their milk. Ships wait off the coast.",
			[]float64{.9, .8, .7},
			Options{Words: 12},
			[]int{0, 1},
		},
		{
			"as many characters as fit, spaces between included",
			"The port of Alden is shut. Farmers pour away their milk. Ships wait off the coast.",
			[]float64{.9, .8, .7},
			Options{Characters: 26 + 1 + 29},
			[]int{0, 1},
		},
		{
			"one character less",
			"The port of Alden is shut. Farmers pour away their milk. Ships wait off the coast.",
			[]float64{.9, .8, .7},
			Options{Characters: 26 + 1 + 28},
			[]int{0, 2},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, rated(tc.text, tc.scores...).choose(tc.o)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuotation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []bool // torn, by sentence
	}{
		{`"We stay away," she said on Monday. The port is shut now.`, []bool{false, false}},
		{`"We stay away from work. We mean it this time," she said. The port is shut now.`, []bool{true, true, false}},
		{`The dockers' union called it off. The port is open again.`, []bool{false, false}},
		{`‘We stay away from work. We mean it now,’ she said.`, []bool{true, true}},
		{`The port (and its cranes is shut. All of it is shut.`, []bool{true, false}},
	} {
		r := new(reader)
		r.read(englishArticle(tc.text))
		var got []bool
		for i := range r.sentences {
			got = append(got, r.sentences[i].torn)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.text, got, tc.want)
		}
	}
}

func TestLineEnd(t *testing.T) {
	t.Parallel()
	const long = "Dock workers at the country's largest harbour voted on Monday to stay away for a second week, leaving some 40 ships at anchor outside the breakwater and grocers warning of empty shelves"
	for _, tc := range []struct{ name, text, want string }{
		{"a sentence that fits", "Dockers voted on Monday.", "Dockers voted on Monday."},
		{"a long one is cut where a clause ends", long + ".", "Dock workers at the country's largest harbour voted on Monday to stay away for a second week"},
		{"or before an apposition", strings.Replace(long, "leaving", "a vote that leaves", 1) + ".", "Dock workers at the country's largest harbour voted on Monday to stay away for a second week"},
		{"not inside a quotation", "Ilse Brandt told the crowd at the gate “" + strings.TrimSuffix(long, ".") + ".”", ""},
		{"not without a verb before the cut", "The oldest of the many dock workers at the country's largest harbour, who " + strings.Repeat("very ", 30) + "gladly stay away, sing.", ""},
		{"nor where a source would be lost", "Dock workers at every single quay of the country will now stay away, according to officials of Port Alden and many others in the far north who have counted every one of those ships.", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := new(reader)
			r.read(englishArticle(tc.text))
			s := &r.sentences[0]
			got := ""
			if end := r.lineEnd(s); end > 0 {
				got = r.span(s, end)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSummarize_golden(t *testing.T) {
	t.Parallel()
	a := strike(t)
	s, level, _ := Summarize(a, Options{})
	checkSpans(t, a, s)
	if n := len(s.KeyPoints); n < 3 || n > 5 || level != article.Full {
		t.Errorf("got %d key points at level %s", n, level)
	}
	got, err := json.Marshal(s, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/strike.golden.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/strike.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestSummarize_levels(t *testing.T) {
	t.Parallel()
	const four = "Dockers voted on Monday to stay away. The port is shut. Farmers pour away their milk. Shops run out of flour."
	list := strings.Repeat("Alden 3, Skerry 1\n\n", 12)
	for _, tc := range []struct {
		name, lang, text string
		kind             article.Kind
		level            article.Level
		model            string
		warnings         []string
	}{
		{"English", "en-GB", four, article.KindArticle, article.Full, Default().Name(), nil},
		{"German", "de", "Die Hafenarbeiter stimmten am Montag ab.", article.KindArticle, article.Rules, Lead, []string{WarnWhole}},
		{"Japanese", "ja", "港は閉鎖された。再開は未定。", article.KindArticle, article.Rules, Lead, []string{WarnWhole}},
		{"no stops to go by", "th", "ท่าเรือปิด", article.KindArticle, article.None, Default().Name(), nil},
		{"an article no longer than the summary", "en", "Dockers voted on Monday to stay away.", article.KindArticle, article.Full, Default().Name(), []string{WarnWhole}},
		{"a live blog", "en", four, article.KindLiveBlog, article.Rules, Lead, []string{WarnUpdates}},
		{"a gallery", "en", four, article.KindGallery, article.Rules, Lead, []string{WarnUpdates}},
		{"a stub", "en", "Dockers voted on Monday to stay away.", article.KindPaywallStub, article.Rules, Lead, []string{WarnStub, WarnWhole}},
		{"a listing", "en", "Dockers voted on Monday to stay away.", article.KindListing, article.None, Default().Name(), []string{WarnList}},
		{"a table of results", "en", list, article.KindArticle, article.None, Default().Name(), []string{WarnList}},
		{
			"a very long document", "en", strings.Repeat("Dockers voted on Monday to stay away from work.\n\n", maxSentences+1), article.KindDocument,
			article.Rules, Default().Name(),
			[]string{WarnLong},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := englishArticle(tc.text)
			a.Language, a.Kind = &tc.lang, tc.kind
			s, level, warnings := Summarize(a, Options{})
			if level != tc.level || s.Model != tc.model || !slices.Equal(warnings, tc.warnings) {
				t.Errorf("got %s by %s with %v, want %s by %s with %v", level, s.Model, warnings, tc.level, tc.model, tc.warnings)
			}
			if (level == article.None) != (len(s.Sentences) == 0) {
				t.Errorf("%d sentences at level %s", len(s.Sentences), level)
			}
			checkSpans(t, a, s)
		})
	}
	s, level, _ := Summarize(&article.Article{}, Options{})
	if level != article.None || s == nil || s.Sentences == nil || s.KeyPoints == nil {
		t.Errorf("without text: got %+v at level %s", s, level)
	}
}

// What the tagging stage found may change a summary, but nothing needs it.
func TestSummarize_entitiesMayBeAbsent(t *testing.T) {
	t.Parallel()
	a := strike(t)
	without := summarize(a, Options{})
	a.Entities = article.List[article.Entity]{{ID: "name:person:brandt", Salience: 1, Mentions: []article.Mention{{Start: 500, End: 506}, {Start: 90000, End: 90006}, {Start: 3, End: 5}}}}
	with := summarize(a, Options{})
	if len(with.Sentences) != 3 || len(without.Sentences) != 3 {
		t.Errorf("got %d and %d sentences", len(with.Sentences), len(without.Sentences))
	}
	checkSpans(t, a, with)
}

func TestSummarize_sameBytesOnAnyNumberOfCores(t *testing.T) {
	a := strike(t)
	encode := func() string {
		b, err := json.Marshal(summarize(a, Options{}), json.Deterministic(true))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	want := encode()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(cores)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					if got := encode(); got != want {
						t.Errorf("on %d cores: got %s, want %s", cores, got, want)
					}
				}
			})
		}
		wg.Wait()
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add("PORT (AP) — A b c d e. “F g h i j.” K!", "PORT (HW)", 2, 0)
	f.Add("港は閉鎖された。再開は未定。", "", 0, 12)
	f.Add("(CNN) a b c d. ' \" ( ``", "", 1, 5)
	f.Fuzz(func(t *testing.T, body, dateline string, n, words int) {
		a := englishArticle(body)
		a.Dateline, a.Headline = &dateline, &dateline
		o := Options{Sentences: n, Words: words}
		s := summarize(a, o)
		checkSpans(t, a, s)
		if n > 0 && len(s.Sentences) > n {
			t.Errorf("%d sentences, at most %d wanted", len(s.Sentences), n)
		}
		if s.OneLine != nil && len(strings.Fields(*s.OneLine)) > longestLine {
			t.Errorf("one line of %d words", len(strings.Fields(*s.OneLine)))
		}
		if diff := cmp.Diff(s, summarize(a, o)); diff != "" {
			t.Errorf("the same article gave another summary:\n%s", diff)
		}
	})
}

func BenchmarkSummarize(b *testing.B) {
	a := strike(b)
	b.SetBytes(int64(len(*a.Text)))
	b.ReportAllocs()
	for b.Loop() {
		Summarize(a, Options{})
	}
}

func ExampleSummarize() {
	body := "Dockers voted on Monday to stay away from work. Talks broke off."
	lang := "en"
	s, level, _ := Summarize(&article.Article{Text: &body, Language: &lang}, Options{Sentences: 1})
	fmt.Println(*s.OneLine)
	fmt.Println(s.Sentences[0].Start, s.Sentences[0].End, s.Method, level)
	// Output:
	// Dockers voted on Monday to stay away from work.
	// 0 47 extractive full
}
