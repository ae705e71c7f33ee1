package dedupe

import (
	"math/bits"
	"slices"
)

const (
	// shards split the table, so that growing it moves a thousandth at a time: at
	// 50 million entries 50,000, a millisecond.
	shards = 1 << 10
	// fullest and emptiest are how full a shard is when it grows and after. An entry
	// costs 8 bytes by the one or the other: 8.9 to 9.8.
	fullest, emptiest = 0.90, 0.82
	// overhang is the room behind a shard's last home, for what is pushed on.
	overhang = 32
	// inline is how many articles of one fingerprint stand in the table itself. A phrase
	// of hundreds would make its neighbours' searches long; it has a list beside it.
	inline = 4
	// listed marks a slot whose article is the number of a list.
	listed = 1 << 31
	// vacated is an article that is always gone, firstArticle the first that was there.
	vacated, firstArticle = 1, 2
	// leastSlots is the size of a shard that was just begun.
	leastSlots = 8
)

// postings leads from a fingerprint to the articles that have it. It is a hash table
// with one 8-byte slot for each fingerprint of each article, in the order of their
// homes, so that a search ends at the first slot that belongs further on. Celis,
// Robin Hood hashing (1986): at nine tenths full that is 5 slots, instead of 50.
//
// Articles that are gone leave their slots behind. They are skipped by number, and
// taken out when their shard is full.
type postings struct {
	shard [shards]shard
	// frequent is the number of articles from which a fingerprint is a set phrase and
	// says nothing: its list grows no further.
	frequent int
}

type shard struct {
	slots []slot
	homes int        // slots that are a home
	used  int        // slots taken, those of articles that are gone included
	lists [][]uint32 // articles of the fingerprints that have many, ascending
}

// slot is one fingerprint of one article; article 0 is an empty slot. Articles are
// numbered from firstArticle in the order they came, to listed at most.
type slot struct{ fingerprint, article uint32 }

// spread mixes a fingerprint: kept ones are the low ones. The upper 10 bits choose the
// shard, the rest the home.
func spread(f uint32) uint64 { return (uint64(f) + 1) * 0x9E3779B97F4A7C15 }

func (s *shard) home(f uint32) int {
	hi, _ := bits.Mul64(spread(f)<<10, uint64(s.homes))
	return int(hi)
}

func (p *postings) of(f uint32) *shard { return &p.shard[spread(f)>>54] }

// add enters an article under a fingerprint. Articles below oldest are gone.
func (p *postings) add(f, article, oldest uint32) {
	s := p.of(f)
	if float64(s.used+1) > fullest*float64(s.homes) {
		s.grow(oldest, 0)
	}
	for !s.add(slot{f, article}, oldest, p.frequent) {
		s.grow(oldest, s.homes+s.homes/8)
	}
}

// fill enters many articles into an empty shard.
func (s *shard) fill(entries []slot, oldest uint32, frequent int) {
	if len(entries) == 0 {
		return
	}
	s.refill(max(leastSlots, int(float64(len(entries)+1)/emptiest)+1), oldest)
	for _, e := range entries {
		for !s.add(e, oldest, frequent) {
			s.grow(oldest, s.homes+s.homes/8)
		}
	}
}

// remove takes an article out from under a fingerprint, as if it had not been entered.
func (p *postings) remove(f, article uint32) {
	s := p.of(f)
	from, to := s.run(f)
	for i := from; i < to; i++ {
		switch at := &s.slots[i].article; {
		case *at&listed != 0:
			list := &s.lists[*at&^listed]
			if j, ok := slices.BinarySearch(*list, article); ok {
				*list = slices.Delete(*list, j, j+1)
			}
			return
		case *at == article:
			*at = vacated
			return
		}
	}
}

