package extract

import (
	"regexp"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// pageShape is what the form of a page says about the kind of its article.
type pageShape struct {
	live, gallery, list bool // as the page declares
	locked              bool // the page says that not everyone may read on
	words               int  // the publisher's count, or 0
	clocks              int  // time elements
	captions            int  // blocks of the body in figures
	teasers             int  // headings of the body that are links
}

// posts are the paragraphs of a live blog's posts, in the page's order, each post's
// headline before it.
func (f *facts) posts() []string {
	var ps []string
	for _, ld := range f.ld {
		for _, p := range ld.posts {
			if p.headline != "" && !strings.HasPrefix(p.body, p.headline) {
				ps = append(ps, p.headline)
			}
			ps = append(ps, strings.Split(p.body, "\n")...)
		}
	}
	return ps
}

func shapeOf(f *facts) pageShape {
	s := pageShape{clocks: f.clocks}
	for _, ld := range f.ld {
		s.live = s.live || slices.Contains(ld.types, "LiveBlogPosting")
		s.locked = s.locked || ld.locked
		s.words = max(s.words, ld.words)
	}
	tier := f.first("article:content_tier")
	s.locked = s.locked || tier == "locked" || tier == "metered"
	for _, t := range f.types {
		s.gallery = s.gallery || t == "ImageGallery" || t == "MediaGallery"
		s.list = s.list || t == "CollectionPage" || t == "ItemList"
	}
	s.list = s.list && len(f.ld) == 0
	return s
}

// add counts a block of the body.
func (s *pageShape) add(e *evidence) {
	if e.place&inFigure != 0 {
		s.captions++
	}
	if e.heading() && linkedShare(e.pageBlock) > 0.9 {
		s.teasers++
	}
}

const (
	// galleryPictures is the fewest captions of a gallery, and captionWords the most
	// words of text that it has for each.
	galleryPictures, captionWords = 6, 30
	// listTeasers is the fewest linked headings of a listing; longer paragraphs than
	// teaserWords are an article's, and a listing has hardly any.
	listTeasers, teaserWords = 6, 20
	// stubWords is the longest beginning that a paywall leaves: two paragraphs, or
	// three. Where the publisher says how long the article is, half of that is asked.
	stubWords = 150
	// briefWords is the length of a news brief, and of an alert, which is a sentence or
	// two under a word that says so.
	briefWords = 50
)

// setKind enters the kind that the page and its body show, most certain first. In
// doubt it stays an article.
func (s pageShape) setKind(a *article.Article, body []string) {
	words, long := 0, 0
	for _, p := range body {
		n := wordsIn(p)
		words += n
		if n > teaserWords {
			long++
		}
	}
	switch {
	case s.live, s.clocks >= 6 && a.Headline != nil && liveHead.MatchString(*a.Headline):
		a.Kind = article.KindLiveBlog
	case s.locked && (s.words == 0 && words <= stubWords || words*2 < s.words):
		a.Kind = article.KindPaywallStub
	case s.gallery && words <= captionWords*max(s.captions, galleryPictures), s.captions >= galleryPictures && words <= captionWords*s.captions:
		a.Kind = article.KindGallery
	case s.list && s.teasers > 0, s.teasers >= listTeasers && long*2 < s.teasers:
		a.Kind = article.KindListing
	default:
		setShortKind(a, body)
	}
}

var (
	liveHead  = regexp.MustCompile(`(?i)\b(?:live(?: ?blog|[- ]?ticker| updates?)?|as it happened|en direct|en vivo)\b`)
	alertHead = regexp.MustCompile(`(?i)^\W*(?:breaking(?: news)?|news ?alert|alert|urgent|flash|eilmeldung|eil)\b\s*[:|!–—*-]`)
)

// setShortKind tells briefs and alerts, of any format, by their length. A text without
// a headline may be a piece of something, so its length says nothing.
func setShortKind(a *article.Article, body []string) {
	switch {
	case a.Headline == nil || size(body) > 20*briefWords || wordsIn(body...) > briefWords:
	case alertHead.MatchString(*a.Headline):
		a.Kind = article.KindAlert
	default:
		a.Kind = article.KindBrief
	}
}

// wordsIn counts words; in scripts without spaces two letters make one.
func wordsIn(lines ...string) int {
	n := 0
	for _, s := range lines {
		letters := 0
		for _, r := range s {
			if r >= 0x0e00 && isHan(r) {
				letters++
			}
		}
		n += max(len(strings.Fields(s)), letters/2)
	}
	return n
}
