package dedupe

import (
	"time"
	"unsafe"

	"github.com/copydesk/copydesk/pkg/article"
)

const (
	// DefaultWindow is how long an article's text is compared with, DefaultMemory how
	// long its identities are known: the same feed item a week later is not news.
	DefaultWindow = 72 * time.Hour
	DefaultMemory = 30 * 24 * time.Hour

	// frequent is the number of articles from which a triple is a set phrase.
	frequent = 256
	// maxCandidates bounds how many older articles are compared. Real articles have one
	// or two, a template's have hundreds, of which the closest will do.
	maxCandidates = 8
	// leastShare is the share of the shorter article's fingerprints from which they are.
	// An article that says it corrects another needs less.
	leastShare, leastShareMarked = 0.15, 0.08
	// minShared is how many triples must be shared before articles are compared.
	minShared = 2
)

// documentSize is the memory of a document without its lists.
const documentSize = int(unsafe.Sizeof(document{}))

// Options tune an Index.
type Options struct {
	// Window is the difference of Received up to which texts are compared. Default
	// DefaultWindow.
	Window time.Duration
	// Memory is how long identities are known: the words as a whole, the provider's id,
	// the address. Default DefaultMemory.
	Memory time.Duration
}

// Index is the memory of recent articles. It belongs to one goroutine.
//
// Only articles that were passed on are compared with: a copy is found through its
// original, so a flood of copies costs little and no verdict can name a copy.
type Index struct {
	window, memory time.Duration

	docs documents
	// Two tables: posted for the fingerprints that every article keeps, and brief for
	// those that only short ones do. The beginning of a new article is looked up in brief
	// word by word, which must cost little when it is small.
	posted, brief postings
	chains        chains
	names         counts // how many documents have a name
	items         map[uint64]sighting
	arrived       queue // items by their time

	scratch query
}

// NewIndex returns an empty index.
func NewIndex(o Options) *Index {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	return &Index{
		window: o.Window, memory: max(o.Memory, o.Window),
		docs: newDocuments(), posted: postings{frequent: frequent}, brief: postings{frequent: frequent}, chains: newChains(),
		items: map[uint64]sighting{},
	}
}

// Len returns the number of articles that others are compared with.
func (x *Index) Len() int { return x.docs.len() }

// Find returns the sequence in the log of the decision on an item.
func (x *Index) Find(item string) (seq uint64, ok bool) {
	a, ok := x.items[hashString(item)]
	return a.seq, ok
}

// Decide gives the verdict on an article with signature s and changes nothing. The
// article must have its text; a record with a TextRef has to be completed first.
func (x *Index) Decide(a *article.Article, s Signature, o *Overrides) Entry {
	e := first(a, s)
	e.OverridesRev = o.rev()
	q := &x.scratch
	q.begin(a, &s, o)
	switch {
	case s.mark == killMark:
		x.decideKill(q, &e)
	case x.decideOverride(q, &e):
	case x.decideSame(q, &e):
	case x.decideNamed(q, &e):
	default:
		x.decideText(q, &e)
	}
	x.keepOrder(&e, timesOf(a))
	return e
}

// decideOverride obeys the desk where it calls an article the same as one that is known.
func (x *Index) decideOverride(q *query, e *Entry) bool {
	for _, other := range q.o.partners(q.hash) {
		if k, ok := x.key(other, q); ok {
			e.Relation, e.Method = article.Near, MethodOverride
			x.concern(e, k.chain, 1)
			return true
		}
	}
	return false
}

// decideSame recognises the very words of an older article.
func (x *Index) decideSame(q *query, e *Entry) bool {
	k, ok := x.key(contentKey(e.Hash), q)
	if !ok || q.o.differ(q.hash, x.chains.list[k.chain].hash) {
		return false
	}
	e.Relation, e.Method = article.Exact, MethodWords
	if k.near || k.cleaned != e.Cleaned {
		// A copy of a copy relates to the original as that one did.
		e.Relation = article.Near
	}
	x.concern(e, k.chain, 1)
	return true
}

