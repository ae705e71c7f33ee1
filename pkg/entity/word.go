package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/copydesk/copydesk/pkg/text"
)

// word is a token that can be part of a name, or one side of a hyphen in it.
type word struct {
	token              *text.Token
	index              int // of the token
	form               string
	start, end         int // bytes
	runeStart, runeEnd int // code points
	folded             string
	// opens says that the word opens a sentence or a quotation, where a capital means
	// nothing.
	opens bool
	// heading says that it stands in a heading, where every word may have a capital.
	heading bool
	// joined says that nothing but a space lies between it and the word before.
	joined bool
	// elided is what was cut off before it: the d of d'Espagne.
	elided string
}

// capital reports whether the word begins with a capital letter.
func (w *word) capital() bool {
	r, _ := utf8.DecodeRuneInString(w.form)
	return unicode.IsUpper(r)
}

// acronym reports whether the word is two to six capitals and no name in capitals.
func (w *word) acronym() bool {
	n := 0
	for _, r := range w.form {
		switch {
		case unicode.IsUpper(r):
			n++
		case r != '.':
			return false
		}
	}
	return n >= 2 && n <= 6
}

// wordsOf returns the words of a text. A hyphenated one is cut ("US-led",
// "Israeli-Palestinian"), unless it begins with an Arabic article ("al-Sisi") or is
// written with one capital ("Kim Jong-un").
func wordsOf(doc *text.Document) []word {
	words := make([]word, 0, len(doc.Tokens))
	opens, joined, heading := true, false, false
	next := 0
	for i := range doc.Tokens {
		tok := &doc.Tokens[i]
		for next < len(doc.Sentences) && int(doc.Sentences[next].First) <= i {
			if int(doc.Sentences[next].First) == i {
				opens, joined = true, false
				heading = doc.Paragraphs[doc.Sentences[next].Paragraph].Layout == text.Heading
			}
			next++
		}
		if tok.Kind != text.Word && tok.Kind != text.Abbreviation {
			// After a clitic the next word is of another name; a mark may open speech.
			opens = opens || tok.Kind == text.Open || tok.Kind == text.Quote
			joined = false
			continue
		}
		form := doc.Form(i)
		for _, part := range parts(form, tok) {
			w := word{token: tok, index: i, form: form[part[0]:part[1]], opens: opens, joined: joined, heading: heading}
			w.start, w.end = int(tok.Start)+part[0], int(tok.Start)+part[1]
			w.runeStart = int(tok.RuneStart) + utf8.RuneCountInString(form[:part[0]])
			w.runeEnd = w.runeStart + utf8.RuneCountInString(w.form)
			w.folded = foldWord(w.form)
			words = append(words, w)
			opens, joined = false, part[1] == len(form)
		}
	}
	return words
}

// compound are the short second halves of adjectives: US-led, Hamas-run.
var compound = set(`led run era hit own ban`)

// parts returns the byte spans that a token is cut into.
func parts(form string, tok *text.Token) [][2]int {
	whole := [][2]int{{0, len(form)}}
	if !tok.Has(text.Hyphenated) || withoutArticle(strings.ToLower(form)) != strings.ToLower(form) {
		return whole
	}
	var cut [][2]int
	start, capitals := 0, 0
	for i, p := range strings.Split(form, "-") {
		if r, _ := utf8.DecodeRuneInString(p); unicode.IsUpper(r) {
			capitals++
		}
		if r, _ := utf8.DecodeRuneInString(p); i > 0 && unicode.IsLower(r) && len(p) <= 3 && !compound[p] {
			return whole // a given name: Jong-un, Heung-min
		}
		if p != "" {
			cut = append(cut, [2]int{start, start + len(p)})
		}
		start += len(p) + 1
	}
	if capitals == 0 || len(cut) == 0 {
		return whole
	}
	return cut
}

// articles open Arabic names, in the spellings of English papers. Before some letters
// the l is written as the letter that follows.
var articles = []string{"al-", "el-", "ul-", "ad-", "ar-", "as-", "ash-", "at-", "an-", "az-"}

func withoutArticle(s string) string {
	for _, a := range articles {
		if rest, ok := strings.CutPrefix(s, a); ok && len(rest) > 1 {
			return rest
		}
	}
	return s
}

// folded reports whether a word is its own folded form, as most words are.
func folded(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') || i > 0 && c == s[i-1] {
			return false
		}
	}
	return true
}

// foldWord reduces a word to what its spellings share: lower case, no diacritics, no
// Arabic article, no stops, apostrophes or hyphens, no doubled letters.
func foldWord(s string) string {
	if folded(s) {
		return s
	}
	s = withoutArticle(strings.ToLower(s))
	var b strings.Builder
	var last rune
	for _, r := range norm.NFD.String(s) {
		switch r {
		case 'ı':
			r = 'i'
		case 'ø':
			r = 'o'
		case 'ł':
			r = 'l'
		}
		if r == last || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// fold joins the folded words of a name.
func fold(words []word) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[i].folded)
	}
	return b.String()
}
