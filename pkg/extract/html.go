package extract

import (
	"strings"

	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"

	"github.com/copydesk/copydesk/pkg/article"
)

// readHTML fills the record from a page and returns the body's paragraphs, which
// may be none.
func readHTML(a *article.Article, page string, h Hints, limits Limits) []string {
	var blocks []string
	if doc := parsePage(page, limits); doc != nil {
		facts := readFacts(doc)
		facts.enter(a, h)
		blocks = mainBlocks(doc, limits)
	}
	if tooShort(blocks) {
		blocks = plainBlocks(page)
		warn(a, "extracted_plainly")
	}
	ps, removed := dropBoilerplate(splitBlocks(blocks))
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	return dropEchoes(a, ps)
}

// parsePage builds the tree of a page, or returns nil for a page that is too large,
// or nested deeper than the parser allows (512): trees cost many times their source.
func parsePage(page string, limits Limits) *html.Node {
	if len(page) > limits.HTML {
		return nil
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil || countBlocks(doc) > limits.Blocks {
		return nil
	}
	return doc
}

func countBlocks(doc *html.Node) int {
	n := 0
	for node := range doc.Descendants() {
		if node.Type == html.ElementNode && isBlock[node.Data] {
			n++
		}
	}
	return n
}

// mainBlocks finds the body of a page and returns its blocks of text in order.
func mainBlocks(doc *html.Node, limits Limits) []string {
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		// The competitors gain 1 point of F1 on the 990-page set and cost half the
		// speed on small pages, but their time grows faster than the page.
		EnableFallback:  countBlocks(doc) <= limits.Fallback,
		ExcludeComments: true,
		// The extractor searches the whole page for dates and finds them on undated
		// pages too. Ours come from what the page declares: see facts.
		HtmlDateMode: trafilatura.Disabled,
	})
	if err != nil || result.ContentNode == nil {
		return nil
	}
	return renderBlocks(result.ContentNode)
}

// shortBody is the length in bytes under which the extractor itself doubts its find
// and takes the page's whole text as one block.
const shortBody = 250

func tooShort(blocks []string) bool {
	n := 0
	for _, b := range blocks {
		n += len(b)
	}
	return n < shortBody
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
