package entity

import (
	"maps"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// sureness is the confidence of what the desk says. Nothing is certain.
const sureness = 0.99

// found is where a term stands in the text.
type foundTerm struct {
	term       *term
	start, end int // code points
}

// overruled joins the names the desk speaks of to those of the gazetteer. The longer name
// wins, and of two of one length the desk's. Denied names, and aliases that count for one
// type, are noted for later: what they touch is not known yet.
func (t *tagger) overruled(known []span) []span {
	if t.overrides == nil {
		return known
	}
	said := t.said()
	if len(said) == 0 {
		return known
	}
	owner := t.owners(known)
	dropped := make([]bool, len(known))
	out := make([]span, 0, len(known)+len(said))
	for _, s := range said {
		beaten := false
		for _, o := range owner[s.first:s.last] {
			beaten = beaten || o > 0 && known[o-1].end-known[o-1].start > s.end-s.start
		}
		if beaten {
			continue
		}
		for _, o := range owner[s.first:s.last] {
			if o > 0 {
				dropped[o-1] = true
			}
		}
		out = append(out, s)
	}
	for i := range known {
		if !dropped[i] {
			out = append(out, known[i])
		}
	}
	slices.SortFunc(out, func(a, b span) int { return a.start - b.start })
	return out
}

// said finds what the overrides speak of, the longest name first at each place.
func (t *tagger) said() []span {
	o := t.overrides
	units := unitsOf(t.doc, t.words)
	hashes := make([]uint64, len(units))
	for i := range units {
		hashes[i] = units[i].hash()
	}
	var (
		spans []span
		keys  [maxNameUnits]uint64
		free  int
	)
	for i := range units {
		h := hashes[i]
		if o.firsts[h>>6&(1<<10-1)]&(1<<(h&63)) == 0 {
			continue
		}
		longest := min(o.longest[h], len(units)-i)
		n, key := 0, uint64(0)
		for n < longest && (n == 0 || !units[i+n].parted) {
			key = chain(key, hashes[i+n])
			keys[n] = key
			n++
		}
		for ; n > 0; n-- {
			for _, k := range o.byKey[keys[n-1]] {
				m := &o.terms[k]
				if !m.is(units[i : i+n]) {
					continue
				}
				switch {
				case m.act == Deny:
					if m.source == "" || m.source == t.a.Source.Name {
						t.denied = append(t.denied, foundTerm{m, units[i].runeStart, units[i+n-1].runeEnd})
					}
				case m.typ != "":
					if t.written(m, units[i:i+n]) {
						t.typed = append(t.typed, foundTerm{m, units[i].runeStart, units[i+n-1].runeEnd})
					}
				case i >= free && t.written(m, units[i:i+n]):
					if s, ok := t.ofUnits(units[i : i+n]); ok {
						s.alias = m.alias()
						s.typ, s.confidence = s.alias.record.typ, sureness
						spans = append(spans, s)
						free = i + n
					}
				}
			}
		}
	}
	return spans
}

// is reports whether units are the term's: two names may share a hash.
func (m *term) is(units []unit) bool {
	if len(units) != len(m.units) {
		return false
	}
	for i := range units {
		if units[i].folded != m.units[i] {
			return false
		}
	}
	return true
}

// written reports whether units are written as the desk wrote the term.
func (t *tagger) written(m *term, units []unit) bool {
	if m.anyCase {
		return true
	}
	for i := range units {
		opens := units[i].word >= 0 && t.words[units[i].word].opens
		if !writtenAs(&units[i], m.forms[i], opens) {
			return false
		}
	}
	return true
}

func (m *term) alias() alias {
	a := alias{record: m.entity.record, decided: m.entity, form: formName}
	if m.acronym {
		a.form = formAcronym
	}
	return a
}

// ofUnits is the span of units. It must have a word in it.
func (t *tagger) ofUnits(units []unit) (span, bool) {
	a, z := &units[0], &units[len(units)-1]
	s := span{start: a.start, end: z.end, runeStart: a.runeStart, runeEnd: z.runeEnd, first: -1}
	for i := range units {
		if w := units[i].word; w >= 0 {
			if s.first < 0 {
				s.first = w
			}
			s.last = w + 1
		}
	}
	return s, s.first >= 0
}

// retyped gives names of one type that an alias is for to the entity it means.
func (t *tagger) retyped() {
	for _, f := range t.typed {
		for i := range t.spans {
			if s := &t.spans[i]; s.runeStart == f.start && s.runeEnd == f.end && s.typ == f.term.typ {
				s.alias = f.term.alias()
				s.typ, s.confidence = s.alias.record.typ, sureness
			}
		}
	}
}

// overrule has the desk's word on the entities that were found: denied names leave, what
// is merged meets, and what the desk entered is as it says.
func (t *tagger) overrule() {
	if t.overrides == nil {
		return
	}
	t.deny()
	t.merge()
	for key, n := range t.found {
		if e := t.overrides.entities[key]; e != nil && e.entered {
			n.decided, n.record, n.typ, n.name = e, e.record, e.record.typ, e.record.name
		}
	}
}

// deny takes out the mentions that are denied.
func (t *tagger) deny() {
	for _, f := range t.denied {
		t.denyOne(f)
	}
}

// denyOne takes a mention out. An entity that nobody but its denied name made goes with it:
// without "Ilse Brandt" no "Brandt" is she.
func (t *tagger) denyOne(f foundTerm) {
	for key, n := range t.found {
		if f.term.typ != "" && f.term.typ != n.typ {
			continue
		}
		before := len(n.mentions)
		n.mentions = slices.DeleteFunc(n.mentions, func(m article.Mention) bool { return m.Start == f.start && m.End == f.end })
		if len(n.mentions) == before {
			continue
		}
		named := n.record != nil || slices.ContainsFunc(n.mentions, func(m article.Mention) bool { return m.Form == formName })
		if len(n.mentions) == 0 || !named {
			delete(t.found, key)
		}
	}
}

// merge gives each merged entity the id it has now.
func (t *tagger) merge() {
	o := t.overrides
	if len(o.merged) == 0 {
		return
	}
	for _, from := range slices.Sorted(maps.Keys(t.found)) {
		into, ok := o.merged[from]
		if !ok {
			continue
		}
		n := t.found[from]
		delete(t.found, from)
		if is := t.found[into]; is != nil {
			is.mentions = append(is.mentions, n.mentions...)
			slices.SortFunc(is.mentions, func(a, b article.Mention) int { return a.Start - b.Start })
			continue
		}
		t.found[into] = o.become(into, n)
	}
	for title, key := range t.titles {
		if into, ok := o.merged[key]; ok {
			t.titles[title] = into
		}
	}
}

// become is an entity under the id that it was merged into.
func (o *Overrides) become(id string, n *name) *name {
	out := &name{typ: n.typ, name: n.name, mentions: n.mentions}
	e := o.entities[id]
	switch {
	case e != nil && e.record != nil:
		out.decided, out.record, out.typ, out.name = e, e.record, e.record.typ, e.record.name
	default: // no more is known of it than its id
		if typ := typeOfID(id); typ != "" {
			out.typ = typ
		}
		var folded []string
		for w := range strings.FieldsSeq(n.name) {
			folded = append(folded, foldWord(w))
		}
		out.record = &record{typ: out.typ, name: n.name, wikidata: wikidataOf(id), folded: strings.Join(folded, " ")}
	}
	return out
}

// place gives an entity of the desk the position that the desk wrote down.
func (d *decided) place(e *article.Entity) {
	if d != nil && d.geo != nil {
		e.Geo = &article.Geo{Lat: d.geo.Lat, Lon: d.geo.Lon}
	}
}

// key is the id of the entity that an alias names.
func (a alias) key() string {
	if a.decided != nil {
		return a.decided.id
	}
	return recordKey(a.record)
}
