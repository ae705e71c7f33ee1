package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// LineOptions say how a record is shown in one line. The zero value is UTC and
// titles of up to 80 characters.
type LineOptions struct {
	Zone  *time.Location
	Title int // longest title in characters
}

const defaultTitle = 80

func (o LineOptions) clock(t time.Time) string {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return t.In(o.Zone).Format(time.TimeOnly)
}

func (o LineOptions) title(s string) string {
	limit := o.Title
	if limit <= 0 {
		limit = defaultTitle
	}
	s = strings.Join(strings.Fields(OneLine(s)), " ")
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}

// Line shows a record in one line, safe for a terminal:
//
//	19:42:07  update      en   marrow    Port Alder to close Øster lock for eleven weeks  (3 entities)
func Line(a *article.Article, o LineOptions) string {
	relation := "-"
	if a.Dedupe != nil {
		relation = string(a.Dedupe.Relation)
	}
	line := fmt.Sprintf("%s  %-10s  %-3s  %-8s  %s",
		o.clock(a.Received), OneLine(relation), article.PrimaryLanguage(a.Language), OneLine(a.Source.Name), o.title(title(a)))
	switch {
	case a.Entities == nil:
		return line
	case len(a.Entities) == 1:
		return line + "  (1 entity)"
	default:
		return fmt.Sprintf("%s  (%d entities)", line, len(a.Entities))
	}
}

// title is the headline or, failing that, the first words of the article.
func title(a *article.Article) string {
	switch {
	case a.Headline != nil:
		return *a.Headline
	case a.Text != nil:
		first, _, _ := strings.Cut(*a.Text, "\n\n")
		return first
	case a.Summary != nil && a.Summary.OneLine != nil:
		return *a.Summary.OneLine
	}
	return a.URI
}

// DeadLine shows a dead letter in one line, safe for a terminal:
//
//	19:42:07  dead        ingest  marrow    no_items: the feed is empty
func DeadLine(d *article.Dead, o LineOptions) string {
	clock := "--:--:--"
	if d.Received != nil {
		clock = o.clock(*d.Received)
	}
	return fmt.Sprintf("%s  %-10s  %s  %-8s  %s", clock, "dead", OneLine(d.Stage), OneLine(d.Source), o.title(d.Reason+": "+d.Error))
}
