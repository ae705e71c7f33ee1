package entity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// found is a tagger whose model found these names: "Port Alden/place", each where it
// stands first behind the one before.
func found(t *testing.T, body string, names ...string) *tagger {
	t.Helper()
	tg := newTagger(text.Scan(body))
	from := 0
	for _, n := range names {
		form, typ, _ := strings.Cut(n, "/")
		i := strings.Index(body[from:], form)
		if i < 0 {
			t.Fatalf("%q is not in the text", form)
		}
		first, last := tg.wordAt(from+i), tg.wordAt(from+i+len(form))
		s := tg.ofWords(first, last)
		s.typ, s.confidence = article.EntityType(typ), 0.9
		tg.spans = append(tg.spans, s)
		from += i + len(form)
	}
	return tg
}

// shown lists the spans as found takes them.
func (t *tagger) shown() []string {
	got := []string{}
	for _, s := range t.spans {
		got = append(got, fmt.Sprintf("%s/%s", t.doc.Text[s.start:s.end], s.typ))
	}
	return got
}

func TestMend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		model      []string
		want       []string
	}{
		{"a title leaves a person's name", "We met Deputy Prime Minister Mira Voss.", []string{"Deputy Prime Minister Mira Voss/person"}, []string{"Mira Voss/person"}},
		{"an office that was torn from its title", "US Secretary of State Ada Obi came.", []string{"State Ada Obi/organisation"}, []string{"Ada Obi/person"}},
		{"a title alone is none", "The Crown Prince and the Secretary of State met.", []string{"Crown Prince/organisation", "Secretary of State/organisation"}, []string{}},
		{"a torn country is none", "The States agreed.", []string{"States/place"}, []string{}},
		{"an article is left out", "In the Netherlands it rains.", []string{"the Netherlands/place"}, []string{"Netherlands/place"}},
		{"a currency is no country", "It cost US $5.", []string{"US/place"}, []string{}},
		{"a cabinet is no person", "The Voss Cabinet met.", []string{"Voss Cabinet/person"}, []string{"Voss Cabinet/organisation"}},
		{"a people is no place", "Both African states met.", []string{"African/place"}, []string{"African/other"}},
		{"a surname that is a title stays", "Then Stephen King left.", []string{"Stephen King/person"}, []string{"Stephen King/person"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tg := found(t, c.text, c.model...)
			tg.mend()
			if diff := cmp.Diff(c.want, tg.shown()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		model      []string
		want       []string
	}{
		{"the gazetteer knows the type", "Israel won.", []string{"Israel/organisation"}, []string{"Israel/place"}},
		{"a longer name of the model wins", "The Egypt Ferry Line sails.", []string{"Egypt Ferry Line/organisation"}, []string{"Egypt Ferry Line/organisation"}},
		{"a longer name of the gazetteer wins", "In the Gaza Strip.", []string{"Gaza/place"}, []string{"Gaza Strip/place"}},
		{"names in a row are several", "Egypt and Norway agreed.", []string{"Egypt and Norway/organisation"}, []string{"Egypt/place", "Norway/place"}},
		{"a compound is cut", "The Egypt-Alden ferry.", []string{"Egypt-Alden/place"}, []string{"Egypt/place", "Alden/place"}},
		{"what only the gazetteer finds", "They left for Lisbon.", nil, []string{"Lisbon/place"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tg := found(t, c.text, c.model...)
			tg.settle(tg.gazetteerSpans())
			if diff := cmp.Diff(c.want, tg.shown()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		model      []string
		rule       func(*tagger)
		want       []string
	}{
		{
			"a body of a place is one name", "The Dockers Union of Norland met.",
			[]string{"Dockers Union/organisation", "Norland/place"},
			(*tagger).ofPlaces,
			[]string{"Dockers Union of Norland/organisation"},
		},
		{
			"a ship of a place is not", "The Kestrel of Norland sank.",
			[]string{"Kestrel/organisation", "Norland/place"},
			(*tagger).ofPlaces,
			[]string{"Kestrel/organisation", "Norland/place"},
		},
		{
			"letters in brackets stand for the name", "The Dockers Union (NDU) met. Later NDU left, and NDU's crane too.",
			[]string{"Dockers Union/organisation", "NDU/place"},
			(*tagger).acronyms,
			[]string{"Dockers Union/organisation", "NDU/organisation", "NDU/organisation", "NDU/organisation"},
		},
		{
			"a surname is the person's", "Tomas Vell left. In Oslo Vell said so, and Vell Street was quiet.",
			[]string{"Tomas Vell/person", "Vell/place"},
			func(t *tagger) { t.samePersons(nil) },
			[]string{"Tomas Vell/person", "Vell/person"},
		},
		{
			"a surname that was missed", "Tomas Vell left. They saw Vell again.",
			[]string{"Tomas Vell/person"},
			func(t *tagger) { t.samePersons(nil) },
			[]string{"Tomas Vell/person", "Vell/person"},
		},
		{
			"a name that comes again", "The Kestrel Line paid. Who owns Kestrel Line?",
			[]string{"Kestrel Line/organisation"},
			(*tagger).repeats,
			[]string{"Kestrel Line/organisation", "Kestrel Line/organisation"},
		},
		{
			"the place of a dateline", "PORT ALDEN (AP) — Dockers voted.",
			[]string{"PORT ALDEN/person"},
			(*tagger).datelines,
			[]string{"PORT ALDEN/place"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tg := found(t, c.text, c.model...)
			c.rule(tg)
			if diff := cmp.Diff(c.want, tg.shown()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNames_areByToken(t *testing.T) {
	t.Parallel()
	doc := crf.Tokenised([][]string{{"Mira", "Voss", "met", "Egyptian", "envoys", "in", "Norway", "."}, {"The", "Egypt-led", "talks", "went", "on", "."}})
	var got []crf.Name
	for _, n := range Names(doc) {
		if n.Probability <= 0 || n.Probability > 1 {
			t.Errorf("probability of %+v", n)
		}
		n.Probability = 0
		got = append(got, n)
	}
	want := []crf.Name{{First: 0, Last: 2, Type: crf.Person}, {First: 3, Last: 4, Type: crf.Other}, {First: 6, Last: 7, Type: crf.Place}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The model is for English: a capital on every noun would make garbage of it, and rules
// must not.
func TestTag_otherLanguages(t *testing.T) {
	t.Parallel()
	lang := "de"
	body := "Der Vorsitzende der Gewerkschaft traf den Minister in Ägypten. Die Hafenarbeiter und der Bürgermeister von Norwegen nach Israel."
	a := english(body)
	a.Language = &lang
	if diff := cmp.Diff([]string{"wd:Q79: Ägypten/name", "wd:Q20: Norwegen/name", "wd:Q801: Israel/name"}, tags(a)); diff != "" {
		t.Error(diff)
	}
}
