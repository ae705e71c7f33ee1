package extract

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names under which JSON from content systems, scrapers and news services carries an
// article, lower case without separators, the more telling first.
var (
	textNames    = []string{"text", "bodytext", "articlebody", "body", "fulltext", "maintext", "plaintext", "textcontent", "rawcontent", "articletext", "cleanedtext", "story"}
	markupNames  = []string{"bodyhtml", "contenthtml", "articlehtml", "html", "content", "contentencoded", "contenttext"}
	teaserNames  = []string{"description", "summary", "abstract", "excerpt", "lead", "snippet", "trailtext"}
	titleNames   = []string{"headline", "title", "webtitle", "name", "subject", "head"}
	bylineNames  = []string{"byline", "authors", "author", "by", "creator", "writer"}
	dateNames    = []string{"published", "publishedat", "datepublished", "datepublish", "publisheddate", "publicationdate", "pubdate", "published_on", "publishdate", "dategmt", "webpublicationdate", "firstpublished", "date", "datetime", "timestamp", "createdat", "created", "time"}
	changedNames = []string{"modified", "datemodified", "updatedat", "updated", "lastmodified", "modifiedgmt"}
	urlNames     = []string{"canonicalurl", "url", "link", "permalink", "weburl", "href", "sourceurl"}
	langNames    = []string{"language", "lang", "inlanguage", "locale"}
	keyNames     = []string{"keywords", "tags", "keyword"}
	sectionNames = []string{"section", "sectionname", "articlesection", "category", "channel", "desk"}
	siteNames    = []string{"sitename", "site", "publisher", "source", "provider"}
)

// plainNames gives an object's members by their names without case and separators. Of
// members that then have one name any may win, so the usual spelling is kept.
func plainNames(o map[string]any) map[string]any {
	m := make(map[string]any, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) { // so that the same one always wins
		key := plainName.Replace(strings.ToLower(name))
		if _, taken := m[key]; !taken || name == key {
			m[key] = o[name]
		}
	}
	// What search engines wrap around a document.
	for _, name := range []string{"source", "fields", "doc", "article", "attributes"} {
		if inner, ok := m[name].(map[string]any); ok && (hasAny(inner, textNames) || hasAny(inner, markupNames)) {
			for key, v := range plainNames(inner) {
				m[key] = v
			}
		}
	}
	return m
}

var plainName = strings.NewReplacer("_", "", "-", "", ":", "", ".", "")

func hasAny(o map[string]any, names []string) bool {
	for name, v := range o {
		key := plainName.Replace(strings.ToLower(name))
		for _, n := range names {
			if key == n && textOf(v) != "" {
				return true
			}
		}
	}
	return false
}

// hasBody reports whether an object holds an article's text itself.
func hasBody(o map[string]any) bool {
	m := plainNames(o)
	return first(m, textNames) != "" || first(m, markupNames) != ""
}

// hasText reports whether an object may be an article, be it a headline only.
func hasText(o map[string]any) bool {
	m := plainNames(o)
	return hasBody(o) || first(m, teaserNames) != "" || first(m, titleNames) != ""
}

func first(m map[string]any, names []string) string {
	for _, n := range names {
		if s := textOf(m[n]); strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// readAnyObject reads an object of no known format by the names of its members.
func (in *intake) readAnyObject(p part, o map[string]any) *Reject {
	m := plainNames(o)
	a := in.blank(p, formatJSON)
	headlineIs(a, first(m, titleNames), "json")
	for _, n := range bylineNames {
		if len(a.Byline) == 0 {
			bylineIs(a, "json", names(m[n])...)
		}
	}
	for _, n := range dateNames {
		if literal := moment(m[n]); literal != "" && a.Published == nil {
			if n == "dategmt" && !strings.HasSuffix(literal, "Z") {
				literal += "Z" // WordPress: the name is the zone
			}
			publishedIs(a, literal, "json", in.hints.Received)
		}
	}
	for _, n := range changedNames {
		if a.Modified == nil {
			modifiedIs(a, moment(m[n]))
		}
	}
	if u := webAddress(first(m, urlNames)); u != nil {
		address := u.String()
		a.CanonicalURL, a.Source.Domain = &address, domainOf(u)
		a.Provenance["canonical_url"] = found("json", 0.9)
	}
	if list, ok := m["keywords"].([]any); ok || m["tags"] != nil {
		if !ok {
			list, _ = m["tags"].([]any)
		}
		for _, k := range list {
			addTo(&a.Keywords, textOf(k))
		}
	} else {
		for k := range strings.SplitSeq(first(m, keyNames), ",") {
			addTo(&a.Keywords, k)
		}
	}
	a.Section = optional(clean(first(m, sectionNames)))
	if site := clean(first(m, siteNames)); site != "" && webAddress(site) == nil {
		a.SiteName = &site
		a.Provenance["site_name"] = found("json", 0.8)
	}
	p.hints.Language = firstText(first(m, langNames), p.hints.Language)

	body := firstText(first(m, textNames), first(m, markupNames), first(m, teaserNames))
	paragraphs := orHeadline(a, bodyOf(a, body, "", in.limits))
	if len(paragraphs) == 0 {
		return refuse(CodeNoText, "no member of this JSON object is an article's text: name it text, body or content")
	}
	return in.complete(p, a, paragraphs)
}

// moment makes a date literal of a value: a string, or seconds or milliseconds since
// 1970, which are UTC by definition.
func moment(v any) string {
	n, isNumber := v.(float64)
	if s, ok := v.(string); ok {
		s = strings.TrimSpace(s)
		if u, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 10 {
			n, isNumber = float64(u), true
		} else {
			return s
		}
	}
	switch {
	case !isNumber:
		return textOf(v)
	case n >= 1e8 && n < 1e11:
		return time.Unix(int64(n), 0).UTC().Format(time.RFC3339)
	case n >= 1e11 && n < 1e14:
		return time.UnixMilli(int64(n)).UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(n)
}
