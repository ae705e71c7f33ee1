package desk

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/article"
)

// labelOther stands for every value that is not on a label's list. Senders choose
// sources, declare languages and make up media types; a label takes none of their
// words, or the number of series would be theirs to choose.
const labelOther = "other"

// maxSourceLabels bounds the sources that have series of their own.
const maxSourceLabels = 64

// SourceFlags declares the flag of the sources that metrics tell apart.
func SourceFlags(f *flag.FlagSet, sources *[]string) {
	f.Func("source-labels", "`sources` that metrics tell apart, with commas between; all others are \"other\"", func(s string) error {
		*sources = nil
		for name := range strings.SplitSeq(s, ",") {
			if name = strings.TrimSpace(name); name != "" {
				*sources = append(*sources, name)
			}
		}
		return CheckSources(*sources)
	})
}

// CheckSources reports why sources cannot be labels.
func CheckSources(sources []string) error {
	if len(sources) > maxSourceLabels {
		return fmt.Errorf("%d source labels: at most %d have series of their own", len(sources), maxSourceLabels)
	}
	for i, s := range sources {
		switch {
		case article.CheckSource(s) != nil:
			return article.CheckSource(s)
		case s == labelOther:
			return fmt.Errorf("source label %q is what all others are", s)
		case slices.Contains(sources[:i], s):
			return fmt.Errorf("source label %q is given twice", s)
		}
	}
	return nil
}

// end is what became of an item at a stage: a closed set.
type end int

const (
	itemIngested end = iota
	itemUnique
	itemDuplicate
	itemEnriched
	itemDead
	ends
)

var endNames = [ends]string{"ingested", "unique", "duplicate", "enriched", "dead"}

// endsOf are the ends that a stage counts.
var endsOf = map[string][]end{
	article.StageIngest:    {itemIngested, itemDead},
	article.StageDedupe:    {itemUnique, itemDuplicate, itemDead},
	article.StageEntities:  {itemDead},
	article.StageSummarize: {itemEnriched, itemDead},
}

// lane is a lane as an index.
type lane int

const (
	laneLive lane = iota
	laneBackfill
	lanes
)

var laneNames = [lanes]string{string(article.Live), string(article.Backfill)}

// laneNumber takes what is no lane for live news, which nobody wants to overlook.
func laneNumber(l article.Lane) lane {
	if l == article.Backfill {
		return laneBackfill
	}
	return laneLive
}

// content is what metrics say of the articles themselves. Its maps are made once and
// only read.
type content struct {
	items     map[string]*[lanes][ends]prometheus.Counter // by source label
	start     time.Time
	seen      map[string]*atomic.Int64      // by source label: Unix nanoseconds; start until known
	formats   map[string]prometheus.Counter // by media type
	other     prometheus.Counter            // of formats
	rejected  prometheus.Counter
	languages map[string]prometheus.Counter
	entities  map[article.EntityType]prometheus.Counter
	ratio     prometheus.Observer
}

// formatLabels are the labels of media types: what kind of software sent them.
var formatLabels = map[string]string{
	"text/plain": "text", "text/markdown": "text",
	"text/html":        "html",
	"application/json": "json", "application/x-ndjson": "json", "application/vnd.copydesk.article+json": "json",
	"application/vnd.iptc.ninjs+json": "wire",
	"application/xml":                 "feed",
	"application/vnd.iptc.nitf+xml":   "wire", "application/vnd.iptc.newsml+xml": "wire",
	"application/vnd.iptc.g2.newsitem+xml": "wire", "text/vnd.iptc.anpa": "wire", "text/vnd.iptc.iptc7901": "wire",
	"message/rfc822": "mail", "application/mbox": "mail",
	"application/pdf": "pdf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": "office",
	"application/vnd.oasis.opendocument.text":                                 "office",
	"application/warc": "archive", "application/zip": "archive",
}

// languageLabels are the languages with a series of their own: those most news is
// written in. A language that is not told is "und".
var languageLabels = []string{
	"ar", "bn", "cs", "de", "el", "en", "es", "fa", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
	"nl", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi", "zh", "und", labelOther,
}

// entityLabels are the closed set of entity types.
var entityLabels = []article.EntityType{article.Person, article.Organisation, article.Place, article.Other}