// key returns what a key leads to, if that is remembered and not overridden.
func (x *Index) key(h uint64, q *query) (key, bool) {
	if h == 0 {
		return key{}, false
	}
	k, ok := x.chains.keys[h]
	if !ok || q.received-k.seen > int64(x.memory) || x.chains.list[k.chain].latest == 0 {
		return key{}, false
	}
	return k, true
}

// concern names the article that the verdict is about.
func (x *Index) concern(e *Entry, id uint32, score float64) {
	c := &x.chains.list[id]
	uri := article.URI(c.item)
	e.Of, e.Score, e.Copies = &uri, &score, int(c.copies)
	switch e.Relation {
	case article.Exact, article.Near:
		e.Copies++ // this one
	case article.Update, article.Correction, article.Kill:
		e.URI, e.Version, e.Previous = uri, int(c.latest)+1, c.seq
	}
}

// Add enters a decided article; seq is the decision's place in the log. An item that
// is known already is left alone, so a log may be read twice. A compensating decision
// takes its item out.
func (x *Index) Add(e Entry, seq uint64) {
	if e.Removed {
		x.Remove(e)
		return
	}
	h := hashString(e.Item)
	if a, ok := x.items[h]; ok {
		if e.Restated {
			x.move(&e, h, a, seq)
		}
		return
	}
	received := nanos(e.Received)
	x.arrived.push(dated{h, received})
	arrived := sighting{seq: seq}
	defer func() { x.items[h] = arrived }()
	if e.Scheme != Scheme {
		return
	}
	if e.Relation.Stops() {
		if id := x.chainOf(e.Of); id != 0 {
			x.chains.list[id].copies++
			x.remember(&e, h, id, received)
		}
		return
	}
	item, ok := article.ItemOf(e.URI)
	if !ok {
		item = e.Item
	}
	id := x.chains.begin(item)
	defer x.chains.release(id)
	c := &x.chains.list[id]
	if e.Version > int(c.latest) {
		c.latest, c.seq, c.hash, c.provider = uint32(e.Version), seq, contentKey(e.Hash), e.Keys.Version
		c.times = e.times()
	}
	x.remember(&e, h, id, received)
	if e.Relation == article.Kill {
		return // nothing is compared with a notice
	}
	arrived.document = x.enter(&e, id, seq)
	if c := &x.chains.list[id]; c.seq == seq {
		c.document = arrived.document
	}
}

// move notes another place of a decision in the log.
func (x *Index) move(e *Entry, h uint64, a sighting, seq uint64) {
	if id := x.chainOf(&e.URI); id != 0 && x.chains.list[id].seq == a.seq {
		x.chains.list[id].seq = seq
	}
	if a.document != 0 && a.document >= x.docs.oldest {
		if d := x.docs.get(a.document); d.seq == a.seq {
			d.seq = seq
		}
	}
	a.seq = seq
	x.items[h] = a
}

// enter makes an article comparable.
func (x *Index) enter(e *Entry, chain uint32, seq uint64) uint32 {
	x.chains.list[chain].held++
	id := x.docs.add(document{
		received: nanos(e.Received), times: e.times(), seq: seq, hash: contentKey(e.Hash), chain: chain, version: uint32(e.Version),
		words: uint32(e.Words), total: uint32(e.Total), headline: e.Headline, stub: e.Kind == article.KindPaywallStub,
	}, e.Fingerprints, e.Figures, e.Lead, e.Names, e.Paragraphs)
	for _, f := range e.Fingerprints {
		x.table(f).add(f, id, x.docs.oldest)
	}
	for _, names := range [...]Hashes{e.Lead, e.Names} {
		for _, n := range names {
			x.names.add(n)
		}
	}
	return id
}

// table is where the articles with a fingerprint are.
func (x *Index) table(f uint32) *postings {
	if f < limit {
		return &x.posted
	}
	return &x.brief
}

// remember keeps what names an article.
func (x *Index) remember(e *Entry, owner uint64, chain uint32, received int64) {
	for _, k := range e.identities() {
		x.chains.remember(k, key{owner: owner, seen: received, chain: chain, cleaned: e.Cleaned, near: e.Relation == article.Near})
	}
}

