package dedupe

import (
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// The methods of Entry.Method: what told that an article is a copy or a version.
const (
	MethodWords       = "sha256"      // the very words of an article, perhaps among other boilerplate
	MethodContainment = "containment" // phrases, figures and names in common; or nothing told
	MethodProvider    = "provider_id" // the sender's own id
	MethodURL         = "url"         // the canonical address
	MethodOverride    = "override"    // the desk's word
	MethodSlugline    = "slugline"    // a kill notice's slugline
	MethodHeadline    = "headline"    // a headline that a kill notice names
	MethodNone        = "none"        // a kill notice that nothing answers to
)

// Entry is the verdict on one article together with what the index needs to know of
// it. It is what the decision log holds: a redelivered article gets the same verdict
// again from it, and an index is rebuilt from nothing else.
type Entry struct {
	Item    string `json:"item"`
	URI     string `json:"uri"`
	Version int    `json:"version"`

	Relation     article.Relation   `json:"relation"`
	Of           *string            `json:"of"`
	Score        *float64           `json:"score"`
	Method       string             `json:"method"`
	Evidence     []article.Evidence `json:"evidence"`
	Copies       int                `json:"copies"`
	Changes      []article.Change   `json:"changes"`
	OverridesRev *string            `json:"overrides_rev"`

	// Previous is the sequence in the log of the decision on the version that this
	// one replaces, 0 for none.
	Previous uint64 `json:"previous"`
	// Removed makes this a compensating decision: the item was taken out again.
	Removed bool `json:"removed"`

	// Erased marks a compensating decision that the desk's word took the item out, for
	// good; it keeps of the article only what taking it out needs. Restated marks a
	// decision that was in the log before, in a message that had to go.
	Erased   bool `json:"erased,omitzero"`
	Restated bool `json:"restated,omitzero"`

	Received time.Time `json:"received"`
	// Lane, Published and Modified are the article's: they order versions that arrive
	// out of order. A decision of before they were kept has none.
	Lane      article.Lane `json:"lane,omitempty"`
	Published *time.Time   `json:"published,omitempty"`
	Modified  *time.Time   `json:"modified,omitempty"`
	Kind      article.Kind `json:"kind"`
	Signature
	Keys Keys `json:"keys"`
}

// Apply writes the verdict into the record.
func (e Entry) Apply(a *article.Article) {
	a.URI, a.Version = e.URI, e.Version
	a.Dedupe = &article.Dedupe{
		Relation:     e.Relation,
		Of:           e.Of,
		Score:        e.Score,
		Method:       e.Method,
		Evidence:     append([]article.Evidence{}, e.Evidence...),
		Copies:       e.Copies,
		Changes:      append([]article.Change{}, e.Changes...),
		OverridesRev: e.OverridesRev,
	}
	if e.Relation == article.Kill {
		a.Status = article.Canceled
	}
}

// first is the verdict that nothing seen before is in the way.
func first(a *article.Article, s Signature) Entry {
	return Entry{
		Item:      a.Item,
		URI:       article.URI(a.Item),
		Version:   1,
		Relation:  article.New,
		Method:    MethodContainment,
		Evidence:  []article.Evidence{},
		Changes:   []article.Change{},
		Received:  a.Received,
		Lane:      a.Lane,
		Published: publishedOf(a),
		Modified:  a.Modified,
		Kind:      a.Kind,
		Signature: s,
		Keys:      s.keys,
	}
}

// note adds a measurement to the evidence.
func (e *Entry) note(name string, v float64) {
	e.Evidence = append(e.Evidence, article.Evidence{Name: name, Value: v})
}
