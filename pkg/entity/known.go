package entity

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// gazetteerSpans finds the names of the gazetteer, longest first.
func (t *tagger) gazetteerSpans() []span {
	g := loadGazetteer()
	var spans []span
	covered := t.covered()
	for i := 0; i < len(t.words); {
		a, n := g.match(t.words[i:], t.caseless)
		if n == 0 || n == 1 && (t.partOfOther(i, a, covered) || t.priced(i+1)) {
			i++
			continue
		}
		s := t.ofWords(i, i+n)
		s.typ, s.alias, s.confidence = a.record.typ, a, 0.95
		switch {
		case t.caseless:
			s.confidence = 0.6
		case a.form == formDemonym:
			s.confidence = 0.8
		case a.form == formSurname:
			s.confidence = 0.75 // a surname is not one person's
		}
		spans = append(spans, s)
		i += n
	}
	t.elsewhere(spans)
	return spans
}

// elsewhere takes the record from a city where another country, or a region of one,
// stands behind it: "Paris, Texas" is not the Paris that everybody knows. In "London,
// France and Spain" it is.
func (t *tagger) elsewhere(spans []span) {
	for i := 0; i+1 < len(spans); i++ {
		city, behind := spans[i].alias.record, &spans[i+1]
		if city == nil || city.kind != "city" || city.country == "" || t.doc.Text[spans[i].end:behind.start] != ", " {
			continue
		}
		if c := t.countryOf(behind); c != "" && c != city.country {
			spans[i].alias = alias{}
		}
	}
}

// countryOf is the country that a span behind a comma puts a place in, or "".
func (t *tagger) countryOf(s *span) string {
	r := s.alias.record
	if r == nil || r.typ != article.Place || s.alias.form == formDemonym || r.kind != "country" && r.kind != "region" {
		return ""
	}
	if rest := t.doc.Text[s.end:]; strings.HasPrefix(rest, " and ") || strings.HasPrefix(rest, " or ") {
		return ""
	}
	return r.country
}

// partOfOther reports whether a word that is a name by itself is part of another name
// here: Michael Jordan, Bank of Japan, Cairo University, Jill Biden.
func (t *tagger) partOfOther(i int, a alias, covered []bool) bool {
	w := &t.words[i]
	if i > 0 && w.joined {
		before := &t.words[i-1]
		p := plain(before.form)
		switch {
		case p == "of" && i > 1 && before.joined && t.words[i-2].capital() && organisationWords[plain(t.words[i-2].form)]:
			return true
		case givenNames[p] && before.capital():
			return true
		case a.form == formSurname && before.capital() && !covered[i-1] && !titles[p] && !notNames[p] && !portfolios[p]:
			return true
		}
	}
	if a.record.typ == article.Place && a.form == formName && i+1 < len(t.words) {
		after := &t.words[i+1]
		return after.joined && after.capital() && organisationWords[plain(after.form)]
	}
	return false
}

// longestTitle is how many words of a title are looked for: "Deputy Prime Minister and
// Minister of Foreign Affairs".
const longestTitle = 8

// titleBefore returns where the title that stands before word i begins, or i.
func (t *tagger) titleBefore(i int) int {
	first := i
	for j := i - 1; j >= max(0, i-longestTitle) && t.words[j+1].joined && !t.taken[j]; j-- {
		p := plain(t.words[j].form)
		switch {
		case titles[p] && t.words[j].capital():
			first = j
		case p == "of" || portfolios[p]:
		default:
			return first
		}
	}
	return first
}

// holdTitle notes that the words [first, last) are the title of the entity with this
// key. A title two people bear here stands for neither.
func (t *tagger) holdTitle(first, last int, key string) {
	if first == last {
		return
	}
	title := fold(t.words[first:last])
	if old, ok := t.titles[title]; ok && old != key {
		key = ""
	}
	t.titles[title] = key
}

// heldTitles finds the titles that stand for the person who bore them before: "the
// Crown Prince".
func (t *tagger) heldTitles() {
	for i := 1; i < len(t.words); i++ {
		if t.taken[i] || !t.words[i].joined || !strings.EqualFold(t.words[i-1].form, "the") {
			continue
		}
		last := i
		for last < min(len(t.words), i+longestTitle) && !t.taken[last] && (last == i || t.words[last].joined) {
			p := plain(t.words[last].form)
			if !titles[p] && (last == i || p != "of" && !portfolios[p]) || !t.words[last].capital() && p != "of" {
				break
			}
			last++
		}
		for ; last > i; last-- {
			key := t.titles[fold(t.words[i:last])]
			n, ok := t.found[key]
			if !ok || t.words[i].runeStart < n.mentions[0].Start {
				continue
			}
			s := t.ofWords(i, last)
			s.confidence = 0.6
			t.mention(key, *n, s, formTitle)
			break
		}
	}
}
