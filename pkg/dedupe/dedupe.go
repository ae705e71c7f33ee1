// Package dedupe decides how an article relates to those seen before: new, an exact
// or near copy, or an excerpt.
//
// An Index remembers the articles of a window of time. Decide gives the verdict on an
// article and changes nothing; Add enters the verdict. Between the two the caller
// makes the verdict durable, so that the index is always a view of a log and can be
// rebuilt from it by Add alone:
//
//	e := x.Decide(a)
//	// append e to the log
//	x.Add(e)
//	e.Apply(a)
//
// The verdict rests on two measures. Articles with the same words in the same order,
// headline included, are exact copies. For the others the share of word triples of
// one that the other has too (containment) is estimated in both directions from a
// sample of hashes. Containment, unlike similarity, survives truncation, added
// boilerplate and quotation: a near copy has both shares high, an excerpt one.
//
// A verdict names the first article, never a copy of it. The package holds no clock:
// time is what Article.Received says, so the same log gives the same verdicts.
package dedupe

import (
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// The thresholds. Stopping a real article costs more than passing a copy on, so
// they lie well above the 30 to 70 % of triples that wire templates of different
// companies share (3,396 pairs of the Reuters set in a window of 72 h).
const (
	// high is the containment from which one article is in the other.
	high = 0.75
	// minShared is how many sampled triples must agree before a share means
	// anything; an article with fewer must have all of them in common.
	minShared = 2
	// minQuoted is the same for an excerpt: a set phrase is not one.
	minQuoted = 4
)

// Entry is the verdict on one article together with what the index needs to know of
// it. It is what the decision log holds: a redelivered article gets the same verdict
// again from it, and an index is rebuilt from nothing else.
type Entry struct {
	Item    string `json:"item"`
	URI     string `json:"uri"`
	Version int    `json:"version"`

	Relation article.Relation   `json:"relation"`
	Of       *string            `json:"of"`
	Score    *float64           `json:"score"`
	Method   string             `json:"method"`
	Evidence []article.Evidence `json:"evidence"`
	Copies   int                `json:"copies"`

	Received time.Time `json:"received"`
	// OverridesRev is the revision of the overrides it was decided under.
	OverridesRev *string `json:"overrides_rev"`
	// Previous is the sequence in the log of the version that this one replaces.
	Previous uint64 `json:"previous"`
	// Removed makes this a compensating decision: the item was taken out again.
	Removed bool `json:"removed"`
	// Changes since the previous version.
	Changes []article.Change `json:"changes,omitempty"`
	Signature
}

// Apply writes the verdict into the record.
func (e Entry) Apply(a *article.Article) {
	a.URI, a.Version = e.URI, e.Version
	a.Dedupe = &article.Dedupe{
		Relation: e.Relation,
		Of:       e.Of,
		Score:    e.Score,
		Method:   e.Method,
		Evidence: append([]article.Evidence{}, e.Evidence...),
		Copies:   e.Copies,
		Changes:  append([]article.Change{}, e.Changes...),

		OverridesRev: e.OverridesRev,
	}
}

// first is the verdict that nothing seen before is in the way.
func first(a *article.Article, s Signature) Entry {
	return Entry{
		Item:      a.Item,
		URI:       article.URI(a.Item),
		Version:   1,
		Relation:  article.New,
		Method:    "containment",
		Evidence:  []article.Evidence{},
		Received:  a.Received,
		Signature: s,
	}
}

// match compares an article with an older one and returns the relation, New for
// none, with its strength and the measurements.
func match(a, old *Signature) (r article.Relation, score float64, evidence []article.Evidence) {
	inOld, inNew, shared := containment(a, old)
	if shared < min(minShared, a.Total, old.Total) {
		return article.New, 0, nil
	}
	evidence = []article.Evidence{
		{Name: "share_found_in_original", Value: inOld},
		{Name: "share_of_original_found", Value: inNew},
		{Name: "fingerprints_shared", Value: float64(shared)},
	}
	switch {
	case inOld >= high && inNew >= high:
		// The same words around other figures are a new report, such as the next
		// count of votes. Figures that were only added or only cut are not.
		if onlyA, onlyOld := difference(a.Figures, old.Figures); onlyA > 0 && onlyOld > 0 {
			evidence = append(evidence, article.Evidence{Name: "figures_changed", Value: float64(min(onlyA, onlyOld))})
			return article.New, 0, evidence
		}
		return article.Near, min(inOld, inNew), evidence
	case shared >= minQuoted && max(inOld, inNew) >= high:
		return article.Excerpt, max(inOld, inNew), evidence
	}
	return article.New, 0, nil
}
