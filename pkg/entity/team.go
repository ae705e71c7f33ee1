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

// teams finds the places that stand for their teams: those of whose mentions at least
// one in four stands where teams do.
func (t *tagger) teams() {
	for _, key := range t.places() {
		n := t.found[key]
		names, teams := 0, 0
		for i, m := range n.mentions {
			if m.Form == formDemonym {
				continue
			}
			names++
			if t.asTeam(n.spots[i]) {
				teams++
			}
		}
		if teams == 0 || teams*4 < names {
			continue
		}
		n.team = true
		if n.record == nil {
			continue // Wimbledon: the place is not known, the team may be
		}
		delete(t.found, key)
		key = nameID(article.Place, n.record.folded)
		n.home, n.record = n.record, nil
		n.candidates = []candidate{{n.home, leastLink}}
		t.found[key] = n
	}
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
