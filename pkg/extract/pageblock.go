package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// pageBlock is a block of text of a page and what its place there says about it.
type pageBlock struct {
	text    string
	tag     string     // the nearest block element
	parent  *html.Node // of that element: paragraphs of one text have the same
	place   place
	letters int // letters and digits
	linked  int // those of them that are in links
}

// place says which elements a block lies in.
type place uint8

const (
	inFooter place = 1 << iota
	inFigure
	inList
	inTable
	inQuote
	inComments
	inAuthorBox
	inPromotion
)

var placeOf = map[string]place{
	"footer": inFooter, "figure": inFigure, "figcaption": inFigure, "ul": inList, "ol": inList, "dl": inList,
	"table": inTable, "blockquote": inQuote,
}

// isUnseen holds the elements whose text no reader sees. They are half of a page.
var isUnseen = set("script", "style", "noscript", "template", "svg", "head", "iframe", "select", "textarea", "math",
	"object", "video", "audio", "canvas")

// prune takes out of a page what no reader sees, so that the copies which
// extractors make of it are small.
func prune(doc *html.Node) {
	var next *html.Node
	for n := doc.FirstChild; n != nil; n = next {
		next = n.NextSibling
		switch {
		case n.Type == html.CommentNode, n.Type == html.ElementNode && isUnseen[n.Data]:
			doc.RemoveChild(n)
		default:
			prune(n) // the parser bounds the depth
		}
	}
}

// pageBlocks returns the blocks of text of a pruned page in order. A line break ends
// a block too: templates set paragraphs with it.
func pageBlocks(doc *html.Node) []pageBlock {
	w := blockWalk{}
	w.walk(doc, "body", 0, false)
	w.flush("body", 0)
	return w.blocks
}

type blockWalk struct {
	blocks          []pageBlock
	b               strings.Builder
	letters, linked int
	parent          *html.Node // of the nearest block element
}

func (w *blockWalk) flush(tag string, p place) {
	if w.letters > 0 {
		text := strings.Join(strings.Fields(w.b.String()), " ")
		w.blocks = append(w.blocks, pageBlock{text, tag, w.parent, p, w.letters, w.linked})
	}
	w.b.Reset()
	w.letters, w.linked = 0, 0
}

// walk collects the text below n; tag and p are of the nearest block around it.
func (w *blockWalk) walk(n *html.Node, tag string, p place, link bool) {
	if n.Type == html.TextNode {
		w.b.WriteString(n.Data)
		k := countLetters(n.Data)
		w.letters += k
		if link {
			w.linked += k
		}
		return
	}
	name := ""
	if n.Type == html.ElementNode {
		name = n.Data
	}
	block := isBlock[name] && !isCell[name]
	around := w.parent
	switch {
	case block:
		w.flush(tag, p)
		w.parent = n.Parent
		tag, p = name, p|placeOf[name]
		if name != "body" && name != "html" {
			p |= boxOf(n)
		}
	case name == "br":
		w.flush(tag, p)
	case name == "a":
		link = true
	case isCell[name]:
		w.b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, tag, p, link)
	}
	if block {
		w.flush(tag, p)
		w.parent = around
	}
}

func countLetters(s string) int {
	n := 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			if r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' {
				n++
			}
		} else if unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
		}
	}
	return n
}
