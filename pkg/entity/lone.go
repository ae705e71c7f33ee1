package entity

import (
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// loneNames enters the single words that are names. Most stand for a full name that
// the text gives elsewhere; the others need a sign that they are names at all.
func (t *tagger) loneNames() {
	surnames := t.surnamesOf()
	inner := map[string]bool{} // words capitalised where no sentence opens
	count := map[string]int{}
	for _, r := range t.singles {
		w := &t.words[r.first]
		count[w.folded]++
		inner[w.folded] = inner[w.folded] || !w.opens
		typ, confidence := t.loneType(r)
		t.vote(w.folded, typ, confidence)
	}
	for _, r := range t.singles {
		w := &t.words[r.first]
		p := plain(w.form)
		if key := surnames[w.folded]; key != "" {
			t.mention(key, *t.found[key], r.first, r.last, formSurname, 0.85)
			t.holdTitle(t.titleBefore(r.first), r.first, key)
			continue
		}
		if key, ok := t.acronyms[w.form]; ok {
			t.mention(key, *t.found[key], r.first, r.last, formAcronym, 0.9)
			continue
		}
		if organisationWords[p] || placeWords[p] || titles[p] || portfolios[p] || utf8.RuneCountInString(w.form) < 2 {
			continue // a common noun that was given a capital
		}
		doubtful := w.opens && !inner[w.folded] || t.lower[w.token.Hash]
		if doubtful && !r.titled {
			continue
		}
		typ, confidence := t.votes[w.folded].typ, t.votes[w.folded].confidence
		if typ == article.Other && count[w.folded] < 2 {
			continue // one capital proves nothing
		}
		t.mention(nameID(typ, w.folded), name{typ: typ, name: w.form}, r.first, r.last, loneForm(w, typ), confidence)
	}
}

// surnamesOf leads from the last words of the persons' full names to their keys. A
// surname of two persons leads to neither.
func (t *tagger) surnamesOf() map[string]string {
	surnames := map[string]string{}
	for key, n := range t.found {
		if n.typ != article.Person {
			continue
		}
		words := wordsOfName(n)
		if len(words) < 2 {
			continue
		}
		last := words[len(words)-1]
		if old, ok := surnames[last]; ok && old != key {
			key = ""
		}
		surnames[last] = key
	}
	return surnames
}

// wordsOfName are the folded words of a name.
func wordsOfName(n *name) []string {
	if n.record != nil {
		return strings.Fields(n.record.folded)
	}
	var folded []string
	for _, w := range strings.Fields(n.name) {
		folded = append(folded, foldWord(w))
	}
	return folded
}

func loneForm(w *word, typ article.EntityType) string {
	switch {
	case w.acronym():
		return formAcronym
	case typ == article.Person:
		return formSurname
	}
	return formName
}

// loneType tells the type of a name of one word.
func (t *tagger) loneType(r run) (article.EntityType, float64) {
	before, after := t.around(r)
	w := &t.words[r.first]
	switch {
	case r.titled:
		return article.Person, 0.8
	case w.acronym() && !strings.Contains(w.form, "."):
		return article.Organisation, 0.6
	case bodies[after]:
		return article.Organisation, 0.7
	case humans[before], speech[after], speech[before], givenNames[plain(w.form)]:
		return article.Person, 0.6
	case whereabouts[before], before == "of" && r.first > 1 && placeWords[t.words[r.first-2].form]:
		return article.Place, 0.6
	}
	return article.Other, 0.4
}
