package replay

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// Article is an article that came out differently.
type Article struct {
	Item   string       `json:"item"`
	Lane   article.Lane `json:"lane"`
	Source string       `json:"source"`
	// Seq is its file's place in the inbox, Index its own in the file.
	Seq      uint64  `json:"seq"`
	Index    int     `json:"index"`
	Headline *string `json:"headline"`
	// Fields are those that differ, by the names they have in the record; "dead" is the
	// reason code of an article that died.
	Fields []Field `json:"fields"`
	// EntitiesGained and EntitiesLost are the ids of entities, with their names.
	EntitiesGained []Entity `json:"entities_gained"`
	EntitiesLost   []Entity `json:"entities_lost"`
}

// Field is a value that differs: as it was published, and as it would be.
type Field struct {
	Name string `json:"name"`
	Was  string `json:"was"`
	Now  string `json:"now"`
}

// Entity is an entity of one of the two records.
type Entity struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// field is how a field is compared. What is not here is not: times and versions of stages,
// revisions of overrides and boilerplate, scores, offsets and evidence, which differ
// between two versions of a model while what they say is the same.
type field struct {
	name    string
	summary bool
	verdict bool
	of      func(outcome) string
}

var fields = []field{
	{name: "dead", of: func(o outcome) string { return o.dead }},
	{name: "dedupe.relation", verdict: true, of: dedupe(func(d *article.Dedupe) string { return string(d.Relation) })},
	{name: "dedupe.of", verdict: true, of: dedupe(func(d *article.Dedupe) string { return str(d.Of) })},
	{name: "uri", of: record(func(a *article.Article) string { return a.URI })},
	{name: "version", of: record(func(a *article.Article) string { return fmt.Sprint(a.Version) })},
	{name: "status", of: record(func(a *article.Article) string { return string(a.Status) })},
	{name: "kind", of: record(func(a *article.Article) string { return string(a.Kind) })},
	{name: "headline", of: record(func(a *article.Article) string { return str(a.Headline) })},
	{name: "byline", of: record(func(a *article.Article) string { return strings.Join(a.Byline, "; ") })},
	{name: "published", of: record(func(a *article.Article) string { return when(a.Published) + str(a.PublishedDate) })},
	{name: "language", of: record(func(a *article.Article) string { return str(a.Language) })},
	{name: "text", of: func(o outcome) string { return o.text }},
	{name: "quotes", of: record(quotes)},
	{name: "summary.one_line", summary: true, of: summary(func(s *article.Summary) string { return str(s.OneLine) })},
	{name: "summary.key_points", summary: true, of: summary(func(s *article.Summary) string { return strings.Join(s.KeyPoints, "\n") })},
	{name: "summary.text", summary: true, of: summary(func(s *article.Summary) string { return s.Text })},
	{name: "summary.delta", summary: true, of: summary(func(s *article.Summary) string { return strings.Join(s.Delta, "\n") })},
}

func record(f func(*article.Article) string) func(outcome) string {
	return func(o outcome) string {
		if o.record == nil {
			return ""
		}
		return f(o.record)
	}
}

func dedupe(f func(*article.Dedupe) string) func(outcome) string {
	return record(func(a *article.Article) string {
		if a.Dedupe == nil {
			return ""
		}
		return f(a.Dedupe)
	})
}

func summary(f func(*article.Summary) string) func(outcome) string {
	return record(func(a *article.Article) string {
		if a.Summary == nil {
			return ""
		}
		return f(a.Summary)
	})
}

func quotes(a *article.Article) string {
	var list []string
	for _, q := range a.Quotes {
		list = append(list, str(q.Speaker)+": "+q.Text)
	}
	return strings.Join(list, "\n")
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// compare tells what came out differently, and counts.
func compare(ctx context.Context, o Options, was, now map[key]end, sum *Sum) error {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(now))
	slices.SortFunc(keys, func(a, b key) int {
		// Live before backfill.
		return cmp.Or(strings.Compare(string(b.lane), string(a.lane)), cmp.Compare(a.seq, b.seq), cmp.Compare(a.index, b.index))
	})
	keys = slices.Compact(keys)
	sum.Articles = len(keys)
	for _, k := range keys {
		before, known := was[k]
		after := now[k]
		if !known {
			sum.NotComparable++
			continue
		}
		var x, y outcome
		var err error
		if x, err = before.read(ctx, o.Desk); err == nil && after.item != "" {
			y, err = after.read(ctx, o.Shadow)
		}
		if err != nil {
			return err
		}
		a := differ(x, y)
		if len(a.Fields) == 0 && len(a.EntitiesGained) == 0 && len(a.EntitiesLost) == 0 {
			sum.Same++
			continue
		}
		a.Item, a.Lane, a.Seq, a.Index = before.item, k.lane, k.seq, k.index
		sum.count(x, y, a)
		if err := o.Changed(a); err != nil {
			return err
		}
	}
	return nil
}

// differ compares an article as it was published with what it would be.
func differ(was, now outcome) Article {
	a := Article{Fields: []Field{}, EntitiesGained: []Entity{}, EntitiesLost: []Entity{}}
	for _, f := range fields {
		if x, y := f.of(was), f.of(now); x != y {
			a.Fields = append(a.Fields, Field{f.name, x, y})
		}
	}
	// A copy has no entities: that the verdict differs says it all.
	if was.record != nil && now.record != nil && stops(was) == stops(now) {
		a.EntitiesLost = without(was.record.Entities, now.record.Entities)
		a.EntitiesGained = without(now.record.Entities, was.record.Entities)
	}
	for _, o := range []outcome{now, was} {
		if o.record != nil {
			a.Headline, a.Source = o.record.Headline, o.record.Source.Name
		}
	}
	return a
}

func stops(o outcome) bool { return o.record.Dedupe != nil && o.record.Dedupe.Relation.Stops() }

// without returns the entities of a list whose ids another has not.
func without(list, other []article.Entity) []Entity {
	out := []Entity{}
	for _, e := range list {
		if !slices.ContainsFunc(other, func(o article.Entity) bool { return o.ID == e.ID }) {
			out = append(out, Entity{e.ID, e.Name})
		}
	}
	return out
}

// count adds a difference.
func (s *Sum) count(was, now outcome, a Article) {
	switch {
	case was.dead == "" && now.dead != "":
		s.NewlyDead++
	case was.dead != "" && now.dead == "":
		s.NoLongerDead++
	}
	var verdict, summary, other bool
	for _, d := range a.Fields {
		f := fields[slices.IndexFunc(fields, func(f field) bool { return f.name == d.Name })]
		verdict, summary = verdict || f.verdict, summary || f.summary
		other = other || !f.verdict && !f.summary
	}
	for counter, is := range map[*int]bool{
		&s.Verdicts: verdict, &s.Summaries: summary, &s.Others: other,
		&s.Entities: len(a.EntitiesGained)+len(a.EntitiesLost) > 0,
	} {
		if is {
			*counter++
		}
	}
	s.EntitiesGained += len(a.EntitiesGained)
	s.EntitiesLost += len(a.EntitiesLost)
}
