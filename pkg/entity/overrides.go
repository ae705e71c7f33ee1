package entity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// Overrides are the overrides of the desk in the form that Tag asks. They do not change
// and are safe for concurrent use; nil is none.
type Overrides struct {
	rev string
	// terms are the names they speak of, found by the hash of their units.
	terms []term
	byKey map[uint64][]int32
	// longest is the most units of a term that begins with a hash; firsts, a bit for each
	// of them by its low bits, spares most words the look.
	longest map[uint64]int
	firsts  [1 << 10]uint64
	// entities are those that aliases and new entities lead to, and that merges end in.
	entities map[string]*decided
	// merged leads from an id to the one it is now, past all steps.
	merged map[string]string
}

// term is a name that an override speaks of.
type term struct {
	key     string // of its override
	act     Act
	units   []string // folded
	forms   []string // as the desk wrote them
	typ     article.EntityType
	source  string
	anyCase bool
	acronym bool
	entity  *decided // what it means; nil for a denied name
}

// decided is an entity that overrides lead to.
type decided struct {
	id string
	// record is nil when only its id is known, as that of a "name:" id.
	record *record
	geo    *Point
	// entered says that the desk wrote the record: it holds against what the gazetteer says.
	entered bool
}

// Problem says why an override does not hold, or not wholly.
type Problem struct {
	Key    string
	Reason string
}

// NewOverrides compiles overrides, by their keys; rev names this state of them and is
// stamped on what they touch. Those that cannot hold are left out and reported, by key:
// the others hold.
//
// Of overrides that contradict each other, these hold, whenever they were set: a denied
// name is none, whatever else is said of it; an alias for names of one type comes before
// one for all; an alias comes before a name of a new entity; of two new entities of one
// name the first by key has it. Merges come last: what an alias leads to is merged, too.
func NewOverrides(rev string, all map[string]Override) (*Overrides, []Problem) {
	o := &Overrides{
		rev: rev, byKey: map[uint64][]int32{}, longest: map[uint64]int{}, entities: map[string]*decided{}, merged: map[string]string{},
	}
	c := &compiler{o: o, held: map[string]string{}}
	keys := slices.Sorted(maps.Keys(all))
	for i, key := range keys {
		v := all[key]
		if i >= MaxOverrides {
			c.problem(key, fmt.Errorf("it is over the limit of %d overrides", MaxOverrides))
			continue
		}
		if err := v.Check(); err != nil {
			c.problem(key, err)
			continue
		}
		c.hold(v.Act)[key] = &v
	}
	c.news()
	c.merges()
	c.denials()
	c.aliases()
	c.names()
	o.index()
	slices.SortFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Reason, b.Reason))
	})
	if len(o.terms) == 0 && len(o.merged) == 0 && len(o.entities) == 0 {
		return nil, c.problems
	}
	return o, c.problems
}

// Rev is the revision given to NewOverrides, "" for none.
func (o *Overrides) Rev() string {
	if o == nil {
		return ""
	}
	return o.rev
}

// compiler is the work of NewOverrides.
type compiler struct {
	o        *Overrides
	byAct    map[Act]map[string]*Override
	problems []Problem
	// held leads from a spelling, and the type it is for, to the override that has it.
	held map[string]string
}

func (c *compiler) hold(act Act) map[string]*Override {
	if c.byAct == nil {
		c.byAct = map[Act]map[string]*Override{}
	}
	if c.byAct[act] == nil {
		c.byAct[act] = map[string]*Override{}
	}
	return c.byAct[act]
}

func (c *compiler) problem(key string, err error) {
	c.problems = append(c.problems, Problem{Key: key, Reason: strings.ReplaceAll(err.Error(), "\n", "; ")})
}

// each goes through the overrides of an act by key.
func (c *compiler) each(act Act, f func(key string, v *Override)) {
	m := c.hold(act)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		f(key, m[key])
	}
}

// news enters what new entities are.
func (c *compiler) news() {
	by := map[string]string{}
	c.each(New, func(key string, v *Override) {
		if other, taken := by[v.ID]; taken {
			c.problem(key, fmt.Errorf("%s is entered by %s", v.ID, other))
			delete(c.hold(New), key)
			return
		}
		by[v.ID] = key
		c.o.entities[v.ID] = &decided{id: v.ID, geo: v.Geo, entered: true, record: &record{
			typ: v.Type, kind: v.Kind, wikidata: wikidataOf(v.ID), country: v.Country, name: strings.Join(strings.Fields(v.Name), " "),
			folded: fold(wordsOf(text.Scan(v.Name))),
		}}
	})
}

func wikidataOf(id string) string {
	q, _ := strings.CutPrefix(id, "wd:")
	if q == id {
		return ""
	}
	return q
}

