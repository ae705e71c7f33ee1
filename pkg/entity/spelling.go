package entity

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/copydesk/copydesk/pkg/article"
)

// spelled is the folded form in which the spellings of a person's or an organisation's
// name meet: el-Sissi and al-Sisi, Hezbollah and Hizbullah, Zelensky and Zelenskyy, Kim
// Jong-un and Kim Jong Un. How much of a word is kept depends on the script it was
// written in before: of Arabic and Persian names, whose short vowels are not written, the
// consonants and two sorts of vowels; of others the letters that no transliteration
// disagrees on. Places keep their letters: two towns may differ by one.
func spelled(typ article.EntityType, words []word) string {
	if typ != article.Person && typ != article.Organisation {
		return withoutInitials(words)
	}
	parts := spelledParts(typ, words)
	arabic := false
	for _, p := range parts {
		arabic = arabic || p == "bin" || arabicName(p) || ofArabic.MatchString(p)
	}
	for i := range words {
		arabic = arabic || withoutArticle(strings.ToLower(words[i].form)) != strings.ToLower(words[i].form)
	}
	switch {
	case typ == article.Organisation && !arabic:
		return withoutInitials(words) // a translated name has one spelling
	case arabic:
		for i, p := range parts {
			if !organisationWords[p] { // "Houthi movement"
				parts[i] = arabicFold(p)
			}
		}
	case len(parts) >= 2 && len(parts) <= 3 && eastAsian[parts[0]]:
		given := strings.Join(parts[1:], "")
		parts = []string{eastAsianFold(parts[0]), eastAsianFold(given)}
	default:
		for i, p := range parts {
			parts[i] = latinFold(p)
		}
	}
	folded := strings.Join(parts, " ")
	if strings.TrimSpace(folded) == "" {
		return withoutInitials(words)
	}
	return folded
}

// arabicName reports whether a bare word is an Arabic or Persian given name. A short one
// must be spelled as listed: folded, Vell would be Wael.
func arabicName(p string) bool {
	if arabicNames[undoubled(p)] {
		return true
	}
	f := arabicFold(p)
	return len(f) >= leastArabic && arabicFolds[f]
}

// leastArabic is the least number of folded letters of a name that is known in any
// spelling.
const leastArabic = 5

// ofArabic are the beginnings and ends of Arabic names.
var ofArabic = regexp.MustCompile(`^abd[aeou]l.|.[aou]llah$|.uddin$`)

