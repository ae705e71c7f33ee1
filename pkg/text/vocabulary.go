package text

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

func (v *vocabulary) reset() {
	v.words = v.words[:0]
	if v.slots == nil {
		v.slots = make([]int32, minSlots)
	}
	clear(v.slots)
}

// id returns the number of the word with hash h, token first of it if it is new.
func (v *vocabulary) id(h uint64, first int32) int32 {
	mask := uint64(len(v.slots) - 1)
	for i := slot(h) & mask; ; i = (i + 1) & mask {
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
	v.words = append(v.words, WordInfo{Hash: h, First: first, Count: 1, class: lexicon.class(h)})
	n := int32(len(v.words))
	v.slots[i] = n
	if int(n)*2 > len(v.slots) {
		v.grow()
	}
	return n - 1
}

func (v *vocabulary) grow() {
	v.slots = make([]int32, 2*len(v.slots))
	mask := uint64(len(v.slots) - 1)
	for n, w := range v.words {
		i := slot(w.Hash) & mask
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = int32(n) + 1
	}
}

// slot spreads a hash: the low bits of FNV-1a alone are weak for short words.
func slot(h uint64) uint64 { return h ^ h>>32 }
