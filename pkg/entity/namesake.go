package entity

import (
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
)

// namesakes takes the surnames of persons out of the known places: where the text names
// "Neil Jordan" in full, "Jordan said" is he. A place that the text speaks of for certain,
// as in "Jordanian", "in Jordan" or "Amman, Jordan", keeps all its mentions.
func (t *tagger) namesakes(known []span) []span {
	surnames := map[string]bool{}
	for _, spans := range [][]span{t.spans, known} {
		for i := range spans {
			if s := &spans[i]; s.typ == article.Person && s.last-s.first > 1 {
				surnames[t.words[s.last-1].folded] = true
			}
		}
	}
	if len(surnames) == 0 {
		return known
	}
	isPlace := map[*record]bool{}
	for i := range known {
		if s := &known[i]; s.alias.record != nil && s.typ == article.Place && (s.alias.form != formName || t.asPlace(spot{s.first, s.last})) {
			isPlace[s.alias.record] = true
		}
	}
	return slices.DeleteFunc(known, func(s span) bool {
		r := s.alias.record
		return r != nil && s.typ == article.Place && s.last-s.first == 1 && !isPlace[r] &&
			surnames[t.words[s.first].folded]
	})
}
