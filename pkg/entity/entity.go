// Package entity tags who and what an article names, and who it quotes.
//
// Tag finds names by three means: a conditional random field that was trained on labelled
// news (package crf), a gazetteer of countries, organisations and public figures, written
// by hand and embedded, and rules that mend both: titles, acronyms, datelines, names
// that come again. A name that always means one entity ("NATO") is that entity wherever it
// stands. One that may mean several ("Blair", "the Ministry of Defence") is linked by what
// the text says of countries and sport, where one sense is likely and clearly ahead; where
// none is, it has no id and the senses are its candidates. So has a place that stands for
// its team. Beside the gazetteer a wider base, made of name-suggestion-index, knows
// organisations and cities that a text may mean; it only answers for names that were found.
//
// A linked name has a Wikidata id where that id is certain; any other is known by its
// folded spelling, which puts spellings together, not people: "al-Sisi" and "el-Sissi"
// meet, and so would two Jane Does. Of 200 pairs of spellings of public figures and groups
// (testdata/spellings.tsv) 191 meet, of 2,000 random pairs none; what stays apart are other
// systems of transliteration, as Mao Zedong and Mao Tse-tung.
//
// A direct quotation has a speaker when a verb of speech, or a colon, binds it to a name,
// to an office the article has called somebody by ("the minister"), or to a pronoun, which
// is taken for the subject of the sentence before, or for who spoke last. Whoever has no
// name has none here: "a resident said" is null, and so is a quotation that nothing binds.
// The parts of a split quotation are quotations of their own. Each paragraph of a long one
// is too.
//
// The desk has the last word (TagUnder): it denies names, says what a spelling means, makes
// one entity of two, and enters entities; what it says is found in the text whether the
// tagger would find it or not, the longest name first.
//
// Every mention points into the text, in code points, and its Text is what stands
// there. The confidence of a name that the field found is the probability it gives to
// exactly this name, tempered so that of names with 0.8 about eight in ten are right;
// rules and the gazetteer carry fixed ones. What cannot be told is left out or null. The
// same article gives the same entities in the same order.
//
// The field is trained on English. In German, French, Spanish, Italian, Portuguese and
// Dutch names are found by rules: given names, titles, kinds and legal forms of
// organisations, acronyms, cities, countries by their names there, and surnames of persons
// that were found (MODELS.md has how well). They are chosen so that what is tagged is right;
// names without any such sign are missed. In other languages of Latin script the gazetteer
// alone speaks, in other scripts hardly anything does, and where words are not parted by
// spaces nothing. The level of coverage says which: full, rules or none.
package entity

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// unspaced are the languages written without spaces between words.
var unspaced = []string{"zh", "ja", "th", "lo", "km", "my", "bo"}

// Tag returns the entities of an article, most salient first, its quotes in the order
// of the text, and what can be expected of them in its language. It does not change
// the article and is safe for concurrent use.
func Tag(a *article.Article) (article.List[article.Entity], article.List[article.Quote], article.Level) {
	return TagUnder(nil, a)
}

// TagUnder is Tag under the overrides of the desk. The same article under the same
// overrides gives the same entities.
func TagUnder(o *Overrides, a *article.Article) (article.List[article.Entity], article.List[article.Quote], article.Level) {
	entities, quotes := article.List[article.Entity]{}, article.List[article.Quote]{}
	lang := article.PrimaryLanguage(a.Language)
	if a.Text == nil || slices.Contains(unspaced, lang) {
		return entities, quotes, article.None
	}
	t := newTagger(text.Scan(*a.Text))
	t.a, t.overrides = a, o
	if a.Dateline != nil { // the first sentence begins behind it
		if i := t.wordAt(len(*a.Dateline)); i < len(t.words) {
			t.words[i].opens = true
		}
	}
	level := article.Rules
	t.find(lang)
	t.join()
	t.link()
	t.overrule()
	if lang == "en" || lang == "und" {
		t.heldTitles()
		t.deny()
	}
	switch {
	case lang == "en":
		level = article.Full
	case !t.latin():
		level = article.None // what the gazetteer has in Latin script is all that can be
	}
	entities = append(entities, t.entities()...)
	quotes = append(quotes, t.quotes(entities)...)
	return entities, quotes, level
}

