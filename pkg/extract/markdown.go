package extract

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/copydesk/copydesk/pkg/article"
)

// maxMarkdown is the most bytes that are read as Markdown; what is larger is read as
// plain text.
const maxMarkdown = 2 << 20

// maxMarks is the most brackets, quote marks and the like in a row that the parser is
// given: its time grows with the square of their number. Lists in lists are worse: half
// a megabyte of "- - - " was not done after four minutes.
const maxMarks = 200

var deepList = regexp.MustCompile(`(?m)^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){50}`)

// readMarkdown reads Markdown, with or without front matter.
func (in *intake) readMarkdown(p part) *Reject {
	source, charset, warnings := decode(p.data, formatMarkdown, p.hints)
	a := in.blank(p, formatMarkdown)
	a.Input.Charset = &charset
	a.Cleaning.Warnings = append(a.Cleaning.Warnings, warnings...)
	matter, source := cutFrontMatter(source)
	matter.enter(a, &p)
	if len(source) > maxMarkdown || longestRun(source) > maxMarks || deepList.MatchString(source) {
		warn(a, "extracted_plainly")
		return in.complete(p, a, orHeadline(a, readText(a, source)))
	}
	headline, blocks := markdownBlocks([]byte(source))
	if a.Headline == nil && headline != "" {
		headlineIs(a, headline, "markdown_heading")
	} else if headline != "" {
		blocks = append([]string{headline}, blocks...) // an echo, or a second title
	}
	paragraphs := orHeadline(a, cleanBody(a, splitBlocks(blocks)))
	if len(paragraphs) == 0 {
		return refuse(CodeNoText, "Markdown without prose: nothing to read")
	}
	return in.complete(p, a, paragraphs)
}

// longestRun returns the length of the longest run of characters that open something.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[', ']', '(', '>', '<', '*', '_', '`', '!', '#':
			run++
			longest = max(longest, run)
		case ' ', '\t', '\n':
		default:
			run = 0
		}
	}
	return longest
}

// markdownBlocks returns the first heading, when the text begins with it, and the
// blocks of text.
func markdownBlocks(source []byte) (headline string, blocks []string) {
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	var t blockText
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() == ast.TypeBlock {
			t.flush()
			if !entering {
				if h, ok := n.(*ast.Heading); ok && h.Level == 1 && headline == "" && len(t.blocks) == 1 {
					headline, t.blocks = t.blocks[0], nil
				}
				return ast.WalkContinue, nil
			}
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			t.b.Write(n.Segment.Value(source))
			if n.HardLineBreak() {
				t.b.WriteByte('\n')
			} else if n.SoftLineBreak() {
				t.b.WriteByte(' ')
			}
		case *ast.String:
			t.b.Write(n.Value)
		case *ast.AutoLink:
			t.b.Write(n.Label(source))
		case *ast.Image: // its text describes a picture
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				t.b.Write(line.Value(source))
			}
		case *ast.HTMLBlock:
			var raw strings.Builder
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				raw.Write(line.Value(source))
			}
			t.text(stripTags(raw.String()))
		}
		return ast.WalkContinue, nil
	})
	t.flush()
	for i, b := range t.blocks {
		t.blocks[i] = stripTags(b) // entities
	}
	return stripTags(headline), t.blocks
}

// frontMatter is the head that static site generators put before Markdown: names and
// values, each value a text or a list.
type frontMatter map[string][]string

var matterLine = regexp.MustCompile(`^([A-Za-z_-]{1,40})\s*[:=]\s*(.*)$`)

// cutFrontMatter takes the head off: YAML between "---" or TOML between "+++". Of both,
// plain values and lists of them are read; that is all articles use.
func cutFrontMatter(source string) (frontMatter, string) {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	for _, fence := range []string{"---\n", "+++\n"} {
		rest, ok := strings.CutPrefix(source, fence)
		if !ok {
			continue
		}
		head, body, ok := strings.Cut("\n"+rest, "\n"+fence)
		if !ok || len(head) > 64<<10 {
			return nil, source
		}
		m := frontMatter{}
		name := ""
		for line := range strings.SplitSeq(head, "\n") {
			if f := matterLine.FindStringSubmatch(line); f != nil {
				name = strings.ToLower(f[1])
				if value := strings.TrimSpace(f[2]); strings.HasPrefix(value, "[") {
					for v := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
						m.add(name, v)
					}
				} else {
					m.add(name, value)
				}
			} else if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok && name != "" {
				m.add(name, item)
			}
		}
		return m, body
	}
	return nil, source
}

func (m frontMatter) add(name, value string) {
	if value = strings.Trim(strings.TrimSpace(value), `"'`); value != "" && len(m[name]) < 50 {
		m[name] = append(m[name], value)
	}
}

func (m frontMatter) first(names ...string) string {
	for _, n := range names {
		if len(m[n]) > 0 {
			return m[n][0]
		}
	}
	return ""
}

func (m frontMatter) enter(a *article.Article, p *part) {
	headlineIs(a, m.first("title", "headline"), "front_matter")
	for _, name := range []string{"author", "authors", "byline"} {
		bylineIs(a, "front_matter", m[name]...)
	}
	publishedIs(a, m.first("date", "published", "pubdate", "publishdate"), "front_matter", a.Received)
	modifiedIs(a, m.first("lastmod", "updated", "modified"))
	addTo(&a.Keywords, append(m["tags"], m["keywords"]...)...)
	a.Section = optional(clean(m.first("section", "category", "categories")))
	p.hints.Language = firstText(m.first("lang", "language"), p.hints.Language)
	if u := webAddress(m.first("canonical", "canonical_url", "url")); u != nil && a.CanonicalURL == nil {
		a.CanonicalURL = optional(u.String())
		a.Provenance["canonical_url"] = found("front_matter", 0.9)
	}
}

var (
	markdownHeading = regexp.MustCompile(`(?m)^#{1,4} \S`)
	markdownCue     = regexp.MustCompile(`(?m)^#{1,4} \S|\]\((?:https?://|/|#)[^)\s]*\)|\*\*\S[^*\n]*\*\*|^> \S|^ {0,3}\x60{3}`)
	matterHead      = regexp.MustCompile(`^(?:---\r?\n(?:[A-Za-z_-]+:.*\r?\n|[ \t#-].*\r?\n)+?---\r?\n|\+\+\+\r?\n)`)
)

// looksLikeMarkdown reports whether a text is clearly Markdown: front matter, or a
// heading on top and another mark. A name or a declared type is taken at its word.
func looksLikeMarkdown(head []byte, declared, filename string) bool {
	if declared == "text/markdown" || strings.HasSuffix(filename, ".md") || strings.HasSuffix(filename, ".markdown") || matterHead.Match(head) {
		return true
	}
	trimmed := strings.TrimSpace(string(head))
	return markdownHeading.MatchString(firstLine(trimmed)) && len(markdownCue.FindAllString(trimmed, 2)) == 2
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
