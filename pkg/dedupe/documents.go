package dedupe

// blockSize is how many documents are stored, and let go of, together.
const blockSize = 1024

// document is what the index keeps of an article that was passed on, to compare later
// ones with. Its hashes lie in its block, one list after the other.
type document struct {
	received int64 // nanoseconds since 1970
	times    times
	seq      uint64 // of its decision in the log
	hash     uint64 // contentKey
	chain    uint32
	version  uint32
	words    uint32
	total    uint32
	headline uint32
	at       uint32 // where its hashes begin
	// How many there are of each list.
	fingerprints, figures, lead, names, paragraphs uint16

	stub    bool // a paywall stub
	removed bool
}

// block is blockSize documents in a row.
type block struct {
	documents [blockSize]document
	hashes    []uint32
}

// documents are the articles in the window, by number. They come and go at the ends
// only: what is removed in between stays as a gap until its block goes.
type documents struct {
	blocks []*block
	first  uint32 // number of the first document of blocks[0]
	oldest uint32 // documents below are gone
	next   uint32 // number of the next one
	gaps   int    // of those from oldest on, how many were removed
}

func newDocuments() documents {
	return documents{first: firstArticle, oldest: firstArticle, next: firstArticle}
}

// len returns how many documents there are.
func (d *documents) len() int { return int(d.next-d.oldest) - d.gaps }

func (d *documents) get(id uint32) *document {
	at := id - d.first
	return &d.blocks[at/blockSize].documents[at%blockSize]
}

// add stores a document with its lists and returns its number.
func (d *documents) add(doc document, lists ...Hashes) uint32 {
	id := d.next
	d.next++
	at := id - d.first
	if int(at/blockSize) == len(d.blocks) {
		d.blocks = append(d.blocks, new(block))
	}
	b := d.blocks[at/blockSize]
	doc.at = uint32(len(b.hashes))
	counts := [...]*uint16{&doc.fingerprints, &doc.figures, &doc.lead, &doc.names, &doc.paragraphs}
	for i, l := range lists {
		*counts[i] = uint16(len(l))
		b.hashes = append(b.hashes, l...)
	}
	b.documents[at%blockSize] = doc
	return id
}

// view is a document with its lists.
type view struct {
	*document
	fingerprints, figures, lead, names, paragraphs Hashes
}

func (d *documents) view(id uint32) view {
	at := id - d.first
	b := d.blocks[at/blockSize]
	v := view{document: &b.documents[at%blockSize]}
	rest := b.hashes[v.at:]
	cut := func(n uint16) Hashes {
		l := rest[:n:n]
		rest = rest[n:]
		return l
	}
	v.fingerprints = cut(v.document.fingerprints)
	v.figures = cut(v.document.figures)
	v.lead = cut(v.document.lead)
	v.names = cut(v.document.names)
	v.paragraphs = cut(v.document.paragraphs)
	return v
}

// fingerprints returns a document and only the first of its lists.
func (d *documents) fingerprints(id uint32) (*document, Hashes) {
	at := id - d.first
	b := d.blocks[at/blockSize]
	doc := &b.documents[at%blockSize]
	return doc, b.hashes[doc.at:][:doc.fingerprints]
}

// expire lets go of the documents at the old end that were received before a time, and
// calls f with each.
func (d *documents) expire(before int64, f func(id uint32)) {
	for d.oldest < d.next && d.get(d.oldest).received < before {
		if d.get(d.oldest).removed {
			d.gaps--
		}
		f(d.oldest)
		d.oldest++
		if d.oldest-d.first == blockSize {
			d.blocks[0] = nil
			d.blocks = d.blocks[1:]
			d.first += blockSize
		}
	}
}

// bytes returns the memory of the documents.
func (d *documents) bytes() (n int) {
	for _, b := range d.blocks {
		n += blockSize*documentSize + 4*cap(b.hashes)
	}
	return n
}

// blank forgets what an article looked like that was taken out. It keeps its place.
func (d *documents) blank(id uint32) {
	v := d.view(id)
	for _, list := range [...]Hashes{v.fingerprints, v.figures, v.lead, v.names, v.paragraphs} {
		clear(list)
	}
	v.hash, v.headline = 0, 0
}
