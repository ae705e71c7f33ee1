package extract

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/copydesk/copydesk/pkg/article"
)

// readHTML fills the record from a page and returns the body's paragraphs, which
// may be none.
func readHTML(a *article.Article, page string, h Hints, limits Limits) []string {
	var blocks []string
	var shape pageShape
	if doc := parsePage(page, limits); doc != nil {
		facts := readFacts(doc)
		facts.enter(a, h)
		blocks, shape = mainBlocks(a, doc, facts, limits)
	}
	if len(blocks) == 0 {
		blocks = plainBlocks(page)
		warn(a, "extracted_plainly")
	}
	ps, removed := dropBoilerplate(splitBlocks(blocks))
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	body := dropEchoes(a, ps)
	shape.setKind(a, body)
	return body
}

// parsePage builds the tree of a page, or returns nil for a page that is too large,
// or nested deeper than the parser allows (512): trees cost many times their source.
func parsePage(page string, limits Limits) *html.Node {
	if len(page) > limits.HTML {
		return nil
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil
	}
	if blocks, all := countElements(doc); blocks > limits.Blocks || all > maxElements {
		return nil
	}
	return doc
}

// maxElements is the most elements of any kind that extractors are given. Articles'
// pages have up to some ten thousand; 300,000 spans took 8 s.
const maxElements = 100_000

// countElements counts the block elements of a page and all its elements.
func countElements(doc *html.Node) (blocks, all int) {
	for node := range doc.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		all++
		if isBlock[node.Data] {
			blocks++
		}
	}
	return blocks, all
}

// mainBlocks finds the body of a page and returns its blocks of text in order. The
// page is pruned.
func mainBlocks(a *article.Article, doc *html.Node, facts *facts, limits Limits) ([]string, pageShape) {
	blockCount, _ := countElements(doc)
	few := blockCount <= limits.Fallback
	prune(doc)
	blocks := pageBlocks(doc)
	heard := hear(doc, facts.linkedBody(), few)
	if byline := authors(heard.byline); len(a.Byline) == 0 && len(byline) > 0 {
		a.Byline = byline
		a.Provenance["byline"] = found("byline_element", 0.6)
	}
	es := gather(blocks, heard, facts.titles())
	var body []string
	shape := shapeOf(facts)
	for i, verdict := range judge(es) {
		switch e := &es[i]; verdict {
		case "":
			body = append(body, e.text)
			shape.add(e)
		case stranger:
		default:
			a.Cleaning.Removed = append(a.Cleaning.Removed, article.Removed{Text: clean(e.text), Rule: verdict})
		}
	}
	// The page's own cut into posts, where it is the same text: many keep older posts
	// there, or only the newest.
	if posts, n := facts.posts(), size(body); size(posts) > n*4/5 && size(posts) < n*5/4 {
		body = posts
	}
	if linked := facts.linkedBody(); size(body) < shortBody && len(linked) >= shortBody {
		body = strings.Split(linked, "\n")
	}
	return body, shape
}

// shortBody is the length in bytes under which the find is doubted.
const shortBody = 250

func size(blocks []string) int {
	n := 0
	for _, b := range blocks {
		n += len(b)
	}
	return n
}

// splitBlocks tidies the blocks of a page. Line breaks inside one are kept as
// paragraphs of their own.
func splitBlocks(blocks []string) []paragraph {
	var ps []paragraph
	for _, b := range blocks {
		for line := range strings.SplitSeq(tidy(b), "\n") {
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				ps = append(ps, paragraph{text: line})
			}
		}
	}
	return ps
}

// echoLines is how many of the first lines may repeat what the record already has.
const echoLines = 4

// dropEchoes takes out the headline, byline and date that a page repeats above its
// body, and returns what is left.
func dropEchoes(a *article.Article, ps []paragraph) []string {
	var body []string
	for i, p := range ps {
		if rule := echoRule(a, p.text); rule != "" && i < echoLines && len(body) <= 1 && len(ps) > 1 {
			a.Cleaning.Removed = append(a.Cleaning.Removed, article.Removed{Text: p.text, Rule: rule})
			continue
		}
		body = append(body, p.text)
	}
	return body
}

// echoRule names what a line repeats, or returns "".
func echoRule(a *article.Article, line string) string {
	switch {
	case a.Headline != nil && strings.EqualFold(line, *a.Headline):
		return "headline_echo"
	case dateLine.MatchString(line):
		return "date_echo"
	case bylineLine.MatchString(line):
		return "byline_echo"
	}
	return ""
}