func newContent(reg prometheus.Registerer, stages, sources []string, start time.Time) *content {
	f := promauto.With(reg)
	c := &content{
		start: start,
		items: map[string]*[lanes][ends]prometheus.Counter{}, seen: map[string]*atomic.Int64{},
		formats: map[string]prometheus.Counter{}, languages: map[string]prometheus.Counter{}, entities: map[article.EntityType]prometheus.Counter{},
	}
	items := f.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_items_total", Help: "Items by source, lane and what became of them here. A crash may have one counted twice; the ledger is exact.",
	}, []string{"source", "lane", "outcome"})
	for _, source := range append(slices.Clone(sources), labelOther) {
		table := &[lanes][ends]prometheus.Counter{}
		for l := range table {
			for _, stage := range stages {
				for _, e := range endsOf[stage] {
					table[l][e] = items.WithLabelValues(source, laneNames[l], endNames[e])
				}
			}
		}
		c.items[source] = table
	}
	if slices.Contains(stages, article.StageIngest) {
		c.ingest(f, sources, start)
	}
	if slices.Contains(stages, article.StageEntities) {
		entities := f.NewCounterVec(prometheus.CounterOpts{
			Name: "copydesk_entities_total", Help: "Entities tagged, one for each article that names it.",
		}, []string{"kind"})
		for _, kind := range entityLabels {
			c.entities[kind] = entities.WithLabelValues(string(kind))
		}
	}
	if slices.Contains(stages, article.StageSummarize) {
		c.ratio = f.NewHistogram(prometheus.HistogramOpts{
			Name: "copydesk_summary_compression_ratio", Help: "Length of the summary over the length of the text.",
			Buckets:                     []float64{.01, .025, .05, .075, .1, .15, .2, .3, .5, .75, 1},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		})
	}
	return c
}

// ingest registers what only ingest knows.
func (c *content) ingest(f promauto.Factory, sources []string, start time.Time) {
	articles := f.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_articles_total", Help: "Articles found in files, by the format they were in; what could not be read has format unknown.",
	}, []string{"format", "result"})
	for media, label := range formatLabels {
		c.formats[media] = articles.WithLabelValues(label, "ok")
	}
	c.other = articles.WithLabelValues(labelOther, "ok")
	c.rejected = articles.WithLabelValues("unknown", "rejected")
	languages := f.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_article_languages_total", Help: "Articles by language.",
	}, []string{"language"})
	for _, l := range languageLabels {
		c.languages[l] = languages.WithLabelValues(l)
	}
	for _, source := range sources {
		seen := &atomic.Int64{}
		seen.Store(start.UnixNano())
		c.seen[source] = seen
		f.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "copydesk_source_last_seen_timestamp_seconds", ConstLabels: prometheus.Labels{"source": source},
			Help: "When a source of --source-labels last sent news; when the process started if the inbox has none of it.",
		}, func() float64 { return float64(seen.Load()) / 1e9 })
	}
}

// item counts an item.
func (c *content) item(source string, l article.Lane, e end) {
	table := c.items[source]
	if table == nil {
		table = c.items[labelOther]
	}
	if counter := table[laneNumber(l)][e]; counter != nil {
		counter.Inc()
	}
}

// recall looks up when each source of the list last sent news, as far as the inbox still
// has it: a source that fell silent must not seem to have spoken because the process is
// new.
func (c *content) recall(ctx context.Context, js jetstream.JetStream) error {
	if len(c.seen) == 0 {
		return nil
	}
	inbox, err := js.Stream(ctx, article.StreamInbox)
	if err != nil {
		return fmt.Errorf("look up when sources last sent news: %w", err)
	}
	for source, seen := range c.seen {
		m, err := inbox.GetLastMsgForSubject(ctx, article.InboxSubject(article.Live, source))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return fmt.Errorf("look up when %s last sent news: %w", source, err)
		default:
			seen.CompareAndSwap(c.start.UnixNano(), m.Time.UnixNano())
		}
	}
	return nil
}

// arrived notes when a source sent something.
func (c *content) arrived(source string, l article.Lane, at time.Time) {
	seen := c.seen[source]
	if seen == nil || l == article.Backfill {
		return
	}
	for old := seen.Load(); at.UnixNano() > old && !seen.CompareAndSwap(old, at.UnixNano()); old = seen.Load() {
	}
}

// article counts an article that ingest read.
func (c *content) article(a *article.Article) {
	c.item(a.Source.Name, a.Lane, itemIngested)
	if f := c.formats[a.Input.MediaType]; f != nil {
		f.Inc()
	} else {
		c.other.Inc()
	}
	if l := c.languages[article.PrimaryLanguage(a.Language)]; l != nil {
		l.Inc()
	} else {
		c.languages[labelOther].Inc()
	}
}

// tagged counts an article's entities.
func (c *content) tagged(a *article.Article) {
	for i := range a.Entities {
		kind := c.entities[a.Entities[i].Type]
		if kind == nil {
			kind = c.entities[article.Other]
		}
		kind.Inc()
	}
}

// summed measures an article's summary.
func (c *content) summed(a *article.Article) {
	if a.Summary == nil || a.Text == nil || *a.Text == "" {
		return
	}
	c.ratio.Observe(float64(len(a.Summary.Text)) / float64(len(*a.Text)))
}
