package entity

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// A name that the gazetteer does not find by itself may still be known: "Blair", "Target",
// "Ministry of Defence". What it may stand for is scored by what the text says, and the
// best is taken only where it is likely and clearly ahead. The figures are set by hand, in
// steps of a quarter; `copydesk eval linking` measures them.
const (
	leastLink    = 1.0  // a likely sense
	leastSurname = 1.75 // for a surname, which many bear
	leastAhead   = 0.75 // of the next best
	// mostCandidates bounds the candidates of a record.
	mostCandidates = 5
)

// setting is what a text says about the names in it.
type setting struct {
	// countries holds how often each country, or somebody or something of it, is named.
	countries map[string]int
	foremost  string // the country that is named most, "" for none or for two
	sport     bool
}

// sportWords are words of reports on matches.
var sportWords = hashes(`match matches coach league goal goals striker midfielder goalkeeper defender halftime innings wicket wickets
	batsman bowler semifinal semifinals quarterfinal quarterfinals playoff playoffs
	inning homer pitcher quarterback touchdown touchdowns seeded birdie bogey lap laps pole relegation kickoff rebounds referee
	defeated medal medals champion champions scored scoreless standings teammates umpire overs tennis soccer football cricket
	basketball baseball rugby golf hockey qualifier qualifiers fullback midfield penalty`)

// A text with two of these, or three places before their scores, reports on a match.
const (
	leastSportWords = 2
	leastScores     = 3
)

// hashes are the hashes of words as a document's words have them.
func hashes(words string) map[uint64]bool {
	m := map[uint64]bool{}
	for w := range strings.FieldsSeq(words) {
		m[text.WordHash(w)] = true
	}
	return m
}

func (t *tagger) setting() setting {
	s := setting{countries: map[string]int{}}
	for _, n := range t.found {
		if c := n.country(); c != "" {
			s.countries[c] += len(n.mentions)
		}
	}
	most := 0
	for c, n := range s.countries {
		switch {
		case n > most:
			s.foremost, most = c, n
		case n == most:
			s.foremost = ""
		}
	}
	words := 0
	for i := range t.doc.Words {
		if sportWords[t.doc.Words[i].Hash] {
			words++
		}
	}
	s.sport = words >= leastSportWords || t.sportHead() || t.scores() >= leastScores
	return s
}

// link gives ids to the names that no rule has given one: what they most likely stand
// for. What it finds out tells more of the setting, so that it looks twice.
func (t *tagger) link() {
	for range 2 {
		s := t.setting()
		if s.sport {
			t.teams()
		}
		linked := false
		for _, key := range t.unknown() {
			linked = t.linkName(key, &s) || linked
		}
		if !linked {
			return
		}
	}
}

// sportNames are what agencies write before the headline of a report on sport.
var sportNames = hashes(`soccer football cricket tennis golf rugby baseball basketball hockey athletics cycling boxing swimming skiing
	volleyball handball badminton squash snooker rowing sailing gymnastics wrestling judo racing olympics`)

// mostSlugTokens are the tokens of "RUGBY UNION -", and of "FORMULA ONE RACING:".
const mostSlugTokens = 4

// sportHead reports whether the text opens with the name of a sport and a dash or colon.
func (t *tagger) sportHead() bool {
	named := false
	for i := range min(mostSlugTokens, len(t.doc.Tokens)) {
		switch form := t.doc.Form(i); form {
		case "-", "–", "—", ":":
			return named
		default:
			named = named || sportNames[text.WordHash(form)]
		}
	}
	return false
}

// country is the one a name is of, or "".
func (n *name) country() string {
	switch {
	case n.record != nil:
		return n.record.country
	case n.home != nil:
		return n.home.country
	}
	return ""
}

