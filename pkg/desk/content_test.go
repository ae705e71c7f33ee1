package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/extract"
)

func TestCheckSources(t *testing.T) {
	t.Parallel()
	many := make([]string, maxSourceLabels+1)
	for i := range many {
		many[i] = "source-" + strings.Repeat("x", i%60)
	}
	for _, c := range []struct {
		name    string
		sources []string
		ok      bool
	}{
		{"none", nil, true},
		{"two", []string{"ap", "mail"}, true},
		{"one that cannot be a source", []string{"ap", "https://ap.example/"}, false},
		{"the name of all others", []string{"other"}, false},
		{"one given twice", []string{"ap", "ap"}, false},
		{"too many", many, false},
	} {
		if err := CheckSources(c.sources); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Every format that is read has a label, so that "other" means a format nobody thought of.
func TestFormatLabels_coverWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, media := range extract.MediaTypes() {
		if formatLabels[media] == "" {
			t.Errorf("%s has no label", media)
		}
	}
}

func TestContent_lastSeen(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC)
	c := newContent(prometheus.NewRegistry(), article.Stages(), []string{"ap"}, start)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for _, step := range []struct {
		name   string
		source string
		lane   article.Lane
		at     time.Time
		want   time.Time
	}{
		{"old material is not news", "ap", article.Backfill, at(time.Hour), start},
		{"another source", "reuters", article.Live, at(time.Hour), start},
		{"news", "ap", article.Live, at(time.Minute), at(time.Minute)},
		{"an older message, delivered again", "ap", article.Live, at(time.Second), at(time.Minute)},
	} {
		c.arrived(step.source, step.lane, step.at)
		if got := c.seen["ap"].Load(); got != step.want.UnixNano() {
			t.Errorf("%s: seen at %v, want %v", step.name, time.Unix(0, got).UTC(), step.want)
		}
	}
}

// BenchmarkContent is everything that is counted of one article on its whole way,
// beside what each stage counts.
func BenchmarkContent(b *testing.B) {
	reg := prometheus.NewRegistry()
	c, m := newContent(reg, article.Stages(), []string{"ap"}, time.Now()), newMetrics(reg, article.Stages()...)
	text, lang := strings.Repeat("word ", 500), "en-GB"
	a := &article.Article{
		Source: article.Source{Name: "ap"}, Lane: article.Live, Input: article.Input{MediaType: "text/html"}, Language: &lang, Text: &text,
		Entities: make([]article.Entity, 20), Summary: &article.Summary{Text: text[:300]},
	}
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		c.arrived("ap", article.Live, at)
		c.article(a)
		c.item("ap", article.Live, itemUnique)
		c.tagged(a)
		c.summed(a)
		c.item("ap", article.Live, itemEnriched)
		m.finished(false, article.Live, time.Second, "")
	}
}
