package entity

import "testing"

func TestTag_locatesCities(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, city, country string
	}{
		"the one that outnumbers its namesakes":             {"The ministers met in Paris on Monday to discuss the plan.", "Paris", "FR"},
		"none where two are near in size":                   {"Police in Birmingham arrested three men on Monday.", "Birmingham", ""},
		"of two near in size the one in the country named":  {"Police in Birmingham arrested three men, the United Kingdom said.", "Birmingham", "GB"},
		"the country right behind it":                       {"She was born in Birmingham, United Kingdom, and left for France.", "Birmingham", "GB"},
		"none where a region right behind it says another":  {"The storm reached Turin, Texas, on Monday and left for Italy.", "Turin", ""},
		"the one that outnumbers them, in a list of cities": {"The minister visited Turin, Nantes and Leeds on Monday.", "Turin", "IT"},
		"a town whose country the text does not name":       {"The factory in Bodø closed on Monday after a fire.", "Bodø", ""},
		"a town whose country the text names":               {"The factory in Bodø closed on Monday. Norway will help.", "Bodø", "NO"},
		"a city of the gazetteer is in the country it says": {"The talks in Cairo ended on Monday without a result.", "Cairo", "EG"},
	} {
		entities, _, _ := Tag(english(c.text))
		found := false
		for _, e := range entities {
			if e.Name != c.city {
				continue
			}
			found = true
			got := ""
			if e.Country != nil {
				got = *e.Country
			}
			if got != c.country || (e.Geo != nil) != (c.country != "") {
				t.Errorf("%s: %s is in %q at %v, want %q", name, c.city, got, e.Geo, c.country)
			}
		}
		if !found {
			t.Errorf("%s: no %s in %+v", name, c.city, entities)
		}
	}
}