// add reports whether there was room.
func (s *shard) add(e slot, oldest uint32, frequent int) bool {
	from, to := s.run(e.fingerprint)
	for i := from; i < to; i++ {
		switch at := &s.slots[i].article; {
		case *at&listed != 0:
			list := &s.lists[*at&^listed]
			if len(*list) >= frequent && (*list)[0] < oldest {
				*list = (*list)[:copy(*list, (*list)[alive(*list, oldest):])]
			}
			if len(*list) < frequent {
				*list = append(*list, e.article)
			}
			return true
		case *at < oldest:
			*at = e.article
			return true
		}
	}
	if to-from == inline {
		list := make([]uint32, 0, 2*inline)
		for _, old := range s.slots[from:to] {
			list = append(list, old.article)
		}
		slices.Sort(list)
		list = append(list, e.article)
		s.slots[from].article = listed | uint32(len(s.lists))
		s.lists = append(s.lists, list)
		for i := from + 1; i < to; i++ {
			s.slots[i].article = vacated
		}
		return true
	}
	return s.insert(to, e)
}

// run returns where the slots of a fingerprint begin and end, or an empty range where
// they would.
func (s *shard) run(f uint32) (from, to int) {
	if s.homes == 0 {
		return 0, 0
	}
	h := s.home(f)
	i := h
	for i < len(s.slots) && s.slots[i].article != 0 && s.slots[i].fingerprint != f && s.home(s.slots[i].fingerprint) <= h {
		i++
	}
	from = i
	for i < len(s.slots) && s.slots[i].article != 0 && s.slots[i].fingerprint == f {
		i++
	}
	return from, i
}

// insert puts an entry at i and moves what stands there on to the next gap.
func (s *shard) insert(i int, e slot) bool {
	gap := i
	for gap < len(s.slots) && s.slots[gap].article != 0 {
		gap++
	}
	if gap == len(s.slots) {
		return false
	}
	copy(s.slots[i+1:gap+1], s.slots[i:gap])
	s.slots[i] = e
	s.used++
	return true
}

// grow makes a shard's slots anew, at least so many, without the articles that are gone.
func (s *shard) grow(oldest uint32, least int) {
	kept := 0
	for _, e := range s.slots {
		if e.article >= oldest {
			kept++
		}
	}
	for size := max(leastSlots, least, int(float64(kept+1)/emptiest)+1); !s.refill(size, oldest); {
		size += size / 8
	}
}

// refill moves the shard to a number of homes and reports whether there was room.
func (s *shard) refill(homes int, oldest uint32) bool {
	fresh := shard{homes: homes, slots: make([]slot, homes+overhang)}
	for _, e := range s.slots {
		if e.article < oldest {
			continue
		}
		if e.article&listed != 0 {
			list := s.lists[e.article&^listed]
			if list = list[alive(list, oldest):]; len(list) == 0 {
				continue
			}
			e.article = listed | uint32(len(fresh.lists))
			fresh.lists = append(fresh.lists, slices.Clip(list))
		}
		if _, to := fresh.run(e.fingerprint); !fresh.insert(to, e) {
			return false
		}
	}
	*s = fresh
	return true
}

// alive returns where the articles from oldest on begin in a list.
func alive(list []uint32, oldest uint32) int {
	if len(list) > 0 && list[0] >= oldest {
		return 0
	}
	i, _ := slices.BinarySearch(list, oldest)
	return i
}

// find appends the living articles with a fingerprint.
func (p *postings) find(f uint32, dst []uint32, oldest uint32) []uint32 {
	s := p.of(f)
	from, to := s.run(f)
	for _, e := range s.slots[from:to] {
		if e.article&listed != 0 {
			list := s.lists[e.article&^listed]
			return append(dst, list[alive(list, oldest):]...)
		}
		if e.article >= oldest {
			dst = append(dst, e.article)
		}
	}
	return dst
}

// count returns how many living articles have a fingerprint.
func (p *postings) count(f, oldest uint32) (n int) {
	s := p.of(f)
	from, to := s.run(f)
	for _, e := range s.slots[from:to] {
		if e.article&listed != 0 {
			list := s.lists[e.article&^listed]
			return len(list) - alive(list, oldest)
		}
		if e.article >= oldest {
			n++
		}
	}
	return n
}

// bytes returns the memory of the table.
func (p *postings) bytes() (n int) {
	for i := range p.shard {
		n += 8 * cap(p.shard[i].slots)
		for _, l := range p.shard[i].lists {
			n += 24 + 4*cap(l)
		}
	}
	return n
}
