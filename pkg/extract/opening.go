package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// maxHeadline is the longest first line, in characters, that may be a headline.
const maxHeadline = 140

var (
	// "By Jane Doe", "By JANE DOE and John Roe, Harbour Wire".
	bylineLine = regexp.MustCompile(`^(?:By|BY) ((?:\p{Lu}[\p{L}.'’-]*|and|&|,|de|da|van|von|bin|al|el)(?:[ ,]+(?:\p{Lu}[\p{L}.'’-]*|and|&|de|da|van|von|bin|al|el)){1,12})$`)
	bylineHead = regexp.MustCompile(`^(?:By|BY) \p{Lu}`)
	bylineAnd  = regexp.MustCompile(`\s*(?:,|;|&|\band\b)\s*`)
	// A line of nothing but day, month and year, in any order, maybe with a time.
	dateLine = regexp.MustCompile(`(?i)^(?:(?:published|updated|posted)(?: on| at)?:? )?(?:[a-z]{3,9}\.?,? )?(?:\d{1,2} [a-z]{3,9}\.?,? \d{4}|[a-z]{3,9}\.? \d{1,2},? \d{4}|\d{4}-\d{2}-\d{2})\b.{0,30}$`)

	// A dateline is a place in capitals, or a place with an agency in brackets, and a
	// dash. A capital, a digit or a quotation mark must follow: "NATO - the alliance -
	// agreed" is a sentence.
	dateline = regexp.MustCompile(`^(` +
		`\p{Lu}[\p{Lu}.'’ -]{2,40}(?:, [\p{L}. ]{2,30}){0,2}(?:,? (?:\p{Lu}\p{Ll}{2,8}\.? \d{1,2}|\d{1,2} \p{Lu}\p{Ll}{2,8}))?(?: ?\([^()]{2,40}\))?` +
		`|\p{Lu}[\p{L}.'’-]*(?: \p{Lu}[\p{L}.'’-]*){0,3}(?:, [\p{L}. ]{2,30})?(?:,? (?:\p{Lu}\p{Ll}{2,8}\.? \d{1,2}|\d{1,2} \p{Lu}\p{Ll}{2,8}))? \((?:[A-Z]{2,6}|Reuters|Bloomberg|[\p{L} ]{2,24})\)` +
		`)\s?(?:—|–|--|-)\s?["“'‘]?[\p{Lu}\p{Lo}\d]`)
)

// takeOpening moves headline and byline out of the first paragraphs of a plain text
// into the record and returns what is left as the body.
func takeOpening(a *article.Article, ps []paragraph) []string {
	if len(ps) > 1 && isHeadline(ps) {
		confidence := 0.7
		if ps[0].gap {
			confidence = 0.8
		}
		a.Headline = &ps[0].text
		a.Provenance["headline"] = found("first_line", confidence)
		ps = ps[1:]
	}
	if len(ps) > 1 {
		if m := bylineLine.FindStringSubmatch(ps[0].text); m != nil {
			a.Byline = bylineAnd.Split(m[1], -1)
			a.Provenance["byline"] = found("byline_line", 0.8)
			ps = ps[1:]
		}
	}
	body := make([]string, len(ps))
	for i, p := range ps {
		body[i] = p.text
	}
	return body
}

// isHeadline reports whether the first paragraph is clearly a headline: short, no
// sentence, and set apart from the prose that follows. When in doubt it is not.
func isHeadline(ps []paragraph) bool {
	line := ps[0].text
	n := utf8.RuneCountInString(line)
	if n > maxHeadline || n < 6 || endsHeadlineless(line) {
		return false
	}
	if unspaced := !strings.ContainsRune(line, ' ') && strings.ContainsFunc(line, isHan); !unspaced && len(strings.Fields(line)) < 3 {
		return false
	}
	if mayBeDateline(line) && dateline.MatchString(line) || bylineHead.MatchString(line) || dateLine.MatchString(line) || isListItem(line) {
		return false
	}
	// What follows must be prose: the first paragraph that is neither byline nor date.
	for _, p := range ps[1:] {
		if isByline(p.text) || dateLine.MatchString(p.text) {
			continue
		}
		body := utf8.RuneCountInString(p.text)
		return endsSentence(p.text) && (body >= 2*n || ps[0].gap && body > n)
	}
	return false
}

// endsHeadlineless reports whether a line ends as headlines do not. A question or a
// closing quotation mark may end one.
func endsHeadlineless(line string) bool {
	if strings.HasSuffix(line, "?") {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(line, "\"'”’»)"))
	return strings.ContainsRune(".!…。！;:,-–—", r)
}

func isHan(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// setDateline recognises the line of place and agency that opens wire copy. The text
// keeps it: offsets of later stages count from there.
func setDateline(a *article.Article, first string) {
	// It is short: no pattern need see the whole paragraph.
	if first = first[:min(len(first), 300)]; !mayBeDateline(first) {
		return
	}
	if m := dateline.FindStringSubmatch(first); m != nil {
		a.Dateline = optional(strings.TrimRight(m[1], " -"))
		a.Provenance["dateline"] = found("opening", 0.95)
	}
}

// mayBeDateline spares most lines the pattern: a dateline begins with a capital, has a
// dash, and either goes on in capitals or names an agency in brackets.
func mayBeDateline(line string) bool {
	r, n := utf8.DecodeRuneInString(line)
	if !unicode.IsUpper(r) || !strings.Contains(line, "-") && !strings.Contains(line, "—") && !strings.Contains(line, "–") {
		return false
	}
	r, _ = utf8.DecodeRuneInString(line[n:])
	return unicode.IsUpper(r) || strings.ContainsRune(".'’ -", r) || strings.Contains(line, "(")
}

// isByline reports whether a line is a byline and nothing else.
func isByline(line string) bool {
	return (strings.HasPrefix(line, "By ") || strings.HasPrefix(line, "BY ")) && bylineLine.MatchString(line)
}