// tagger is the work on one article.
type tagger struct {
	a   *article.Article // nil for a bare text
	doc *text.Document
	// words are the tokens that are words, with what the rules ask of them.
	words []word
	// lower marks the words of the document that the text also has in lower case.
	lower []bool
	// caseless says that the text is written without capitals.
	caseless bool
	// spans are the names in the text, in order and without overlap.
	spans []span
	// found are the entities, by key.
	found map[string]*name
	// titles leads from a title to the key of the person who bore it here.
	titles map[string]string
	// overrides are the desk's, nil for none; denied and typed is what those say of names
	// here that must be found first.
	overrides     *Overrides
	denied, typed []foundTerm
	// taken marks the words that belong to a mention.
	taken []bool
}

// name is an entity in the making.
type name struct {
	record   *record // nil when neither from the gazetteer nor from the desk
	decided  *decided
	typ      article.EntityType
	name     string
	mentions []article.Mention
	// spots are the words of the mentions, in the order they were found in.
	spots []spot
	// team says that the name is a place's and stands for its team here; home is the
	// place, where it is known.
	team bool
	home *record
	// candidates are what it may stand for, when that is not clear.
	candidates []candidate
}

// spot is the words of a mention, [first, last).
type spot struct{ first, last int }

func newTagger(doc *text.Document) *tagger {
	t := &tagger{doc: doc, lower: make([]bool, len(doc.Words)), found: map[string]*name{}, titles: map[string]string{}}
	t.words = wordsOf(t.doc)
	t.taken = make([]bool, len(t.words))
	capitals := 0
	for i := range t.words {
		if t.words[i].capital() {
			capitals++
		} else {
			t.lower[t.words[i].token.Word] = true
		}
	}
	t.caseless = len(t.words) >= leastCaseless && capitals*100 < len(t.words)
	return t
}

// latin reports whether half of the words are written in Latin script.
func (t *tagger) latin() bool {
	n := 0
	for i := range t.words {
		if r, _ := utf8.DecodeRuneInString(t.words[i].form); unicode.Is(unicode.Latin, r) {
			n++
		}
	}
	return 2*n >= len(t.words)
}

// leastCaseless is the least number of words of a text that is judged by its having no
// capitals.
const leastCaseless = 40

// mention notes that a span names the entity with this key.
func (t *tagger) mention(key string, n name, s span, form string) {
	e, ok := t.found[key]
	if !ok {
		e = &n
		t.found[key] = e
	}
	e.mentions = append(e.mentions, article.Mention{
		Start: s.runeStart, End: s.runeEnd, Text: t.doc.Text[s.start:s.end], Form: form, Confidence: s.confidence,
	})
	e.spots = append(e.spots, spot{s.first, s.last})
	for i := s.first; i < s.last; i++ {
		t.taken[i] = true
	}
}

// early is the length in code points of an article's opening, where the names matter.
const early = 400

// entities turns what was found into the record's form.
func (t *tagger) entities() []article.Entity {
	all := make([]article.Entity, 0, len(t.found))
	most := 0.0
	countries := t.countries()
	for key, n := range t.found {
		slices.SortFunc(n.mentions, func(a, b article.Mention) int { return a.Start - b.Start })
		e := article.Entity{ID: key, Type: n.typ, Name: n.name, Candidates: n.published(), Mentions: n.mentions}
		if r := n.record; r != nil {
			e.Kind, e.Wikidata, e.Country = r.optional(r.kind), r.optional(r.wikidata), r.optional(r.country)
		}
		t.locate(&e, n, countries)
		n.decided.place(&e)
		for _, m := range n.mentions {
			e.Confidence = max(e.Confidence, m.Confidence)
			weight := 1.0
			if m.Form == formDemonym {
				weight = 0.5 // "Egyptian officials" is less about Egypt than "Egypt"
			}
			if m.Start < early {
				weight *= 2
			}
			e.Salience += weight
		}
		if t.a.Headline != nil && strings.Contains(*t.a.Headline, n.mentions[0].Text) {
			e.Salience += 3
		}
		most = max(most, e.Salience)
		all = append(all, e)
	}
	for i := range all {
		all[i].Salience = math.Round(all[i].Salience/most*1000) / 1000
	}
	slices.SortFunc(all, func(a, b article.Entity) int {
		switch {
		case a.Salience != b.Salience:
			if a.Salience > b.Salience {
				return -1
			}
			return 1
		case a.Mentions[0].Start != b.Mentions[0].Start:
			return a.Mentions[0].Start - b.Mentions[0].Start
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}
