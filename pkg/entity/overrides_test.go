package entity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

// compiled compiles overrides that must all hold.
func compiled(t testing.TB, list ...Override) *Overrides {
	t.Helper()
	o, problems := NewOverrides("1-test", numbered(list))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return o
}

func numbered(list []Override) map[string]Override {
	all := map[string]Override{}
	for i, v := range list {
		all[fmt.Sprintf("%04d", i)] = v
	}
	return all
}

// tagsUnder lists entities as tags does.
func tagsUnder(o *Overrides, a *article.Article) []string {
	entities, _, _ := TagUnder(o, a)
	got := []string{}
	runes := []rune(*a.Text)
	for _, e := range entities {
		var ms []string
		for _, m := range e.Mentions {
			if string(runes[m.Start:m.End]) != m.Text {
				ms = append(ms, fmt.Sprintf("WRONG OFFSET %d", m.Start))
			}
			ms = append(ms, m.Text+"/"+m.Form)
		}
		got = append(got, e.ID+": "+strings.Join(ms, ", "))
	}
	return got
}

func TestTagUnder(t *testing.T) {
	t.Parallel()
	brandt := "Ilse Brandt leads the dockers. Brandt spoke in Norway on Monday."
	for _, tc := range []struct {
		name      string
		overrides []Override
		text      string
		want      []string
	}{
		{
			"a denied name is none, and nobody is left who was known by it alone",
			[]Override{{Act: Deny, Name: "Ilse Brandt"}},
			brandt,
			[]string{"wd:Q20: Norway/name"},
		},
		{
			"a denied title stands for nobody",
			[]Override{{Act: Deny, Name: "Crown Prince"}},
			"Crown Prince Mohammed bin Salman received her. Her envoy and the Crown Prince talked.",
			[]string{"wd:Q6892571: Mohammed bin Salman/name"},
		},
		{
			"a name denied for another type stays",
			[]Override{{Act: Deny, Name: "Norway", Type: article.Person}},
			brandt,
			[]string{"name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname", "wd:Q20: Norway/name"},
		},
		{
			"a name denied for its type goes",
			[]Override{{Act: Deny, Name: "Norway", Type: article.Place}},
			brandt,
			[]string{"name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname"},
		},
		{
			"a name denied in another source stays",
			[]Override{{Act: Deny, Name: "Norway", Source: "elsewhere"}},
			brandt,
			[]string{"name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname", "wd:Q20: Norway/name"},
		},
		{
			"a name denied in this source goes",
			[]Override{{Act: Deny, Name: "Norway", Source: "here"}},
			brandt,
			[]string{"name:person:ilse-brandt: Ilse Brandt/name, Brandt/surname"},
		},
		{
			"a denied name inside a longer one leaves that alone",
			[]Override{{Act: Deny, Name: "Japan"}},
			"He flew to the Bank of Japan from Japan.",
			[]string{"wd:Q333101: Bank of Japan/name"},
		},
		{
			"an alias finds what is no name to the tagger, and keeps its place",
			[]Override{{Act: Alias, Name: "the Hammer", ID: "wd:Q20"}},
			"Ñandú farmers met the Hammer yesterday. They took a hammer, the hammer, too. The Hammer laughed.",
			[]string{"wd:Q20: the Hammer/name, The Hammer/name"},
		},
		{
			"an alias in any case is found in lower case",
			[]Override{{Act: Alias, Name: "the Hammer", ID: "wd:Q20", AnyCase: true}},
			"Farmers met the hammer yesterday.",
			[]string{"wd:Q20: the hammer/name"},
		},
		{
			"an acronym is no word",
			[]Override{{Act: Alias, Name: "WHIM", ID: "name:organisation:world-health-museum"}},
			"On a whim they went to the WHIM.",
			[]string{"name:organisation:world-health-museum: WHIM/acronym"},
		},
		{
			"the longer name wins over an alias inside it, and the longer alias over a name",
			[]Override{{Act: Alias, Name: "Japan", ID: "wd:Q20"}, {Act: Alias, Name: "Egypt and Norway", ID: "name:organisation:egypt-norway-club"}},
			"He flew to the Bank of Japan. Egypt and Norway won.",
			[]string{"wd:Q333101: Bank of Japan/name", "name:organisation:egypt-norway-club: Egypt and Norway/name"},
		},
		{
			"an alias for one type is for what the tagger finds of it only",
			[]Override{{Act: Alias, Name: "Ilse Brandt", Type: article.Person, ID: "wd:Q76"}, {Act: Alias, Name: "Norway", Type: article.Person, ID: "wd:Q76"}},
			brandt,
			[]string{"wd:Q76: Ilse Brandt/name", "name:person:brandt: Brandt/surname", "wd:Q20: Norway/name"},
		},
		{
			"a number and a mark are part of a name",
			[]Override{{Act: New, ID: "name:organisation:channel-9", Type: article.Organisation, Name: "Channel 9", Aliases: []string{"Tar & Rope"}}},
			"They saw Channel 9, not channel 4 or Channel 99. The sailors of Tar & Rope, of tar and rope.",
			[]string{"name:organisation:channel-9: Channel 9/name, Tar & Rope/name"},
		},
		{
			"doubled digits are not one",
			[]Override{{Act: New, ID: "name:organisation:g77", Type: article.Organisation, Name: "G77"}},
			"The G77 met, and the G7.",
			[]string{"name:organisation:g77: G77/acronym", "wd:Q1764511: G7/name"},
		},
		{
			"a name does not reach over a stop or a paragraph",
			[]Override{{Act: Alias, Name: "Quiet Harbour", ID: "wd:Q20"}},
			"All was Quiet\n\nHarbour lights burned. It was Quiet. Harbour lights burned in the Quiet Harbour.",
			[]string{"name:place:harbour: Harbour/name, Harbour/name", "wd:Q20: Quiet Harbour/name"},
		},
		{
			"a new person has a surname",
			[]Override{{Act: New, ID: "wd:Q999999999", Type: article.Person, Name: "Ilse Brandt", Kind: "unionist", Country: "NO"}},
			brandt,
			[]string{"wd:Q999999999: Ilse Brandt/name, Brandt/surname", "wd:Q20: Norway/name"},
		},
		{
			"one entity is another",
			[]Override{{Act: Merge, ID: "name:person:ilse-brandt", Into: "wd:Q424242"}},
			brandt,
			[]string{"wd:Q424242: Ilse Brandt/name, Brandt/surname", "wd:Q20: Norway/name"},
		},
		{
			"merges are followed to their end, and meet",
			[]Override{
				{Act: Merge, ID: "name:person:ilse-brandt", Into: "name:person:ilse-vel"},
				{Act: Merge, ID: "name:person:ilse-vel", Into: "wd:Q20"},
			},
			brandt,
			[]string{"wd:Q20: Ilse Brandt/name, Brandt/surname, Norway/name"},
		},
		{
			"what an alias leads to is merged, too",
			[]Override{{Act: Alias, Name: "the Hammer", ID: "wd:Q20"}, {Act: Merge, ID: "wd:Q20", Into: "wd:Q79"}},
			"Farmers met the Hammer.",
			[]string{"wd:Q79: the Hammer/name"},
		},
		{
			"a denied name is none whatever a new entity says",
			[]Override{{Act: Deny, Name: "Hammer", Source: "here"}, {Act: New, ID: "name:person:hammer", Type: article.Person, Name: "Hammer"}},
			"Farmers met Hammer.",
			[]string{},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := english(tc.text)
			a.Source.Name = "here"
			if diff := cmp.Diff(tc.want, tagsUnder(compiled(t, tc.overrides...), a)); diff != "" {
				t.Errorf("entities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTagUnder_aNewEntityIsAsTheDeskSays(t *testing.T) {
	t.Parallel()
	o := compiled(t, Override{
		Act: New, ID: "wd:Q999999999", Type: article.Place, Kind: "harbour", Name: "Port Quill", Country: "NO", Geo: &Point{Lat: 59.5, Lon: -0.25},
	})
	a := english("The ferry reached Port Quill at noon.")
	entities, _, _ := TagUnder(o, a)
	if len(entities) != 1 {
		t.Fatalf("entities %+v, want one", entities)
	}
	want := article.Entity{
		ID: "wd:Q999999999", Type: article.Place, Kind: new("harbour"), Name: "Port Quill", Wikidata: new("Q999999999"), Country: new("NO"),
		Geo: &article.Geo{Lat: 59.5, Lon: -0.25}, Salience: 1, Confidence: sureness, Candidates: []article.Candidate{},
		Mentions: []article.Mention{{Start: 18, End: 28, Text: "Port Quill", Form: formName, Confidence: sureness}},
	}
	if diff := cmp.Diff(want, entities[0]); diff != "" {
		t.Errorf("entity (-want +got):\n%s", diff)
	}
}

func TestTagUnder_inOtherLanguages(t *testing.T) {
	t.Parallel()
	o := compiled(t, Override{Act: Alias, Name: "Федерация докеров", ID: "name:organisation:dockers"})
	body := "Вчера Федерация докеров объявила забастовку в порту."
	a := &article.Article{Language: new("ru"), Text: &body}
	if diff := cmp.Diff([]string{"name:organisation:dockers: Федерация докеров/name"}, tagsUnder(o, a)); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

func TestTagUnder_findsNamesBehindAnElision(t *testing.T) {
	t.Parallel()
	o := compiled(t, Override{Act: Alias, Name: "L'Éclair", ID: "name:organisation:eclair"}, Override{Act: Alias, Name: "Quillport", ID: "wd:Q20"})
	body := "Hier, l'Éclair a gagné. La ville d'Quillport dort et L'Éclair aussi."
	a := &article.Article{Language: new("fr"), Text: &body}
	want := []string{"name:organisation:eclair: l'Éclair/name, L'Éclair/name", "wd:Q20: Quillport/name"}
	if diff := cmp.Diff(want, tagsUnder(o, a)); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

func TestNewOverrides_reportsWhatCannotHoldAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	all := map[string]Override{
		"a": {Act: Deny, Name: "Norway"},
		"b": {Act: Alias, Name: "NORWAY", ID: "wd:Q79"},
		"c": {Act: Alias, Name: "the Hammer", ID: "wd:Q888888888"},
		"d": {Act: Merge, ID: "wd:Q1", Into: "wd:Q2"},
		"e": {Act: Merge, ID: "wd:Q2", Into: "wd:Q1"},
		"f": {Act: New, ID: "wd:Q3", Type: article.Person, Name: "Zora Quill"},
		"g": {Act: New, ID: "wd:Q4", Type: article.Person, Name: "Zöra Quil", Aliases: []string{"Hammer"}},
		"h": {Act: Alias, Name: "Zora", ID: "nobody"},
		"i": {Act: "forget", Name: "Zora"},
		"j": {Act: Merge, ID: "wd:Q1", Into: "wd:Q5"},
	}
	o, problems := NewOverrides("7-x", all)
	got := []string{}
	for _, p := range problems {
		got = append(got, p.Key+": "+p.Reason)
	}
	want := []string{
		`b: "NORWAY" is denied by a`,
		`c: wd:Q888888888 is neither in the knowledge base nor a new entity of the desk`,
		`d: wd:Q1 is merged in a circle`,
		`e: wd:Q2 is merged in a circle`,
		`g: its name "Zöra Quil" is taken by f`,
		`h: "nobody" is no entity: want wd:Q… or name:<type>:<folded-name>`,
		`i: "forget" is none of deny, alias, merge and new`,
		`j: wd:Q1 is merged by d`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if o.Rev() != "7-x" {
		t.Errorf("revision %q, want 7-x", o.Rev())
	}
	if diff := cmp.Diff([]string{"wd:Q3: Zora Quill/name", "wd:Q4: Hammer/name"}, tagsUnder(o, english("Zora Quill met Hammer in Norway."))); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

func TestNewOverrides_holdsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	all := map[string]Override{}
	for i := range MaxOverrides + 1 {
		all[fmt.Sprintf("%06d", i)] = Override{Act: Deny, Name: fmt.Sprintf("Name%d", i)}
	}
	o, problems := NewOverrides("1", all)
	if len(problems) != 1 || problems[0].Key != fmt.Sprintf("%06d", MaxOverrides) || !strings.Contains(problems[0].Reason, "over the limit of 20000") {
		t.Errorf("problems %v, want one about the last key", problems)
	}
	if len(o.terms) != MaxOverrides {
		t.Errorf("%d hold, want %d", len(o.terms), MaxOverrides)
	}
}

func TestOverride_Check_refuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxNameRunes+1)
	many := make([]string, MaxAliases+1)
	for i := range many {
		many[i] = fmt.Sprint("Name ", i)
	}
	for name, o := range map[string]Override{
		"no act":                              {Name: "X"},
		"a name without words":                {Act: Deny, Name: " 7, 8 "},
		"a name too long":                     {Act: Deny, Name: long},
		"a name of too many words":            {Act: Deny, Name: strings.Repeat("word ", maxNameUnits+1)},
		"a name that is no text":              {Act: Deny, Name: "a\xff"},
		"a type there is none of":             {Act: Deny, Name: "Norway", Type: "country"},
		"a source that can have no subject":   {Act: Deny, Name: "Norway", Source: "a.b"},
		"a deny of an id":                     {Act: Deny, Name: "Norway", ID: "wd:Q20"},
		"a Wikidata id without its letter":    {Act: Alias, Name: "Norway", ID: "wd:20"},
		"a name id without a type":            {Act: Alias, Name: "Norway", ID: "name:norway"},
		"a name id in capitals":               {Act: Alias, Name: "Norway", ID: "name:place:Norway"},
		"an alias in one source":              {Act: Alias, Name: "Norway", ID: "wd:Q20", Source: "here"},
		"a merge into itself":                 {Act: Merge, ID: "wd:Q20", Into: "wd:Q20"},
		"a merge into nothing":                {Act: Merge, ID: "wd:Q20"},
		"a merge with a name":                 {Act: Merge, ID: "wd:Q20", Into: "wd:Q79", Name: "Norway"},
		"a new entity without a type":         {Act: New, ID: "wd:Q20", Name: "Norway"},
		"a type that its id contradicts":      {Act: New, ID: "name:place:x", Type: article.Person, Name: "X"},
		"a country's name for its code":       {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Country: "Norway"},
		"a place beyond the pole":             {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Geo: &Point{Lat: 91}},
		"a kind of two words":                 {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Kind: "a kingdom"},
		"too many other names":                {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Aliases: many},
		"another name without words":          {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Aliases: []string{"!"}},
		"a new entity in one source":          {Act: New, ID: "wd:Q20", Type: article.Place, Name: "Norway", Source: "here"},
		"an id that would fill a log, at 1 k": {Act: Merge, ID: "name:place:" + strings.Repeat("x", 1000), Into: "wd:Q20"},
	} {
		if err := o.Check(); err == nil {
			t.Errorf("%s: no error", name)
		} else if len(err.Error()) > 600 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

func TestOverride_Subject_isOfTheSpellingNotOfItsMarks(t *testing.T) {
	t.Parallel()
	a := Override{Act: Deny, Name: "Müller  GmbH"}
	b := Override{Act: Deny, Name: "Muller Gmbh", AnyCase: true}
	c := Override{Act: Deny, Name: "Muller Gmbh", Type: article.Organisation}
	if a.Subject() != b.Subject() || a.Subject() == c.Subject() || len(a.Subject()) != 16 {
		t.Errorf("subjects %s, %s and %s, want two alike and another", a.Subject(), b.Subject(), c.Subject())
	}
}

func FuzzTagUnder(f *testing.F) {
	f.Add("the Hammer", "Farmers met the Hammer and Hammer & Sons in Norway.", "deny")
	f.Add("AT&T", "AT&T, 7-Eleven; the US-led É́ al-Sisi", "alias")
	f.Add("l'Éclair", "Le maire, Yann d'Estrées de l'Union (UDE), Nordlicht GmbH. von Van der Quill & Söhne, 'L’A d’", "alias")
	f.Fuzz(func(t *testing.T, name, body, act string) {
		v := Override{Act: Act(act), Name: name}
		if v.Act == Alias {
			v.ID = "name:other:x"
		}
		o, _ := NewOverrides("1", map[string]Override{"a": v})
		for _, lang := range []string{"en", "de", "fr", "it", "nl"} {
			a := english(body)
			a.Language = &lang
			entities, _, _ := TagUnder(o, a)
			runes := []rune(body)
			for _, e := range entities {
				for _, m := range e.Mentions {
					if string(runes[m.Start:m.End]) != m.Text {
						t.Errorf("%s: mention %+v does not stand there", lang, m)
					}
				}
			}
		}
	})
}

func TestTagUnder_givesTheSameBytes(t *testing.T) {
	t.Parallel()
	list := []Override{
		{Act: Merge, ID: "name:person:ilse-brandt", Into: "wd:Q424242"},
		{Act: Merge, ID: "name:person:tomas-vel", Into: "wd:Q424242"},
		{Act: Alias, Name: "the Hammer", ID: "wd:Q20"},
		{Act: Deny, Name: "Lisbon"},
	}
	a := english("Tomas Vell met Ilse Brandt and the Hammer in Lisbon. Vell left; Brandt stayed in Norway.")
	var first []byte
	for range 20 { // maps are in another order each time
		entities, quotes, _ := TagUnder(compiled(t, list...), a)
		b, err := json.Marshal([]any{entities, quotes})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if string(first) != string(b) {
			t.Fatalf("entities differ:\n%s\n%s", first, b)
		}
	}
}

// BenchmarkTagUnder tags one article of 1,000 words under no overrides and under many.
func BenchmarkTagUnder(b *testing.B) {
	a := english(strings.Repeat("Ilse Brandt met Tomas Vell in Lisbon on Monday, and the Norland Dockers Union said that ships from Norway and "+
		"Japan would wait for another week while the talks went on. ", 30))
	many := map[string]Override{}
	for i := range 5000 {
		v := Override{Act: Alias, Name: fmt.Sprintf("The Harbour Board %d of Quillport", i), ID: "wd:Q20"}
		switch i % 4 {
		case 1:
			v = Override{Act: Deny, Name: fmt.Sprintf("Zorano Quillan%d", i)}
		case 2:
			v = Override{Act: Merge, ID: fmt.Sprintf("name:person:zorano-quil-%d", i), Into: "wd:Q20"}
		case 3:
			v = Override{Act: New, ID: fmt.Sprintf("wd:Q%d", 900000+i), Type: article.Person, Name: fmt.Sprintf("Ilse Vellman%d", i), Aliases: []string{fmt.Sprintf("Tomas V%d", i)}}
		}
		many[fmt.Sprintf("%05d", i)] = v
	}
	o, problems := NewOverrides("1", many)
	if len(problems) > 0 {
		b.Fatal(problems[0])
	}
	Load()
	for name, o := range map[string]*Overrides{"none": nil, "5000": o} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				TagUnder(o, a)
			}
		})
	}
}

func BenchmarkNewOverrides(b *testing.B) {
	many := map[string]Override{}
	for i := range 5000 {
		many[fmt.Sprintf("%05d", i)] = Override{Act: Alias, Name: fmt.Sprintf("The Harbour Board %d of Quillport", i), ID: "wd:Q20"}
	}
	for b.Loop() {
		NewOverrides("1", many)
	}
}
