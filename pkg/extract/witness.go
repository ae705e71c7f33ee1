package extract

import (
	"codeberg.org/readeck/go-readability/v2"
	"github.com/go-shiori/dom"
	distiller "github.com/markusmobius/go-domdistiller"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
)

// witnesses are the bodies that independent extractors find in one page, as runs of
// words. None is right everywhere: each loses or swallows half of some pages, but
// seldom the same half.
type witnesses struct {
	a, b, c runCount // trafilatura, readability, domdistiller
	linked  runCount // the body in the page's JSON-LD, which is often cut short
	byline  string   // readability's
}

// agreement is the share of runs from which two extractors count as agreeing, when
// the third is not asked: it costs as much as the first.
const agreement = 0.9

// hear asks the extractors about a pruned page. They may change their copies.
func hear(doc *html.Node, linked string, asked bool) witnesses {
	var w witnesses
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	if article, err := parser.ParseAndMutate(dom.Clone(doc, true), nil); err == nil {
		w.byline = article.Byline()
		if article.Node != nil {
			w.b = countRuns(renderBlocks(article.Node))
		}
	}
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		ExcludeComments: true,
		// The extractor searches the whole page for dates and finds them on undated
		// pages too. Ours come from what the page declares: see facts.
		HtmlDateMode: trafilatura.Disabled,
		// Its own fallback swaps whole bodies; here blocks are judged one by one.
		EnableFallback: false,
	})
	if err == nil && result.ContentNode != nil {
		w.a = countRuns(renderBlocks(result.ContentNode))
	}
	both := w.a.shared(w.b)
	switch {
	case both > agreement*float64(len(w.a)) && both > agreement*float64(len(w.b)):
		w.c = w.b
	case asked:
		if result, err := distiller.Apply(dom.Clone(doc, true), &distiller.Options{SkipPagination: true}); err == nil {
			w.c = countRuns(renderBlocks(result.Node))
		}
	}
	if linked != "" {
		w.linked = countRuns([]string{linked})
	}
	return w
}
