package summary

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func english(body string) *article.Article {
	lang := "en"
	return &article.Article{Language: &lang, Text: &body}
}

func texts(s *article.Summary) []string {
	got := []string{}
	for _, e := range s.Sentences {
		got = append(got, e.Text)
	}
	return got
}

func TestSummarize_lead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, dateline, text string
		want                 []string
	}{
		{
			"the first three sentences", "",
			"Dockers voted on Monday. They will stay away. The port is shut. Ships wait outside.",
			[]string{"Dockers voted on Monday.", "They will stay away.", "The port is shut."},
		},
		{
			"a short article comes back whole", "",
			"Dockers voted on Monday. They will stay away.",
			[]string{"Dockers voted on Monday.", "They will stay away."},
		},
		{
			"headings and credits are passed over", "",
			"Harbour strike\n\nPhoto: M. Voss\n\nDockers voted on Monday to stay away.\n\nCourt to rule\n\nThe port is shut until further notice.",
			[]string{"Dockers voted on Monday to stay away.", "The port is shut until further notice."},
		},
		{
			"the dateline is stripped", "PORT ALDEN (HW)",
			"PORT ALDEN (HW) — Dockers voted on Monday. They will stay away.",
			[]string{"Dockers voted on Monday.", "They will stay away."},
		},
		{
			"copy with a stray stop is one sentence", "",
			"The envoy left, according to the American state. Department officials would not say where he went.",
			[]string{"The envoy left, according to the American state. Department officials would not say where he went."},
		},
		{
			"nothing but a heading is better than nothing", "",
			"Harbour strike goes on",
			[]string{"Harbour strike goes on"},
		},
		{"nothing at all", "", "", []string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := english(tc.text)
			if tc.dateline != "" {
				a.Dateline = &tc.dateline
			}
			s, _ := Summarize(a, Options{})
			if diff := cmp.Diff(tc.want, texts(s)); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
			checkSpans(t, a, s)
		})
	}
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

func TestOneLine(t *testing.T) {
	t.Parallel()
	long := "Dock workers at the country's largest harbour voted on Monday to stay away for a second week, leaving some 40 ships at anchor outside the breakwater and grocers warning of empty shelves"
	endless := strings.Repeat("very ", 40) + "long."
	for _, tc := range []struct {
		name, text, want string
	}{
		{"a sentence that fits", "Dockers voted on Monday. They stay away.", "Dockers voted on Monday."},
		{"a long one is cut where a clause ends", long + ".", "Dock workers at the country's largest harbour voted on Monday to stay away for a second week"},
		{"one without such an end gives way to the next", "It was " + endless + " Dockers voted on Monday.", "Dockers voted on Monday."},
		{"the next must stand alone", "It was " + endless + " They voted on Monday.", ""},
		{"a cut inside a quotation is none", "Ilse Brandt told the crowd at the gate “" + strings.TrimSuffix(long, ".") + ".”", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := english(tc.text)
			s, _ := Summarize(a, Options{})
			got := ""
			if s.OneLine != nil {
				got = *s.OneLine
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			checkSpans(t, a, s)
		})
	}
}

func TestSummarize_golden(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/strike.txt")
	if err != nil {
		t.Fatal(err)
	}
	a := english(strings.TrimSpace(string(body)))
	line := "PORT ALDEN (HW)"
	a.Dateline = &line
	s, level := Summarize(a, Options{})
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
	for lang, want := range map[string]article.Level{"en-GB": article.Full, "de": article.Rules, "ja": article.Rules, "th": article.None} {
		a := english("Dockers voted on Monday to stay away.")
		a.Language = &lang
		if _, level := Summarize(a, Options{}); level != want {
			t.Errorf("%s: got %s, want %s", lang, level, want)
		}
	}
	s, level := Summarize(&article.Article{}, Options{})
	if level != article.None || s == nil || s.Sentences == nil || s.KeyPoints == nil {
		t.Errorf("without text: got %+v at level %s", s, level)
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add("PORT (HW) — A b c d e. “F g h i j.” K!", "PORT (HW)", 2)
	f.Add("港は閉鎖された。再開は未定。", "", 0)
	f.Fuzz(func(t *testing.T, body, dateline string, n int) {
		a := english(body)
		a.Dateline = &dateline
		s, _ := Summarize(a, Options{Sentences: n})
		checkSpans(t, a, s)
		again, _ := Summarize(a, Options{Sentences: n})
		if diff := cmp.Diff(s, again); diff != "" {
			t.Errorf("the same article gave another summary:\n%s", diff)
		}
	})
}

func BenchmarkSummarize(b *testing.B) {
	body, err := os.ReadFile("testdata/strike.txt")
	if err != nil {
		b.Fatal(err)
	}
	a := english(string(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Summarize(a, Options{})
	}
}

func ExampleSummarize() {
	body := "Dockers voted on Monday to stay away. Talks broke off. No date is set for new ones. Ships wait."
	lang := "en"
	s, level := Summarize(&article.Article{Text: &body, Language: &lang}, Options{Sentences: 1})
	fmt.Println(*s.OneLine)
	fmt.Println(s.Sentences[0].Start, s.Sentences[0].End, s.Method, s.Model, level)
	// Output:
	// Dockers voted on Monday to stay away.
	// 0 37 extractive lead/1 full
}
