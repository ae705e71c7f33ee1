package extract

import (
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

// readFeed splits RSS 0.9 to 2.0 and Atom into entries. The parser is gofeed's, but
// only its two inner packages: the outer one brings an HTTP client along.
func (in *intake) readFeed(p part) *Reject {
	text, _, _ := xmlText(p)
	if reject := checkXML(text, in.limits); reject != nil {
		return reject
	}
	before := in.count()
	var err error
	if rootOf(text) == "feed" {
		err = in.readAtom(p, text)
	} else {
		err = in.readRSS(p, text)
	}
	switch {
	case err != nil && in.count() == before:
		return refuse(CodeMalformed, "a broken feed (%w): send it well-formed", err)
	case in.count() == before:
		return refuse(CodeNoItems, "a feed without entries: nothing to read")
	}
	return nil
}

func (in *intake) readRSS(p part, text string) error {
	feed, err := (&rss.Parser{}).Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	facts := feedFacts{title: feed.Title, link: feed.Link, language: feed.Language, copyright: feed.Copyright}
	for _, item := range feed.Items {
		if in.full || in.ctx.Err() != nil {
			return nil
		}
		e := feedEntry{
			title:     item.Title,
			link:      item.Link,
			content:   item.Content,
			teaser:    item.Description,
			published: item.PubDate,
		}
		if e.link == "" && item.GUID != nil && item.GUID.IsPermalink != "false" {
			e.link = item.GUID.Value
		}
		if dc := item.DublinCoreExt; dc != nil {
			e.authors = dc.Creator
			e.published = firstText(e.published, strings.Join(firstOf(dc.Date), ""))
			e.rights = strings.Join(firstOf(dc.Rights), "")
			e.language = strings.Join(firstOf(dc.Language), "")
		}
		if len(e.authors) == 0 {
			e.authors = []string{feedPerson(item.Author)}
		}
		for _, c := range item.Categories {
			e.keywords = append(e.keywords, c.Value)
		}
		in.readEntry(p, formatFeed, facts, e)
	}
	return nil
}

func (in *intake) readAtom(p part, text string) error {
	feed, err := (&atom.Parser{}).Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	facts := feedFacts{title: feed.Title, link: atomLink(feed.Links), language: feed.Language, copyright: feed.Rights}
	for _, entry := range feed.Entries {
		if in.full || in.ctx.Err() != nil {
			return nil
		}
		e := feedEntry{
			title:     entry.Title,
			link:      atomLink(entry.Links),
			teaser:    entry.Summary,
			published: firstText(entry.Published, entry.Updated),
			modified:  entry.Updated,
			rights:    entry.Rights,
		}
		if entry.Content != nil {
			e.content, e.contentType = entry.Content.Value, atomType(entry.Content.Type)
		}
		people := entry.Authors
		if len(people) == 0 {
			people = feed.Authors
		}
		for _, a := range people {
			e.authors = append(e.authors, a.Name)
		}
		for _, c := range entry.Categories {
			e.keywords = append(e.keywords, firstText(c.Label, c.Term))
		}
		in.readEntry(p, formatFeed, facts, e)
	}
	return nil
}

// atomLink returns the address of the article itself.
func atomLink(links []*atom.Link) string {
	for _, l := range links {
		if l.Rel == "" || l.Rel == "alternate" {
			return l.Href
		}
	}
	return ""
}

// atomType makes a media type of Atom's short names.
func atomType(s string) string {
	switch s {
	case "text":
		return "text/plain"
	case "html", "xhtml":
		return "text/html"
	}
	return s
}

// feedPerson takes the name of RSS's "mail@example.org (Mira Voss)".
func feedPerson(s string) string {
	if _, name, ok := strings.Cut(s, " ("); ok && strings.Contains(s, "@") {
		return strings.TrimSuffix(name, ")")
	}
	if name, _, ok := strings.Cut(s, " <"); ok && strings.Contains(s, "@") {
		return strings.Trim(name, `" `)
	}
	if strings.Contains(s, "@") {
		return ""
	}
	return s
}
