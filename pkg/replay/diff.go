package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copydesk/copydesk/pkg/article"
)

// Ignored lists what of a record no difference is made of, since it says when, where, how
// long and by which version something was done, not what came of it.
var Ignored = []string{
	"trace", "text_ref", "summary.model", "entities_overrides_rev", "dedupe.overrides_rev", "cleaning.rules_rev",
}

// Change is an article that comes out otherwise than it did.
type Change struct {
	Item   string       `json:"item"`
	URI    string       `json:"uri"`
	Source string       `json:"source"`
	Lane   article.Lane `json:"lane"`
	// Received is when its file came, RFC 3339.
	Received string `json:"received"`
	// Title is its headline or the beginning of its text, as it is now or else as it was;
	// "" for a dead letter.
	Title string `json:"title"`

	// Verdict is set when it ended otherwise, or stands otherwise to other articles.
	Verdict *VerdictChange `json:"verdict"`
	// Entities and Summary are set when it has others. They are only compared where it
	// was enriched then and is now.
	Entities *EntityChange  `json:"entities"`
	Summary  *SummaryChange `json:"summary"`
	// Extraction lists what was read from the file otherwise.
	Extraction []FieldChange `json:"extraction"`
	// Fields names every field of the record that differs, those above among them.
	Fields []string `json:"fields"`
}

// VerdictChange is what became of an article then and becomes of it now.
type VerdictChange struct {
	Was Verdict `json:"was"`
	Now Verdict `json:"now"`
}

// Verdict is what became of an article.
type Verdict struct {
	// Outcome is "" when the file gave no such article.
	Outcome Outcome `json:"outcome"`
	// Relation and Of are dedupe's, URI and Version what it was published under.
	Relation article.Relation `json:"relation"`
	Of       *string          `json:"of"`
	URI      string           `json:"uri"`
	Version  int              `json:"version"`
	// Stage and Reason are of a dead letter.
	Stage  string `json:"stage"`
	Reason string `json:"reason"`
}

// EntityChange is what an article gains and loses, by id.
type EntityChange struct {
	Gained []Entity `json:"gained"`
	Lost   []Entity `json:"lost"`
}

// Entity is an entity by its id and label.
type Entity struct {
	ID   string             `json:"id"`
	Type article.EntityType `json:"type"`
	Name string             `json:"name"`
}

// SummaryChange is which sentences come into a summary and leave it.
type SummaryChange struct {
	Gained []string `json:"gained"`
	Lost   []string `json:"lost"`
}

// FieldChange is a field that was read otherwise, by its name in the record. Values are in
// words, "" for none; a text is shown by its length and the beginning of its SHA-256.
type FieldChange struct {
	Field string `json:"field"`
	Was   string `json:"was"`
	Now   string `json:"now"`
}

// notExtracted are the fields that ingest does not fill in.
var notExtracted = []string{"uri", "version", "dedupe", "entities", "quotes", "summary", "coverage"}

// diff compares two endings of an item; nil is none. It returns nil when they are the
// same.
func diff(was, now *published) (*Change, error) {
	c := &Change{Extraction: []FieldChange{}, Fields: []string{}}
	if v := (VerdictChange{verdictOf(was), verdictOf(now)}); !v.Was.equal(v.Now) {
		c.Verdict = &v
	}
	if was != nil && now != nil && was.article != nil && now.article != nil {
		if err := c.records(was, now); err != nil {
			return nil, err
		}
	}
	if c.Verdict == nil && len(c.Fields) == 0 {
		return nil, nil
	}
	return c, nil
}

func verdictOf(p *published) Verdict {
	switch {
	case p == nil:
		return Verdict{}
	case p.article == nil:
		return Verdict{Outcome: Dead, Stage: article.SourceOf(p.subject), Reason: p.header.Get(article.HeaderReason)}
	}
	v := Verdict{Outcome: p.kind, URI: p.article.URI, Version: p.article.Version}
	if d := p.article.Dedupe; d != nil {
		v.Relation, v.Of = d.Relation, d.Of
	}
	return v
}

func (v Verdict) equal(w Verdict) bool {
	of := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	same := of(v.Of) == of(w.Of)
	v.Of, w.Of = nil, nil
	return same && v == w
}

