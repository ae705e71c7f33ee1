// Package extract turns the bytes of a dropped file into clean articles.
//
// File is the whole of it. Bytes decide what a file is; what the sender said
// (Hints) helps only where the bytes leave a question open. Every file goes one way, in
// small steps: open what is packed, sniff the format, split a container into its
// parts, decode to UTF-8, extract the body and what is known about it, clean the text,
// check the record. A format is a reader in intake.readers, in a file of its own.
//
// Two promises matter to everything after it. Nothing is guessed: a field without
// evidence is null, and a field with evidence says in Article.Provenance how it
// was found and how sure that is. And nothing vanishes: a line that is taken out of
// the text is in Article.Cleaning with the rule that took it, and a file without an
// article ends as a Reject with a reason from a closed list.
//
// The package is pure. It opens no file and no connection, an address in a file is
// only ever a label, and the same input gives the same articles: the present time
// comes in as Hints.Received. It bounds its own work by Limits, but cannot interrupt a
// parser: who reads hostile files should run it in a process that can be killed.
package extract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/copydesk/copydesk/pkg/article"
)

// Hints are what the sender said about a file, and what the inbox knows of it. All
// are optional: bytes decide, hints help.
type Hints struct {
	ContentType     string // media type, possibly with a charset
	ContentEncoding string // compression the sender declared
	URL             string // where the file was published; never fetched
	Filename        string
	Language        string // BCP 47
	Published       string // a time; used when the file itself has none
	Ref             string // the sender's own reference, echoed

	Boilerplate *Rules // lines learnt per source, or nil
	Learn       bool   // say in each Item what its edges teach about its source

	Source   string // the sender's token
	Lane     article.Lane
	Received time.Time // the inbox's clock: nothing can be published much later
	Seq      uint64    // the file's sequence in its inbox
}

