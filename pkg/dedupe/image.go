package dedupe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// ErrImage is the error of a file that is no image of an index, damaged, or made by
// another version. The log has everything that is in it.
var ErrImage = errors.New("not a usable image of an index")

// imageMagic begins an image. The last digit changes with the format.
const imageMagic = "copydesk index 2\n"

// ImageHeader says what an image is a view of.
type ImageHeader struct {
	// Created is when the stream of decisions was created: sequences of another stream
	// mean nothing.
	Created time.Time
	// Last is the sequence up to which the image knows the log.
	Last uint64
}

// WriteImage writes everything the index knows, so that ReadImage spares reading the
// log from its beginning. The table from triples to articles is left out: making it
// anew is as quick as reading it.
//
// An image is the magic line, then little-endian numbers and length-prefixed strings:
// scheme, created, last, documents with their lists, chains, keys, items, and the
// CRC-32C of all that.
func (x *Index) WriteImage(w io.Writer, h ImageHeader) error {
	e := &encoder{w: bufio.NewWriterSize(w, 1<<18)}
	e.bytes([]byte(imageMagic))
	e.string(Scheme)
	e.u64(uint64(h.Created.UnixNano()))
	e.u64(h.Last)
	e.u32(x.docs.first)
	e.u32(x.docs.oldest)
	e.u32(x.docs.next)
	for id := x.docs.oldest; id < x.docs.next; id++ {
		e.document(x.docs.view(id))
	}
	e.u64(uint64(len(x.chains.list)))
	for i := range x.chains.list {
		c := &x.chains.list[i]
		e.string(c.item)
		e.string(c.provider)
		e.u64(c.seq)
		e.u64(c.hash)
		e.times(c.times)
		e.u32(c.latest)
		e.u32(c.document)
		e.u32(c.copies)
		e.u32(c.held)
	}
	x.writeKeys(e)
	e.u32(e.sum)
	if e.err == nil {
		e.err = e.w.Flush()
	}
	if e.err != nil {
		return fmt.Errorf("write image of the index: %w", e.err)
	}
	return nil
}

// writeKeys writes keys and items in the order of their queues, which is not that of
// the maps, so that the same index gives the same bytes.
func (x *Index) writeKeys(e *encoder) {
	e.u64(uint64(len(x.chains.keyed.waiting())))
	for _, d := range x.chains.keyed.waiting() {
		k, ok := x.chains.keys[d.hash]
		if !ok || k.seen != d.received {
			k = key{} // it was seen again later, or forgotten
		}
		e.u64(d.hash)
		e.u64(uint64(d.received))
		e.u64(k.owner)
		e.u32(k.chain)
		e.u32(k.cleaned)
		e.bytes([]byte{flag(k.near)})
	}
	e.u64(uint64(len(x.arrived.waiting())))
	for _, d := range x.arrived.waiting() {
		a := x.items[d.hash]
		e.u64(d.hash)
		e.u64(uint64(d.received))
		e.u64(a.seq)
		e.u32(a.document)
	}
}

// ReadImage returns the index that WriteImage wrote. An error that is ErrImage means
// that the log has to be read instead.
func ReadImage(r io.Reader, o Options) (*Index, ImageHeader, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 1<<18)}
	magic := make([]byte, len(imageMagic))
	d.bytes(magic)
	if string(magic) != imageMagic || d.string() != Scheme {
		return nil, ImageHeader{}, fmt.Errorf("%w: made by another version", ErrImage)
	}
	h := ImageHeader{Created: time.Unix(0, int64(d.u64())).UTC(), Last: d.u64()}
	x := NewIndex(o)
	x.readDocuments(d)
	posted := x.post()
	x.readChains(d)
	x.readKeys(d)
	posted.Wait()
	sum := d.sum
	if d.u32() != sum && d.err == nil {
		d.err = errors.New("its checksum does not match")
	}
	if d.err != nil {
		return nil, ImageHeader{}, fmt.Errorf("%w: %w", ErrImage, d.err)
	}
	for id := x.docs.oldest; id < x.docs.next; id++ {
		if doc := x.docs.get(id); int(doc.chain) >= len(x.chains.list) {
			return nil, ImageHeader{}, fmt.Errorf("%w: a document leads nowhere", ErrImage)
		}
	}
	return x, h, nil
}

