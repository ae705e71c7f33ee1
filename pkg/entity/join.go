package entity

import (
	"strings"
	"unicode"
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
			key := s.alias.key()
			t.mention(key, name{decided: s.alias.decided, record: r, typ: r.typ, name: r.name}, s, s.alias.form)
			if r.typ == article.Person {
				t.holdTitle(t.titleBefore(s.first), s.first, key)
			}
		case s.last-s.first == 1:
			lone = append(lone, s)
		default:
			t.fullName(s, acronyms)
		}
	}
	surnames := t.surnamesOf()
	t.initialised(acronyms)
	for _, s := range lone {
		t.loneName(s, surnames, acronyms)
	}
}

// fullName enters a name of several words.
func (t *tagger) fullName(s span, acronyms map[string]string) {
	words := t.words[s.first:s.last]
	key, known := keyOf(s.typ, words)
	n := name{typ: s.typ, name: t.display(s)}
	if known != nil {
		n.record, n.name = known, known.name
	}
	t.mention(key, n, s, formName)
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
func (t *tagger) loneName(s span, surnames map[string][]string, acronyms map[string]string) {
	w := &t.words[s.first]
	if s.typ == article.Other && notNames[plain(w.form)] {
		return // "Arab", "Thursday": no entity of the record
	}
	if key := acronyms[w.form]; key != "" {
		t.mention(key, *t.found[key], s, formAcronym)
		return
	}
	if key := t.bearer(surnames[w.folded], s.runeStart); key != "" && s.typ == article.Person {
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
	key, known := keyOf(s.typ, t.words[s.first:s.last])
	n := name{typ: s.typ, name: t.display(s)}
	if known != nil {
		n.record, n.name = known, known.name
	}
	t.mention(key, n, s, form)
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

// surnamesOf leads from the last words of the persons' full names to their keys.
func (t *tagger) surnamesOf() map[string][]string {
	surnames := map[string][]string{}
	for key, n := range t.found {
		if n.typ != article.Person {
			continue
		}
		if words := wordsOfName(n); len(words) > 1 {
			last := words[len(words)-1]
			surnames[last] = append(surnames[last], key)
		}
	}
	return surnames
}

// bearer returns which of the persons with one surname is meant by it at a code point:
// the only one, or the only one who was named before. Two are neither.
func (t *tagger) bearer(keys []string, at int) string {
	if len(keys) == 1 {
		return keys[0]
	}
	bearer := ""
	for _, key := range keys {
		named := t.found[key].mentions[0].Start < at
		switch {
		case named && bearer != "":
			return ""
		case named:
			bearer = key
		}
	}
	return bearer
}

// initialised adds the acronyms that nobody introduced to those that were: the initials
// of an organisation's name, when they are of one name only. They stand as a name
// elsewhere or nothing comes of them.
func (t *tagger) initialised(acronyms map[string]string) {
	initials := map[string]string{}
	for key, n := range t.found {
		if n.typ != article.Organisation || n.record != nil {
			continue
		}
		var letters []rune
		for w := range strings.FieldsSeq(n.name) {
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
				letters = append(letters, r)
			}
		}
		if len(letters) < 3 || len(letters) > longestAcronym {
			continue
		}
		if old, ok := initials[string(letters)]; ok && old != key {
			key = ""
		}
		initials[string(letters)] = key
	}
	for letters, key := range initials {
		if _, ok := acronyms[letters]; !ok {
			acronyms[letters] = key
		}
	}
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
