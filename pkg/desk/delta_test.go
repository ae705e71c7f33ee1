package desk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
)

func TestDesk_saysWhatAnUpdateBrings(t *testing.T) {
	t.Parallel()
	const url = "https://news.example/ferry"
	fresh := "On Tuesday the insurer gave way. The first of the boats left with forty people aboard."
	dearer := strings.Replace(paragraphs[3], "310,000", "340,000", 1)
	b := start(t, desk.Options{})
	b.page(t, url, paragraphs...)
	b.settled(t, 1)
	b.page(t, url, paragraphs[0], paragraphs[1], paragraphs[2], dearer, paragraphs[4], fresh)
	b.settled(t, 2)

	type version struct {
		Relation article.Relation
		Version  int
		Delta    article.List[string]
	}
	var got []version
	for _, a := range b.records(t, article.StreamEnriched) {
		got = append(got, version{a.Dedupe.Relation, a.Version, a.Summary.Delta})
	}
	want := []version{
		{article.New, 1, nil},
		{article.Update, 2, article.List[string]{
			"310,000 → 340,000: " + dearer,
			"On Tuesday the insurer gave way.",
			"The first of the boats left with forty people aboard.",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestDesk_saysWhatACorrectionCorrects(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	b.settled(t, 1)
	b.drop(t, article.Live, sample(t, "10-rail-fares-correction.txt"))
	b.settled(t, 2)
	a := b.records(t, article.StreamEnriched)[1]
	if a.Dedupe.Relation != article.Correction {
		t.Fatalf("the second record is %s, want correction", a.Dedupe.Relation)
	}
	want := article.List[string]{
		"(Corrects the number of carriages in paragraph 5 to 84 from 48.)",
		"48 → 84: The operators plan to add 84 carriages by 2028.",
	}
	if diff := cmp.Diff(want, a.Summary.Delta); diff != "" {
		t.Errorf("delta (-want +got):\n%s", diff)
	}
}
