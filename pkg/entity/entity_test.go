package entity

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func english(body string) *article.Article {
	lang := "en"
	return &article.Article{Language: &lang, Text: &body}
}

// tags lists the entities as "id: mention/form, mention/form".
func tags(a *article.Article) []string {
	entities, _, _ := Tag(a)
	got := []string{}
	for _, e := range entities {
		var ms []string
		for _, m := range e.Mentions {
			ms = append(ms, m.Text+"/"+m.Form)
		}
		got = append(got, e.ID+": "+strings.Join(ms, ", "))
	}
	return got
}

func TestTag(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{
			"two spellings of an Arabic name are one person",
			"President Abdel Fattah al-Sisi spoke first. Later Abdel Fattah el-Sissi left, and al-Sisi's aides followed.",
			[]string{"wd:Q307871: Abdel Fattah al-Sisi/name, Abdel Fattah el-Sissi/name, al-Sisi/surname"},
		},
		{
			"a country by name, acronym and demonym is one place",
			"The United States and its allies met. The U.S. delegation, the US-led talks and American farmers agreed; us, they said.",
			[]string{"wd:Q30: United States/name, U.S./acronym, US/acronym, American/demonym"},
		},
		{
			"a title is no organisation, and stands later for who bore it",
			"Crown Prince Mohammed bin Salman received her. Her envoy and the Crown Prince talked.",
			[]string{"wd:Q6892571: Mohammed bin Salman/name, Crown Prince/title"},
		},
		{
			"the Secretary of State is no state",
			"US Secretary of State Antony Blinken came. The States would pay, Blinken said.",
			[]string{"wd:Q7821917: Antony Blinken/name, Blinken/surname", "wd:Q30: US/acronym"},
		},
		{
			"a surname joins its full name",
			"Ilse M. Brandt, 52, leads the dockers. Ms. Brandt and Ilse Brandt are one; Brandt waits.",
			[]string{"name:person:ilse-brandt: Ilse M. Brandt/name, Brandt/surname, Ilse Brandt/name, Brandt/surname"},
		},
		{
			"ranks are stripped from a name",
			"A spokesman, Major General Tomas Vell, said so.",
			[]string{"name:person:tomas-vel: Tomas Vell/name"},
		},
		{
			"an organisation is known by its words and by its acronym",
			"The Norland Dockers Union (NDU) met. A day later the NDU left.",
			[]string{"name:organisation:norland-dockers-union: Norland Dockers Union/name, NDU/acronym, NDU/acronym"},
		},
		{
			"a country inside another name is not the country",
			"Michael Jordan flew to the Bank of Japan with Qatar Airways.",
			[]string{"wd:Q41421: Michael Jordan/name", "wd:Q333101: Bank of Japan/name", "name:organisation:qatar-airways: Qatar Airways/name"},
		},
		{
			"words that open a sentence are not names",
			"Weeks of talks ended. Mediators left on Tuesday. Both Arab states waited. Dockers, too.",
			[]string{},
		},
		{
			"a relative of a public figure is not the figure",
			"Ashley Biden opened the fair.",
			[]string{"name:person:ashlei-biden: Ashley Biden/name"},
		},
		{
			"a longer name wins",
			"Gaza City lies in the Gaza Strip; so does Rafah, in the south of Gaza. South Korean ships passed North Korea.",
			[]string{"wd:Q39760: Gaza Strip/name, Gaza/name", "wd:Q47492: Gaza City/name", "name:place:rafah: Rafah/name", "wd:Q423: North Korea/name", "wd:Q884: South Korean/demonym"},
		},
		{
			"spellings of one name meet within an article, and with the gazetteer",
			"Viktor Yanukovych left Kyiv. Later Victor Yanukovich spoke, and then Vladimir Zelenskij spoke.",
			[]string{"name:person:viktor-yanukovich: Viktor Yanukovych/name, Victor Yanukovich/name", "wd:Q1899: Kyiv/name", "wd:Q3874799: Vladimir Zelenskij/name"},
		},
		{
			"initials that nobody introduced stand for the only name they can",
			"The Norland Dockers Union met on Monday. A day later the NDU left the talks.",
			[]string{"name:organisation:norland-dockers-union: Norland Dockers Union/name, NDU/acronym"},
		},
		{
			"of two with one surname it is who was named before",
			"Erik Holm drove all night. Holm, a baker, was tired. His wife, Karin Holm, slept.",
			[]string{"name:person:erik-holm: Erik Holm/name, Holm/surname", "name:person:karin-holm: Karin Holm/name"},
		},
		{
			"a possessive is no part of the name",
			"Ilse Brandt's union met. Brandt’s deputy and the Norland Dockers Union’s lawyers left.",
			[]string{"name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname", "name:organisation:norland-dockers-union: Norland Dockers Union/name"},
		},
		{
			"a title is none of a name's words, in British papers too",
			"Mr Tomas Vell met Dr Ilse Brandt. Dr Brandt and Mr Vell left.",
			[]string{"name:person:tomas-vel: Tomas Vell/name, Vell/surname", "name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname"},
		},
		{
			"a title is no name by itself",
			"The Executive Director and the Attorney General met the Prime Minister in Lisbon.",
			[]string{"wd:Q597: Lisbon/name"},
		},
		{
			"a currency is no country",
			"They paid US $5 million for the crane in Norway.",
			[]string{"wd:Q20: Norway/name"},
		},
		{
			"a headline in capitals has names",
			"EGYPT SENDS PILOTS TO NORWAY\n\nThe pilots will stay in Norway for a month, officials said.",
			[]string{"wd:Q20: NORWAY/name, Norway/name", "wd:Q79: EGYPT/name"},
		},
		{
			"in a text without capitals only clear names are found",
			"the pilots left egypt on monday and will stay in norway for a month while the crew of the " +
				"ferry waits in port and eats turkey with the people of the town who are glad to have them there again after all these years of " +
				"waiting for a ship from the united nations to come in",
			[]string{"wd:Q79: egypt/name", "wd:Q20: norway/name", "wd:Q1065: united nations/name"},
		},
		{
			"offsets count code points",
			"“Çelik” wrote: É, Türkiye 🚢 and Egypt.",
			[]string{"wd:Q43: Türkiye/name", "wd:Q79: Egypt/name"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tags(english(tc.text))); diff != "" {
				t.Errorf("entities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTag_dateline(t *testing.T) {
	t.Parallel()
	a := english("PORT ALDEN (AP) — Dockers at Port Alden voted on Monday.")
	line := "PORT ALDEN (AP)"
	a.Dateline = &line
	want := []string{"name:place:port-alden: PORT ALDEN/name, Port Alden/name", "wd:Q40469: AP/acronym"}
	if diff := cmp.Diff(want, tags(a)); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

func TestTag_quotes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []string // quotation | speaker | verb
	}{
		{
			"the speaker after the verb", `“We will come back next week,” said Ilse Brandt, who leads the union.`,
			[]string{"We will come back next week,|name:person:ilse-brandt|said"},
		},
		{
			"the speaker before the verb, in straight marks", `Ilse Brandt said "we will come back next week."`,
			[]string{"we will come back next week.|name:person:ilse-brandt|said"},
		},
		{
			"nobody by name", `“We will come back next week,” a spokesperson for the State Department said.`,
			[]string{"We will come back next week,|wd:Q789915|said"},
		},
		{
			"a pronoun without anybody before it is not resolved", `He added that they wanted “to build a better harbour for all.”`,
			[]string{"to build a better harbour for all.||added"},
		},
		{
			"a pronoun is who spoke last", "“We will come back next week,” said Ilse Brandt.\n\n“Then we shall see,” she said.",
			[]string{"We will come back next week,|name:person:ilse-brandt|said", "Then we shall see,|name:person:ilse-brandt|said"},
		},
		{
			"speech in two parts", `“We will come back next week,” Ilse Brandt said, “and we shall see.” She added: “Or not.”`,
			[]string{"We will come back next week,|name:person:ilse-brandt|said", "and we shall see.|name:person:ilse-brandt|said", "Or not.|name:person:ilse-brandt|added"},
		},
		{
			"what stands right before it is surer than what follows", `Ilse Brandt said “we will come back next week,” and asked Tomas Vell to wait.`,
			[]string{"we will come back next week,|name:person:ilse-brandt|said"},
		},
		{
			"somebody without a name is nobody who has one", "Ilse Brandt left early.\n\n“We will come back next week,” a docker said.",
			[]string{"We will come back next week,||said"},
		},
		{
			"an office somebody was called by", "The minister, Ilse Brandt, left.\n\n“We will come back next week,” the minister said.",
			[]string{"We will come back next week,|name:person:ilse-brandt|said"},
		},
		{
			"single marks, and apostrophes in them", `‘We don’t mind the dockers’ songs,’ said Ilse Brandt. ’Tis so.`,
			[]string{"We don’t mind the dockers’ songs,|name:person:ilse-brandt|said"},
		},
		{
			"guillemets with spaces", `« We will come back next week », said Ilse Brandt.`,
			[]string{"We will come back next week|name:person:ilse-brandt|said"},
		},
		{
			"speech of two paragraphs has one speaker", "Ilse Brandt said: “We will come back next week.\n\n“And then we shall see what happens.”",
			[]string{"We will come back next week.|name:person:ilse-brandt|said", "And then we shall see what happens.|name:person:ilse-brandt|"},
		},
		{"the title of a book is none", `Ilse Brandt wrote “The Lamp on the Water” in Lisbon, Tomas Vell said.`, nil},
		{"a term in quotation marks is none", `They made a “strong proposal” on Monday.`, nil},
		{
			"speech that goes on in the next paragraph", "“We will come back next week, she said.\n\n“And then we shall see what happens.”",
			[]string{"We will come back next week, she said.||", "And then we shall see what happens.||"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := english(tc.text)
			_, quotes, _ := Tag(a)
			var got []string
			for _, q := range quotes {
				row := q.Text + "|"
				if q.Speaker != nil {
					row += *q.Speaker
				}
				row += "|"
				if q.Verb != nil {
					row += *q.Verb
				}
				got = append(got, row)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("quotes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTag_coverage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lang, text string
		level      article.Level
		entities   int
	}{
		{"en-GB", "Talks in Egypt.", article.Full, 1},
		{"de", "Die Hafenarbeiter in Israel und der Vorsitzende Karl Vogt.", article.Rules, 2},
		{"pl", "Rozmowy w Japan i Oslo.", article.Rules, 2},
		{"ru", "Переговоры в Осло.", article.None, 0},
		{"", "Talks in Egypt.", article.Rules, 1},
		{"ja", "エジプトで協議。", article.None, 0},
	} {
		a := english(tc.text)
		a.Language = &tc.lang
		entities, quotes, level := Tag(a)
		if level != tc.level || len(entities) != tc.entities {
			t.Errorf("%q: got %s with %d entities, want %s with %d", tc.lang, level, len(entities), tc.level, tc.entities)
		}
		if entities == nil || quotes == nil {
			t.Errorf("%q: the parts of a stage that has run must not be nil", tc.lang)
		}
	}
	if _, _, level := Tag(&article.Article{}); level != article.None {
		t.Errorf("without text: got %s, want none", level)
	}
}

func TestTag_golden(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/talks.txt")
	if err != nil {
		t.Fatal(err)
	}
	entities, quotes, level := Tag(english(strings.TrimSpace(string(body))))
	got, err := json.Marshal(map[string]any{"entities": entities, "quotes": quotes, "coverage": level},
		json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/talks.golden.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/talks.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestGazetteer_isSound(t *testing.T) {
	t.Parallel()
	g, err := readGazetteer()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[article.EntityType]string{
		article.Person:       "politician monarch diplomat official military militant executive cleric activist journalist scientist athlete coach artist",
		article.Organisation: "intergovernmental government party armed_group military company media ngo university union sport think_tank religious",
		article.Place:        "country region city water island mountain facility",
		article.Other:        "event work treaty award people",
	}
	qid, iso := regexp.MustCompile(`^(Q[1-9]\d*)?$`), regexp.MustCompile(`^([A-Z]{2})?$`)
	ids := map[string]string{}
	for _, r := range g.records {
		if known, ok := kinds[r.typ]; !ok || r.kind != "" && !slices.Contains(strings.Fields(known), r.kind) {
			t.Errorf("%s: type %q, kind %q", r.name, r.typ, r.kind)
		}
		if !qid.MatchString(r.wikidata) || !iso.MatchString(r.country) || r.weight < 1 {
			t.Errorf("%s: id %q, country %q, weight %d", r.name, r.wikidata, r.country, r.weight)
		}
		id := recordKey(r)
		if other, ok := ids[id]; ok {
			t.Errorf("%s and %s share %s", r.name, other, id)
		}
		ids[id] = r.name
	}
}

func TestFoldWord(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"al-Sisi", "el-Sissi"}, {"Erdoğan", "Erdogan"}, {"Guterres", "GUTERRES"}, {"Al-Qaeda", "al-Qaeda"}, {"Sana'a", "Sanaa"}, {"U.S.", "US"},
	} {
		if a, b := foldWord(pair[0]), foldWord(pair[1]); a != b {
			t.Errorf("%s folds to %s, %s to %s", pair[0], a, pair[1], b)
		}
	}
}

func FuzzTag(f *testing.F) {
	f.Add("US-led talks with “al-Sisi” said Brandt.\n\n\"We will see what happens now", "PORT ALDEN (HW)")
	f.Add("‘’Tis “a” ‘b’s, the minister said: «Dddin bin Abdul -e- Lashkar-e-T. Abdel ddin", "")
	f.Add("“Yes,” Ilse Brandt said, “I do.” He added: “\n\n“And according to Erik Holm went on”", "")
	f.Add("A.-B. al- -el Ünal–Vé the Crown Prince", "")
	f.Fuzz(func(t *testing.T, body, dateline string) {
		a := english(body)
		a.Dateline = &dateline
		entities, quotes, _ := Tag(a)
		runes := []rune(body)
		for _, e := range entities {
			if len(e.Mentions) == 0 || e.Salience <= 0 || e.Salience > 1 {
				t.Errorf("%s: %d mentions, salience %v", e.ID, len(e.Mentions), e.Salience)
			}
			for _, m := range e.Mentions {
				if string(runes[m.Start:m.End]) != string([]rune(m.Text)) {
					t.Errorf("%s: %q is not text[%d:%d]", e.ID, m.Text, m.Start, m.End)
				}
			}
		}
		for _, q := range quotes {
			if string(runes[q.Start:q.End]) != string([]rune(q.Text)) {
				t.Errorf("%q is not text[%d:%d]", q.Text, q.Start, q.End)
			}
		}
		again, _, _ := Tag(a)
		if diff := cmp.Diff(entities, again); diff != "" {
			t.Errorf("the same article gave other entities:\n%s", diff)
		}
	})
}

func BenchmarkTag(b *testing.B) {
	body, err := os.ReadFile("testdata/talks.txt")
	if err != nil {
		b.Fatal(err)
	}
	a := english(string(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Tag(a)
	}
}

func ExampleTag() {
	body := "“The harbour will open,” said Ilse Brandt. Egyptian pilots, Brandt said, are on their way from Cairo."
	lang := "en"
	entities, quotes, coverage := Tag(&article.Article{Text: &body, Language: &lang})
	for _, e := range entities {
		fmt.Println(e.ID, e.Name, len(e.Mentions))
	}
	fmt.Println(quotes[0].Text, *quotes[0].Speaker, coverage)
	// Output:
	// name:person:ilse-brandt Ilse Brandt 2
	// wd:Q85 Cairo 1
	// wd:Q79 Egypt 1
	// The harbour will open, name:person:ilse-brandt full
}
