package entity

import (
	"regexp"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// organisation reports whether a word in [first, last) is of organisations.
func (f *foreigner) organisation(first, last int) bool {
	for i := first; i < last; i++ {
		if p := f.bare(i); f.heads[p] || f.tails[p] || f.bodies[p] {
			return true
		}
	}
	return false
}

// legalForms finds the names that end in one: Nordlicht AG.
func (f *foreigner) legalForms() {
	for i := 1; i < len(f.words); i++ {
		form := f.words[i].form
		if !f.follows(i) || !f.tails[f.bare(i)] || !f.words[i].capital() && !strings.Contains(form, ".") && form != "GmbH" {
			continue
		}
		first := i
		for first > 0 && f.follows(first) && f.proper(first-1) && !f.kinds[f.bare(first-1)] && i-first < longestPerson {
			first--
		}
		// "Aços do Norte": a particle, and a capital before it.
		if j := first; first < i && first > 1 && f.follows(first) && f.particles[f.bare(first-1)] && f.follows(first-1) && f.proper(first-2) && !f.nouns &&
			(!f.words[first-2].opens || f.heads[f.bare(first-2)]) {
			first = j - 2
		}
		if first == i {
			continue
		}
		f.add(first, i+1, article.Organisation, sureForeign)
		if s := &f.spans[len(f.spans)-1]; strings.Index(form, ".") == len(form)-1 && s.last == i+1 {
			s.end, s.runeEnd = s.end-1, s.runeEnd-1 // the stop ends the sentence
		}
	}
}

// introducedAcronyms finds an organisation by the acronym in brackets behind it.
func (f *foreigner) introducedAcronyms() {
	for i := 1; i < len(f.words); i++ {
		w := &f.words[i]
		if !w.acronym() || len(w.form) < 3 || strings.TrimSpace(f.doc.Text[f.words[i-1].end:w.start]) != "(" || !strings.HasPrefix(f.doc.Text[w.end:], ")") {
			continue
		}
		letters := strings.ToLower(strings.ReplaceAll(w.form, ".", ""))
		for first := i - 1; first >= max(0, i-8); first-- {
			if f.words[first].capital() && !f.covered[first] && i-first > 1 && f.spaced(first, i) && spells(f.words[first:i], letters) {
				f.add(first, i, article.Organisation, sureForeign)
				f.add(i, i+1, article.Organisation, sureForeign)
				break
			}
			if !f.follows(first) {
				break
			}
		}
	}
}

// spaced reports whether a space is among the words [first, last): a compound noun has
// none.
func (f *foreigner) spaced(first, last int) bool {
	for i := first + 1; i < last; i++ {
		if f.words[i].joined {
			return true
		}
	}
	return false
}

// spells reports whether letters are the initials of words, of which some may have none
// and the last may be a compound with more: Bond van Havenwerkers, BHW.
func spells(words []word, letters string) bool {
	rest := letters
	for i := range words {
		folded := words[i].folded
		if folded == "" || rest == "" || folded[0] != rest[0] {
			if i == 0 || i == len(words)-1 {
				return false
			}
			continue
		}
		rest = rest[1:]
		if i < len(words)-1 {
			continue
		}
		for j := 1; j < len(folded) && rest != ""; j++ {
			if folded[j] == rest[0] {
				rest = rest[1:]
			}
		}
	}
	return rest == ""
}

// organisations finds names that begin with a kind of organisation, and in German those
// of an adjective and a kind.
func (f *foreigner) organisations() {
	for i := 0; i < len(f.words); i++ {
		if !f.proper(i) {
			continue
		}
		if f.nouns && f.bodies[f.bare(i)] && f.follows(i) && f.proper(i-1) && f.words[i].joined && !f.words[i-1].opens && adjective(f.bare(i-1)) {
			f.add(i-1, i+1, article.Organisation, likelyForeign)
			continue
		}
		if !f.heads[f.bare(i)] {
			continue
		}
		last, ofs := i+1, true
		for last < len(f.words) && f.follows(last) {
			if f.words[last].elided == "" && f.words[last].capital() && !notForeign[f.bare(last)] && !f.covered[last] && (!f.nouns || last == i+1) {
				if last > i+1 && f.given(last) {
					break // "Tribunal Supremo Ángel Hurtado"
				}
				ofs = ofs && last > i+1 // what follows at once is the name
				last++
				continue
			}
			j := last
			for j < len(f.words) && j < last+2 && f.follows(j) && f.particles[f.bare(j)] && f.bare(j) != f.and && !f.words[j].capital() {
				j++
			}
			elided := j < len(f.words) && f.words[j].elided != "" && f.follows(j)
			if f.nouns || !ofs && (j == last || j == last+1 && f.of[f.bare(last)]) || j == last && !elided || j >= len(f.words) || !f.follows(j) || !f.proper(j) {
				break
			}
			last = j + 1
		}
		if last == i+1 {
			continue
		}
		f.add(i, last, article.Organisation, likelyForeign)
		i = last - 1
	}
}

// adjective reports whether a German word, capitalised inside a sentence, is the adjective
// of a name: Deutsche, Bayerischer, Roten.
func adjective(p string) bool {
	for _, end := range []string{"ische", "ischer", "ischen", "isches", "deutsche", "deutscher", "deutschen", "deutsches", "rote", "roten", "rotes", "grüne", "grünen"} {
		if strings.HasSuffix(p, end) {
			return true
		}
	}
	return false
}

// ofSeries follows the letters of a thing that is no body: GLP-1.
var ofSeries = regexp.MustCompile(`^-[0-9]`)

// acronyms finds the acronyms that are named with an article, and those that were found
// elsewhere.
func (f *foreigner) acronyms() {
	letters := map[string]bool{}
	for i := range f.spans {
		if s := &f.spans[i]; s.last-s.first == 1 && s.typ == article.Organisation && s.alias.record == nil {
			letters[f.words[s.first].form] = true
		}
	}
	for i := range f.words {
		w := &f.words[i]
		if f.covered[i] || !w.acronym() || strings.Contains(w.form, ".") || ofSeries.MatchString(f.doc.Text[w.end:min(len(f.doc.Text), w.end+2)]) || notAcronyms[f.bare(i)] || w.heading {
			continue
		}
		before := w.elided
		if before == "" && f.follows(i) {
			before = f.bare(i - 1)
		}
		lone := !f.follows(i+1) || !f.words[i+1].capital()
		if f.follows(i) && w.elided == "" && len(f.words[i-1].form) > 1 && shouted(f.words[i-1].form) {
			lone = false // "EL PAÍS"
		}
		if letters[w.form] || (f.articles[before] || f.heads[before]) && lone {
			f.add(i, i+1, article.Organisation, likelyForeign)
		}
	}
}
