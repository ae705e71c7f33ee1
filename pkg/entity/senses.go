package entity

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sense is what a spelling may stand for.
type sense struct {
	key    uint64 // of the spelling
	record *record
}

// senses are what all spellings of a base may stand for, in the order of their keys.
type senses []sense

func (s *senses) add(r *record, spelling string) {
	if key := spellingKey(spelling); key != 0 {
		*s = append(*s, sense{key, r})
	}
}

// sort puts them in order. Senses of one spelling stay in the order they came in.
func (s senses) sort() {
	slices.SortStableFunc(s, func(a, b sense) int { return cmp.Compare(a.key, b.key) })
}

// of returns what a spelling may stand for. A record may be there twice.
func (s senses) of(key uint64) senses {
	i, _ := slices.BinarySearchFunc(s, key, func(a sense, key uint64) int { return cmp.Compare(a.key, key) })
	j := i
	for j < len(s) && s[j].key == key {
		j++
	}
	return s[i:j]
}

// spellingKey is the FNV-1a hash of a name's words, letters and digits in lower case,
// without "the" before it and the form of a company behind it: "Voss & Sons Ltd" and
// "Voss and Sons" have one key. It is 0 for a name without letters. It needs no tokens, so
// that it can be computed of a hundred thousand names when a program starts.
func spellingKey(name string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	var word [32]byte // the start of the word that is read
	n, words := 0, 0
	h := uint64(offset)
	kept := h // what is hashed up to the last word that counts
	end := func() {
		if n == 0 {
			return
		}
		w := string(word[:min(n, len(word))])
		n = 0
		if words == 0 && w == "the" {
			h = offset
			return
		}
		if words++; words == 1 || !companyForms[w] {
			kept = h
		}
		h = (h ^ ' ') * prime
	}
	letter := func(r rune) {
		var buf [utf8.UTFMax]byte
		for _, c := range buf[:utf8.EncodeRune(buf[:], r)] {
			h = (h ^ uint64(c)) * prime
			if n < len(word) {
				word[n] = c
			}
			n++
		}
	}
	for _, r := range decomposed(name) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			letter(unicode.ToLower(r))
		case r == '&':
			end()
			for _, r := range "and" {
				letter(r)
			}
			end()
		case r == '.', r == '\'', r == '’', unicode.Is(unicode.Mn, r):
		default:
			end()
		}
	}
	end()
	if words == 0 {
		return 0
	}
	return kept
}

// decomposed is the name with its diacritics apart.
func decomposed(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return norm.NFD.String(name)
		}
	}
	return name
}

// companyForms end the names of companies in their full form.
var companyForms = set("inc corp co ltd plc llc llp ag sa nv bv ab asa oyj spa gmbh kg corporation company limited incorporated")
