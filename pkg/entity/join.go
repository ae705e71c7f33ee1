package entity

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/copydesk/copydesk/pkg/article"
)

// join makes entities of the spans: names of one spelling are one, a surname joins the
// one full name that ends with it, an acronym what it was introduced for.
func (t *tagger) join() {
	var lone []span
	acronyms := map[string]string{}
	for _, s := range t.spans {
		switch r := s.alias.record; {
		case r != nil:
			t.mention(r.id(), name{record: r, typ: r.typ, name: r.name}, s, s.alias.form)
			if r.typ == article.Person {
				t.holdTitle(t.titleBefore(s.first), s.first, r.id())
			}
		case s.last-s.first == 1:
			lone = append(lone, s)
		default:
			t.fullName(s, acronyms)
		}
	}
	surnames := t.surnamesOf()
	for _, s := range lone {
		t.loneName(s, surnames, acronyms)
	}
}

// fullName enters a name of several words.
func (t *tagger) fullName(s span, acronyms map[string]string) {
	words := t.words[s.first:s.last]
	key := nameID(s.typ, withoutInitials(words))
	t.mention(key, name{typ: s.typ, name: t.display(s)}, s, formName)
	switch s.typ {
	case article.Person:
		t.holdTitle(t.titleBefore(s.first), s.first, key)
	case article.Organisation:
		if w := t.introduced(s); w != "" {
			acronyms[w] = key
		}
	}
}

// loneName enters a name of one word.
func (t *tagger) loneName(s span, surnames, acronyms map[string]string) {
	w := &t.words[s.first]
	if s.typ == article.Other && notNames[plain(w.form)] {
		return // "Arab", "Thursday": no entity of the record
	}
	if key, ok := acronyms[w.form]; ok {
		t.mention(key, *t.found[key], s, formAcronym)
		return
	}
	if key := surnames[w.folded]; key != "" && s.typ == article.Person {
		t.mention(key, *t.found[key], s, formSurname)
		t.holdTitle(t.titleBefore(s.first), s.first, key)
		return
	}
	form := formName
	switch {
	case w.acronym() && s.typ != article.Person:
		form = formAcronym
	case s.typ == article.Person:
		form = formSurname
	}
	key := nameID(s.typ, w.folded)
	t.mention(key, name{typ: s.typ, name: t.display(s)}, s, form)
	if s.typ == article.Person {
		t.holdTitle(t.titleBefore(s.first), s.first, key)
	}
}

// display is the name as it is shown: as it stands first, but a place in a dateline's
// capitals is written as usual.
func (t *tagger) display(s span) string {
	form := strings.Join(strings.Fields(t.doc.Text[s.start:s.end]), " ")
	if s.typ == article.Place && len(form) > longestAcronym && shouted(form) {
		return titleCase(form)
	}
	return form
}

// longestAcronym is the most letters that are read as an acronym.
const longestAcronym = 6

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

// withoutInitials folds a name so that "Ilse M. Brandt" meets "Ilse Brandt".
func withoutInitials(words []word) string {
	var b strings.Builder
	for i := range words {
		if utf8.RuneCountInString(words[i].folded) > 1 || i == 0 {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[i].folded)
		}
	}
	return b.String()
}

// titleCase writes a name in capitals as usual.
func titleCase(s string) string { return cases.Title(language.English).String(s) }
