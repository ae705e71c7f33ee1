package entity

import (
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/text"
)

// unit is what names are compared by: a word, or one side of a hyphen in it, or any other
// token as it stands, so that "Channel 4" is not "Channel" and a full stop parts names.
type unit struct {
	folded, form       string
	start, end         int // bytes
	runeStart, runeEnd int // code points
	// word is its index among the words, -1 for another token.
	word int
	// parted says that a paragraph ends before it.
	parted bool
}

// unitsOf returns the units of a text whose words are known.
func unitsOf(doc *text.Document, words []word) []unit {
	units := make([]unit, 0, len(doc.Tokens))
	next, paragraph := 0, 0
	for i := range doc.Tokens {
		parted := false
		for paragraph < len(doc.Paragraphs) && int(doc.Sentences[doc.Paragraphs[paragraph].First].First) <= i {
			parted = int(doc.Sentences[doc.Paragraphs[paragraph].First].First) == i
			paragraph++
		}
		if next < len(words) && words[next].index == i {
			for next < len(words) && words[next].index == i {
				w := &words[next]
				if w.elided != "" { // the d' of d'Espagne is a unit of its own
					t := &doc.Tokens[i]
					units = append(units, unit{
						folded: w.elided, form: w.elided, start: int(t.Start), end: w.start, runeStart: int(t.RuneStart), runeEnd: w.runeStart, word: -1, parted: parted,
					})
					parted = false
				}
				units = append(units, unit{
					folded: exactDigits(w), form: w.form, start: w.start, end: w.end, runeStart: w.runeStart, runeEnd: w.runeEnd, word: next, parted: parted,
				})
				parted = false
				next++
			}
			continue
		}
		t := &doc.Tokens[i]
		form := doc.Form(i)
		units = append(units, unit{
			folded: form, form: form, start: int(t.Start), end: int(t.End), runeStart: int(t.RuneStart), runeEnd: int(t.RuneEnd), word: -1, parted: parted,
		})
	}
	return units
}

// exactDigits is the folded form of a word, but the form itself of one with digits: folding
// makes one of doubled letters, and G77 is not G7.
func exactDigits(w *word) string {
	if strings.ContainsAny(w.form, "0123456789") {
		return strings.ToLower(w.form)
	}
	return w.folded
}

// unitsOfName returns the units of a name.
func unitsOfName(name string) []unit {
	doc := text.Scan(strings.Join(strings.Fields(name), " "))
	return unitsOf(doc, wordsOf(doc))
}

// unitsElided returns the units that a name has in languages whose elisions are cut off:
// "l'Éclair" is "l" and "Éclair" there. They are nil for a name without any.
func unitsElided(name string) []unit {
	doc := text.Scan(strings.Join(strings.Fields(name), " "))
	words := wordsOf(doc)
	cut := false
	for _, l := range []string{"fr", "it"} {
		cut = cutElisions(words, tongues[l]) || cut
	}
	if !cut {
		return nil
	}
	return unitsOf(doc, words)
}

func hasWord(units []unit) bool {
	for i := range units {
		if units[i].word >= 0 && units[i].folded != "" {
			return true
		}
	}
	return false
}

// hash is FNV-1a of the folded form: the same in every process.
func (u *unit) hash() uint64 {
	h := uint64(14695981039346656037)
	for i := range len(u.folded) {
		h = (h ^ uint64(u.folded[i])) * 1099511628211
	}
	return h
}

// chain goes on with the hash of a sequence of units.
func chain(sequence, unit uint64) uint64 {
	sequence = (sequence ^ unit) * 0x9e3779b97f4a7c15
	return sequence ^ sequence>>29
}

// writtenAs reports whether a unit of a text has its capitals where the name has them.
// What is written in capitals throughout passes for any name but a word in lower case
// that stands alone; the first word of a sentence may have one more.
func writtenAs(in *unit, name string, opens bool) bool {
	if in.word < 0 || in.form == name {
		return true
	}
	given, _ := utf8.DecodeRuneInString(name)
	first, _ := utf8.DecodeRuneInString(in.form)
	switch {
	case shouted(name) && utf8.RuneCountInString(name) > 1: // an acronym: "US" is no "us"
		return shouted(in.form)
	case shouted(in.form) && utf8.RuneCountInString(in.form) > 1:
		return true
	case isUpper(given):
		return isUpper(first)
	}
	return !isUpper(first) || opens
}
