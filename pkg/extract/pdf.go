package extract

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ledongthuc/pdf"

	"github.com/copydesk/copydesk/pkg/article"
)

// readPDF reads the text of a PDF, with the span of each page.
func (in *intake) readPDF(p part) (reject *Reject) {
	defer func() {
		if v := recover(); v != nil { // the parser's way to report errors
			reject = refuse(CodeMalformed, "a broken PDF (%v): print it to a new PDF", v)
		}
	}()
	if reject := in.checkPDF(p.data); reject != nil {
		return reject
	}
	doc, err := openPDF(p.data)
	switch {
	case errors.Is(err, pdf.ErrInvalidPassword), err != nil && strings.Contains(err.Error(), "encrypt"):
		return refuse(CodeEncrypted, "the PDF is locked with a password: save it without one")
	case err != nil:
		return refuse(CodeMalformed, "a broken PDF (%w): print it to a new PDF", err)
	}
	pages, more := pdfPages(doc.Trailer().Key("Root").Key("Pages"), in.limits.Pages)
	if len(pages) == 0 {
		return refuse(CodeMalformed, "a PDF without pages: print it to a new PDF")
	}
	a := in.blank(p, formatPDF)
	a.Kind = article.KindDocument
	if more {
		warn(a, "pages_left_out")
	}
	lines := in.pdfLines(a, p.data, pages)
	if in.ctx.Err() != nil {
		return nil
	}
	lines = dropRunningHeads(a, lines)
	ps := pdfParagraphs(lines)
	if reject := unreadable(ps); reject != nil {
		return reject
	}
	p.hints.Language = firstText(doc.Trailer().Key("Root").Key("Lang").Text(), p.hints.Language)
	enterPDFTitle(a, doc, ps)
	return in.completePDF(p, a, ps)
}

// walkPages reads the lines of each page by our own walk over its drawing.
func (in *intake) walkPages(a *article.Article, pages []pdf.Page) [][]pdfLine {
	w := pdfWalker{in: in, fonts: map[string]*pdfFont{}}
	lines := make([][]pdfLine, 0, len(pages))
	for _, page := range pages {
		if in.ctx.Err() != nil {
			break
		}
		ls, err := w.read(page)
		if err != nil {
			warn(a, "page_unreadable")
		}
		lines = append(lines, ls)
	}
	return lines
}

// openPDF opens a PDF. The parser is strict about the first line, where files write
// "%PDF-2.0", or a space behind the version.
func openPDF(data []byte) (*pdf.Reader, error) {
	if len(data) > 9 && (data[8] == '\r' || data[8] == '\n' || data[8] == ' ') {
		data = bytes.Clone(data)
		copy(data, "%PDF-1.7\n")
	}
	if i := bytes.LastIndex(data, []byte("%%EOF")); i >= 0 {
		data = data[:i+len("%%EOF")]
	}
	return pdf.NewReader(bytes.NewReader(data), int64(len(data)))
}

// maxPageTree is the deepest tree of pages, and the longest way up from one. The
// parser's own walks never end in a tree that contains itself.
const maxPageTree = 32

// pdfPages lists the pages in order, at most limit.
func pdfPages(root pdf.Value, limit int) (pages []pdf.Page, more bool) {
	steps := 0
	var walk func(v pdf.Value, depth int)
	walk = func(v pdf.Value, depth int) {
		if steps++; depth > maxPageTree || steps > 100*limit {
			return
		}
		if v.Key("Type").Name() == "Page" || v.Key("Kids").Kind() != pdf.Array {
			if len(pages) >= limit {
				more = true
			} else if v.Kind() == pdf.Dict && climbs(v) {
				pages = append(pages, pdf.Page{V: v})
			}
			return
		}
		kids := v.Key("Kids")
		for i := 0; i < kids.Len() && !more; i++ {
			walk(kids.Index(i), depth+1)
		}
	}
	walk(root, 0)
	return pages, more
}

// climbs reports whether the way up from a page ends.
func climbs(v pdf.Value) bool {
	for range maxPageTree {
		if v = v.Key("Parent"); v.IsNull() {
			return true
		}
	}
	return false
}

// unreadable rejects PDFs that show letters and do not say which: scans, and fonts without
// a table of characters.
func unreadable(ps []pdfParagraph) *Reject {
	letters, strange := 0, 0
	for _, p := range ps {
		for _, r := range p.text {
			switch {
			case r == utf8.RuneError, unicode.In(r, unicode.Co, unicode.Cc):
				strange++
			case unicode.IsLetter(r):
				letters++
			}
		}
	}
	const fewLetters = 20 // a stamp, a page number in words
	if letters < fewLetters {
		return refuse(CodeScanNoText, "a PDF of pictures of pages: run ocrmypdf, drop again")
	}
	if strange > letters/4 {
		return refuse(CodeScanNoText, "a PDF whose fonts do not say which letters they show: run ocrmypdf --force-ocr, drop again")
	}
	return nil
}

// enterPDFTitle takes what is set in the largest type near the top for the headline, or
// else the title that the file declares, unless that is a program's.
func enterPDFTitle(a *article.Article, doc *pdf.Reader, ps []pdfParagraph) {
	if i := largest(ps); i >= 0 {
		headlineIs(a, ps[i].text, "largest_type")
		a.Provenance["headline"] = found("largest_type", 0.8)
		return
	}
	title := clean(doc.Trailer().Key("Info").Key("Title").Text())
	if strings.Contains(title, " ") && !programTitle.MatchString(title) {
		headlineIs(a, title, "document_title")
		a.Provenance["headline"] = found("document_title", 0.6)
	}
}

var programTitle = regexp.MustCompile(`(?i)\.(?:docx?|odt|rtf|indd|qxd|tmp|pdf|html?)\b|microsoft word|^untitled|^document\d*$|^https?:`)

// completePDF takes the opening off, completes the record and enters the pages' spans.
func (in *intake) completePDF(p part, a *article.Article, ps []pdfParagraph) *Reject {
	plainPs := make([]paragraph, len(ps))
	for i, p := range ps {
		plainPs[i] = paragraph{text: p.text, gap: true}
	}
	kept, removed := dropBoilerplate(plainPs)
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	var story []string
	if a.Headline != nil {
		story = dropEchoes(a, kept)
	} else {
		story = takeOpening(a, kept)
	}
	if story = orHeadline(a, story); len(story) == 0 {
		return refuse(CodeNoText, "a PDF without prose: send the article's text")
	}
	a.Input.Pages = pageSpans(ps, story)
	return in.complete(p, a, story)
}
