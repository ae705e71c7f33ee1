package eval

import (
	"fmt"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// decided is a stream of articles with the verdicts on them. It is the one place that
// calls the index: what is scored is what the desk would have said.
type decided struct {
	index   *dedupe.Index
	ids     []string // of the data set, by number
	entries []dedupe.Entry
	of      []int          // number of the article the verdict names, its own for none
	numbers map[string]int // item to number
	byID    map[string]int // id to number
}

func newDecided(o dedupe.Options) *decided {
	return &decided{index: dedupe.NewIndex(o), numbers: map[string]int{}, byID: map[string]int{}}
}

// decide gives the verdict on the next article and enters nothing.
func (d *decided) decide(at time.Time, headline, text string) dedupe.Entry {
	a := record(len(d.entries), at, headline, text)
	return d.index.Decide(a, dedupe.Sign(a), nil)
}

// enter adds a verdict to the index and the stream.
func (d *decided) enter(id string, e dedupe.Entry) {
	n := len(d.entries)
	d.index.Add(e, uint64(n)+1)
	d.numbers[e.Item], d.byID[id] = n, n
	d.ids = append(d.ids, id)
	d.entries = append(d.entries, e)
	d.of = append(d.of, d.named(e, n))
}

// named returns the number of the article that a verdict names, self for none.
func (d *decided) named(e dedupe.Entry, self int) int {
	if e.Relation == article.New || e.Of == nil {
		return self
	}
	if item, ok := article.ItemOf(*e.Of); ok {
		if n, ok := d.numbers[item]; ok {
			return n
		}
	}
	return self
}

// root follows the verdicts from an article to the first one of its group. A verdict
// names an older article, so the way ends.
func (d *decided) root(n int) int {
	for d.of[n] != n {
		n = d.of[n]
	}
	return n
}

func (d *decided) same(a, b int) bool { return d.root(a) == d.root(b) }

// relations counts the verdicts by relation, and gives the share of articles that the
// desk would have stopped.
func (d *decided) relations(set string) []Score {
	counts := map[article.Relation]int{}
	stopped := 0
	for _, e := range d.entries {
		counts[e.Relation]++
		if e.Relation.Stops() {
			stopped++
		}
	}
	var scores []Score
	for _, r := range []article.Relation{article.New, article.Exact, article.Near, article.Excerpt, article.Update, article.Correction, article.Kill} {
		scores = append(scores, Score{"dedupe", set, string(r), float64(counts[r]), len(d.entries)})
	}
	return append(scores, Score{"dedupe", set, "stopped", rate(stopped, len(d.entries)), len(d.entries)})
}

// verdict says in words what was decided on an article.
func (d *decided) verdict(n int) string {
	of := ""
	if o := d.of[n]; o != n {
		of = d.ids[o]
	}
	return explain(d.entries[n], of)
}

// explain writes a verdict for a person: relation, original and evidence.
func explain(e dedupe.Entry, of string) string {
	var b strings.Builder
	b.WriteString(string(e.Relation))
	if of != "" {
		b.WriteString(" of " + of)
	}
	for _, v := range e.Evidence {
		fmt.Fprintf(&b, " %s=%.3g", v.Name, v.Value)
	}
	return b.String()
}