func (x *Index) readChains(d *decoder) {
	n := d.count()
	x.chains.list = make([]chain, 0, roomFor(n))
	x.chains.byItem = make(map[uint64]uint32, roomFor(n))
	for i := range n {
		c := chain{item: d.string(), provider: d.string(), seq: d.u64(), hash: d.u64(), times: d.times(), latest: d.u32(), document: d.u32(), copies: d.u32(), held: d.u32()}
		if d.err != nil {
			return
		}
		x.chains.list = append(x.chains.list, c)
		switch {
		case c.held > 0:
			x.chains.byItem[hashString(c.item)] = uint32(i)
		case i > 0:
			x.chains.free = append(x.chains.free, uint32(i))
		}
	}
	if len(x.chains.list) == 0 {
		d.fail("it has no chains")
	}
}

func (x *Index) readKeys(d *decoder) {
	n := d.count()
	x.chains.keys = make(map[uint64]key, roomFor(n))
	for range n {
		h, seen := d.u64(), int64(d.u64())
		k := key{owner: d.u64(), seen: seen, chain: d.u32(), cleaned: d.u32(), near: d.flag()}
		if d.err != nil {
			return
		}
		if int(k.chain) >= len(x.chains.list) {
			d.fail("a key leads nowhere")
			return
		}
		if k.chain != 0 {
			x.chains.keys[h] = k
		}
		x.chains.keyed.push(dated{h, seen})
	}
	n = d.count()
	x.items = make(map[uint64]sighting, roomFor(n))
	for range n {
		h, received := d.u64(), int64(d.u64())
		a := sighting{seq: d.u64(), document: d.u32()}
		if d.err != nil {
			return
		}
		if a.seq != 0 {
			x.items[h] = a
		}
		x.arrived.push(dated{h, received})
	}
}

func (x *Index) readDocuments(d *decoder) {
	first, oldest, next := d.u32(), d.u32(), d.u32()
	if d.err != nil || first < firstArticle || oldest < first || next < oldest || oldest-first >= blockSize {
		d.fail("its documents are not in order")
		return
	}
	x.docs = documents{first: first, oldest: first, next: first}
	for x.docs.next < oldest {
		x.docs.add(document{removed: true})
	}
	x.docs.oldest = oldest
	var lists [5]Hashes
	for x.docs.next < next {
		doc := d.document(&lists)
		if d.err != nil {
			return
		}
		x.docs.add(doc, lists[:]...)
		if doc.removed {
			x.docs.gaps++
			continue
		}
		for _, names := range lists[2:4] {
			for _, n := range names {
				x.names.add(n)
			}
		}
	}
}

const (
	// posters is how many goroutines make the table beside the one that reads on.
	posters = 2
	// turn is how many shards are made at a time. Their entries are collected first:
	// 50 million entries put into all shards at once miss the processor's cache each. At
	// a million articles that is 50 MB for a while.
	turn = 128
)

// turnEntries are what goes into the shards of one turn: of the table posted, and of the
// table brief.
type turnEntries [2][turn][]slot

// post begins to make the table from triples to articles. Every poster has shards of its
// own.
func (x *Index) post() *sync.WaitGroup {
	all := new(sync.WaitGroup)
	for poster := range posters {
		all.Go(func() {
			entries := new(turnEntries)
			for first := turn * poster; first < shards; first += turn * posters {
				x.postShards(first, entries)
			}
		})
	}
	return all
}

// postShards makes the shards of both tables from first on. entries are kept for their
// memory.
func (x *Index) postShards(first int, entries *turnEntries) {
	for t := range entries {
		for i := range entries[t] {
			entries[t][i] = entries[t][i][:0]
		}
	}
	for id := x.docs.oldest; id < x.docs.next; id++ {
		d, fingerprints := x.docs.fingerprints(id)
		if d.removed {
			continue
		}
		for _, f := range fingerprints {
			i := int(spread(f)>>54) - first
			if uint(i) >= turn {
				continue
			}
			t := 0
			if f >= limit {
				t = 1
			}
			entries[t][i] = append(entries[t][i], slot{f, id})
		}
	}
	for t, table := range [...]*postings{&x.posted, &x.brief} {
		for i, list := range entries[t] {
			table.shard[first+i].fill(list, x.docs.oldest, table.frequent)
		}
	}
}
