package text

import (
	"math/rand/v2"
	"slices"
)

// WordInfo is one distinct word of a document.
type WordInfo struct {
	// Hash is the Token.Hash shared by all its tokens.
	Hash uint64
	// First is its first token, Count the number of its tokens.
	First, Count int32

	class class // what the lexicon knows of it
	lower int32 // its tokens in lower case
	inner int32 // its capitalised tokens inside a sentence
}

// vocabulary gives words dense numbers. It is an open-addressing table over the
// words' hashes, so that a token costs one probe and no allocation. Equal hashes
// are equal words.
type vocabulary struct {
	words []WordInfo
	slots []int32 // 1 + index into words, 0 for empty
}

const minSlots = 1 << 10

// reset empties the table. One long text must not make every short one after it
// pay for a large table, so the size follows the text before.
func (v *vocabulary) reset() {
	n := max(minSlots, len(v.slots))
	for n > minSlots && len(v.words)*8 < n {
		n /= 2
	}
	v.words = v.words[:0]
	v.resize(n)
}

// resize empties the slots and makes them n, a power of two.
func (v *vocabulary) resize(n int) {
	if n > cap(v.slots) {
		v.slots = make([]int32, n)
		return
	}
	v.slots = v.slots[:n]
	clear(v.slots)
}

// id returns the number of the word with hash h, token first of it if it is new.
func (v *vocabulary) id(h uint64, first int32) int32 {
	mask := uint64(len(v.slots) - 1)
	for i := h * spread >> 32 & mask; ; i = (i + 1) & mask {
		n := v.slots[i]
		if n == 0 {
			return v.add(i, h, first)
		}
		if w := &v.words[n-1]; w.Hash == h {
			w.Count++
			return n - 1
		}
	}
}

func (v *vocabulary) add(i uint64, h uint64, first int32) int32 {
	n := int32(len(v.words)) + 1
	if int(n) > cap(v.words) {
		v.words = slices.Grow(v.words, max(64, int(n)))
	}
	v.words = v.words[:n]
	v.words[n-1] = WordInfo{Hash: h, First: first, Count: 1, class: lexicon.class(h)}
	v.slots[i] = n
	if int(n)*2 > len(v.slots) {
		v.grow()
	}
	return n - 1
}

func (v *vocabulary) grow() {
	v.resize(2 * len(v.slots))
	mask := uint64(len(v.slots) - 1)
	for n, w := range v.words {
		i := w.Hash * spread >> 32 & mask
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = int32(n) + 1
	}
}

// spread places the words in the slots. It differs in every process, so that
// nobody can write a text whose words all meet in one slot. Word numbers follow
// the order of the text and do not depend on it.
var spread = rand.Uint64() | 1
