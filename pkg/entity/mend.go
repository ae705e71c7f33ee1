package entity

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// mend brings the model's names to the desk's rules: no title is part of a name, none
// is a name by itself.
func (t *tagger) mend() {
	out := t.spans[:0]
	for _, s := range t.spans {
		if s, ok := t.mended(s); ok {
			out = append(out, s)
		}
	}
	t.spans = out
}

func (t *tagger) mended(s span) (span, bool) {
	first, last := s.first, s.last
	for last-first > 1 && (notNames[plain(t.words[first].form)] && lowerArticle(t.words[first].form)) {
		first++ // "the Netherlands"
	}
	if s.typ == article.Person || t.afterOffice(first) {
		from := first
		for last-first > 1 && t.titleWord(first, from) {
			first++
		}
		if s.typ != article.Person && last-first > 1 && first > from {
			s.typ = article.Person // "Secretary of [State Ada Obi]"
		}
	}
	if t.onlyTitles(first, last) || t.priced(last) {
		return s, false
	}
	if s.typ == article.Person && last-first > 1 && organisationWords[plain(t.words[last-1].form)] {
		s.typ = article.Organisation // "Voss Cabinet"
	}
	if last-first == 1 && lonely[plain(t.words[first].form)] {
		return s, false
	}
	if first > s.first {
		w := &t.words[first]
		s.start, s.runeStart, s.first = w.start, w.runeStart, first
	}
	if s.typ == article.Place && last-first == 1 && peoples[plain(t.words[first].form)] {
		s.typ = article.Other
	}
	return s, true
}

// priced reports whether a currency sign follows the word before: "US $5" is no country.
func (t *tagger) priced(last int) bool {
	return strings.HasPrefix(strings.TrimLeft(t.doc.Text[t.words[last-1].end:], " "), "$")
}

func lowerArticle(form string) bool {
	return strings.EqualFold(form, "the") || form == "a" || form == "an"
}

// lonely are words that a model takes for names where a longer one was cut.
var lonely = set("states state kingdom republic strip")

// peoples are the adjectives and people of no one country.
var peoples = set(`african africans arab arabs asian asians european europeans western caribbean korean koreans latin
	kurdish kurds islamic muslim muslims hindu hindus sikh sikhs jewish jews christian christians buddhist buddhists
	catholic catholics orthodox sunni shia shiite scandinavian nordic balkan soviet`)

// titleWord reports whether word i goes on with a title that began at word from.
func (t *tagger) titleWord(i, from int) bool {
	p := plain(t.words[i].form)
	return titles[p] || (i > from || t.afterOffice(from)) && (p == "of" || p == "for" || portfolios[p])
}

// afterOffice reports whether "Secretary of" or the like stands before word i.
func (t *tagger) afterOffice(i int) bool {
	return i > 1 && t.words[i].joined && t.words[i-1].joined && t.words[i-1].form == "of" && titles[plain(t.words[i-2].form)]
}

// onlyTitles reports whether words are a title and nothing else: "Crown Prince",
// "Secretary of State".
func (t *tagger) onlyTitles(first, last int) bool {
	titled := false
	for i := first; i < last; i++ {
		p := plain(t.words[i].form)
		if p != "of" && p != "for" && !titles[p] && !portfolios[p] && !ranks[p] {
			return false
		}
		titled = titled || titles[p]
	}
	return titled
}

// ranks are words that make a longer title.
var ranks = set("executive managing supreme assistant senior chief general special high principal joint associate")

// ofPlaces joins an organisation's name that ends in its kind to the place it is of:
// "Dockers Union" and "Norland" in "the Dockers Union of Norland".
func (t *tagger) ofPlaces() {
	out := t.spans[:0]
	for _, s := range t.spans {
		if len(out) > 0 && t.isOf(&out[len(out)-1], &s) {
			body := &out[len(out)-1]
			body.end, body.runeEnd, body.last = s.end, s.runeEnd, s.last
			body.confidence = min(body.confidence, s.confidence)
			continue
		}
		out = append(out, s)
	}
	t.spans = out
}

// isOf reports whether a body's name goes on with "of" and a place.
func (t *tagger) isOf(body, place *span) bool {
	if body.typ != article.Organisation || body.alias.record != nil || place.typ != article.Place || place.alias.form == formDemonym ||
		!organisationWords[plain(t.words[body.last-1].form)] {
		return false
	}
	between := t.doc.Text[body.end:place.start]
	return between == " of " || between == " of the "
}

