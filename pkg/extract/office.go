package extract

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// office documents are zip files; the member they have tells which.
var office = []struct {
	member string
	format format // or
	advice string
}{
	{"word/document.xml", formatDOCX, ""},
	{"xl/workbook.xml", "", "a spreadsheet: send its text"},
	{"ppt/presentation.xml", "", "a presentation: send its text"},
	{"META-INF/container.xml", "", "an e-book: send its chapters as HTML"},
	{"Index/Document.iwa", "", "a Pages document: export it as DOCX"},
	{"content.xml", formatODT, ""},
}

// officeOf tells what document a zip file is, if any.
func officeOf(z *zip.Reader) (format, string) {
	has := map[string]bool{}
	for _, m := range z.File {
		has[m.Name] = true
	}
	for _, o := range office {
		// content.xml is a likely name for an article too.
		if has[o.member] && (o.format != formatODT || has["mimetype"] || has["META-INF/manifest.xml"]) {
			return o.format, o.advice
		}
	}
	return "", ""
}

// readOffice reads a document of Word or of OpenDocument.
func (in *intake) readOffice(f format, p part, z *zip.Reader) *Reject {
	body, about := "word/document.xml", "docProps/core.xml"
	if f == formatODT {
		body, about = "content.xml", "meta.xml"
	}
	members := map[string]string{}
	for _, m := range z.File {
		if m.Name != body && m.Name != about && m.Name != "META-INF/manifest.xml" || members[m.Name] != "" {
			continue
		}
		data, reject := in.member(m)
		if reject != nil {
			return reject
		}
		members[m.Name] = string(data)
	}
	if strings.Contains(members["META-INF/manifest.xml"], "encryption-data") {
		return refuse(CodeEncrypted, "the %s is locked with a password: save it without one", f)
	}
	paragraphs, reject := in.officeParagraphs(members[body])
	if reject != nil {
		return reject
	}
	a := in.blank(p, f)
	a.Kind = article.KindDocument
	in.enterProperties(a, &p, members[about])
	var ps []paragraph
	for _, s := range paragraphs {
		text := clean(s.text)
		switch {
		case text == "":
			if len(ps) > 0 {
				ps[len(ps)-1].gap = true
			}
		case s.isTitle && len(ps) == 0:
			headlineIs(a, text, "title_style")
		default:
			ps = append(ps, paragraph{text: text})
		}
	}
	ps, removed := dropBoilerplate(ps)
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	story := openingOf(a, ps)
	if story = orHeadline(a, story); len(story) == 0 {
		return refuse(CodeNoText, "the %s holds no text: send one that does", f)
	}
	return in.complete(p, a, story)
}

// openingOf is takeOpening for a document whose headline may be known: a surer one is
// kept, and the opening line stays in the text unless it repeats it.
func openingOf(a *article.Article, ps []paragraph) []string {
	known, p := a.Headline, a.Provenance["headline"]
	if known == nil {
		return takeOpening(a, ps)
	}
	body := takeOpening(a, ps)
	if opening := deref(a.Headline); opening != *known && p.Confidence > a.Provenance["headline"].Confidence {
		body = append([]string{opening}, body...)
	}
	if p.Confidence > a.Provenance["headline"].Confidence {
		a.Headline, a.Provenance["headline"] = known, p
	}
	return body
}

// styled is a paragraph of a document.
type styled struct {
	text    string
	isTitle bool
}

// hiddenInOffice are the elements whose text is not of the document as it reads:
// deleted text, comments, and copies for older programs.
var hiddenInOffice = set("del", "moveFrom", "Fallback", "instrText", "delText", "annotation", "tracked-changes", "footnote", "note", "sequence-decls", "forms")

// officeParagraphs reads the paragraphs of a document's main part. Word calls them p
// with texts t, OpenDocument p and h with the text itself. They stream by: a
// long document has a million elements.
func (in *intake) officeParagraphs(text string) ([]styled, *Reject) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	var all []styled
	var current *styled
	var b strings.Builder
	depth, hidden, inText, nested := 0, 0, 0, 0
	isWord := strings.Contains(text[:min(len(text), 4<<10)], "wordprocessingml")
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, refuse(CodeMalformed, "a broken document (%w): save it again", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > in.limits.XMLDepth {
				return nil, refuse(CodeDepth, "a document nested more than %d deep: save it as plain text", in.limits.XMLDepth)
			}
			name := t.Name.Local
			if hidden > 0 || hiddenInOffice[name] {
				hidden++
				continue
			}
			switch name {
			case "p", "h":
				if current != nil && b.Len() > 0 { // a text box inside a paragraph
					current.text = b.String()
					all = append(all, *current)
					b.Reset()
				}
				nested++
				current = &styled{isTitle: isTitleStyle(attrOf(t, "style-name"))}
			case "pStyle":
				if current != nil {
					current.isTitle = isTitleStyle(attrOf(t, "val"))
				}
			case "t":
				inText++
			case "tab", "s":
				n, _ := strconv.Atoi(attrOf(t, "c"))
				b.WriteString(strings.Repeat(" ", min(max(n, 1), 100)))
			case "br", "cr", "line-break":
				b.WriteByte(' ')
			case "noBreakHyphen":
				b.WriteByte('-')
			}
		case xml.EndElement:
			depth--
			if hidden > 0 {
				hidden--
				continue
			}
			switch t.Name.Local {
			case "p", "h":
				if current != nil {
					current.text = b.String()
					all = append(all, *current)
				}
				b.Reset()
				if current, nested = nil, max(nested-1, 0); nested > 0 {
					current = &styled{} // the rest of the paragraph around it
				}
			case "t":
				inText--
			}
		case xml.CharData:
			if hidden == 0 && current != nil && (inText > 0 || !isWord) {
				b.Write(t)
			}
		}
	}
}

func attrOf(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// isTitleStyle reports whether a paragraph's style is the one for a document's title,
// by its name in some languages.
func isTitleStyle(name string) bool {
	switch strings.ToLower(name) {
	case "title", "titel", "titre", "titulo", "título", "titolo", "heading1", "heading_20_1", "berschrift1", "headline":
		return true
	}
	return false
}

// enterProperties reads what a document says about itself. Its author is who owns the
// program and its dates are those of the file, so neither is believed.
func (in *intake) enterProperties(a *article.Article, p *part, text string) {
	if text == "" || checkXML(text, in.limits) != nil {
		return
	}
	root, reject := parseXML(text)
	if reject != nil {
		return
	}
	if title := root.find("title").line(); title != "" && !strings.Contains(strings.ToLower(title), "untitled") && !strings.Contains(title, ".do") {
		a.Headline = pick(a, "headline", choice{title, "document_title", 0.6})
	}
	addTo(&a.Keywords, splitWords(root.find("keywords").line())...)
	p.hints.Language = firstText(root.find("language").line(), p.hints.Language)
}