// bare are the lower-case letters of a word without marks. A capital inside, as in
// ElBaradei, parts the article from the name.
func bare(form string) string {
	if len(form) > 3 && (form[:2] == "El" || form[:2] == "Al") && unicode.IsUpper(rune(form[2])) {
		form = form[2:]
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(form)) {
		switch r {
		case 'ı':
			b.WriteByte('i')
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case 'đ':
			b.WriteString("dj")
		case 'ß':
			b.WriteString("ss")
		case 'æ':
			b.WriteString("ae")
		default:
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// spelledParts are the bare words of a name, without Arabic articles and the initials
// inside it. The sides of a hyphen are one word, and so are Abdel Fattah, and Allah with
// what it stands behind.
func spelledParts(typ article.EntityType, words []word) []string {
	var parts []string
	glue := false // the next word goes on with the last part
	for i := range words {
		w := &words[i]
		if before, after, ok := strings.Cut(w.form, "-e-"); ok && before != "" { // Lashkar-e-Taiba
			parts = append(parts, bare(before), bare(after))
			continue
		}
		p := bare(withoutArticle(strings.ToLower(w.form)))
		if f := bare(w.form); len(f) < len(p) {
			p = f
		}
		hyphen := i > 0 && words[i-1].index == w.index
		switch {
		case p == "":
			continue
		case p == "ibn" || p == "ben" || p == "bin":
			p, hyphen, glue = "bin", false, false
		case len(parts) > 0 && parts[len(parts)-1] == "bin":
			hyphen = false
		}
		if articleWord[p] && len(words) > 1 && !(typ == article.Person && i == 0) {
			continue // "Al Thani"; but Al Gore
		}
		if utf8.RuneCountInString(p) == 1 && i > 0 {
			continue
		}
		if len(parts) > 0 && (glue || hyphen || p == "allah") {
			parts[len(parts)-1] += p
		} else {
			parts = append(parts, p)
		}
		glue = p == "abd" || p == "abdel" || p == "abdul" || p == "abdal"
	}
	return parts
}

var articleWord = set("al el ul ad as ash az")

// arabicPairs are letters that one Arabic or Persian letter is written with. What stands
// before "llah" is the ending of its word.
var arabicPairs = strings.NewReplacer(
	"ollah", "lah", "ullah", "lah", "allah", "lah",
	"ndz", "nz", "gui", "ki", "dj", "k", "gh", "k", "kh", "k", "dh", "d", "th", "t", "ph", "f", "ck", "k", "tch", "ch",
	"sh", "ʃ", "ch", "ʃ",
	"q", "k", "g", "k", "j", "k", "c", "k", "v", "w",
)

// arabicFold folds a bare word of an Arabic or Persian name: vowels are a or u, in runs
// one; h counts at the start alone; no letter is doubled; an open syllable inside loses
// its a, as Maliki and Malki, Zawahiri and Zawahri do.
func arabicFold(s string) string {
	for _, prefix := range []string{"abdel", "abdul", "abdal", "abdol"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" {
			s = "abd" + strings.TrimPrefix(rest, "l")
			break
		}
	}
	if i := strings.LastIndex(s, "din"); i > 2 && i == len(s)-3 {
		if stem := strings.TrimRight(s[:i], "d"); len(stem) > 1 && strings.IndexByte("aeiou", stem[len(stem)-1]) >= 0 {
			s = stem[:len(stem)-1] + "din" // Gulbuddin, Gulbadin
		}
	}
	if stem, ok := strings.CutSuffix(s, "oune"); ok {
		s = stem + "oun" // in French spelling
	}
	s = arabicPairs.Replace(s)
	out := make([]byte, 0, len(s)+4)
	vowel := false
	for i, r := range s {
		var c byte
		switch r {
		case 'a', 'e', 'i':
			c = 'a'
		case 'o', 'u':
			c = 'u'
		case 'y':
			if c = 'a'; i == 0 {
				c = 'y'
			}
		case 'h':
			if i > 0 {
				continue
			}
			c = 'h'
		case 'ʃ':
			c = 'x'
		default:
			if r >= utf8.RuneSelf {
				continue
			}
			c = byte(r)
		}
		v := c == 'a' || c == 'u'
		if v && vowel || len(out) > 0 && out[len(out)-1] == c {
			continue
		}
		out, vowel = append(out, c), v
	}
	return strings.ReplaceAll(elided(string(out)), "x", "sh")
}

// elided takes the a out of the first open syllable inside a word.
func elided(s string) string {
	isVowel := func(c byte) bool { return c == 'a' || c == 'u' }
	for i := 2; i+2 < len(s); i++ {
		if s[i] == 'a' && !isVowel(s[i-1]) && isVowel(s[i-2]) && !isVowel(s[i+1]) && isVowel(s[i+2]) {
			return s[:i] + s[i+1:]
		}
	}
	return s
}

// latinPairs bring the transliterations of Cyrillic, and spellings without diacritics, to
// one.
var latinPairs = strings.NewReplacer(
	"shch", "sh", "tsch", "ch", "sch", "sh", "tch", "ch", "zh", "j", "kh", "h", "chv", "shv", "tz", "z",
	"ks", "x", "ou", "u", "oo", "u", "ije", "ie",
)

// latinFold folds a bare word of a name in another script, or in none.
func latinFold(s string) string {
	if to, ok := sameGiven[s]; ok {
		return to
	}
	if rest, ok := strings.CutPrefix(s, "soe"); ok && rest != "" && strings.IndexByte("khrtp", rest[0]) >= 0 {
		s = "su" + rest // the Dutch spelling of Indonesian
	}
	slavic := false
	for _, suffix := range []string{"sky", "ski", "skyy", "skiy", "skyi", "skii", "skij", "ov", "ow", "off", "ev"} {
		slavic = slavic || len(s) > len(suffix)+2 && strings.HasSuffix(s, suffix)
	}
	if slavic {
		s = strings.ReplaceAll(s, "w", "v")
		if stem, ok := strings.CutSuffix(s, "off"); ok {
			s = stem + "ov"
		}
	} else {
		s = strings.ReplaceAll(s, "oe", "o") // Schroeder; but Dostoevsky
	}
	if stem, ok := strings.CutSuffix(s, "ez"); ok {
		s = stem + "es"
	}
	if stem, ok := strings.CutSuffix(s, "skij"); ok {
		s = stem + "ski"
	}
	if stem, ok := strings.CutSuffix(s, "chov"); ok {
		s = stem + "chev"
	}
	if stem, ok := strings.CutSuffix(s, "enka"); ok && len(stem) > 2 {
		s = stem + "enko"
	}
	return undoubled(withoutGlides(withoutGlides(latinPairs.Replace(s)))) // Aliyev, Aliev
}

// withoutGlides writes y as i, and leaves out the i that glides into an e or stands
// between vowels: Dostoyevsky, Medvedyev, Navalnaia.
func withoutGlides(s string) string {
	out := make([]rune, 0, len(s))
	letters := []rune(s)
	for i, r := range letters {
		if r == 'y' && (i > 0 || len(letters) > 1 && letters[1] == 'e') {
			r = 'i'
		}
		if r == 'i' && i+1 < len(letters) {
			next := letters[i+1]
			if next == 'y' {
				next = 'i'
			}
			after := i > 0 && strings.ContainsRune("aeou", letters[i-1])
			if next == 'e' && (i == 0 || len(letters) > i+2) || after && strings.ContainsRune("aou", next) {
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}

// undoubled writes doubled letters once.
func undoubled(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// eastAsianPairs are vowels that the romanisations of Korean disagree on.
var eastAsianPairs = strings.NewReplacer("eo", "u", "eu", "u", "oo", "u", "ou", "u")

func eastAsianFold(s string) string {
	switch s {
	case "pak":
		s = "park"
	case "rhee", "yi":
		s = "lee"
	}
	return undoubled(eastAsianPairs.Replace(s))
}

// keyOf is the id of a name: that of the gazetteer's record of a person or a group whose
// name it spells in another way, or else of its spelling.
func keyOf(typ article.EntityType, words []word) (string, *record) {
	key := nameID(typ, spelled(typ, words))
	if r := spelledRecords()[key]; r != nil {
		return recordKey(r), r
	}
	return key, nil
}

// recordKey is the id of a record: its Wikidata id, or that of its spelling.
func recordKey(r *record) string {
	if r.wikidata != "" || r.odd {
		return r.id()
	}
	var cut nameWords
	words, _ := cut.of(r.name)
	return nameID(r.typ, spelled(r.typ, words))
}

// spelledRecords leads from the spelling of a name to the one person of several words, or
// organisation, of the gazetteer that bears it.
var spelledRecords = sync.OnceValue(func() map[string]*record {
	records := map[string]*record{}
	var cut nameWords
	for _, r := range loadGazetteer().records {
		words, _ := cut.of(r.name)
		if r.typ == article.Place || r.shared || r.odd || len(words) == 0 || words[0].acronym() || r.typ == article.Person && len(words) < 2 {
			continue
		}
		key := nameID(r.typ, spelled(r.typ, words))
		if old, ok := records[key]; ok && old != r {
			r = nil
		}
		records[key] = r
	}
	return records
})
