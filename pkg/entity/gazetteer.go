package entity

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// The gazetteer is kept by hand: one entity a line of seven columns parted by tabs, which
// are type, kind, Wikidata id, country (ISO 3166-1), weight, name and other names parted
// by bars.
//
// An id stands there only where it is known for certain. The weight is 3 for what is in
// world news all the time, 2 for what is in it regularly, 1 for what is known. A name
// without a mark stands for the entity wherever it is written; one behind "?" may stand for
// it, and a text has to tell; one behind "~" is a demonym.
//
//go:embed gazetteer/*.tsv
var gazetteerFiles embed.FS

// The forms in which a text names an entity.
const (
	formName    = "name"
	formSurname = "surname"
	formAcronym = "acronym"
	formTitle   = "title"
	formDemonym = "demonym"
)

// record is a line of the gazetteer, or of the wider base.
type record struct {
	typ                           article.EntityType
	kind, wikidata, country, name string
	folded                        string // of name
	weight                        int8   // 0 in the wider base
	shared                        bool   // others bear the name too
	odd                           bool   // the name has numbers, or no words at all
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
	// decided is what the desk says the record is, if it is the desk that knows the name.
	decided *decided
}

// gazetteer finds records by the folded words of their names.
type gazetteer struct {
	aliases map[string]alias
	// longest is the most words of a name that begins with a folded word.
	longest map[string]int
	records []*record
	// senses are all names, those too that only may stand for their record.
	senses senses
	words  nameWords
}

var loadGazetteer = sync.OnceValue(func() *gazetteer {
	g, err := readGazetteer()
	if err != nil {
		panic(err) // the files are part of the program, and a test reads them
	}
	return g
})

func readGazetteer() (*gazetteer, error) {
	files, err := gazetteerFiles.ReadDir("gazetteer")
	if err != nil {
		return nil, err
	}
	g := newGazetteer()
	for _, f := range files {
		tsv, err := gazetteerFiles.ReadFile("gazetteer/" + f.Name())
		if err != nil {
			return nil, err
		}
		if err := g.parse(string(tsv)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	g.senses.sort()
	return g, nil
}

// roomForNames is about as many as there are, so that tables need not grow.
const roomForNames = 16 << 10

func newGazetteer() *gazetteer {
	return &gazetteer{aliases: make(map[string]alias, roomForNames), longest: make(map[string]int, roomForNames), senses: make(senses, 0, 2*roomForNames)}
}

// parse adds the records of a file.
func (g *gazetteer) parse(tsv string) error {
	n := 0
	for line := range strings.Lines(tsv) {
		n++
		r, spellings, err := parseRecord(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		g.records = append(g.records, r)
		main := true
		for spelling := range strings.SplitSeq(spellings, "|") {
			if err := g.add(r, spelling, main); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			main = false
		}
	}
	return nil
}

// columns of a line.
const columns = 7

// parseRecord reads a line: a record and its spellings with their marks, parted by bars,
// the name first.
func parseRecord(line string) (r *record, spellings string, err error) {
	var f [columns]string
	rest := line
	for i := range f[:columns-1] {
		tab := false
		if f[i], rest, tab = strings.Cut(rest, "\t"); !tab {
			return nil, "", fmt.Errorf("%d columns, want %d", i+1, columns)
		}
	}
	if f[columns-1] = rest; strings.Contains(rest, "\t") {
		return nil, "", fmt.Errorf("more than %d columns", columns)
	}
	weight, name := f[4], strings.TrimPrefix(f[5], "?")
	if len(weight) != 1 || weight[0] < '0' || weight[0] > '3' {
		return nil, "", fmt.Errorf("weight %q, want 0 to 3", weight)
	}
	if name == "" || strings.Contains(name, "|") {
		return nil, "", fmt.Errorf("%q is no name", name)
	}
	r = &record{
		typ: article.EntityType(f[0]), kind: f[1], wikidata: f[2], country: f[3],
		weight: int8(weight[0] - '0'), name: name, shared: name != f[5],
	}
	spellings = f[5]
	if f[6] != "" {
		spellings = line[len(line)-len(f[5])-1-len(f[6]):]
		spellings = strings.Replace(spellings, "\t", "|", 1)
	}
	return r, spellings, nil
}

// add enters a spelling of a record's name.
func (g *gazetteer) add(r *record, spelling string, main bool) error {
	spelling, maybe := strings.CutPrefix(spelling, "?")
	spelling, demonym := strings.CutPrefix(spelling, "~")
	if !demonym {
		g.senses.add(r, spelling)
	}
	if maybe && !main {
		return nil
	}
	words, numbers := g.words.of(spelling)
	key := fold(words)
	if main {
		r.folded = key
		if r.odd = key == "" || strings.ContainsAny(spelling, "0123456789"); r.odd {
			r.folded = foldFields(spelling)
		}
	}
	if maybe {
		return nil
	}
	if len(words) == 0 {
		return fmt.Errorf("%q has no words", spelling)
	}
	if numbers {
		return fmt.Errorf("%q has a number, which is no word of a name: mark it with ?", spelling)
	}
	a := alias{record: r, form: formName}
	switch {
	case demonym:
		a.form = formDemonym
	case len(words) == 1 && (words[0].acronym() || strings.Contains(spelling, "&")):
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

// nameWords cuts names into words. What it returns holds until the next.
type nameWords struct {
	doc   text.Document
	words []word
}

// of returns the words of a name, and whether there are numbers beside them. Most names of
// a base are plain words, which need no scan.
func (n *nameWords) of(name string) (words []word, numbers bool) {
	for i := range len(name) {
		if c := name[i] | 0x20; (c < 'a' || c > 'z') && name[i] != ' ' {
			n.doc.Scan(name)
			return wordsOf(&n.doc), slices.ContainsFunc(n.doc.Tokens, func(tok text.Token) bool { return tok.Kind == text.Number })
		}
	}
	n.words = n.words[:0]
	for form := range strings.FieldsSeq(name) {
		n.words = append(n.words, word{index: len(n.words), form: form, folded: foldWord(form), joined: len(n.words) > 0})
	}
	return n.words, false
}

// foldFields folds a name that words alone do not make: "1MDB", "Voss.com".
func foldFields(name string) string {
	fields := strings.Fields(name)
	for i, f := range fields {
		fields[i] = foldWord(f)
	}
	return strings.Join(fields, " ")
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
