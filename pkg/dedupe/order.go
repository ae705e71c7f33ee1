package dedupe

import (
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// Articles arrive out of order: a backfill brings the first version of a story after the
// last, and the reports of a year within an hour. Windows go by arrival all the same, but
// what is a new version of what goes by the times that the publisher gives.

// times are when an article was published and last modified, to the minute, and whether
// it came in as news. Minutes since 1970, 0 for unknown: eight bytes an article.
type times struct {
	published, modified int32
	live                bool
}

func (e *Entry) times() times {
	return times{published: minutes(e.Published), modified: minutes(e.Modified), live: e.Lane != article.Backfill}
}

func timesOf(a *article.Article) times {
	return times{published: minutes(publishedOf(a)), modified: minutes(a.Modified), live: a.Lane != article.Backfill}
}

func minutes(t *time.Time) int32 {
	if t == nil {
		return 0
	}
	return int32(t.Unix() / 60)
}

// publishedOf returns when an article was published: by its day, at noon, when no more
// is known.
func publishedOf(a *article.Article) *time.Time {
	if a.Published != nil || a.PublishedDate == nil {
		return a.Published
	}
	day, err := time.Parse(time.DateOnly, *a.PublishedDate)
	if err != nil {
		return nil
	}
	noon := day.Add(12 * time.Hour)
	return &noon
}

// compare orders two versions of an article: by when they were modified or, without
// that, published. 0 means the same or unknown.
func (t times) compare(o times) int {
	switch {
	case t.modified != 0 && o.modified != 0:
		return sign(t.modified - o.modified)
	case t.published != 0 && o.published != 0:
		return sign(t.published - o.published)
	}
	return 0
}

func sign(n int32) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// gap is how far two articles lie apart: by when they were published if that is more than
// by their arrival, as it is with what a backfill brings.
func gap(q *query, old *view) time.Duration {
	apart := time.Duration(max(q.received-old.received, old.received-q.received))
	if q.published == 0 || old.times.published == 0 {
		return apart
	}
	between := time.Duration(max(q.published-old.times.published, old.times.published-q.published)) * time.Minute
	return max(apart, between)
}

// keepOrder takes back that an article is a new version when it is an old one: it is then
// as good as a copy. Old material is never a new version of news unless it says itself
// that it is younger. News is an old version only by the times of one publisher, whom its
// id or its address names.
func (x *Index) keepOrder(e *Entry, mine times) {
	if e.Relation != article.Update && e.Relation != article.Correction {
		return
	}
	c := &x.chains.list[x.chainOf(e.Of)]
	order := mine.compare(c.times)
	named := e.Method == MethodProvider || e.Method == MethodURL
	switch {
	case !mine.live && (order < 0 || order == 0 && c.times.live):
	case mine.live && order < 0 && c.times.live && named:
	default:
		return
	}
	e.Relation, e.URI, e.Version, e.Previous = article.Near, article.URI(e.Item), 1, 0
	e.Copies++ // this one
	e.note("version_behind", 1)
}
