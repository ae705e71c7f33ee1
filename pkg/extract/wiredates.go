package extract

import (
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// Formats made for articles name their times, in many ways of writing. All become what
// readDate knows.

// publishedIs enters a time that the format names as the publication. The literal may
// be in any of the ways of wire formats.
func publishedIs(a *article.Article, literal, method string, received time.Time) {
	literal = strings.TrimSpace(literal)
	before := a.PublishedRaw
	setPublished(a, dateCandidate{literal: usualDate(literal), method: method, confidence: 0.95}, received)
	if a.PublishedRaw != nil && a.PublishedRaw != before {
		*a.PublishedRaw = literal
	}
}

// modifiedIs enters the time of the last change, when it is one.
func modifiedIs(a *article.Article, literal string) {
	if t, dayOnly, ok := readDate(usualDate(literal)); ok && !dayOnly && (a.Published == nil || t.After(*a.Published)) {
		a.Modified = &t
	}
}

// embargoIs enters an embargo. An article is withheld until then.
func embargoIs(a *article.Article, literal string) {
	if literal = strings.TrimSpace(literal); literal == "" {
		return
	}
	t, dayOnly, ok := readDate(usualDate(literal))
	if ok && dayOnly && t.Add(2*slack).Before(a.Received) {
		return // over in every zone
	}
	if !ok || dayOnly {
		// Better late than too early: a person has to look at it.
		warn(a, "embargo_unreadable")
		if a.Status == article.Usable {
			a.Status = article.Withheld
		}
		return
	}
	a.Rights.EmbargoedUntil = &t
	if t.After(a.Received) && a.Status == article.Usable {
		a.Status = article.Withheld
	}
}

// statusIs enters the status that IPTC's formats share.
func statusIs(a *article.Article, status string) {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "canceled", "cancelled", "killed", "kill", "mandatory-kill":
		a.Status = article.Canceled
	case "withheld", "embargoed", "hold":
		a.Status = article.Withheld
	}
}

// moreInstants are ways to write a moment that wire formats, mail and feeds use; they
// all become RFC 3339.
var moreInstants = []string{
	"20060102T150405Z0700",
	"20060102T1504Z0700",
	"20060102T150405-07:00",
	"20060102T150405.000Z0700",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15Z07:00",
	"2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04 -0700",
	"2 Jan 06 15:04:05 -0700",
	"Mon, 2 Jan 2006 15:04 -0700",
	"Mon, 2 Jan 06 15:04:05 -0700",
	"Mon, 2 January 2006 15:04:05 -0700",
	"Mon Jan _2 15:04:05 2006 -0700",
}

// rfc822Zones are the zone names that RFC 822 defines for mail, and RSS with it. In
// other places the same names mean other offsets, and are not believed.
var rfc822Zones = map[string]string{
	"UT": "+0000", "GMT": "+0000", "UTC": "+0000", "Z": "+0000", "EST": "-0500", "EDT": "-0400",
	"CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}

// rfc822Date replaces a zone name of RFC 822 by its offset.
func rfc822Date(literal string) string {
	literal, _, _ = strings.Cut(literal, " (") // a comment in mail: "+0200 (CEST)"
	literal = strings.TrimSpace(literal)
	if i := strings.LastIndexByte(literal, ' '); i > 0 {
		if offset, ok := rfc822Zones[literal[i+1:]]; ok {
			return literal[:i+1] + offset
		}
	}
	return literal
}

// usualDate rewrites a literal to a layout that readDate knows, where it is a moment
// or a day in a wire format's way.
func usualDate(literal string) string {
	literal = strings.Join(strings.Fields(literal), " ")
	for _, layout := range moreInstants {
		if t, err := time.Parse(layout, literal); err == nil {
			return t.Format(time.RFC3339Nano)
		}
	}
	for _, layout := range []string{"20060102T150405", "20060102T1504"} { // no zone: a day
		if t, err := time.Parse(layout, literal); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return literal
}
