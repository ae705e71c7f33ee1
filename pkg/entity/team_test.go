package entity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTag_tellsPlacesFromTeamsAndPersons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string // the entities by a name, with their mentions
	}{
		"a place and its team in one report": {
			"Norway beat Austria 3-1 in Vienna. The striker scored twice for Norway, who won every match in Norway last year.",
			[]string{"name:place:norway: Norway/name, Norway/name", "wd:Q20: Norway/name"},
		},
		"the people stay with the place": {
			"Norway beat Austria 3-1. Norwegian fans saw the striker score against Austria, and Norway lead the league.",
			[]string{"name:place:norway: Norway/name, Norway/name", "wd:Q20: Norwegian/demonym"},
		},
		"the place of wire copy": {
			"NORWAY (AP) — The striker scored twice as Norway beat Austria. Norway won the match.",
			[]string{"name:place:norway: Norway/name, Norway/name", "wd:Q20: NORWAY/name"},
		},
		"two teams make a report of teams": {
			"Austria beat Sweden in the first match. Pundits in the league fancy Norway.",
			[]string{"name:place:norway: Norway/name"},
		},
		"one does not": {
			"The striker watched the match. Pundits in the league fancy Norway.",
			[]string{"wd:Q20: Norway/name"},
		},
		"an agency's word for a sport": {
			"HANDBALL - Norway beat Austria.",
			[]string{"name:place:norway: Norway/name"},
		},
		"no such word, and no sport": {
			"POLITICS - Norway beat Austria to the deal.",
			[]string{"wd:Q20: Norway/name"},
		},
		"a person's surname that is a country's": {
			"The director Neil Norway showed his film. Norway said that it took ten years, and critics liked Norway's pictures.",
			[]string{"name:person:neil-norwai: Neil Norway/name, Norway/surname, Norway/surname"},
		},
		"a country that the text is about too": {
			"The director Neil Norway showed his film in Norway. Norway said that it would buy the rights.",
			[]string{"wd:Q20: Norway/name, Norway/name", "name:person:neil-norwai: Neil Norway/name"},
		},
		"one of whose people it speaks": {
			"The director Neil Norway met Norwegian critics. Norway said that it would buy the rights.",
			[]string{"wd:Q20: Norwegian/demonym, Norway/name", "name:person:neil-norwai: Neil Norway/name"},
		},
	} {
		var got []string
		for _, e := range tags(english(c.text)) {
			if strings.Contains(e, "orw") || strings.Contains(e, "NORW") {
				got = append(got, e)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: want -, got +\n%s", name, diff)
		}
	}
}