// unknown are the keys of the names without a record, in order.
func (t *tagger) unknown() []string {
	var keys []string
	for key, n := range t.found {
		if n.record == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// linkName links one name, or notes what it may stand for.
func (t *tagger) linkName(key string, s *setting) bool {
	n := t.found[key]
	found := t.candidates(n, s)
	if len(found) == 0 {
		return false
	}
	least := leastLink
	if n.mentions[0].Form == formSurname {
		least = leastSurname
	}
	if best := found[0]; best.score >= least && (len(found) == 1 || best.score-found[1].score >= leastAhead) {
		n.candidates = nil
		t.identify(key, best.record)
		return true
	}
	if n.home != nil {
		found = append(found[:min(len(found), mostCandidates-1)], candidate{n.home, leastLink})
	}
	n.candidates = found[:min(len(found), mostCandidates)]
	return false
}

// candidate is a record that a name may stand for.
type candidate struct {
	record *record
	score  float64
}

// candidates are the records a name may stand for, the likeliest first.
func (t *tagger) candidates(n *name, s *setting) []candidate {
	key := spellingKey(n.name)
	in, clear := "", true
	if n.typ == article.Place && !n.team {
		in, clear = t.countryBehind(n)
	}
	if !clear {
		return nil
	}
	var found []candidate
	for _, base := range []senses{loadGazetteer().senses.of(key), loadWider().of(key)} {
		for _, sense := range base {
			r := sense.record
			if !n.may(r) || in != "" && r.country != in || slices.ContainsFunc(found, func(c candidate) bool { return c.record == r || r.wikidata != "" && c.record.wikidata == r.wikidata }) {
				continue
			}
			found = append(found, candidate{r, t.score(n, r, s)})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.record.wikidata, b.record.wikidata), cmp.Compare(a.record.name, b.record.name))
	})
	return found
}

// may reports whether a name can be a record's by its type.
func (n *name) may(r *record) bool {
	if n.team && r.kind == "sport" {
		return true
	}
	return r.typ == n.typ && n.home == nil
}

// score tells how well a record fits a name in a text.
func (t *tagger) score(n *name, r *record, s *setting) float64 {
	score := [...]float64{0, 0, 0.5, 1}[r.weight]
	several := len(wordsOfName(n)) > 1
	if several {
		score += 1.5 // few names of several words are two's
	}
	switch {
	case r.country == "":
	case s.countries[r.country] > 0:
		score++
		if r.country == s.foremost {
			score += 0.25
		}
	case r.weight < 3 || r.kind == "government":
		score--
	}
	if r.kind == "government" && r.country != "" && r.country != s.foremost && s.foremost != "" {
		score-- // "the Foreign Ministry" is that of the country at hand
	}
	if sport := r.kind == "sport" || r.kind == "athlete" || r.kind == "coach"; sport == s.sport {
		if sport {
			score++
		}
	} else if sport {
		score -= 1.5
	} else if !several {
		score -= 0.5
	}
	if !several && t.lower[t.words[n.spots[0].first].token.Word] {
		score-- // "Orange" where something is orange
	}
	return score
}

// identify makes a name the name of a record.
func (t *tagger) identify(key string, r *record) {
	n := t.found[key]
	id := recordKey(r)
	delete(t.found, key)
	for title, holder := range t.titles {
		if holder == key {
			t.titles[title] = id
		}
	}
	if old, ok := t.found[id]; ok {
		old.mentions = append(old.mentions, n.mentions...)
		old.spots = append(old.spots, n.spots...)
		return
	}
	n.record, n.typ, n.name = r, r.typ, r.name
	t.found[id] = n
}

// published are the candidates of a name as the record shows them: those with an id. The
// scores are between 0 and 1 and mean nothing but their order.
func (n *name) published() []article.Candidate {
	list := []article.Candidate{}
	for _, c := range n.candidates {
		if c.record.wikidata != "" {
			list = append(list, article.Candidate{
				Wikidata: c.record.wikidata, Name: c.record.name,
				Score: math.Round(1000/(1+math.Exp(leastLink-c.score))) / 1000,
			})
		}
	}
	return list
}
