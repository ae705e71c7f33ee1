package entity

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

func (f *foreigner) given(i int) bool {
	p := strings.ToLower(f.words[i].form)
	return foreignGiven[p] || givenNames[p]
}

func (f *foreigner) title(i int) bool {
	p := f.bare(i)
	if f.roles[p] {
		return true
	}
	return slices.ContainsFunc(f.roleEnds, func(end string) bool { return strings.HasSuffix(p, end) && len(p) > len(end)+2 })
}

// persons finds names that begin with a known given name, or stand behind a title.
func (f *foreigner) persons() {
	for i := 0; i < len(f.words); i++ {
		if !f.proper(i) || f.heads[f.bare(i)] || f.words[i].acronym() || f.title(i) {
			continue
		}
		given, titled := f.given(i), f.titled(i)
		if !given && !titled {
			continue
		}
		if f.follows(i) && !f.nouns && f.proper(i-1) && !f.words[i-1].opens && !f.title(i-1) {
			continue // part of another name: "San Isidro"
		}
		last, capitals := f.personEnd(i, given)
		switch {
		case f.nouns && f.hyphened(i, last): // "Max-Planck-Institut"
		case given && capitals > 1 && f.city(i, last, wellKnown):
			f.add(i, last, article.Place, likelyForeign)
		case given && capitals > 1:
			f.add(i, last, article.Person, sureForeign)
		case titled && capitals > 1 && !f.organisation(i, last):
			f.add(i, last, article.Person, likelyForeign)
		case titled && capitals == 1 && !f.nouns && f.follows(i) && !f.words[i].opens && !f.city(i, last, 0):
			f.add(i, last, article.Person, weakForeign)
		default:
			continue
		}
		i = last - 1
	}
}

// givenPart reports whether word i is a given name or the rest of one: Marie-Agnes.
func (f *foreigner) givenPart(i int) bool {
	return f.given(i) || i > 0 && !f.words[i].joined && f.follows(i) && f.given(i-1)
}

// titled reports whether a title stands before word i, or before the comma before it.
func (f *foreigner) titled(i int) bool {
	if i == 0 {
		return false
	}
	if f.title(i-1) && (f.follows(i) || strings.TrimSpace(f.doc.Text[f.words[i-1].end:f.words[i].start]) == "") {
		return true
	}
	if f.doc.Text[f.words[i-1].end:f.words[i].start] != ", " || f.nouns {
		return false
	}
	for j := i - 1; j >= max(0, i-8); j-- {
		if f.title(j) && !f.words[j].capital() {
			return true
		}
		if !f.follows(j) {
			return false
		}
	}
	return false
}

// longestPerson is the most capitalised words of a person's name.
const longestPerson = 4

// personEnd returns where the person's name ends that begins at word i, and how many
// capitalised words it has.
func (f *foreigner) personEnd(i int, given bool) (last, capitals int) {
	last, capitals = i+1, 1
	most, joined := longestPerson, false
	if f.nouns && !given {
		most = 2 // what follows is a noun
	}
	for last < len(f.words) && f.follows(last) && (capitals < most || !f.words[last].joined) {
		if f.words[last].elided != "" && f.words[last].elided != "d" {
			return last, capitals
		}
		if f.words[last].elided == "d" && joined {
			return last, capitals
		}
		joined = joined || f.words[last].elided != ""
		if f.words[last].capital() && f.particles[f.bare(last)] && f.follows(last+1) && f.proper(last+1) && f.words[last].elided == "" {
			last++ // "Yann Le Goarec"
			joined = true
		}
		if f.proper(last) && !f.words[last].acronym() && !f.heads[f.bare(last)] {
			if f.nouns && given && capitals > 1 && !f.givenPart(last-1) && f.words[last-1].capital() && f.words[last].joined {
				return last, capitals // a noun
			}
			last++
			capitals++
			continue
		}
		j := last
		for j < len(f.words) && j < last+2 && f.follows(j) && f.particles[f.bare(j)] && !f.words[j].capital() {
			j++
		}
		conjunction := f.bare(last) == f.and
		if j == last || f.nouns && (f.bare(last) == "der" || f.bare(last) == "den" || !f.givenPart(last-1)) || j >= len(f.words) || !f.follows(j) || !f.proper(j) || joined || conjunction || f.words[j].acronym() ||
			f.words[j].elided != "" || f.heads[f.bare(j)] || !given && capitals > 1 || capitals > 1 && f.city(j, j+1, 0) {
			return last, capitals
		}
		joined = true
		last = j + 1
		capitals++
		most = capitals // what a particle joins is the last
	}
	return last, capitals
}

// hyphened reports whether hyphens join all the words [first, last), and more than two
// words or a third one.
func (f *foreigner) hyphened(first, last int) bool {
	for i := first + 1; i < last; i++ {
		if f.words[i].joined {
			return false
		}
	}
	return last-first > 2 || last-first == 2 && f.follows(last) && !f.words[last].joined
}

// surnames finds the last names of persons again, with their particles.
func (f *foreigner) surnames() {
	last := map[string]bool{}
	for i := range f.spans {
		if s := &f.spans[i]; s.typ == article.Person && s.last-s.first > 1 {
			last[f.words[s.last-1].folded] = true
		}
	}
	if len(last) == 0 {
		return
	}
	for i := range f.words {
		w := &f.words[i]
		if !f.proper(i) || !last[w.folded] || utf8.RuneCountInString(w.form) < 3 || f.nouns && f.follows(i) && f.articles[f.bare(i-1)] {
			continue
		}
		first := i
		for first > 0 && first > i-3 && f.follows(first) && !f.covered[first-1] && f.heldWith(first-1, i) {
			first-- // "von Lindenau", "García Ortiz"
		}
		if f.ofAnother(first, i) {
			continue
		}
		s := f.ofWords(i, i+1)
		s.start, s.runeStart = f.words[first].start, f.words[first].runeStart
		s.typ, s.confidence = article.Person, likelyForeign
		f.spans = append(f.spans, s)
		f.cover(f.covered, &s)
	}
}

// ofAnother reports whether the words [first, i], the last of them a surname, are part of
// some other name: "Los Reyes", "Halle" in "Max-Schmeling-Halle".
func (f *foreigner) ofAnother(first, i int) bool {
	if f.nouns && i+1 < len(f.words) && !f.words[i+1].joined && f.follows(i+1) {
		return true
	}
	if first == 0 || !f.follows(first) {
		return false
	}
	before := &f.words[first-1]
	if f.nouns {
		return !f.words[first].joined
	}
	return determiners[f.bare(first-1)] || f.proper(first-1) && !before.opens && !f.title(first-1)
}

// heldWith reports whether a person's full name has the words [first, i] at its end:
// "von Lindenau", where "Petra von Lindenau" stands.
func (f *foreigner) heldWith(first, i int) bool {
	for k := range f.spans {
		s := &f.spans[k]
		n := i - first + 1
		if s.typ != article.Person || s.last-s.first <= n {
			continue
		}
		same := true
		for j := range n {
			same = same && f.words[s.last-n+j].folded == f.words[first+j].folded
		}
		if same {
			return true
		}
	}
	return false
}
