package learn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/pkg/summary"
)

// corpus is invented news in which the sentence with a number is the summary.
func corpus(n int) []eval.SummaryArticle {
	en := "en"
	rng := rand.New(rand.NewPCG(7, 7))
	things := strings.Fields("ferry harbour orchard railway quarry library bridge market")
	var articles []eval.SummaryArticle
	for i := range n {
		thing := things[rng.IntN(len(things))]
		news := fmt.Sprintf("The council will close the %s for %d weeks from the spring.", thing, 2+rng.IntN(60))
		sentences := []string{
			"Rain fell on the valley all through the night.", "People stood about and talked of this and that.",
			"Nobody could say what the winter would bring.", "An old man remembered how things had been once.",
			"Children played in front of the town hall again.", "Lamps were lit early all along the river bank.",
		}
		sentences = slices.Insert(sentences, rng.IntN(6), news)
		text := strings.Join(sentences, " ")
		articles = append(articles, eval.SummaryArticle{
			ID: fmt.Sprint(i), Record: &article.Article{Text: &text, Language: &en}, Reference: []string{news},
		})
	}
	return articles
}

func TestSummaries_learnsWhatItIsShown(t *testing.T) {
	t.Parallel()
	w, err := Summaries(corpus(200), 1)
	if err != nil {
		t.Fatal(err)
	}
	k, err := summary.NewRanker(w)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	others := corpus(300)[200:]
	for _, a := range others {
		s, _, _ := k.Summarize(a.Record, summary.Options{Sentences: 1})
		if len(s.Sentences) == 1 && s.Sentences[0].Text == a.Reference[0] {
			right++
		}
		if s.Model != SummaryModel {
			t.Fatalf("model %q", s.Model)
		}
	}
	if right < len(others)*9/10 {
		t.Errorf("found %d of %d sentences with the news", right, len(others))
	}
	if a := corpus(1)[0]; !k.Seen(summary.Fingerprint(strings.ToUpper(*a.Record.Text))) {
		t.Error("it does not know again what it learnt from")
	}
}

func TestSummaries_sameSeedSameBytes(t *testing.T) {
	t.Parallel()
	learn := func(seed uint64) []byte {
		w, err := Summaries(corpus(80), seed)
		if err != nil {
			t.Fatal(err)
		}
		return w.Encode()
	}
	first := learn(1)
	if !bytes.Equal(first, learn(1)) {
		t.Error("the same seed gave other weights")
	}
	if bytes.Equal(first, learn(2)) {
		t.Error("another seed gave the same weights")
	}
}

func TestHeldOut_noFoldSeesItsOwn(t *testing.T) {
	t.Parallel()
	articles := corpus(60)
	ranker, err := HeldOut(articles, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	text := func(a eval.SummaryArticle) uint64 { return summary.Fingerprint(*a.Record.Text) }
	for _, a := range articles {
		twin := slices.ContainsFunc(articles, func(b eval.SummaryArticle) bool {
			return b.ID != a.ID && text(b) == text(a) && Fold(b.ID, 3, 1) != Fold(a.ID, 3, 1)
		})
		if ranker(a).Seen(text(a)) != twin {
			t.Errorf("article %s was learnt from by the ranker that scores it", a.ID)
		}
	}
}

func TestGrow_fitsAStep(t *testing.T) {
	t.Parallel()
	var rows [][]float32
	var targets []float32
	for i := range 400 {
		x := float32(i % 20)
		rows = append(rows, []float32{float32(i % 7), x})
		if x > 9 {
			targets = append(targets, 1)
		} else {
			targets = append(targets, 0)
		}
	}
	f := Boosting{Trees: 60, Depth: 2, Rate: 0.2, MinLeaf: 5, Rows: 1, Columns: 1}.Grow(rows, targets, 1)
	for x, want := range map[float32]float32{3: 0, 15: 1} {
		got := f.Base
		for _, tree := range f.Trees {
			got += value(tree, []float32{0, x})
		}
		if got < want-0.05 || got > want+0.05 {
			t.Errorf("at %v: got %v, want %v", x, got, want)
		}
	}
}