// entity returns what an id stands for: an entity of the desk, of the gazetteer, or one
// known by its spelling alone. Of a Wikidata id that neither knows there is no telling
// what it is.
func (c *compiler) entity(id string) (*decided, error) {
	if e := c.o.entities[id]; e != nil {
		return e, nil
	}
	e := &decided{id: id, record: recordOf(id)}
	if e.record == nil && typeOfID(id) == "" {
		return nil, fmt.Errorf("%s is neither in the knowledge base nor a new entity of the desk", id)
	}
	c.o.entities[id] = e
	return e, nil
}

// merges resolves chains of merges. A circle of them leads nowhere, and none of it holds.
func (c *compiler) merges() {
	into, by := map[string]string{}, map[string]string{}
	c.each(Merge, func(key string, v *Override) {
		if other, taken := by[v.ID]; taken {
			c.problem(key, fmt.Errorf("%s is merged by %s", v.ID, other))
			return
		}
		into[v.ID], by[v.ID] = v.Into, key
	})
	for _, id := range slices.Sorted(maps.Keys(into)) {
		end, steps := into[id], 0
		for ; steps <= len(into); steps++ {
			next, more := into[end]
			if !more {
				break
			}
			end = next
		}
		if steps > len(into) {
			c.problem(by[id], fmt.Errorf("%s is merged in a circle", id))
			continue
		}
		c.o.merged[id] = end
		if e, err := c.entity(end); err == nil {
			c.o.entities[end] = e
		} // else it keeps the name it had, under the id it gets
	}
}

func (c *compiler) denials() {
	c.each(Deny, func(key string, v *Override) {
		c.add(term{key: key, act: Deny, typ: v.Type, source: v.Source}, v.Name)
		if v.Type == "" && v.Source == "" {
			c.held[foldedName(v.Name)] = key
		}
	})
}

func (c *compiler) aliases() {
	c.each(Alias, func(key string, v *Override) {
		spelling := foldedName(v.Name)
		if by, denied := c.held[spelling]; denied {
			c.problem(key, fmt.Errorf("%q is denied by %s", v.Name, by))
			return
		}
		e, err := c.entity(v.ID)
		if err != nil {
			c.problem(key, err)
			return
		}
		if by, taken := c.held[string(v.Type)+"\x00"+spelling]; taken {
			c.problem(key, fmt.Errorf("%q is taken by %s", v.Name, by))
			return
		}
		c.held[string(v.Type)+"\x00"+spelling] = key
		if e.record == nil { // the spelling is all that is known of it
			e.record = &record{typ: typeOfID(e.id), name: strings.Join(strings.Fields(v.Name), " "), folded: fold(wordsOf(text.Scan(v.Name)))}
		}
		c.add(term{key: key, act: Alias, typ: v.Type, anyCase: v.AnyCase, entity: e}, v.Name)
	})
}

// names enters the names of new entities that nobody else has.
func (c *compiler) names() {
	c.each(New, func(key string, v *Override) {
		for _, name := range append([]string{v.Name}, v.Aliases...) {
			spelling := foldedName(name)
			by, taken := c.held[spelling]
			if !taken {
				by, taken = c.held["\x00"+spelling]
			}
			switch {
			case by == key: // it has it
			case taken:
				c.problem(key, fmt.Errorf("its name %q is taken by %s", name, by))
			default:
				c.held["\x00"+spelling] = key
				c.add(term{key: key, act: New, anyCase: v.AnyCase, entity: c.o.entities[v.ID]}, name)
			}
		}
	})
}

func (c *compiler) add(t term, name string) {
	for _, units := range [][]unit{unitsOfName(name), unitsElided(name)} {
		if len(units) == 0 || len(units) > maxNameUnits {
			continue
		}
		t.units, t.forms = nil, nil
		for i := range units {
			t.units = append(t.units, units[i].folded)
			t.forms = append(t.forms, units[i].form)
		}
		t.acronym = len(units) == 1 && len(name) <= longestAcronym && shouted(name)
		c.o.terms = append(c.o.terms, t)
	}
}

// index makes the terms findable.
func (o *Overrides) index() {
	for i := range o.terms {
		t := &o.terms[i]
		var first, key uint64
		for j, folded := range t.units {
			u := unit{folded: folded}
			h := u.hash()
			if j == 0 {
				first = h
			}
			key = chain(key, h)
		}
		o.byKey[key] = append(o.byKey[key], int32(i))
		o.longest[first] = max(o.longest[first], len(t.units))
		o.firsts[first>>6&(1<<10-1)] |= 1 << (first & 63)
	}
}

// recordOf returns the record of an id, or nil.
func recordOf(id string) *record { return recordsByID()[wikidataOf(id)] }

func isUpper(r rune) bool { return unicode.IsUpper(r) }
