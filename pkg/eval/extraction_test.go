package eval

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/extract"
)

// asIs takes a file for the text, in UTF-8, and its first line for the headline.
func asIs(data []byte, _ extract.Hints) *article.Article {
	text := string(data)
	headline, _, _ := strings.Cut(text, "\n")
	day, english := "2026-10-05", "en"
	return &article.Article{Text: &text, Headline: &headline, Byline: []string{"Mira Voss"}, PublishedDate: &day, Language: &english}
}

func TestExtraction(t *testing.T) {
	t.Parallel()
	page := base64.StdEncoding.EncodeToString([]byte("Harbour shut.\nDockers voted on Monday to stay away."))
	dir := folder(t, map[string]string{
		"extraction/whole/pages.jsonl": fmt.Sprintf(
			`{"id":"1","url":"","html_base64":%q,"text":"Dockers voted on Monday to stay away.","title":"HARBOUR SHUT","date":"2026-10-05T23:30:00-05:00","authors":["Mira Voss","Jon Hale"]}`, page),
		"extraction/parts/pages.jsonl.gz": fmt.Sprintf(
			`{"id":"2","url":"","html_base64":%q,"text":null,"with":["voted  on Monday","for a week"],"without":["Harbour"]}`, page),
	})
	got, err := Extraction(dir, asIs, false, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var pages []Score
	for _, s := range got {
		if s.Set == "whole" || s.Set == "parts" {
			pages = append(pages, s)
		}
	}
	want := []Score{
		{"extraction", "whole", "f1", 2 * (4.0 / 6) / (1 + 4.0/6), 1}, // six runs of four words, the last four right
		{"extraction", "whole", "precision", 4.0 / 6, 1},
		{"extraction", "whole", "recall", 1, 1},
		{"extraction", "whole", "false_drops", 0, 1},
		{"extraction", "whole", "false_cuts", 0, 1},
		{"extraction", "whole", "title_exact", 1, 1},
		{"extraction", "whole", "date_exact", 1, 1},
		{"extraction", "whole", "author_exact", 0, 1},
		{"extraction", "parts", "f1", 0.5, 2},
		{"extraction", "parts", "precision", 0.5, 2},
		{"extraction", "parts", "recall", 0.5, 2},
	}
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Error(diff)
	}
}

func TestExtraction_texts(t *testing.T) {
	t.Parallel()
	bodies := []goldText{
		{"Die Arbeiter blieben der Mole fern.\nRund 40 Schiffe müssen warten.", "de"},
		{"The ships wait.", "en"},
	}
	got := map[string]float64{}
	for _, s := range scoreTexts(bodies, asIs, quiet) {
		got[s.Set+"/"+s.Metric] = s.Value
	}
	want := map[string]float64{
		"texts/language":             0.5,
		"texts/false_drops":          0,
		"texts/headline_taken":       1,
		"charset/utf-8/exact":        1,
		"charset/utf-16le/exact":     0,
		"charset/windows-1252/exact": 0.5, // asIs reads no umlaut in windows-1252
	}
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %v, want %v", name, got[name], v)
		}
	}
	if _, ok := got["charset/euc-kr/exact"]; ok {
		t.Error("an encoding without texts has a score")
	}
}

func TestShingles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, gold, found string
		want              overlap
	}{
		{"equal but for marks", "One, two, three, four!", "One two three four", overlap{1, 0, 0}},
		{"nothing found", "One two three four", "", overlap{0, 0, 1}},
		{"nothing there", "", "One two", overlap{0, 1, 0}},
		{"both empty", "", "—", overlap{}},
		{"a text under four words is one run", "One two", "one two", overlap{0, 0.5, 0.5}},
		{"a run counts as often as it occurs", "a b c d a b c d", "a b c d", overlap{0.2, 0, 0.8}},
	} {
		if got := shingles(c.gold, c.found); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDroppedParagraphs(t *testing.T) {
	t.Parallel()
	text := "The ships wait.\n\nDockers voted."
	a := &article.Article{Text: &text, Cleaning: article.Cleaning{Removed: []article.Removed{
		{Text: "Read more", Rule: "related"}, {Text: "The quay", Rule: "caption"}, {Text: "The ships wait.", Rule: "link"}, {Text: "Not gold", Rule: "promo"},
	}}}
	cleaned, judged := droppedParagraphs("The ships wait.\nRead more\nThe quay\nDockers voted.", a)
	if cleaned != (tally{1, 4}) || judged != (tally{1, 4}) {
		t.Errorf("cleaned %v, judged %v: want one of four each; what the text still has is not gone", cleaned, judged)
	}
}
