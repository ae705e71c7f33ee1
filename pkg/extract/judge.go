package extract

import (
	"slices"
	"strings"
)

const (
	// mostly is the share of a block from which the whole counts: of its runs of words
	// in an extractor's body, of its letters in links.
	mostly = 0.5
	// sameTitle is the share of words in common from which a line repeats a headline.
	sameTitle = 0.8
	// teaserLength is the longest link to another page, in words. A longer text full of
	// links is a paragraph that was written so.
	teaserLength = 20
	// proseLength is the shortest paragraph, in words, for which one voice or two are
	// enough without trafilatura's and another's: notices of a sentence are shorter.
	proseLength = 10
	// endShare is the most that the end of a text loses.
	endShare = 0.3
)

// stranger is the verdict on a block that no article was thought to have: it is not
// taken out of one, so the record does not list it.
const stranger = "stranger"

// judge gives a verdict on every block of a page: "" for the body, or the rule that
// keeps it out. The body is what belongs to it by its witnesses and is not foreign to
// it by its looks.
func judge(es []evidence) []string {
	verdicts := make([]string, len(es))
	adoptBetween(es)
	adoptHeadings(es)
	gallery := isGallery(es)
	boxes := smallBoxes(es)
	for i := range es {
		switch e := &es[i]; {
		case !e.belongs():
			verdicts[i] = stranger
		case e.place&inFigure != 0 && !gallery:
			verdicts[i] = "caption"
		case e.place&boxes != 0:
			verdicts[i] = "box"
		default:
			verdicts[i] = e.foreign()
		}
	}
	cutEnd(es, verdicts)
	return verdicts
}

// isGallery reports whether captions are most of a page's text. Elsewhere they
// interrupt it.
func isGallery(es []evidence) bool {
	captions, all := 0.0, 0.0
	for i := range es {
		if !es[i].belongs() {
			continue
		}
		all += es[i].words
		if es[i].place&inFigure != 0 {
			captions += es[i].words
		}
	}
	return captions > mostly*all
}

// cutEnd goes back from the end to the last whole sentence: headings that no text
// follows announce something that was left out, and what else stands there is made of
// names and tags. A text that would lose more than endShare is no prose and stays.
func cutEnd(es []evidence, verdicts []string) {
	all := 0.0
	for i, v := range verdicts {
		if v == "" {
			all += es[i].words
		}
	}
	cut := 0.0
	var end []int
	for i, v := range slices.Backward(verdicts) {
		if v != "" {
			continue
		}
		if endsMarked(es[i].text) || es[i].words > teaserLength {
			break
		}
		cut += es[i].words
		end = append(end, i)
	}
	if cut > endShare*all {
		return
	}
	for _, i := range end {
		verdicts[i] = "end"
	}
}

// belongs reports whether enough extractors have a block. Trafilatura errs least, so
// it needs only one other beside it, whatever the block is. Without that, the block
// must be prose: sentences that trafilatura alone has, or that the two others have or
// the page's JSON-LD, because it drops leads and whole stretches of some pages.
func (e *evidence) belongs() bool {
	a, b, c, ld := e.a > mostly, e.b > mostly, e.c > mostly, e.ld > mostly
	return e.adopted || a && (b || c) || e.prose() && (a || b && c || ld)
}

// prose reports whether a block is a paragraph of sentences.
func (e *evidence) prose() bool { return endsSentence(e.text) && e.words >= proseLength }

// foreign names what a block is that pages set between the paragraphs of an article:
// a line about the publication, the headline again, a link to another page; or it
// returns "". A linked heading may be that of a section.
func (e *evidence) foreign() string {
	switch {
	case e.rule != "":
		return e.rule
	case e.echo > sameTitle:
		return "headline_echo"
	case linkedShare(e.pageBlock) > mostly && e.words < teaserLength && !endsSentence(e.text) && !e.heading() && !writtenAddress(e.text):
		return "link"
	}
	return ""
}

// writtenAddress reports whether a line shows an address for the reader to read. Links
// to other pages show what those are about.
func writtenAddress(line string) bool {
	return strings.Contains(line, "://") || strings.Contains(line, "www.") || strings.Contains(line, "@")
}
