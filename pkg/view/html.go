package view

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

var (
	//go:embed page.gohtml
	pageSource string
	//go:embed page.css
	pageStyle string
)

var page = template.Must(template.New("page").Parse(pageSource))

// pagePolicy lets the page's own style through, known by its hash, and nothing else:
// no script, no request, no frame, no style that an article brings along.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// HTML writes records as one page: each article with its entities coloured by type, the
// sentences of its summary marked where they stand, what was taken out of it folded
// away, and how each field was found.
//
// The page needs nothing but itself and runs nothing, and its content security policy
// holds the browser to that. What strangers wrote is text everywhere, and
// addresses are shown, not linked.
func HTML(w io.Writer, articles []*article.Article) error {
	list := make([]htmlArticle, len(articles))
	for i, a := range articles {
		list[i] = newHTMLArticle(a)
	}
	return page.Execute(w, struct {
		Policy   string
		Style    template.CSS
		Articles []htmlArticle
	}{pagePolicy, template.CSS(pageStyle), list})
}

// htmlArticle is an article as the page's template wants it.
type htmlArticle struct {
	*article.Article
	Title      string
	Relation   string
	Paragraphs [][]htmlPiece
	Provenance []htmlField
}

// htmlPiece is a stretch of text with the same marks.
type htmlPiece struct {
	Text   string
	Entity string // its type, one of the four; "" for none
	Name   string
	Chosen bool // in a sentence of the summary
}

// htmlField is the provenance of one field.
type htmlField struct {
	Name, Value, Method string
	Confidence          float64
	Others              []article.Alternative
}

func newHTMLArticle(a *article.Article) htmlArticle {
	h := htmlArticle{Article: a, Title: title(a), Relation: "-"}
	if a.Dedupe != nil {
		h.Relation = string(a.Dedupe.Relation)
	}
	if a.Text != nil {
		h.Paragraphs = pieces(a)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Provenance)) {
		p := a.Provenance[name]
		h.Provenance = append(h.Provenance, htmlField{name, fieldValue(a, name), p.Method, p.Confidence, p.Alternatives})
	}
	return h
}

// fieldValue is the value of a field by its JSON name, for those that provenance is
// kept of.
func fieldValue(a *article.Article, name string) string {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	switch name {
	case "headline":
		return text(a.Headline)
	case "byline":
		return strings.Join(a.Byline, ", ")
	case "dateline":
		return text(a.Dateline)
	case "published":
		return text(a.PublishedRaw)
	case "language":
		return text(a.Language)
	case "canonical_url":
		return text(a.CanonicalURL)
	case "site_name":
		return text(a.SiteName)
	case "section":
		return text(a.Section)
	case "keywords":
		return strings.Join(a.Keywords, ", ")
	}
	return ""
}

// htmlSpan is a stretch of code points with a mark.
type htmlSpan struct {
	start, end   int
	entity, name string
}

// pieces cuts the text where a mark begins or ends, paragraph by paragraph. Spans that
// are not in the text, or run over each other, are left out: a record may come from
// anywhere.
func pieces(a *article.Article) [][]htmlPiece {
	runes := []rune(*a.Text)
	chosen := make([]bool, len(runes))
	if a.Summary != nil {
		for _, s := range a.Summary.Sentences {
			for i := max(0, s.Start); i < min(s.End, len(runes)); i++ {
				chosen[i] = true
			}
		}
	}
	entities := mentionSpans(a, len(runes))
	paragraphs := [][]htmlPiece{}
	var line []htmlPiece
	flush := func() {
		if len(line) > 0 {
			paragraphs = append(paragraphs, line)
		}
		line = nil
	}
	for i := 0; i < len(runes); {
		if runes[i] == '\n' {
			flush()
			i++
			continue
		}
		for len(entities) > 0 && entities[0].end <= i {
			entities = entities[1:]
		}
		p := htmlPiece{Chosen: chosen[i]}
		end := len(runes)
		if len(entities) > 0 {
			if e := entities[0]; e.start <= i {
				p.Entity, p.Name, end = e.entity, e.name, e.end
			} else {
				end = e.start
			}
		}
		from := i
		for i < end && runes[i] != '\n' && chosen[i] == p.Chosen {
			i++
		}
		p.Text = string(runes[from:i])
		line = append(line, p)
	}
	flush()
	return paragraphs
}

// mentionSpans are the mentions of entities in the order of the text, without those that
// begin inside another.
func mentionSpans(a *article.Article, length int) []htmlSpan {
	var spans []htmlSpan
	for _, e := range a.Entities {
		for _, m := range e.Mentions {
			if m.Start >= 0 && m.Start < m.End && m.End <= length {
				spans = append(spans, htmlSpan{m.Start, m.End, entityClass(e.Type), e.Name})
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b htmlSpan) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	kept, end := spans[:0], 0
	for _, s := range spans {
		if s.start >= end {
			kept, end = append(kept, s), s.end
		}
	}
	return kept
}

// entityClass is the class of an entity's type on the page.
func entityClass(t article.EntityType) string {
	switch t {
	case article.Person, article.Organisation, article.Place:
		return string(t)
	}
	return string(article.Other)
}
