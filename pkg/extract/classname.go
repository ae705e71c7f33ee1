package extract

import (
	"strings"

	"golang.org/x/net/html"
)

// Pages name their parts for their style sheets, and templates of thousands of sites use
// the same words for the same parts. What such a name says is a hint about a box, never
// about a whole article: see smallBoxes.

// boxOf tells what kind of box an element is by the words of its class and id.
func boxOf(n *html.Node) place {
	var p place
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" || len(a.Val) > maxClass {
			continue
		}
		for name := range strings.FieldsSeq(a.Val) {
			p |= boxNamed(name)
		}
	}
	return p
}

// maxClass is the longest attribute that is read: style sheets made of utility classes
// say nothing in any number of words.
const maxClass = 2000

// boxNamed tells what kind of box a class name stands for.
func boxNamed(name string) place {
	if strings.HasPrefix(name, "category-") || strings.HasPrefix(name, "tag-") {
		return 0 // what the article is about, as the most used system for blogs writes it
	}
	var has classWords
	for start := 0; start < len(name); {
		end := start
		for end < len(name) && isLower(name[end]|0x20) && (end == start || isLower(name[end]) || !isLower(name[end-1])) {
			end++
		}
		if end == start {
			start++
			continue
		}
		if end-start <= len("subscription") {
			has |= wordOf[strings.ToLower(name[start:end])]
		}
		start = end
	}
	switch {
	case has&commentWord != 0 && has&partWord != 0, has&threadWord != 0:
		return inComments
	case has&bioWord != 0, has&authorWord != 0 && has&partWord != 0:
		return inAuthorBox
	case has&promoWord != 0:
		return inPromotion
	}
	return 0
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// classWords are the words of a class name that mean something, as bits.
type classWords uint16

const (
	commentWord classWords = 1 << iota
	threadWord
	authorWord
	bioWord
	partWord
	promoWord
)

var wordOf = map[string]classWords{
	"comment": commentWord, "comments": commentWord, "commentlist": threadWord, "disqus": threadWord,
	"author": authorWord, "authors": authorWord, "bio": bioWord, "biography": bioWord, "authorbox": bioWord,
	"box": partWord, "body": partWord, "info": partWord, "card": partWord, "about": partWord, "details": partWord,
	"description": partWord, "excerpt": partWord, "profile": partWord, "list": partWord, "area": partWord, "wrap": partWord,
	"content": partWord, "text": partWord, "section": partWord, "thread": partWord, "item": partWord,
	"newsletter": promoWord, "cta": promoWord, "promo": promoWord, "promotion": promoWord, "subscribe": promoWord,
	"subscription": promoWord, "signup": promoWord, "donate": promoWord, "donation": promoWord, "advert": promoWord,
	"advertisement": promoWord, "sponsored": promoWord, "disclosure": promoWord, "disclaimer": promoWord,
	"byline": bioWord, "meta": bioWord, "related": promoWord,
}

// smallBoxes returns the kinds of boxes that hold little of a page's text. A template
// may name the whole article after its comments.
func smallBoxes(es []evidence) place {
	all := 0.0
	var in [8]float64
	for i := range es {
		if !es[i].belongs() {
			continue
		}
		all += es[i].words
		for k := range in {
			if es[i].place&(1<<k) != 0 {
				in[k] += es[i].words
			}
		}
	}
	var boxes place
	for k, words := range in {
		if p := place(1 << k); p&(inComments|inAuthorBox|inPromotion) != 0 && words < endShare*all {
			boxes |= p
		}
	}
	return boxes
}