// samePersons makes a person of each single word that is the last of a person's full
// name in the text: "Obi", where "Ada Obi" stands elsewhere. What the gazetteer knows
// stays what it is, where nobody's full name ends so.
func (t *tagger) samePersons(known []span) {
	surnames := map[string]bool{}
	for _, s := range t.spans {
		if s.typ == article.Person && s.last-s.first > 1 && !organisationWords[plain(t.words[s.last-1].form)] {
			surnames[t.words[s.last-1].folded] = true
		}
	}
	for _, k := range known {
		if k.typ == article.Person && k.last-k.first > 1 {
			surnames[t.words[k.last-1].folded] = true
		}
	}
	for i := range t.spans {
		s := &t.spans[i]
		if s.last-s.first == 1 && s.typ != article.Person && surnames[t.words[s.first].folded] {
			s.typ, s.confidence = article.Person, min(s.confidence, 0.7)
		}
	}
	if len(surnames) == 0 {
		return
	}
	covered := t.covered()
	for i := range t.words {
		w := &t.words[i]
		if covered[i] || !w.capital() || w.heading || !surnames[w.folded] || len(w.folded) < 3 || w.opens && t.lower[w.token.Word] {
			continue
		}
		if i > 0 && w.joined && t.words[i-1].capital() && !titles[plain(t.words[i-1].form)] ||
			i+1 < len(t.words) && t.words[i+1].joined && t.words[i+1].capital() {
			continue
		}
		s := t.ofWords(i, i+1)
		s.typ, s.confidence = article.Person, 0.6
		t.spans = append(t.spans, s)
	}
	t.sort()
}

// datelines enters the places in capitals that open wire copy.
func (t *tagger) datelines() {
	owner := t.owners(t.spans)
	dropped := make([]bool, len(t.spans))
	for p := range t.doc.Paragraphs {
		first := t.doc.Sentences[t.doc.Paragraphs[p].First].First
		last := t.doc.Dateline(p)
		if last == first {
			continue
		}
		i := t.wordAt(int(t.doc.Tokens[first].Start))
		j := i
		for j < len(t.words) && t.words[j].index < int(last) && (j == i || t.words[j].joined) && shouted(t.words[j].form) {
			j++
		}
		if j == i || j == i+1 && t.words[i].acronym() && strings.Contains(t.words[i].form, ".") {
			continue
		}
		s := t.ofWords(i, j)
		s.typ, s.confidence = article.Place, 0.8
		known := false
		for _, o := range owner[i:j] {
			known = known || o > 0 && (t.spans[o-1].alias.record != nil || t.spans[o-1].typ == article.Place && t.spans[o-1].contains(&s))
		}
		if known {
			continue
		}
		for _, o := range owner[i:j] {
			if o > 0 {
				dropped[o-1] = true
			}
		}
		t.spans = append(t.spans, s)
	}
	t.drop(dropped)
}

// shouted reports whether a word is written in capitals.
func shouted(form string) bool { return form == strings.ToUpper(form) && form != strings.ToLower(form) }

// acronyms makes an organisation of what stands in brackets after one: "Norland Dockers
// Union (NDU)", and of the same letters wherever they stand.
func (t *tagger) acronyms() {
	letters := map[string]bool{}
	for _, s := range t.spans {
		if s.typ == article.Organisation && s.last-s.first > 1 {
			if w := t.introduced(s); w != "" {
				letters[w] = true
			}
		}
	}
	if len(letters) == 0 {
		return
	}
	for i := range t.spans {
		if s := &t.spans[i]; s.last-s.first == 1 && s.alias.record == nil && letters[t.words[s.first].form] {
			s.typ = article.Organisation
		}
	}
	covered := t.covered()
	for i := range t.words {
		if w := &t.words[i]; !covered[i] && letters[w.form] {
			s := t.ofWords(i, i+1)
			s.typ, s.confidence = article.Organisation, 0.9
			t.spans = append(t.spans, s)
		}
	}
	t.sort()
}

// introduced returns the acronym in brackets behind a span, or "".
func (t *tagger) introduced(s span) string {
	if s.last >= len(t.words) {
		return ""
	}
	w := &t.words[s.last]
	if !w.acronym() || strings.TrimSpace(t.doc.Text[s.end:w.start]) != "(" {
		return ""
	}
	return w.form
}

// repeats enters names of several words where they stand again and were missed.
func (t *tagger) repeats() {
	byFirst := map[string][]span{}
	seen := map[string]bool{}
	for _, s := range t.spans {
		form := t.doc.Text[s.start:s.end]
		if s.last-s.first > 1 && s.typ != article.Other && !seen[form] {
			seen[form] = true
			byFirst[t.words[s.first].form] = append(byFirst[t.words[s.first].form], s)
		}
	}
	if len(byFirst) == 0 {
		return
	}
	covered := t.covered()
	for i := 0; i < len(t.words); i++ {
		for _, s := range byFirst[t.words[i].form] {
			n := s.last - s.first
			if i+n > len(t.words) || covered[i] || slices.Contains(covered[i:i+n], true) || t.doc.Text[s.start:s.end] != t.doc.Text[t.words[i].start:t.words[i+n-1].end] {
				continue
			}
			again := t.ofWords(i, i+n)
			again.typ, again.confidence, again.alias = s.typ, min(s.confidence, 0.7), s.alias
			t.spans = append(t.spans, again)
			i += n - 1
			break
		}
	}
	t.sort()
}
