package entity

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

//go:embed gazetteer.tsv
var gazetteerTSV string

// The forms in which a text names an entity.
const (
	formName    = "name"
	formSurname = "surname"
	formAcronym = "acronym"
	formTitle   = "title"
	formDemonym = "demonym"
)

// record is a line of the gazetteer.
type record struct {
	typ                           article.EntityType
	kind, wikidata, country, name string
	folded                        string // of name
}

// id is the entity's identity in the article record.
func (r *record) id() string {
	if r.wikidata != "" {
		return "wd:" + r.wikidata
	}
	return nameID(r.typ, r.folded)
}

func nameID(typ article.EntityType, folded string) string {
	return "name:" + string(typ) + ":" + strings.ReplaceAll(folded, " ", "-")
}

// optional makes the empty string null.
func (r *record) optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// alias is a name under which a record is known.
type alias struct {
	record *record
	form   string
	// exact holds the letters of an acronym: "US" is a country, "us" a word.
	exact string
}

// gazetteer finds records by the folded words of their names.
type gazetteer struct {
	aliases map[string]alias
	// longest is the most words of a name that begins with a folded word.
	longest map[string]int
	records []*record
}

var loadGazetteer = sync.OnceValue(func() *gazetteer {
	g, err := parseGazetteer(gazetteerTSV)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return g
})

func parseGazetteer(tsv string) (*gazetteer, error) {
	g := &gazetteer{aliases: map[string]alias{}, longest: map[string]int{}}
	for n, line := range strings.Split(strings.TrimSpace(tsv), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 6 {
			return nil, fmt.Errorf("gazetteer line %d: %d columns, want 6", n+1, len(f))
		}
		r := &record{typ: article.EntityType(f[0]), kind: f[1], wikidata: f[2], country: f[3], name: f[4]}
		g.records = append(g.records, r)
		for i, spelling := range append([]string{r.name}, strings.Split(f[5], "|")...) {
			if spelling == "" {
				continue
			}
			if err := g.add(r, spelling, i == 0); err != nil {
				return nil, fmt.Errorf("gazetteer line %d: %w", n+1, err)
			}
		}
	}
	return g, nil
}

// add enters a spelling of a record's name.
func (g *gazetteer) add(r *record, spelling string, main bool) error {
	spelling, demonym := strings.CutPrefix(spelling, "~")
	words := wordsOf(text.Scan(spelling))
	if len(words) == 0 {
		return fmt.Errorf("%q has no words", spelling)
	}
	key := fold(words)
	if main {
		r.folded = key
	}
	a := alias{record: r, form: formName}
	switch {
	case demonym:
		a.form = formDemonym
	case len(words) == 1 && words[0].acronym():
		a.form, a.exact = formAcronym, strings.ReplaceAll(spelling, ".", "")
	case len(words) == 1 && r.typ == article.Person:
		a.form = formSurname
	}
	if old, ok := g.aliases[key]; ok && old.record != r {
		return fmt.Errorf("%q stands for %s and %s", spelling, old.record.name, r.name)
	}
	if _, ok := g.aliases[key]; !ok {
		g.aliases[key] = a
	}
	first := words[0].folded
	g.longest[first] = max(g.longest[first], len(words))
	return nil
}

// match returns the longest name that begins at the first of these words, and how many
// words it has. In a caseless text only names that are no other words count.
func (g *gazetteer) match(words []word, caseless bool) (alias, int) {
	n := min(g.longest[words[0].folded], len(words))
	for ; n > 0; n-- {
		if !together(words[:n]) {
			continue
		}
		if a, ok := g.aliases[fold(words[:n])]; ok && (a.written(words[:n]) || caseless && a.plain(n)) {
			return a, n
		}
	}
	return alias{}, 0
}

// together reports whether nothing but spaces and hyphens parts the words.
func together(words []word) bool {
	for i := 1; i < len(words); i++ {
		if !words[i].joined && words[i].start != words[i-1].end+1 {
			return false
		}
	}
	return true
}

// written reports whether the words are written as the name is: in capitals where it
// counts.
func (a alias) written(words []word) bool {
	if a.exact != "" {
		form := strings.ReplaceAll(words[0].form, ".", "")
		// British papers write Nato and Unesco.
		return form == a.exact || len(form) > 3 && words[0].capital() && strings.EqualFold(form, a.exact)
	}
	for i := range words {
		f := words[i].form
		inside := strings.ContainsAny(f, "-’'") && strings.ToLower(f) != f // "al-Sisi"
		if !words[i].capital() && !inside && (len(words) == 1 || !particles[f] && !notNames[f]) {
			return false
		}
	}
	return true
}

// plain reports whether a name of n words can be told without its capitals: a place or a
// name of several words, and no acronym or word of the language.
func (a alias) plain(n int) bool {
	if a.exact != "" || a.form == formDemonym {
		return false
	}
	return n > 1 || a.record.typ == article.Place && a.form == formName && len(a.record.name) > 4 && !homographs[a.record.folded]
}

// homographs are places whose names are words or given names in lower case.
var homographs = set("turkey jordan georgia guinea china sydney florence nice reading mobile niger mali togo bath")
