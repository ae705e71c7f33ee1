package extract

import (
	"io"
	"strings"

	"golang.org/x/net/html"
)

// isBlock holds the elements that begin and end a piece of text.
var isBlock = set("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt",
	"fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li",
	"main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul")

// isSilent holds the elements whose text is not prose, for pages that are read tag
// by tag.
var isSilent = set("script", "style", "noscript", "template", "svg", "nav", "footer", "header", "aside", "form", "button",
	"select", "option", "textarea", "head", "title", "figcaption", "iframe", "math")

// isCell holds the blocks that share a line with their neighbours.
var isCell = set("td", "th")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// blockText collects inline text and cuts it where blocks begin and end. Line ends in
// the source are spaces; only br makes a line.
type blockText struct {
	blocks []string
	b      strings.Builder
}

func (t *blockText) text(s string) {
	t.b.WriteString(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s))
}

func (t *blockText) open(tag string) {
	switch {
	case isCell[tag]:
		t.b.WriteByte(' ')
	case tag == "br":
		t.b.WriteByte('\n')
	case isBlock[tag]:
		t.flush()
	}
}

func (t *blockText) flush() {
	if s := strings.TrimSpace(t.b.String()); s != "" {
		t.blocks = append(t.blocks, s)
	}
	t.b.Reset()
}

// renderBlocks returns the text of a tree, a string for each block.
func renderBlocks(root *html.Node) []string {
	var t blockText
	var walk func(*html.Node)
	walk = func(n *html.Node) { // the parser bounds the depth
		switch n.Type {
		case html.TextNode:
			t.text(n.Data)
		case html.ElementNode:
			t.open(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && n.Data != "br" {
			t.open(n.Data)
		}
	}
	walk(root)
	t.flush()
	return t.blocks
}

// minProse is the shortest block, in bytes, that plainBlocks takes for prose when it
// does not end like a sentence: menus are made of shorter ones.
const minProse = 80

// plainBlocks reads a page tag by tag, without a tree. It takes the blocks that look
// like prose and is the way out for pages no extractor can hold, or finds a body in.
func plainBlocks(page string) []string {
	var t blockText
	silent := ""
	depth := 0
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(1 << 20)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if z.Err() != io.EOF {
				t.flush() // one token over the buffer: keep what came before
			}
			break
		}
		name, _ := z.TagName()
		tag := string(name)
		switch {
		case silent != "" && tag == silent && kind == html.StartTagToken:
			depth++
		case silent != "" && tag == silent && kind == html.EndTagToken:
			if depth--; depth == 0 {
				silent = ""
			}
		case silent != "":
		case kind == html.StartTagToken && isSilent[tag]:
			silent, depth = tag, 1
		case kind == html.TextToken:
			t.text(string(z.Text()))
		case tag != "":
			t.open(tag)
		}
	}
	t.flush()
	var prose []string
	for _, b := range t.blocks {
		if len(b) >= minProse || endsSentence(b) {
			prose = append(prose, b)
		}
	}
	return prose
}
