package extract

import (
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// dateCandidate is a literal that may say when an article was published.
type dateCandidate struct {
	literal    string
	method     string
	confidence float64
}

// instants are the layouts that name a moment: a time and an offset. Zone names are
// not among them but for UTC, because one name stands for several offsets.
var instants = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05.999Z0700",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05 UTC",
	time.RFC1123Z,
	"Mon, 2 Jan 2006 15:04:05 -0700",
	"Mon, 2 Jan 2006 15:04:05 GMT",
	"Mon, 2 Jan 2006 15:04:05 UTC",
}

// days are the layouts of which only the day is believed: a time without a zone may
// be anywhere within a day of it. Layouts of which day and month could be swapped
// are not read at all.
var days = []string{
	"2006-01-02T15:04:05.999",
	"2006-01-02T15:04",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04",
	"2006-01-02",
	"2006/01/02",
	"20060102",
	time.UnixDate, // with the name of a zone
	"January 2, 2006",
	"Jan 2, 2006",
	"2 January 2006",
	"2 Jan 2006",
}

// readDate reads a literal as a moment, or as a day only.
func readDate(literal string) (t time.Time, dayOnly, ok bool) {
	for _, layout := range instants {
		if t, err := time.Parse(layout, literal); err == nil {
			return t.UTC(), false, true
		}
	}
	for _, layout := range days {
		if t, err := time.Parse(layout, literal); err == nil {
			return t, true, true
		}
	}
	return time.Time{}, false, false
}

// slack is how far in the future a publication may seem to lie: the width of the time
// zones and a wrong clock.
const slack = 24 * time.Hour

// setPublished enters a publication time unless the record has one as good. A moment
// beats a day, and the first of equals stays. A date that cannot be read, or that lies
// in the future, is refused with a warning.
func setPublished(a *article.Article, c dateCandidate, received time.Time) {
	c.literal = strings.TrimSpace(c.literal)
	if c.literal == "" || a.Published != nil {
		return
	}
	t, dayOnly, ok := readDate(c.literal)
	switch {
	case !ok || t.Year() < 1500:
		warn(a, "published_unreadable")
		if a.PublishedRaw == nil && a.PublishedDate == nil {
			a.PublishedRaw = &c.literal
			a.Provenance["published"] = found(c.method, 0)
		}
		return
	case !received.IsZero() && t.After(received.Add(slack)):
		warn(a, "published_in_future")
		return
	case dayOnly && a.PublishedDate != nil:
		return
	}
	if dayOnly {
		a.PublishedDate = optional(t.Format(time.DateOnly))
	} else {
		a.Published, a.PublishedDate = &t, nil
	}
	a.PublishedRaw = &c.literal
	a.Provenance["published"] = found(c.method, c.confidence)
}
