package extract

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

func isJSONFeed(o map[string]any) bool {
	version, _ := o["version"].(string)
	return strings.Contains(version, "jsonfeed.org/version/")
}

// readJSONFeed reads the items of a JSON Feed, versions 1.0 and 1.1. The object is in
// memory already, so a parser of its own would only read it twice.
func (in *intake) readJSONFeed(p part, o map[string]any) *Reject {
	items, _ := o["items"].([]any)
	feed := feedFacts{
		title:    textOf(o["title"]),
		link:     textOf(o["home_page_url"]),
		language: textOf(o["language"]),
	}
	before := in.count()
	for _, e := range items {
		item, ok := e.(map[string]any)
		if !ok || in.full || in.ctx.Err() != nil {
			continue
		}
		people := append(names(item["authors"]), names(item["author"])...)
		if len(people) == 0 {
			people = append(names(o["authors"]), names(o["author"])...)
		}
		entry := feedEntry{
			title:     textOf(item["title"]),
			link:      firstText(textOf(item["url"]), textOf(item["external_url"])),
			content:   firstText(textOf(item["content_html"]), textOf(item["content_text"])),
			teaser:    textOf(item["summary"]),
			published: textOf(item["date_published"]),
			modified:  textOf(item["date_modified"]),
			authors:   people,
			language:  textOf(item["language"]),
		}
		if textOf(item["content_html"]) == "" && entry.content != "" {
			entry.contentType = "text/plain"
		}
		tags, _ := item["tags"].([]any)
		for _, t := range tags {
			entry.keywords = append(entry.keywords, textOf(t))
		}
		in.readEntry(p, formatJSON, feed, entry)
	}
	if in.count() == before {
		return refuse(CodeNoItems, "a feed without entries: nothing to read")
	}
	return nil
}

// feedFacts is what a feed says for all its entries.
type feedFacts struct{ title, link, language, copyright string }

// feedEntry is an entry of a feed of any kind.
type feedEntry struct {
	title, link, content, contentType, teaser string
	published, modified, language, rights     string
	section                                   string
	authors, keywords                         []string
}

// readEntry makes an item of a feed's entry.
func (in *intake) readEntry(p part, f format, feed feedFacts, e feedEntry) {
	if u := webAddress(resolve(feed.link, e.link)); u != nil {
		p.hints.URL = u.String()
	}
	a := in.blank(p, f)
	if _, ok := a.Provenance["canonical_url"]; ok {
		a.Provenance["canonical_url"] = found("feed", 0.9)
	}
	headlineIs(a, e.title, "feed")
	bylineIs(a, "feed", e.authors...)
	addTo(&a.Keywords, e.keywords...)
	publishedIs(a, rfc822Date(e.published), "feed", in.hints.Received)
	if a.PublishedRaw != nil {
		raw := strings.TrimSpace(e.published)
		a.PublishedRaw = &raw
	}
	modifiedIs(a, rfc822Date(e.modified))
	if a.SiteName = pick(a, "site_name", choice{stripTags(feed.title), "feed", 0.8}); a.SiteName == nil {
		delete(a.Provenance, "site_name")
	}
	a.Section = optional(clean(e.section))
	a.Rights.Copyright = optional(clean(firstText(e.rights, feed.copyright)))
	p.hints.Language = firstText(e.language, feed.language, p.hints.Language)

	// Content is the article where a feed has it, the teaser is what many have instead.
	paragraphs := bodyOf(a, e.content, e.contentType, in.limits)
	if len(paragraphs) == 0 {
		if paragraphs = bodyOf(a, e.teaser, "", in.limits); len(paragraphs) > 0 {
			warn(a, "teaser_only")
			a.Kind = article.KindBrief
		}
	}
	paragraphs = orHeadline(a, paragraphs)
	reject := refuse(CodeNoText, "an entry without title and text: send entries that have one")
	if len(paragraphs) > 0 {
		reject = in.complete(p, a, paragraphs)
	}
	if reject != nil {
		in.reject(p, reject)
	}
}
