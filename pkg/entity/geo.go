package entity

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity/places"
)

// outnumbers is how many times the people of every other place of its name a city must
// have to be meant where the text does not say which: Paris in France has 85 times those
// of the largest other, Birmingham in England not even 6 times.
const outnumbers = 10

// wellKnown is the least population of a city that is meant in a text that does not name
// its country. A smaller one of the name is often not what is meant: the tagger took a county or a
// company for a place, and a town bears its name.
const wellKnown = 100_000

// locate fills in country and position of an entity that is a city, in a text that names
// these countries. Where the text does not tell which of several cities is meant, both
// stay as they are.
func (t *tagger) locate(e *article.Entity, n *name, in map[string]bool) {
	if n.typ != article.Place || n.record != nil && n.record.kind != "city" {
		return
	}
	var room [32]places.Place
	found := places.Cities().Find(room[:0], n.name)
	if len(found) == 0 {
		return
	}
	country := ""
	if n.record != nil {
		country = n.record.country
	}
	if country == "" {
		said, clear := t.countryBehind(n)
		if !clear {
			return
		}
		country = said
	}
	if country != "" {
		in = map[string]bool{country: true}
	}
	named := func(p *places.Place) bool { return in[string(p.Country[:])] }
	var p *places.Place
	if country == "" {
		p = foremost(found, func(*places.Place) bool { return true })
	}
	if p == nil {
		p = foremost(found, named)
	}
	if p == nil || p.Population < wellKnown && !named(p) {
		return
	}
	e.Country = new(string(p.Country[:]))
	e.Geo = &article.Geo{Lat: p.Lat, Lon: p.Lon}
}

// foremost is the place that outnumbers all others of those that count. A city under its
// own name comes before one under a name of another language.
func foremost(found []places.Place, counts func(*places.Place) bool) *places.Place {
	for _, other := range []bool{false, true} {
		var first *places.Place
		for i := range found { // most populous first
			p := &found[i]
			switch {
			case p.Other != other || !counts(p):
			case first == nil:
				first = p
			case first.Lat == p.Lat && first.Lon == p.Lon: // one city, two of its names
			case uint64(first.Population) < outnumbers*uint64(p.Population):
				return nil
			default:
				return first
			}
		}
		if first != nil {
			return first
		}
	}
	return nil
}

// countryBehind is the country that is named right behind a place, "Birmingham,
// England". It is not clear which place is meant when what stands there is neither a
// country nor a city: "Paris, Texas".
func (t *tagger) countryBehind(n *name) (country string, clear bool) {
	for _, m := range n.mentions {
		for _, o := range t.found {
			if o.typ != article.Place || o == n {
				continue
			}
			for _, behind := range o.mentions {
				if behind.Start != m.End+2 || behind.Form == formDemonym || !t.commaAt(m.End) {
					continue
				}
				if o.record != nil && (o.record.kind == "country" || o.record.kind == "region") && o.record.country != "" {
					return o.record.country, true
				}
				var room [32]places.Place
				if len(places.Cities().Find(room[:0], o.name)) == 0 {
					return "", false
				}
			}
		}
	}
	return "", true
}

// commaAt reports whether a comma stands behind the word that ends at a code point.
func (t *tagger) commaAt(rune int) bool {
	for i := range t.words {
		if w := &t.words[i]; w.runeEnd == rune {
			return strings.HasPrefix(t.doc.Text[w.end:], ", ")
		}
	}
	return false
}

// countries are the countries that the text names, or whose people it does.
func (t *tagger) countries() map[string]bool {
	in := map[string]bool{}
	for _, n := range t.found {
		if n.record != nil && n.record.country != "" {
			in[n.record.country] = true
		}
	}
	return in
}
