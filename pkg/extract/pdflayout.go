package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// pdfParagraph is a paragraph put together from lines, with the pages it lies on.
type pdfParagraph struct {
	text   string
	size   float64
	starts []pageStart
}

// pageStart says that from a code point of a paragraph on it lies on a page.
type pageStart struct{ page, at int }

// ligatures are letters that PDFs draw as one; NFC leaves them.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

func (l *pdfLine) String() string { return clean(ligatures.Replace(l.text.String())) }

// pdfParagraphs joins lines to paragraphs, across pages too.
func pdfParagraphs(pages [][]pdfLine) []pdfParagraph {
	var ps []pdfParagraph
	leading := usualLeading(pages)
	var last *pdfLine
	for i := range pages {
		for j := range pages[i] {
			l := &pages[i][j]
			text := l.String()
			if text == "" {
				continue
			}
			if last == nil || begins(last, l, text, ps[len(ps)-1].text, j == 0, leading) {
				ps = append(ps, pdfParagraph{text: text, size: l.size, starts: []pageStart{{i + 1, 0}}})
			} else {
				p := &ps[len(ps)-1]
				p.text = joinLines(p.text, text)
				if p.starts[len(p.starts)-1].page != i+1 {
					p.starts = append(p.starts, pageStart{i + 1, utf8.RuneCountInString(p.text) - utf8.RuneCountInString(text)})
				}
			}
			last = l
		}
	}
	return ps
}

// begins reports whether a line begins a paragraph.
func begins(last, l *pdfLine, text, before string, newPage bool, leading float64) bool {
	down := last.y - l.y
	switch {
	case abs(l.size-last.size) > 0.15*max(l.size, last.size):
		return true
	case newPage, down < 0: // a new page or column: the sentence tells
		r, _ := utf8.DecodeRuneInString(text)
		return endsSentence(before) || !unicode.IsLower(r)
	case down > 1.45*leading*l.size, listItem.MatchString(text):
		return true
	case l.x > last.x+0.8*l.size: // an indent opens a paragraph, unless the last line was one too
		return endsSentence(before)
	}
	return false
}

// usualLeading is the usual distance of lines, in sizes.
func usualLeading(pages [][]pdfLine) float64 {
	var all []float64
	for _, lines := range pages {
		for i := 1; i < len(lines); i++ {
			d := (lines[i-1].y - lines[i].y) / lines[i].size
			if d > 0.8 && d < 3 && lines[i].size == lines[i-1].size {
				all = append(all, d)
			}
		}
	}
	if len(all) == 0 {
		return 1.2 // what typesetting programs begin with
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// joinLines puts a line to a text. A hyphen before a small letter was the printer's.
func joinLines(text, line string) string {
	r, _ := utf8.DecodeRuneInString(line)
	if stem, ok := strings.CutSuffix(text, "-"); ok && unicode.IsLower(r) {
		if end, _ := utf8.DecodeLastRuneInString(stem); unicode.IsLetter(end) {
			return stem + line
		}
	}
	return text + " " + line
}

var (
	pageNumber = regexp.MustCompile(`(?i)^(?:page|seite|p\.)?\s*[-–]?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\s*[-–]?$`)
	digits     = regexp.MustCompile(`\d+`)
)

// dropRunningHeads takes out what stands at the top or bottom of every page: lines that
// repeat but for their numbers, and page numbers.
func dropRunningHeads(a *article.Article, pages [][]pdfLine) [][]pdfLine {
	const edge = 2 // lines from the top or the bottom
	key := func(l *pdfLine) string { return digits.ReplaceAllString(l.String(), "#") }
	isEdge := func(i, n int) bool { return i < edge || i >= n-edge }
	seen := map[string]int{}
	for _, lines := range pages {
		onPage := map[string]bool{}
		for i := range lines {
			if k := key(&lines[i]); isEdge(i, len(lines)) && k != "" && !onPage[k] {
				onPage[k] = true
				seen[k]++
			}
		}
	}
	noted := map[string]bool{}
	for p, lines := range pages {
		n := len(lines)
		kept := lines[:0:0]
		for i := range lines {
			k := key(&lines[i])
			isRepeated := len(pages) > 2 && seen[k] > 2 && seen[k]*2 > len(pages)
			if isEdge(i, n) && (isRepeated || len(pages) > 1 && pageNumber.MatchString(lines[i].String())) {
				if !noted[k] {
					noted[k] = true
					removeLines(a, "running_head", lines[i].String())
				}
				continue
			}
			kept = append(kept, lines[i])
		}
		pages[p] = kept
	}
	return pages
}

// largest returns the index of the paragraph near the top that is set clearly larger
// than the text and short enough for a headline, or -1.
func largest(ps []pdfParagraph) int {
	weights := map[float64]int{}
	for _, p := range ps {
		weights[p.size] += len(p.text)
	}
	body, most := 0.0, 0
	for size, weight := range weights {
		if weight > most || weight == most && size < body {
			body, most = size, weight
		}
	}
	best := -1
	for i, p := range ps[:min(len(ps), 4)] {
		n := utf8.RuneCountInString(p.text)
		if p.size >= 1.2*body && n >= 10 && n <= 200 && strings.Contains(p.text, " ") && (best < 0 || p.size > ps[best].size) {
			best = i
		}
	}
	return best
}

// pageSpans finds the pages' spans in the text that was made of some of the paragraphs.
func pageSpans(ps []pdfParagraph, story []string) []article.Page {
	spans := []article.Page{}
	at, next := 0, 0
	open := func(page, start int) {
		if k := len(spans); k > 0 {
			if spans[k-1].N == page {
				return
			}
			spans[k-1].End = start
		}
		spans = append(spans, article.Page{N: page, Start: start})
	}
	for i, text := range story {
		if i > 0 {
			at += 2 // the blank line
		}
		for ; next < len(ps); next++ {
			if ps[next].text == text {
				for _, s := range ps[next].starts {
					open(s.page, at+s.at)
				}
				next++
				break
			}
		}
		at += utf8.RuneCountInString(text)
	}
	if k := len(spans); k > 0 {
		spans[k-1].End = at
	}
	return spans
}
