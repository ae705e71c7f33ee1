package entity

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// In a report on a match "Turin" and "Austria" are teams. Which one the report rarely
// says: football and handball, men and women. Such a name loses the id of the place, which
// stays as a candidate; so it does not turn up where somebody looks for news of the place.

// leastTeams is how many mentions must stand where teams do before a text is taken for one
// of teams. Of 0 to 4 and none at all, 2 had the highest F1 of links on the development
// half of AIDA-CoNLL (`copydesk eval linking`: .525 for .522), and 82 % of links right for
// 79 %.
const leastTeams = 2

// leastShare is the share of the mentions of a name, one in so many, that must tell a team.
const leastShare = 4

// teams finds the places that stand for their teams. The mentions that stand where places
// do, and those of the people, stay with the place.
func (t *tagger) teams() {
	keys := t.places()
	sure := 0
	for _, key := range keys {
		n := t.found[key]
		for i := range n.mentions {
			if n.mentions[i].Form != formDemonym && t.asTeam(n.spots[i]) {
				sure++
			}
		}
	}
	for _, key := range keys {
		t.splitTeam(key, sure >= leastTeams)
	}
}

// splitTeam makes a team of the mentions of a place that stand for it. In a text of teams,
// what stands inside a sentence is one unless it stands where a place does.
func (t *tagger) splitTeam(key string, ofTeams bool) {
	n := t.found[key]
	team := &name{typ: n.typ, name: n.name, team: true}
	place := &name{typ: n.typ, name: n.name, record: n.record, decided: n.decided}
	told := 0
	for i, m := range n.mentions {
		s, of := n.spots[i], team
		switch {
		case m.Form == formDemonym:
			of = place
		case t.asTeam(s):
			told++
		case t.asPlace(s):
			of = place
		case ofTeams && t.inSentence(s):
			told++
		}
		of.mentions, of.spots = append(of.mentions, m), append(of.spots, s)
	}
	if told == 0 || told*leastShare < len(team.mentions) {
		return
	}
	if n.record == nil {
		n.team = true // Wimbledon: the place is not known, the team may be
		return
	}
	team.home, team.candidates = n.record, []candidate{{n.record, leastLink}}
	delete(t.found, key)
	if len(place.mentions) > 0 {
		t.found[key] = place
	}
	id := nameID(article.Place, n.record.folded)
	if old := t.found[id]; old != nil { // a namesake whose place is not known
		team.mentions, team.spots = append(team.mentions, old.mentions...), append(team.spots, old.spots...)
	}
	t.found[id] = team
}

// places are the keys of the countries, regions, cities and unknown places, in order.
func (t *tagger) places() []string {
	var keys []string
	for key, n := range t.found {
		if r := n.record; n.typ == article.Place && !n.team && (r == nil || r.kind == "country" || r.kind == "city" || r.kind == "region") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

var (
	// teamsDo are words that follow a team.
	teamsDo = set(`beat beats defeated lost won drew draw scored led lead trailed face faced faces host hosts hosted play plays played
		v vs versus defeat needed declared batted edged thrashed crushed routed trounced outscored tied kicked
		captain coach manager striker midfielder goalkeeper defender batsman bowler side squad team players debut discard international`)
	// toTeams are words before one.
	toTeams = set(`beat beats defeat defeated defeating over v vs versus against edged thrashed crushed routed trounced host hosts hosted
		face faces faced scorers`)
	// toPlaces are words before a place.
	toPlaces = set(`in near from outside across throughout`)
)

// asTeam reports whether a name stands where a team's does: before its score, its players
// or what it did, or behind what was done to it, or across "at" from another.
func (t *tagger) asTeam(s spot) bool {
	return t.behind(s, func(tok int) bool {
		return t.scored(tok) || teamsDo[strings.ToLower(t.doc.Form(tok))] || t.doc.Form(tok) == ":" || t.guest(s.last, tok)
	}) || t.ahead(s, func(tok int) bool {
		return toTeams[strings.ToLower(t.doc.Form(tok))]
	})
}

// asPlace reports whether a name stands where a place does: "in Austria", "(Austria",
// "Vienna, Austria", or in the capitals that open wire copy.
func (t *tagger) asPlace(s spot) bool {
	return t.dateline(s) || t.ahead(s, func(tok int) bool {
		form := t.doc.Form(tok)
		return toPlaces[strings.ToLower(form)] || form == "(" || form == ","
	})
}

// dateline reports whether a name alone is in capitals at the start of a sentence.
func (t *tagger) dateline(s spot) bool {
	w := &t.words[s.first]
	if !w.opens || w.heading || !shouted(w.form) || len(w.form) <= len("U.S.") {
		return false
	}
	return s.last == len(t.words) || !t.words[s.last].joined || !shouted(t.words[s.last].form)
}

// inSentence reports whether a name stands inside a sentence, behind a word that tells
// nothing.
func (t *tagger) inSentence(s spot) bool {
	return !t.words[s.first].opens && t.ahead(s, func(tok int) bool {
		form := t.doc.Form(tok)
		return form != "of" && form != "the"
	})
}

// guest reports whether token tok is the "at" between a team and the one it visits, in
// capitals or figures: "TURIN AT OSLO".
func (t *tagger) guest(next, tok int) bool {
	return t.doc.Form(tok) == "AT" && next+1 < len(t.words) && shouted(t.words[next+1].form)
}

// scored reports whether a token is a score.
func (t *tagger) scored(tok int) bool { return t.doc.Tokens[tok].Kind == text.Number }

// behind asks of the token behind a name, if there is one.
func (t *tagger) behind(s spot, is func(tok int) bool) bool {
	i := t.words[s.last-1].index + 1
	return i < len(t.doc.Tokens) && is(i)
}

// ahead asks of the token ahead of a name.
func (t *tagger) ahead(s spot, is func(tok int) bool) bool {
	i := t.words[s.first].index - 1
	return i >= 0 && is(i)
}

// scores counts the mentions of places that stand before a score.
func (t *tagger) scores() int {
	count := 0
	for _, n := range t.found {
		if n.typ != article.Place {
			continue
		}
		for i := range n.mentions {
			if n.mentions[i].Form != formDemonym && t.behind(n.spots[i], t.scored) {
				count++
			}
		}
	}
	return count
}
