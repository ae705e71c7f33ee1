package entity

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/copydesk/copydesk/pkg/article"
)

// run is a stretch of words [first, last) that may be a name. titled says that a title
// stood before it.
type run struct {
	first, last int
	titled      bool
}

// capitalisedNames finds names that are not in the gazetteer: runs of capitalised
// words, with particles inside.
func (t *tagger) capitalisedNames() {
	for i := 0; i < len(t.words); i++ {
		if t.taken[i] || !t.words[i].capital() || t.words[i].heading {
			continue
		}
		r := run{first: i, last: i + 1}
		for t.continues(r.last) {
			r.last++
		}
		i = r.last - 1
		t.consider(r)
	}
}

// continues reports whether word i goes on with a run.
func (t *tagger) continues(i int) bool {
	if i >= len(t.words) || t.taken[i] || !t.words[i].joined {
		return false
	}
	if t.words[i].capital() {
		return true
	}
	// "Bank of the Isles", "Mira van der Berg": up to two particles.
	if p := t.words[i].form; !particles[p] || p != strings.ToLower(p) {
		return false
	}
	for j := i + 1; j < len(t.words) && j <= i+2 && !t.taken[j] && t.words[j].joined; j++ {
		if t.words[j].capital() {
			return true
		}
		if !particles[t.words[j].form] && t.words[j].form != "the" {
			return false
		}
	}
	return false
}

// consider strips a run of what is no part of the name and enters what is left.
func (t *tagger) consider(r run) {
	if t.dateline(r) {
		return
	}
	r = t.withoutOpening(r)
	start := r.first
	r = t.withoutTitle(r)
	if r.first == r.last {
		return
	}
	for r.last > r.first && (notNames[plain(t.words[r.last-1].form)] || !t.words[r.last-1].capital()) {
		r.last--
	}
	switch r.last - r.first {
	case 0:
		return
	case 1:
		t.singles = append(t.singles, r)
		return
	}
	typ, confidence := t.typeOf(r)
	words := t.words[r.first:r.last]
	folded := withoutInitials(words)
	t.full = append(t.full, fullName{run: r, title: start, folded: folded})
	t.vote(folded, typ, confidence)
}

// fullName is a name of several words; title is where the title before it begins.
type fullName struct {
	run
	title  int
	folded string
}

// vote is what one place in the text says about the type of a name.
type vote struct {
	typ        article.EntityType
	confidence float64
}

// vote keeps the best that is known of a name's type: one clear place tells it for all.
func (t *tagger) vote(folded string, typ article.EntityType, confidence float64) {
	if confidence > t.votes[folded].confidence {
		t.votes[folded] = vote{typ, confidence}
	}
}

// fullNames enters the names of several words, once the whole text has been seen.
func (t *tagger) fullNames() {
	// "Tamaki said" makes a person of Yuichiro Tamaki.
	persons := map[string]bool{}
	for _, r := range t.singles {
		if typ, _ := t.loneType(r); typ == article.Person {
			persons[t.words[r.first].folded] = true
		}
	}
	for _, f := range t.full {
		if persons[t.words[f.last-1].folded] {
			t.vote(f.folded, article.Person, 0.7)
		}
	}
	for _, f := range t.full {
		v := t.votes[f.folded]
		words := t.words[f.first:f.last]
		key := nameID(v.typ, f.folded)
		display := t.doc.Text[words[0].start:words[len(words)-1].end]
		t.mention(key, name{typ: v.typ, name: display}, f.first, f.last, formName, v.confidence)
		switch v.typ {
		case article.Person:
			t.holdTitle(f.title, f.first, key)
		case article.Organisation:
			t.introduce(f.last, key)
		}
	}
}

// withoutOpening strips the words at the head that are capitalised only because a
// sentence begins.
func (t *tagger) withoutOpening(r run) run {
	for r.first < r.last {
		w := &t.words[r.first]
		p := plain(w.form)
		common := w.opens && r.last-r.first > 1 && t.lower[w.token.Hash] && !titles[p]
		if !notNames[p] && !common && w.capital() {
			break
		}
		r.first++
	}
	return r
}

// withoutTitle strips the title at the head: "Major General", "Secretary of State". A
// name that is nothing but cues without it keeps it: "Foreign Ministry".
func (t *tagger) withoutTitle(r run) run {
	first := r.first
	for r.first < r.last {
		p := plain(t.words[r.first].form)
		if !titles[p] && (r.first == first || p != "of" && p != "for" && !portfolios[p]) {
			break
		}
		r.first++
	}
	if r.first == first {
		return r
	}
	for i := r.first; i < r.last; i++ {
		if !organisationWords[plain(t.words[i].form)] {
			r.titled = true
			return r
		}
	}
	if r.first < r.last {
		r.first = first
	}
	return r
}

// dateline enters the place in capitals that opens wire copy.
func (t *tagger) dateline(r run) bool {
	if t.a.Dateline == nil || t.words[r.last-1].runeEnd > utf8.RuneCountInString(*t.a.Dateline) {
		return false
	}
	words := t.words[r.first:r.last]
	if words[0].acronym() && len(words) == 1 {
		return false // the agency
	}
	display := cases.Title(language.English).String(t.doc.Text[words[0].start:words[len(words)-1].end])
	t.mention(nameID(article.Place, fold(words)), name{typ: article.Place, name: display}, r.first, r.last, formName, 0.8)
	return true
}

// introduce notes the acronym in brackets after an organisation's name.
func (t *tagger) introduce(after int, key string) {
	if after >= len(t.words) || t.taken[after] || !t.words[after].acronym() {
		return
	}
	w := &t.words[after]
	if t.doc.Text[t.words[after-1].end:w.start] == " (" {
		t.acronyms[w.form] = key
	}
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

// age follows a person's name: ", 45,".
var age = regexp.MustCompile(`^, \d{1,3}[,.]`)

// typeOf tells the type of a name of several words from the words in and around it.
func (t *tagger) typeOf(r run) (article.EntityType, float64) {
	words := t.words[r.first:r.last]
	first, last := plain(words[0].form), plain(words[len(words)-1].form)
	before, after := t.around(r)
	rest := t.doc.Text[words[len(words)-1].end:]
	of, body, initial := false, false, false
	for i := range words {
		if words[i].form == "of" && i > 0 {
			of, body = true, body || organisationWords[plain(words[i-1].form)]
		}
		initial = initial || i > 0 && utf8.RuneCountInString(words[i].folded) == 1
	}
	switch {
	case organisationWords[last], body:
		return article.Organisation, 0.75
	case r.titled:
		return article.Person, 0.9
	case placeWords[last], placeWords[first]:
		return article.Place, 0.7
	case of:
		return article.Other, 0.4
	case givenNames[first], age.MatchString(rest), initial:
		return article.Person, 0.8
	case humans[before]:
		return article.Person, 0.8
	case bodies[after]:
		return article.Organisation, 0.7
	case speech[after], speech[before]:
		return article.Person, 0.7
	case whereabouts[before]:
		return article.Place, 0.5
	}
	return article.Other, 0.4
}

// whereabouts stand before places.
var whereabouts = set(`in near at from outside inside around across through throughout`)

// around returns the words next to a run that only a space parts from it, as they
// stand, or "".
func (t *tagger) around(r run) (before, after string) {
	if r.first > 0 && t.words[r.first].joined {
		before = t.words[r.first-1].form
	}
	if r.last < len(t.words) && t.words[r.last].joined {
		after = t.words[r.last].form
	}
	return strings.ToLower(before), after
}
