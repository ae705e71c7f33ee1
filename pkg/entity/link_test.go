package entity

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/text"
)

func TestTag_linksWhatTheTextMakesLikely(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, entity string
		wikidata     string // "" for none
		candidate    string // an id that must be among the candidates, "" for no candidates
	}{
		"a company known by one name where the text is about its country": {
			"Shoppers in London queued outside Sainsbury's on Monday, and the British chain said it would hire staff. Sainsbury's shares rose.", "Sainsbury's", "Q152096", "",
		},
		"a city's name behind which another state stands is not the famous city": {
			"The storm reached Paris, Texas, on Monday and tore roofs off houses.", "Paris", "", "",
		},
		"the famous city in a list of countries is": {
			"He flew to Paris, Germany and Spain last week for talks.", "Paris", "Q90", "",
		},
		"a country that stands for its team has no id": {
			"Austria beat Norway 3-1 in their qualifier, and the striker scored twice before halftime. Austria 3 Norway 1.", "Austria", "", "Q40",
		},
		"a country is a country in other news": {
			"Austria signed the treaty with Norway on Monday after the talks in Vienna.", "Austria", "Q40", "",
		},
		"a ministry is that of the country the text is about": {
			"In Berlin, the Ministry of Defence of Germany said that German soldiers would leave Mali.", "Mali", "Q912", "",
		},
	} {
		entities, _, _ := Tag(english(c.text))
		found := false
		for _, e := range entities {
			if e.Name != c.entity && e.Mentions[0].Text != c.entity {
				continue
			}
			found = true
			got := ""
			if e.Wikidata != nil {
				got = *e.Wikidata
			}
			if got != c.wikidata {
				t.Errorf("%s: %s is %q, want %q (%+v)", name, c.entity, got, c.wikidata, e)
			}
			has := c.candidate == ""
			for _, cand := range e.Candidates {
				has = has || cand.Wikidata == c.candidate
				if cand.Score <= 0 || cand.Score >= 1 || cand.Name == "" {
					t.Errorf("%s: candidate %+v", name, cand)
				}
			}
			if !has || got != "" && len(e.Candidates) > 0 {
				t.Errorf("%s: candidates %+v, want %q", name, e.Candidates, c.candidate)
			}
		}
		if !found {
			t.Errorf("%s: no %s in %+v", name, c.entity, entities)
		}
	}
}

// The setting is made up, so that each sense's weight can be told.
func TestScore_weighsTheSetting(t *testing.T) {
	t.Parallel()
	one, two := &name{name: "Voss", typ: "organisation"}, &name{name: "Voss Brandt", typ: "organisation"}
	tg := newTagger(text.Scan("Voss said so."))
	one.spots, two.spots = []spot{{0, 1}}, []spot{{0, 1}}
	at := func(countries ...string) *setting {
		s := &setting{countries: map[string]int{}}
		for _, c := range countries {
			s.countries[c]++
			s.foremost = c
		}
		return s
	}
	sport := at("NO")
	sport.sport = true
	for name, c := range map[string]struct {
		n     *name
		r     record
		s     *setting
		links bool
	}{
		"a company of the country that is named":        {one, record{kind: "company", country: "NO"}, at("NO"), true},
		"one of another country":                        {one, record{kind: "company", country: "SE"}, at("NO"), false},
		"one of no country":                             {one, record{kind: "company"}, at("NO"), false},
		"a name of two words is enough":                 {two, record{kind: "company"}, at("NO"), true},
		"but not in another country":                    {two, record{kind: "company", country: "SE"}, at("NO"), false},
		"unless the whole world knows it":               {two, record{kind: "company", country: "SE", weight: 3}, at("NO"), true},
		"no ministry is known in another country":       {two, record{kind: "government", country: "SE", weight: 3}, at("NO"), false},
		"a club in a report on a match":                 {one, record{kind: "sport", country: "NO"}, sport, true},
		"no club in other news":                         {one, record{kind: "sport", country: "NO"}, at("NO"), false},
		"no company of one word in a report on a match": {one, record{kind: "company", country: "NO"}, sport, false},
	} {
		if got := tg.score(c.n, &c.r, c.s); (got >= leastLink) != c.links {
			t.Errorf("%s: score %v, want a link: %v", name, got, c.links)
		}
	}
}

func TestReadWider(t *testing.T) {
	t.Parallel()
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(s)) // into memory
		_ = z.Close()
		return b.Bytes()
	}
	s, err := readWider(pack("organisation\tcompany\tQ1\tNO\t0\tVoss Foods\tVoss|Voss Food Stores\n"))
	if err != nil || len(s) != 3 {
		t.Fatalf("%d senses, %v", len(s), err)
	}
	if found := s.of(spellingKey("The VOSS Foods Ltd")); len(found) != 1 || found[0].record.wikidata != "Q1" {
		t.Errorf("found %+v", found)
	}
	for name, file := range map[string][]byte{
		"no archive":          []byte("Voss"),
		"one cut short":       pack(strings.Repeat("organisation\tcompany\tQ1\tNO\t0\tVoss\t\n", 99))[:60],
		"a column too few":    pack("organisation\tcompany\tQ1\tNO\tVoss\t\n"),
		"a weight of four":    pack("organisation\tcompany\tQ1\tNO\t4\tVoss\t\n"),
		"a line with no name": pack("organisation\tcompany\tQ1\tNO\t1\t?\t\n"),
	} {
		if _, err := readWider(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, s := range loadWider() {
		if r := s.record; r.wikidata == "" || r.weight != 0 || r.typ != "organisation" && r.typ != "place" {
			t.Fatalf("%+v in the wider base", r)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("organisation\tcompany\tQ1\tNO\t0\tVoss Foods\tVoss|?Food")
	f.Fuzz(func(t *testing.T, line string) {
		r, spellings, err := parseRecord(line)
		if err == nil && (r.name == "" || spellings == "" || r.weight < 0 || r.weight > 3) {
			t.Errorf("%q: %+v %q", line, r, spellings)
		}
	})
}
