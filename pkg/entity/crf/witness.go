package crf

import "strings"

// word is what the document says of a word, in all its places.
type word struct {
	cluster uint16
	halved  bool // the cluster of its last hyphenated part was looked up
	affixed bool
	suffix  [4]uint32
	prefix  [3]uint32
	halves  [2]uint32
	// Places with a capital inside a sentence, and places in lower case.
	inner, small int32
	// before and after are the neighbours in the first inner places.
	before, after [3]uint32
	seen          int8
	// votes counts the first pass's labels of its capitalised places: outside, then by
	// type; places counts them by place in the name.
	votes  [1 + types]int32
	places [4]int32
}

// collectWitnesses notes for each word how the document writes it.
func (t *Text) collectWitnesses() {
	for i := range t.tokens {
		k := &t.tokens[i]
		if k.casing != normal {
			continue
		}
		switch {
		case k.flags&capital != 0:
			if i == int(k.begin) || t.tokens[i-1].flags&quote != 0 {
				continue
			}
			w := &t.words[k.word]
			w.inner++
			if int(w.seen) < len(w.before) {
				w.before[w.seen], w.after[w.seen] = t.neighbour(i, -1).lower, t.neighbour(i, 1).lower
				w.seen++
			}
		case k.flags&lowerCase != 0:
			t.words[k.word].small++
		}
	}
}

// Vote notes the first pass's labels, one for each token of the document.
func (t *Text) Vote(labels []Label) {
	for i, l := range labels {
		k := &t.tokens[i]
		if k.flags&capital == 0 {
			continue
		}
		w := &t.words[k.word]
		if l == Outside {
			w.votes[0]++
			continue
		}
		w.votes[1+l.typ()]++
		w.places[l.place()]++
	}
}

// affixes fills in the hashes of a word's beginnings and ends.
func (t *Text) affixes(w *word, form string) {
	w.affixed = true
	s := strings.ToLower(form)
	for n := 1; n <= 4 && n <= len(s); n++ {
		w.suffix[n-1] = hash(s[len(s)-n:])
		if n > 1 {
			w.prefix[n-2] = hash(s[:n])
		}
	}
	if i := strings.IndexByte(s, '-'); i > 0 && i+1 < len(s) {
		w.halves[0], w.halves[1] = hash(s[:i]), hash(s[i+1:])
	}
}

func hash(s string) uint32 {
	h := uint32(offset32)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * prime32
	}
	return h
}
