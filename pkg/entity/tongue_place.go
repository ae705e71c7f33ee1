package entity

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity/places"
)

// places finds cities that are known, and names where places stand.
func (f *foreigner) places() {
	for i := 0; i < len(f.words); i++ {
		w := &f.words[i]
		if w.capital() && !w.opens && !f.covered[i] && notForeign[f.bare(i)] && f.follows(i+1) && f.proper(i+1) && f.city(i, i+2, 0) {
			f.add(i, i+2, article.Place, likelyForeign) // "Den Haag"
			i++
			continue
		}
		if !f.proper(i) || w.acronym() || w.opens && !f.nouns && !w.heading || f.heads[f.bare(i)] || f.title(i) {
			continue
		}
		last := i + 1
		for last < len(f.words) && last < i+3 && f.follows(last) && f.proper(last) && f.words[last].elided == "" && !f.words[last].acronym() {
			last++
		}
		before, opened := "", false
		if f.follows(i) {
			before = f.bare(i - 1)
			opened = f.words[i-1].capital()
		}
		if w.elided != "" {
			before = w.elided
		}
		of := f.of[before] && i > 1 && f.follows(i-1) && f.seats[f.bare(i-2)] || w.elided == "d" && i > 0 && f.seats[f.bare(i-1)]
		switch {
		case f.nouns:
			last = f.germanPlace(i, last, before)
		case opened:
			last = i
		case f.in[before] && f.city(i, last, 0), of, f.after(i) && f.city(i, last, 0),
			f.of[before] && f.behindPerson(i-1) && f.city(i, last, 0):
			f.add(i, last, article.Place, likelyForeign)
		case f.seats[before] && (f.city(i, last, 0) || !f.title(i-1) && !f.given(i)):
			f.add(i, last, article.Place, weakForeign)
		case f.weakIn[before] && !f.given(i) && !abstract(f.bare(last-1)):
			f.add(i, last, article.Place, weakForeign)
		case f.city(i, last, wellKnown) && !f.given(i) && f.words[last-1].end-w.start > 3:
			f.add(i, last, article.Place, likelyForeign)
		}
		i = max(i, last-1)
	}
}

// abstract reports whether a word of a Romance language ends as those for acts and bodies
// do, which stand where places do: "en Presidencia".
func abstract(p string) bool {
	for _, end := range []string{"ción", "sión", "dad", "ncia", "ência", "ção", "são", "dade", "mento", "miento", "tion", "sion", "zione", "sione", "ità", "ment"} {
		if strings.HasSuffix(p, end) {
			return true
		}
	}
	return false
}

// germanPlace enters a city where nouns have capitals, too: only where a place can stand
// without an article.
func (f *foreigner) germanPlace(i, last int, before string) int {
	for ; last > i; last-- {
		if notCities[f.bare(i)] || f.goesOn(last) {
			continue
		}
		switch {
		case f.in[before] && f.city(i, last, 0) && (before != "von" || f.city(i, last, wellKnown)),
			f.seats[before] && f.city(i, last, 0), f.after(i) && f.city(i, last, wellKnown):
			f.add(i, last, article.Place, likelyForeign)
			return last
		}
	}
	return i
}

// goesOn reports whether a name goes on at word i: Nottingham Forest, Brighton & Hove.
func (f *foreigner) goesOn(i int) bool {
	return i < len(f.words) && f.words[i].capital() && (f.follows(i) || strings.TrimSpace(f.doc.Text[f.words[i-1].end:f.words[i].start]) == "&")
}

// behindPerson reports whether word i stands behind a person's name.
func (f *foreigner) behindPerson(i int) bool {
	for k := range f.spans {
		if s := &f.spans[k]; s.last == i {
			return s.typ == article.Person && f.follows(i)
		}
	}
	return false
}

// after reports whether "and" and a place stand before word i.
func (f *foreigner) after(i int) bool {
	if i < 2 || !f.follows(i) || f.bare(i-1) != f.and || !f.covered[i-2] {
		return false
	}
	for k := range f.spans {
		if s := &f.spans[k]; s.last == i-1 {
			return s.typ == article.Place
		}
	}
	return false
}

// city reports whether words are the name of a city with so many people.
func (f *foreigner) city(first, last int, people uint32) bool {
	var room [32]places.Place
	name := f.doc.Text[f.words[first].start:f.words[last-1].end]
	for _, p := range places.Cities().Find(room[:0], name) {
		if p.Population >= people {
			return true
		}
	}
	return false
}