// valid makes the hints valid UTF-8, which a record has to be: they are headers of
// messages, mails and archives, where any byte may stand.
func (h Hints) valid() Hints {
	for _, s := range []*string{&h.ContentType, &h.ContentEncoding, &h.URL, &h.Filename, &h.Language, &h.Published, &h.Ref, &h.Source} {
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	return h
}

// Item is what one item of a file became: an article, or the reason why not.
type Item struct {
	Article *article.Article
	Reject  *Reject
	// Edge is what the article's edges teach, if Hints.Learn asks for it and the
	// article is long enough to have them.
	Edge *Edge
}

// File returns the items of one file, in their order in the file, each an article or
// a reject, so that one that cannot be read costs its neighbours nothing. When a file
// gives a single reject and nothing else, that is the error; without an error there
// is at least one item. An error is a *Reject, unless ctx ended first.
//
// The caller owns the file's identity and fills Item, URI, Version and Trace; File
// fills everything else that is known before dedupe. It is safe for concurrent use.
func File(ctx context.Context, data []byte, h Hints, limits Limits) ([]Item, error) {
	limits, h = limits.withDefaults(), h.valid()
	if len(data) > limits.Raw {
		return nil, refuse(CodeTooLarge, "%d bytes are over the limit of %d: split the file or raise the limit", len(data), limits.Raw)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, refuse(CodeNoText, "the file is empty: nothing to read")
	}
	sum := sha256.Sum256(data)
	in := &intake{ctx: ctx, progress: progressOf(ctx), limits: limits, hints: h, digest: hex.EncodeToString(sum[:]), size: int64(len(data))}
	in.read(part{data: data, hints: h})
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	return in.finish()
}

// finish numbers the items.
func (in *intake) finish() ([]Item, error) {
	if in.unlisted > 0 {
		in.items = append(in.items, Item{Reject: refuse(CodeTooMany,
			"%d more items of this file are rejected like the %d before: mend the file and drop it again", in.unlisted, in.rejected)})
	}
	switch {
	case len(in.items) == 0:
		return nil, refuse(CodeNoItems, "the file holds no article: nothing to read")
	case len(in.items) == 1 && in.items[0].Reject != nil:
		r := in.items[0].Reject
		if len(r.Path) > 0 {
			r.Err = fmt.Errorf("%s: %w", strings.Join(r.Path, " > "), r.Err)
		}
		return nil, r
	}
	for i, item := range in.items {
		if item.Article != nil {
			item.Article.Input.Index, item.Article.Input.Count = i, len(in.items)
		}
	}
	return in.items, nil
}

// readPlain extracts the article of a plain text, or several that were put in one file.
func (in *intake) readPlain(p part) *Reject {
	text, charset, warnings := decode(p.data, formatText, p.hints)
	pieces, doubtful := splitGlued(text)
	for _, piece := range pieces {
		a := in.blank(p, formatText)
		a.Input.Charset = &charset
		a.Cleaning.Warnings = append(a.Cleaning.Warnings, warnings...)
		if doubtful {
			warn(a, "maybe_several_articles")
		}
		if len(pieces) > 1 {
			warn(a, "split_from_text")
		}
		reject := in.complete(p, a, readText(a, piece))
		if reject != nil && len(pieces) == 1 {
			return reject
		}
		if reject != nil {
			in.reject(p, reject)
		}
	}
	return nil
}

// readPage extracts the article of a page.
func (in *intake) readPage(p part) *Reject {
	page, charset, warnings := decode(p.data, formatHTML, p.hints)
	a := in.blank(p, formatHTML)
	a.Input.Charset = &charset
	a.Cleaning.Warnings = append(a.Cleaning.Warnings, warnings...)
	return in.complete(p, a, readHTML(a, page, p.hints, in.limits))
}

// complete enters the body and what is read from it, checks the record and adds it.
func (in *intake) complete(p part, a *article.Article, paragraphs []string) *Reject {
	var edge *Edge
	if in.hints.Learn {
		edge = edgeOf(paragraphs)
	}
	paragraphs = dropLearnt(a, paragraphs, p.hints.Boilerplate)
	body := strings.Join(paragraphs, "\n\n")
	if !strings.ContainsFunc(body, unicode.IsLetter) {
		return refuse(CodeNoText, "no prose found in the %s: send the article's own page or text", a.Input.MediaType)
	}
	a.Text = &body
	setDateline(a, paragraphs[0])
	setLanguage(a, body, p.hints)
	setPublished(a, dateCandidate{literal: p.hints.Published, method: "declared", confidence: 0.9}, p.hints.Received)
	return in.add(p, a, edge)
}

// blank returns a record with everything that is known before the file is read,
// and every list of a completed part present.
func blank(data []byte, h Hints) *article.Article {
	sum := sha256.Sum256(data)
	return record(hex.EncodeToString(sum[:]), int64(len(data)), h)
}

// record is blank for a file whose digest is known.
func record(digest string, size int64, h Hints) *article.Article {
	a := &article.Article{
		Schema:   article.SchemaV1,
		Lane:     h.Lane,
		Status:   article.Usable,
		Kind:     article.KindArticle,
		Received: h.Received,
		Source:   article.Source{Name: h.Source},
		Input: article.Input{
			SHA256:   digest,
			Bytes:    size,
			Filename: optional(h.Filename),
			URL:      optional(h.URL),
			Ref:      optional(h.Ref),
			Path:     []string{},
			Count:    1,
			Seq:      h.Seq,
			Pages:    []article.Page{},
		},
		Wire:       article.Wire{Subjects: []string{}},
		Byline:     []string{},
		Keywords:   []string{},
		Provenance: map[string]article.Provenance{},
		Cleaning:   article.Cleaning{Removed: []article.Removed{}, Warnings: []string{}},
	}
	if a.Lane == "" {
		a.Lane = article.Live
	}
	if u := webAddress(h.URL); u != nil {
		a.Source.Domain = domainOf(u)
		a.CanonicalURL = optional(u.String())
		a.Provenance["canonical_url"] = found("declared", 0.8)
	}
	return a
}

// readText fills the record from plain text and returns the body's paragraphs.
func readText(a *article.Article, text string) []string {
	ps, removed := dropBoilerplate(splitParagraphs(tidy(text)))
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	body := takeOpening(a, ps)
	setShortKind(a, body)
	return body
}

// found is a provenance without alternatives.
func found(method string, confidence float64) article.Provenance {
	return article.Provenance{Method: method, Confidence: confidence, Alternatives: []article.Alternative{}}
}

// warn adds a code once.
func warn(a *article.Article, code string) {
	for _, w := range a.Cleaning.Warnings {
		if w == code {
			return
		}
	}
	a.Cleaning.Warnings = append(a.Cleaning.Warnings, code)
}

// optional makes the empty string null.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// webAddress parses an absolute http address, or returns nil.
func webAddress(s string) *url.URL {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	return u
}

// domainOf returns the host without port and "www.".
func domainOf(u *url.URL) *string {
	return optional(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."))
}