// identities are the keys an article is found by. A notice is not found by its words,
// nor a copy by a headline that may be its own.
func (e *Entry) identities() []uint64 {
	k := e.Keys
	switch {
	case e.Relation == article.Kill:
		return []uint64{uint64(k.Provider)}
	case e.Relation == article.Excerpt, e.Relation.Stops():
		return []uint64{contentKey(e.Hash)}
	}
	return []uint64{contentKey(e.Hash), uint64(k.Provider), uint64(k.URL), uint64(k.Slug), uint64(k.Headline)}
}

// chainOf returns the chain that a uri names, 0 for none.
func (x *Index) chainOf(uri *string) uint32 {
	if uri == nil {
		return 0
	}
	item, ok := article.ItemOf(*uri)
	if !ok {
		return 0
	}
	return x.chains.of(item)
}

// Remove takes an article out again, as if it had never been seen: the next with its
// words is new. The entry must be the one that was added.
func (x *Index) Remove(e Entry) {
	h := hashString(e.Item)
	arrived, ok := x.items[h]
	if !ok {
		return
	}
	delete(x.items, h)
	if e.Relation.Stops() {
		if id := x.chainOf(e.Of); id != 0 {
			x.chains.list[id].copies--
		}
	}
	for _, k := range e.identities() {
		x.chains.forget(k, h)
	}
	if !e.Relation.Stops() {
		x.stepBack(&e, arrived.seq)
	}
	if id := arrived.document; id >= x.docs.oldest && id != 0 {
		for _, f := range x.docs.view(id).fingerprints {
			x.table(f).remove(f, id)
		}
		x.docs.gaps++
		x.withdraw(id)
		if e.Erased {
			x.docs.blank(id)
		}
	}
}

// stepBack makes the version before one that is taken out the latest again. The first
// leaves nothing that an article could be a copy of.
func (x *Index) stepBack(e *Entry, seq uint64) {
	uri := e.URI
	id := x.chainOf(&uri)
	if id == 0 {
		return
	}
	c := &x.chains.list[id]
	if c.seq != seq {
		return // a later version stands
	}
	c.latest, c.seq, c.hash, c.provider, c.document, c.times = uint32(e.Version-1), e.Previous, 0, "", 0, times{}
	if c.latest == 0 {
		return
	}
	// Rare enough to look at them all.
	for at := x.docs.next; at > x.docs.oldest; at-- {
		if d := x.docs.get(at - 1); d.chain == id && d.version == c.latest && !d.removed {
			c.hash, c.document, c.times = d.hash, at-1, d.times
			return
		}
	}
}

// withdraw makes a document invisible; its place goes with its block.
func (x *Index) withdraw(id uint32) {
	d := x.docs.view(id)
	if d.removed {
		return
	}
	d.removed = true
	for _, names := range [...]Hashes{d.lead, d.names} {
		for _, n := range names {
			x.names.drop(n)
		}
	}
	x.chains.release(d.chain)
}

// Expire forgets texts that were received a window before now, and identities and items
// last seen a memory before: an item that is delivered again that late must not become
// its own copy.
func (x *Index) Expire(now time.Time) {
	t := nanos(now)
	x.docs.expire(t-int64(x.window), x.withdraw)
	x.chains.expire(t - int64(x.memory))
	x.arrived.expire(t-int64(x.memory), func(d dated) { delete(x.items, d.hash) })
}

// Stats is the size of an index.
type Stats struct {
	// Articles are those compared with, Items all that are known, copies
	// included, Keys the identities.
	Articles, Items, Keys int
	// IndexBytes is the memory of the table from triples to articles, EvidenceBytes that
	// of what is compared.
	IndexBytes, EvidenceBytes int
}

// Stats measures the index.
func (x *Index) Stats() Stats {
	return Stats{
		Articles: x.docs.len(), Items: len(x.items), Keys: len(x.chains.keys),
		IndexBytes: x.posted.bytes() + x.brief.bytes(), EvidenceBytes: x.docs.bytes(),
	}
}
