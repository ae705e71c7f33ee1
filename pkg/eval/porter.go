package eval

import "strings"

// stem returns the Porter stem of a lower-cased word as NLTK's PorterStemmer gives it
// in its default mode, which is what rouge_score uses. That mode departs from the
// published algorithm (M. F. Porter, "An algorithm for suffix stripping", 1980) in a
// few places, each marked below; ROUGE figures can only be compared if every one is
// followed. A word of one or two letters is its own stem.
func stem(word string) string {
	if s, ok := irregularStems[word]; ok { // NLTK
		return s
	}
	if len(word) <= 2 {
		return word
	}
	w := plural(word)
	w = participle(w)
	if n := len(w) - 1; n > 1 && w[n] == 'y' && consonant(w, n-1) { // NLTK: enjoy keeps its y, fly does not
		w = w[:n] + "i"
	}
	w = longSuffix(w)
	w, _ = suffix(w, 1, "icate", "ic", "ative", "", "alize", "al", "iciti", "ic", "ical", "ic", "ful", "", "ness", "")
	w = residue(w)
	if s, ok := strings.CutSuffix(w, "e"); ok {
		if m := measure(s); m > 1 || m == 1 && !endsCVC(s) {
			w = s
		}
	}
	if strings.HasSuffix(w, "ll") && measure(w[:len(w)-1]) > 1 {
		w = w[:len(w)-1]
	}
	return w
}

var irregularStems = map[string]string{
	"sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning",
	"inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning",
	"howe": "howe", "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}

// plural is step 1a.
func plural(w string) string {
	switch {
	case len(w) == 4 && strings.HasSuffix(w, "ies"): // NLTK: dies, ties
		return w[:3]
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ies"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		return w[:len(w)-1]
	}
	return w
}

// participle is step 1b.
func participle(w string) string {
	if s, ok := strings.CutSuffix(w, "ied"); ok { // NLTK
		if len(w) == 4 {
			return s + "ie"
		}
		return s + "i"
	}
	if s, ok := strings.CutSuffix(w, "eed"); ok {
		if measure(s) > 0 {
			return s + "ee"
		}
		return w
	}
	s, ok := strings.CutSuffix(w, "ed")
	if !ok || !hasVowel(s) {
		if s, ok = strings.CutSuffix(w, "ing"); !ok || !hasVowel(s) {
			return w
		}
	}
	n := len(s)
	switch {
	case strings.HasSuffix(s, "at"), strings.HasSuffix(s, "bl"), strings.HasSuffix(s, "iz"):
		return s + "e"
	case n >= 2 && s[n-1] == s[n-2] && consonant(s, n-1):
		if c := s[n-1]; c == 'l' || c == 's' || c == 'z' {
			return s
		}
		return s[:n-1]
	case measure(s) == 1 && endsCVC(s):
		return s + "e"
	}
	return s
}

// longSuffix is step 2.
func longSuffix(w string) string {
	for { // NLTK: what "alli" leaves is read again
		s, ok := strings.CutSuffix(w, "alli")
		if !ok || measure(s) == 0 {
			break
		}
		w = s + "al"
	}
	s, found := suffix(w, 1, "ational", "ate", "tional", "tion", "enci", "ence", "anci", "ance", "izer", "ize",
		"bli", "ble", "alli", "al", "entli", "ent", "eli", "e", "ousli", "ous", "ization", "ize", "ation", "ate",
		"ator", "ate", "alism", "al", "iveness", "ive", "fulness", "ful", "ousness", "ous", "aliti", "al",
		"iviti", "ive", "biliti", "ble", "fulli", "ful") // NLTK: bli, fulli
	if !found && strings.HasSuffix(w, "logi") && measure(w[:len(w)-3]) > 0 { // NLTK: the l counts
		return w[:len(w)-1]
	}
	return s
}

// residue is step 4.
func residue(w string) string {
	s, found := suffix(w, 2, "al", "", "ance", "", "ence", "", "er", "", "ic", "", "able", "", "ible", "", "ant", "",
		"ement", "", "ment", "", "ent", "")
	if found {
		return s
	}
	if s, ok := strings.CutSuffix(w, "ion"); ok {
		if measure(s) > 1 && (s[len(s)-1] == 's' || s[len(s)-1] == 't') {
			return s
		}
		return w
	}
	s, _ = suffix(w, 2, "ou", "", "ism", "", "ate", "", "iti", "", "ous", "", "ive", "", "ize", "")
	return s
}

// suffix finds the first suffix of the pairs (suffix, replacement) that w has, and
// replaces it if what stands before it has at least the given measure.
func suffix(w string, least int, pairs ...string) (string, bool) {
	for i := 0; i < len(pairs); i += 2 {
		if s, ok := strings.CutSuffix(w, pairs[i]); ok {
			if measure(s) >= least {
				return s + pairs[i+1], true
			}
			return w, true
		}
	}
	return w, false
}

// consonant reports whether the letter at i is one: y is, unless a consonant precedes.
func consonant(w string, i int) bool {
	switch w[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return false
	case 'y':
		return i == 0 || !consonant(w, i-1)
	}
	return true
}

// measure counts the sequences of vowels that a consonant follows.
func measure(w string) int {
	m := 0
	before := true // the letter before was a consonant
	for i := range len(w) {
		c := true
		switch w[i] {
		case 'a', 'e', 'i', 'o', 'u':
			c = false
		case 'y':
			c = i == 0 || !before
		}
		if c && !before {
			m++
		}
		before = c
	}
	return m
}

func hasVowel(w string) bool {
	for i := range len(w) {
		if !consonant(w, i) {
			return true
		}
	}
	return false
}

// endsCVC reports whether w ends with consonant, vowel, consonant, the last not w, x
// or y. NLTK takes a vowel and a consonant alone for one, too.
func endsCVC(w string) bool {
	n := len(w)
	if n == 2 {
		return !consonant(w, 0) && consonant(w, 1)
	}
	return n >= 3 && consonant(w, n-3) && !consonant(w, n-2) && consonant(w, n-1) && !strings.Contains("wxy", w[n-1:])
}
