package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/html"
)

func blocksOf(t *testing.T, page string) []pageBlock {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	prune(doc)
	return pageBlocks(doc)
}

func TestPageBlocks(t *testing.T) {
	t.Parallel()
	got := blocksOf(t, `<body><script>var x</script><!-- note -->Loose <b>text</b>
		<p>One<br>two <a href="/">there</a></p><ul><li>item</li></ul>
		<table><tr><td>a</td><td>b</td></tr></table><figure><figcaption>Quay</figcaption></figure><p>—</p></body>`)
	want := []pageBlock{
		{text: "Loose text", tag: "body", place: 0, letters: 9, linked: 0},
		{text: "One", tag: "p", place: 0, letters: 3, linked: 0},
		{text: "two there", tag: "p", place: 0, letters: 8, linked: 5},
		{text: "item", tag: "li", place: inList, letters: 4, linked: 0},
		{text: "a b", tag: "tr", place: inTable, letters: 2, linked: 0},
		{text: "Quay", tag: "figcaption", place: inFigure, letters: 4, linked: 0},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(pageBlock{}), cmpopts.IgnoreFields(pageBlock{}, "parent")); diff != "" {
		t.Error(diff)
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	body := countRuns([]string{"Dock workers voted on Monday to stay away."})
	for _, tc := range []struct {
		name, line string
		want       float64
	}{
		{"the line itself, whatever its marks", "DOCK workers – voted on Monday: to stay away", 1},
		{"half of it", "Dock workers voted on Tuesday", 0.5},
		{"words in another order", "voted workers Dock on", 0},
		{"a short line is one run", "Dock workers", 0},
		{"no words", "—", 0},
	} {
		if got := runsOf(tc.line).in(body); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	if got := len(runsOf("港湾労働者は決めた")); got != 6 {
		t.Errorf("nine letters without spaces are %d runs, want 6", got)
	}
}

func TestSettleRepeats(t *testing.T) {
	t.Parallel()
	teaser := "Dock workers voted on Monday to stay away for a second week."
	second := "Some forty ships lie at anchor outside the breakwater."
	blocks := []pageBlock{{text: teaser}}
	for _, other := range []string{"News", "Sport", "Weather", "Other news of the day from the region."} {
		blocks = append(blocks, pageBlock{text: other})
	}
	blocks = append(blocks, pageBlock{text: teaser}, pageBlock{text: second})
	es := gather(blocks, witnesses{a: countRuns([]string{teaser, second})}, nil)
	if es[0].a != 0 || es[5].a != 1 {
		t.Errorf("votes %v and %v: want the copy beside the body to keep them", es[0].a, es[5].a)
	}
}

func BenchmarkGather(b *testing.B) {
	var blocks []pageBlock
	for range 200 {
		blocks = append(blocks, pageBlock{text: prose, tag: "p", letters: len(prose)})
	}
	w := witnesses{a: countRuns([]string{prose})}
	for b.Loop() {
		gather(blocks, w, []string{"Harbour strike goes on"})
	}
}
