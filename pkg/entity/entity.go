// Package entity tags who and what an article names, and who it quotes.
//
// Tag finds names by two means: a gazetteer of countries, organisations and public
// figures, written by hand and embedded, and rules on runs of capitalised words. A name
// from the gazetteer has a Wikidata id where that id is certain; any other is known by
// its folded spelling, which puts spellings together, not people: "al-Sisi" and
// "el-Sissi" meet, and so would two Jane Does.
//
// Every mention points into the text, in code points, and its Text is what stands
// there. What the rules cannot tell is left out or null. The same article gives the
// same entities in the same order.
//
// The rules are made for English. In other languages only the gazetteer's names and
// quotations are found, and where words are not parted by spaces nothing is: the
// level of coverage says which.
package entity

import (
	"math"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// unspaced are the languages written without spaces between words.
var unspaced = []string{"zh", "ja", "th", "lo", "km", "my", "bo"}

// Tag returns the entities of an article, most salient first, its quotes in the order
// of the text, and what can be expected of them in its language. It does not change
// the article and is safe for concurrent use.
func Tag(a *article.Article) (article.List[article.Entity], article.List[article.Quote], article.Level) {
	entities, quotes := article.List[article.Entity]{}, article.List[article.Quote]{}
	lang := article.PrimaryLanguage(a.Language)
	if a.Text == nil || slices.Contains(unspaced, lang) {
		return entities, quotes, article.None
	}
	t := newTagger(a)
	t.gazetteerNames()
	level := article.Rules
	if lang == "en" || lang == "und" {
		t.capitalisedNames()
		t.fullNames()
		t.loneNames()
		t.heldTitles()
	}
	if lang == "en" {
		level = article.Full
	}
	entities = append(entities, t.entities()...)
	quotes = append(quotes, t.quotes(entities)...)
	return entities, quotes, level
}

// tagger is the work on one article.
type tagger struct {
	a   *article.Article
	doc *text.Document
	// words are the tokens that are words, with what the rules ask of them.
	words []word
	// lower holds the words that the text also has in lower case.
	lower map[uint64]bool
	// found are the names, by key.
	found map[string]*name
	// titles leads from a title to the key of the person who bore it here.
	titles map[string]string
	// taken marks the words that belong to a mention.
	taken []bool
	// full are the names of several words, votes what is known of their types.
	full  []fullName
	votes map[string]vote
	// singles are the lone words that may be names, for when all full names are known.
	singles []run
	// acronyms leads from an acronym to the key of what it was introduced for.
	acronyms map[string]string
}

// name is an entity in the making.
type name struct {
	record   *record // nil when not from the gazetteer
	typ      article.EntityType
	name     string
	mentions []article.Mention
}

func newTagger(a *article.Article) *tagger {
	t := &tagger{a: a, doc: text.Scan(*a.Text), lower: map[uint64]bool{}, found: map[string]*name{}, titles: map[string]string{}, acronyms: map[string]string{}, votes: map[string]vote{}}
	t.words = wordsOf(t.doc)
	t.taken = make([]bool, len(t.words))
	for i := range t.words {
		if tok := t.words[i].token; tok.Shape == text.Lower {
			t.lower[tok.Hash] = true
		}
	}
	if a.Dateline != nil { // the first sentence begins behind it
		if i := t.wordAt(len(*a.Dateline)); i < len(t.words) {
			t.words[i].opens = true
		}
	}
	return t
}

// mention notes that the words [first, last) name the entity with this key.
func (t *tagger) mention(key string, n name, first, last int, form string, confidence float64) {
	e, ok := t.found[key]
	if !ok {
		e = &n
		t.found[key] = e
	}
	from, to := t.words[first], t.words[last-1]
	e.mentions = append(e.mentions, article.Mention{
		Start: from.runeStart, End: to.runeEnd,
		Text: t.doc.Text[from.start:to.end], Form: form, Confidence: confidence,
	})
	for i := first; i < last; i++ {
		t.taken[i] = true
	}
}

// early is the length in code points of an article's opening, where the names matter.
const early = 400

// entities turns what was found into the record's form.
func (t *tagger) entities() []article.Entity {
	all := make([]article.Entity, 0, len(t.found))
	most := 0.0
	for key, n := range t.found {
		slices.SortFunc(n.mentions, func(a, b article.Mention) int { return a.Start - b.Start })
		e := article.Entity{ID: key, Type: n.typ, Name: n.name, Candidates: []article.Candidate{}, Mentions: n.mentions}
		if r := n.record; r != nil {
			e.Kind, e.Wikidata, e.Country = r.optional(r.kind), r.optional(r.wikidata), r.optional(r.country)
		}
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
