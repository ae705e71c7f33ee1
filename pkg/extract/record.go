package extract

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copydesk/copydesk/pkg/article"
)

func isRecord(o map[string]any) bool {
	schema, _ := o["schema"].(string)
	return strings.HasPrefix(schema, "copydesk.article/")
}

// readRecord takes a record of ours in again, from another desk or an earlier run. What
// it says about the article is kept; identity, arrival and the parts of later
// stages are made anew.
func (in *intake) readRecord(p part, v jsontext.Value) *Reject {
	var old article.Article
	if err := json.Unmarshal(v, &old); err != nil {
		return refuse(CodeMalformed, "not a copydesk record (%w): send it as it was published", err)
	}
	if old.Schema != article.SchemaV1 {
		return refuse(CodeUnsupported, "a record of schema %q: this version reads %s", old.Schema, article.SchemaV1)
	}
	if old.Text == nil {
		return refuse(CodeNoText, "a record whose text is elsewhere (text_ref): send it with its text")
	}
	a := in.blank(p, formatJSON)
	a.Input.MediaType = mediaRecord
	a.Status, a.Kind = old.Status, old.Kind
	if a.Status == "" {
		a.Status = article.Usable
	}
	if a.Kind == "" {
		a.Kind = article.KindArticle
	}
	a.Source.Domain, a.Source.Family = old.Source.Domain, old.Source.Family
	a.Wire, a.Rights = old.Wire, old.Rights
	a.Headline, a.Dateline, a.CanonicalURL, a.SiteName, a.Section = old.Headline, old.Dateline, old.CanonicalURL, old.SiteName, old.Section
	a.Published, a.PublishedDate, a.PublishedRaw, a.Modified = old.Published, old.PublishedDate, old.PublishedRaw, old.Modified
	a.Input.URL = old.Input.URL
	addTo(&a.Byline, old.Byline...)
	addTo(&a.Keywords, old.Keywords...)
	for field, p := range old.Provenance {
		if p.Alternatives == nil {
			p.Alternatives = []article.Alternative{}
		}
		a.Provenance[field] = p
	}
	if a.Wire.Subjects == nil {
		a.Wire.Subjects = []string{}
	}
	if t := a.Rights.EmbargoedUntil; t != nil && a.Status == article.Withheld && !t.After(in.hints.Received) {
		a.Status = article.Usable // the embargo is over
	}
	if old.Language != nil {
		p.hints.Language = *old.Language
	}
	delete(a.Provenance, "language")
	a.Language = nil
	var ps []string
	for paragraph := range strings.SplitSeq(tidy(*old.Text), "\n\n") {
		if paragraph = clean(paragraph); paragraph != "" {
			ps = append(ps, paragraph)
		}
	}
	return in.complete(p, a, ps)
}
