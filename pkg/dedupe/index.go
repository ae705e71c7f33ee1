package dedupe

import (
	"slices"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// DefaultWindow is how long an article is remembered.
const DefaultWindow = 72 * time.Hour

// maxCandidates bounds how many older articles are compared in full. Real articles
// have one or two, a template's have hundreds, of which the closest will do.
const maxCandidates = 64

// Options tune an Index.
type Options struct {
	// Window is the difference of Received up to which articles are compared.
	// Default DefaultWindow.
	Window time.Duration
	// Memory is how long identity keys are remembered.
	Memory time.Duration
}

// Index is the memory of recent articles. It belongs to one goroutine.
//
// Fingerprints lead to articles through lists in one slice, 8 bytes a link, instead
// of a slice each. Only articles that were passed on are in the lists: a copy is found
// through its original, so a flood of copies costs little and no verdict can name a
// copy. Removed articles stay in the lists, unlinked from everything else, until
// half of the links are theirs; then the lists are built again.
type Index struct {
	window time.Duration
	docs   []doc
	items  map[string]int32 // item to doc
	hashes map[string]int32 // Signature.Hash to doc: the latest with these words
	heads  map[uint64]int32 // fingerprint to its first link, as index+1
	links  []link
	oldest int // docs before it are gone
	dead   int // links of docs that are gone
}

// doc is an article in the index; gone means removed or expired.
type doc struct {
	Entry
	gone   bool
	linked bool  // its fingerprints are in the lists
	root   int32 // the original of a copy, else itself
	copies int
	seq    uint64
}

type link struct{ doc, next int32 }

// NewIndex returns an empty index.
func NewIndex(o Options) *Index {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	return &Index{window: o.Window, items: map[string]int32{}, hashes: map[string]int32{}, heads: map[uint64]int32{}}
}

// Len returns the number of articles in the index.
func (x *Index) Len() int { return len(x.items) }

// Decide gives the verdict on an article without changing the index. An article that
// is in the index already, which is a redelivery, gets its old verdict. The article
// must have its text; a record with a TextRef has to be completed first.
func (x *Index) Decide(a *article.Article, s Signature, o *Overrides) Entry {
	if e, ok := x.Lookup(a.Item); ok {
		return e
	}
	e := first(a, s)
	if o != nil {
		rev := o.Rev()
		e.OverridesRev = &rev
	}
	if id, ok := x.hashes[e.Hash]; ok {
		d := &x.docs[id]
		if original := &x.docs[d.root]; !original.gone && x.within(original.Received, a.Received) {
			x.decideSame(&e, d)
			return e
		}
	}
	var best int32 = -1
	var score float64
	for _, id := range x.candidates(&e) {
		r, strength, evidence := match(&e.Signature, &x.docs[id].Signature)
		switch {
		case r == article.New:
			if best < 0 && len(e.Evidence) == 0 {
				e.Evidence = append(e.Evidence, evidence...)
			}
			continue
		case best < 0, r == article.Near && e.Relation != r, r == e.Relation && strength > score:
			best, score = id, strength
			e.Relation, e.Evidence = r, evidence
		}
	}
	if best >= 0 {
		x.concern(&e, best, score)
	}
	return e
}

// decideSame fills in the verdict on an article that has the very words of d.
func (x *Index) decideSame(e *Entry, d *doc) {
	e.Relation, e.Method = article.Exact, "sha256"
	score := 1.0
	if d.Relation.Stops() && d.Relation != article.Exact {
		// A copy of a copy relates to the original as the first copy did.
		e.Relation, e.Method, score = d.Relation, d.Method, *d.Score
		e.Evidence = append(e.Evidence, d.Evidence...)
	}
	x.concern(e, d.root, score)
}

// concern names the article that the verdict is about.
func (x *Index) concern(e *Entry, id int32, score float64) {
	original := &x.docs[id]
	uri := original.URI
	e.Of, e.Score, e.Copies = &uri, &score, original.copies
	if e.Relation.Stops() {
		e.Copies++ // this one
	}
}

// candidates returns the articles within the window that share fingerprints with e,
// most shared first, then oldest first.
func (x *Index) candidates(e *Entry) []int32 {
	shared := map[int32]int{}
	for _, f := range e.Fingerprints {
		for at := x.heads[f]; at > 0; at = x.links[at-1].next {
			if d := &x.docs[x.links[at-1].doc]; !d.gone && x.within(d.Received, e.Received) {
				shared[x.links[at-1].doc]++
			}
		}
	}
	ids := make([]int32, 0, len(shared))
	for id, n := range shared {
		if n >= min(minShared, e.Total, x.docs[id].Total) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b int32) int {
		if d := shared[b] - shared[a]; d != 0 {
			return d
		}
		return int(a - b)
	})
	return ids[:min(len(ids), maxCandidates)]
}

// within reports whether two articles are close enough in time to be compared.
func (x *Index) within(a, b time.Time) bool { return a.Sub(b).Abs() <= x.window }

// Add enters a decided article. An item that is in the index already is left alone,
// so a log may be replayed twice. A copy whose original is not in the index, and an
// entry with a signature of another Scheme, are known by their item only.
func (x *Index) Add(e Entry, seq uint64) {
	if e.Removed {
		x.Remove(e)
		return
	}
	if _, ok := x.items[e.Item]; ok {
		return
	}
	id := int32(len(x.docs))
	x.items[e.Item] = id
	x.docs = append(x.docs, doc{Entry: e, root: id, seq: seq})
	if e.Scheme != Scheme {
		return
	}
	if !e.Relation.Stops() {
		x.hashes[e.Hash] = id
		x.link(id)
		return
	}
	if root, ok := x.original(e.Of); ok {
		x.docs[id].root = root
		x.docs[root].copies++
		if _, known := x.hashes[e.Hash]; !known {
			x.hashes[e.Hash] = id
		}
	}
}

// original returns the article in the index that a uri was named after.
func (x *Index) original(uri *string) (id int32, ok bool) {
	if uri == nil {
		return 0, false
	}
	item, ok := article.ItemOf(*uri)
	if !ok {
		return 0, false
	}
	id, ok = x.items[item]
	return id, ok
}

func (x *Index) link(id int32) {
	d := &x.docs[id]
	d.linked = true
	for _, f := range d.Fingerprints {
		x.links = append(x.links, link{doc: id, next: x.heads[f]})
		x.heads[f] = int32(len(x.links))
	}
}

// Find returns the sequence in the log of an item's decision.
func (x *Index) Find(item string) (seq uint64, ok bool) {
	id, ok := x.items[item]
	if !ok {
		return 0, false
	}
	return x.docs[id].seq, true
}

// Lookup returns the entry of an item.
func (x *Index) Lookup(item string) (Entry, bool) {
	id, ok := x.items[item]
	if !ok {
		return Entry{}, false
	}
	return x.docs[id].Entry, true
}

// Remove takes an item out again, as if it had never been seen: the next article with
// its words is new.
func (x *Index) Remove(e Entry) {
	if id, ok := x.items[e.Item]; ok {
		x.drop(id)
		x.sweep()
	}
}

// Expire forgets the articles that were received a window before now, in the order in
// which they were added.
func (x *Index) Expire(now time.Time) {
	for x.oldest < len(x.docs) {
		d := &x.docs[x.oldest]
		if !d.gone {
			if now.Sub(d.Received) <= x.window {
				break
			}
			x.drop(int32(x.oldest))
		}
		x.oldest++
	}
	x.sweep()
}
