package dedupe

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// chain is what is known of one uri: the versions of an article and its copies.
type chain struct {
	item     string // of the first version: it names the uri
	provider string // the provider's version of the latest one
	seq      uint64 // decision on the latest version
	hash     uint64 // contentKey of the latest version
	times    times  // of the latest version
	latest   uint32 // its number, from 1
	document uint32 // of the latest version, perhaps gone
	copies   uint32
	held     uint32 // by keys and documents that lead here, and callers of begin
}

// key leads from an identity to a chain.
type key struct {
	owner uint64 // hash of the item that brought it
	seen  int64  // received, nanoseconds since 1970
	chain uint32
	// cleaned is Signature.Cleaned of who brought it.
	cleaned uint32
	near    bool // the words are those of a near copy, not of the article itself
}

// sighting is what is known of one item, copies included.
type sighting struct {
	seq      uint64
	document uint32 // 0 for a copy
}

// dated is a hash that leaves at a time.
type dated struct {
	hash     uint64
	received int64
}

// chains are the uris known by a text in the window or by an identity in the memory.
type chains struct {
	list   []chain
	free   []uint32
	byItem map[uint64]uint32 // hash of the first item
	keys   map[uint64]key
	keyed  queue // keys by the time they were seen
}

func newChains() chains {
	return chains{list: make([]chain, 1), byItem: map[uint64]uint32{}, keys: map[uint64]key{}}
}

// of returns the chain named after an item, 0 for none.
func (c *chains) of(item string) uint32 { return c.byItem[hashString(item)] }

// begin returns the chain named after an item, a new one if need be, and holds it.
func (c *chains) begin(item string) uint32 {
	h := hashString(item)
	if id, ok := c.byItem[h]; ok {
		c.list[id].held++
		return id
	}
	id := uint32(len(c.list))
	if n := len(c.free); n > 0 {
		id = c.free[n-1]
		c.free = c.free[:n-1]
	} else {
		c.list = append(c.list, chain{})
	}
	c.list[id] = chain{item: item, held: 1}
	c.byItem[h] = id
	return id
}

// release gives up one hold on a chain; without any it is forgotten.
func (c *chains) release(id uint32) {
	if c.list[id].held--; c.list[id].held == 0 {
		delete(c.byItem, hashString(c.list[id].item))
		c.list[id] = chain{}
		c.free = append(c.free, id)
	}
}

// remember leads a key to a chain. A key that leads to it already is seen anew; one
// that leads elsewhere changes over.
func (c *chains) remember(h uint64, k key) {
	if h == 0 {
		return
	}
	old, known := c.keys[h]
	if known && old.chain == k.chain {
		old.seen = max(old.seen, k.seen)
		c.keys[h] = old
	} else {
		c.keys[h] = k
		c.list[k.chain].held++
		if known {
			c.release(old.chain)
		}
	}
	c.keyed.push(dated{h, k.seen})
}

// forget takes a key out that an item brought.
func (c *chains) forget(h, owner uint64) {
	if k, ok := c.keys[h]; ok && k.owner == owner {
		delete(c.keys, h)
		c.release(k.chain)
	}
}

// expire forgets the keys last seen before a time.
func (c *chains) expire(before int64) {
	c.keyed.expire(before, func(d dated) {
		if k, ok := c.keys[d.hash]; ok && k.seen == d.received {
			delete(c.keys, d.hash)
			c.release(k.chain)
		}
	})
}

// queue is what leaves in the order it came.
type queue struct {
	entries []dated
	gone    int
}

func (q *queue) push(d dated) { q.entries = append(q.entries, d) }

// waiting are the entries that have not left.
func (q *queue) waiting() []dated { return q.entries[q.gone:] }

// expire calls f with the entries at the old end that are from before a time.
func (q *queue) expire(before int64, f func(dated)) {
	for q.gone < len(q.entries) && q.entries[q.gone].received < before {
		f(q.entries[q.gone])
		q.gone++
	}
	if q.gone > 1024 && q.gone > len(q.entries)/2 {
		q.entries = append(q.entries[:0:0], q.entries[q.gone:]...)
		q.gone = 0
	}
}

// contentKey is the identity of the words themselves.
func contentKey(hash string) uint64 {
	b, err := hex.DecodeString(hash)
	if err != nil || len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func nanos(t time.Time) int64 { return t.UnixNano() }
