package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/copydesk/copydesk/pkg/article"
)

// Formats made for articles say what is headline and what is body. This file has what
// their readers share: the body as prose or as a fragment of HTML, and dates.

// proseBody returns the paragraphs of a body that came as plain text. Its headline is
// known, so the first line is text unless it repeats what the record has.
func proseBody(a *article.Article, text string) []string {
	return cleanBody(a, splitParagraphs(tidy(text)))
}

// fragmentBody returns the paragraphs of a body that came as HTML. All of it is the
// article: nothing has to be searched.
func fragmentBody(a *article.Article, source string, limits Limits) []string {
	var blocks []string
	if strings.Contains(source[:min(len(source), 1000)], "<nitf") && checkXML(source, limits) == nil {
		if doc, reject := parseXML(source); reject == nil {
			return cleanBody(a, splitBlocks(nitfBlocks(doc)))
		}
	}
	if doc, err := parseFragment(source, limits); err == nil {
		blocks = renderBlocks(doc)
	} else {
		blocks = plainBlocks(source)
		warn(a, "extracted_plainly")
	}
	return cleanBody(a, splitBlocks(blocks))
}

func parseFragment(source string, limits Limits) (*html.Node, error) {
	if len(source) > limits.HTML {
		return nil, html.ErrBufferExceeded
	}
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return nil, err
	}
	// What is seen is the body; scripts, captions of pictures and tables of styles are not.
	var drop []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && isUnread[n.Data] {
			drop = append(drop, n)
		}
	}
	for _, n := range drop {
		n.Parent.RemoveChild(n)
	}
	return doc, nil
}

// isUnread holds the elements of a fragment that are not its text.
var isUnread = set("script", "style", "noscript", "template", "svg", "head", "title", "figure", "figcaption", "iframe", "math", "form", "button")

// bodyOf chooses between the two, by the type that is declared or the look.
func bodyOf(a *article.Article, text, mediaType string, limits Limits) []string {
	if isMarkup(text, mediaType) {
		return fragmentBody(a, text, limits)
	}
	return proseBody(a, text)
}

var anyTag = regexp.MustCompile(`(?i)</?(?:p|br|div|a|b|i|em|strong|span|ul|ol|li|h[1-6]|table|tr|td|img|figure|section|article|body|html|blockquote)(?:\s[^<>]*)?/?>`)

func isMarkup(text, mediaType string) bool {
	if strings.Contains(mediaType, "html") || strings.Contains(mediaType, "xml") {
		return true
	}
	if strings.HasPrefix(mediaType, "text/plain") {
		return false
	}
	return len(anyTag.FindAllStringIndex(text, 2)) >= 2 || strings.HasPrefix(strings.TrimSpace(text), "<p>")
}

// cleanBody takes boilerplate and repetitions of headline, byline and date out.
func cleanBody(a *article.Article, ps []paragraph) []string {
	if !slices.ContainsFunc(ps, func(p paragraph) bool { return strings.ContainsFunc(p.text, unicode.IsLetter) }) {
		return nil // "..." stands for a body in many a template
	}
	ps, removed := dropBoilerplate(ps)
	a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
	return dropEchoes(a, ps)
}

// orHeadline makes a body of the headline when there is no other: flashes and the
// entries of many feeds are nothing but a headline, and news all the same.
func orHeadline(a *article.Article, paragraphs []string) []string {
	if len(paragraphs) == 0 && a.Headline != nil {
		a.Kind = article.KindAlert
		warn(a, "headline_only")
		return []string{*a.Headline}
	}
	return paragraphs
}

// headlineIs enters a headline that the format names as such.
func headlineIs(a *article.Article, headline, method string) {
	if a.Headline = pick(a, "headline", choice{stripTags(headline), method, 0.98}); a.Headline == nil {
		delete(a.Provenance, "headline")
	}
}

// stripTags takes inline markup and entities out of a value.
func stripTags(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return clean(s)
	}
	if anyTag.MatchString(s) {
		doc, err := html.Parse(strings.NewReader(s))
		if err == nil {
			return clean(strings.Join(renderBlocks(doc), " "))
		}
	}
	return clean(html.UnescapeString(s))
}

// bylineIs enters the names of a byline that the format names as such.
func bylineIs(a *article.Article, method string, lines ...string) {
	for _, line := range lines {
		line = stripTags(line)
		for _, prefix := range []string{"By ", "BY ", "by ", "Von ", "Par ", "Por "} {
			line = strings.TrimPrefix(line, prefix)
		}
		for _, name := range bylineAnd.Split(strings.TrimRight(line, " =<"), -1) {
			isAgency := len(a.Byline) > 0 && len(name) < 5 && strings.ToLower(name) == name // "Mira Voss, dpa"
			if name = strings.TrimSpace(name); name != "" && !isAgency && len(name) <= 120 && len(a.Byline) < 50 && !contains(a.Byline, name) {
				a.Byline = append(a.Byline, name)
			}
		}
	}
	if len(a.Byline) > 0 {
		a.Provenance["byline"] = found(method, 0.95)
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

// addTo appends tidy values that are not there yet.
func addTo(list *[]string, values ...string) {
	for _, v := range values {
		if v = clean(v); v != "" && len(*list) < 50 && !contains(*list, v) {
			*list = append(*list, v)
		}
	}
}