// records compares two records field by field.
func (c *Change) records(was, now *published) error {
	a, err := fieldsOf(was.article)
	if err != nil {
		return err
	}
	b, err := fieldsOf(now.article)
	if err != nil {
		return err
	}
	enriched := was.kind == Enriched && now.kind == Enriched
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	for name := range names {
		if string(a[name]) == string(b[name]) {
			continue
		}
		if slices.Contains(notExtracted, name) {
			// What only one of the two went on to have says its verdict.
			if enriched || name == "dedupe" || name == "uri" || name == "version" {
				c.Fields = append(c.Fields, name)
			}
			continue
		}
		c.Fields = append(c.Fields, name)
		c.Extraction = append(c.Extraction, FieldChange{name, words(a[name]), words(b[name])})
	}
	if was.text != "" && now.text != "" && was.text != now.text {
		c.Fields = append(c.Fields, "text")
		c.Extraction = append(c.Extraction, FieldChange{"text", was.describeText(), now.describeText()})
	}
	slices.Sort(c.Fields)
	slices.SortFunc(c.Extraction, func(x, y FieldChange) int { return strings.Compare(x.Field, y.Field) })
	if enriched {
		c.Entities = entityChange(was.article.Entities, now.article.Entities)
		c.Summary = summaryChange(was.article.Summary, now.article.Summary)
	}
	return nil
}

// fieldsOf returns a record's fields as they are compared. See Ignored.
func fieldsOf(of *article.Article) (map[string]jsontext.Value, error) {
	a := *of
	a.Text, a.TextRef, a.Trace, a.EntitiesOverridesRev, a.Cleaning.RulesRev = nil, nil, nil, nil, nil
	if a.Dedupe != nil {
		d := *a.Dedupe
		d.OverridesRev, a.Dedupe = nil, &d
	}
	if a.Summary != nil {
		s := *a.Summary
		s.Model, a.Summary = "", &s
	}
	b, err := article.Encode(&a)
	if err != nil {
		return nil, err
	}
	fields := map[string]jsontext.Value{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("compare %s: %w", a.Item, err)
	}
	return fields, nil
}

// words shows a JSON value.
func words(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
	case 'n', jsontext.KindInvalid:
		return ""
	}
	return string(v)
}

// shownHash is how much of a text's hash tells it from another to a person.
const shownHash = 12

func (p *published) describeText() string {
	hash := p.text[:shownHash]
	if p.article.Text == nil {
		return hash
	}
	return fmt.Sprintf("%s (%d characters)", hash, len([]rune(*p.article.Text)))
}

func entityChange(was, now []article.Entity) *EntityChange {
	c := &EntityChange{missing(now, was), missing(was, now)}
	if len(c.Gained)+len(c.Lost) == 0 {
		return nil
	}
	return c
}

// missing returns the entities of a that b has not, by id.
func missing(a, b []article.Entity) []Entity {
	list := []Entity{}
	for _, e := range a {
		if !slices.ContainsFunc(b, func(o article.Entity) bool { return o.ID == e.ID }) {
			list = append(list, Entity{e.ID, e.Type, e.Name})
		}
	}
	slices.SortFunc(list, func(x, y Entity) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

func summaryChange(was, now *article.Summary) *SummaryChange {
	a, b := sentences(was), sentences(now)
	c := &SummaryChange{without(b, a), without(a, b)}
	if len(c.Gained)+len(c.Lost) == 0 {
		return nil
	}
	return c
}

func sentences(s *article.Summary) []string {
	list := []string{}
	if s != nil {
		for _, t := range s.Sentences {
			list = append(list, t.Text)
		}
	}
	return list
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// maxTitle is the longest title of a change, in code points.
const maxTitle = 120

// title is an article's headline or the beginning of its text.
func title(list ...*published) string {
	for _, p := range list {
		if p == nil || p.article == nil {
			continue
		}
		var s string
		switch a := p.article; {
		case a.Headline != nil:
			s = *a.Headline
		case a.Text != nil:
			s, _, _ = strings.Cut(*a.Text, "\n\n")
		}
		if runes := []rune(s); len(runes) > maxTitle {
			s = string(runes[:maxTitle-1]) + "…"
		}
		if s != "" {
			return s
		}
	}
	return ""
}
