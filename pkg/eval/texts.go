package eval

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/language"

	"github.com/copydesk/copydesk/pkg/extract"
)

// goldText is the body of a page, as a plain text of its own.
type goldText struct {
	text     string
	language string // primary subtag, or "" when the set does not say
}

// scoreTexts gives the bodies to the extractor as plain text files. It returns
//
//   - texts/false_drops: the share of paragraphs that the cleaner took out;
//   - texts/headline_taken: how often the first lines of a body, which has neither, were
//     taken for a headline or a byline;
//   - texts/language: how often the language is the one the publisher declares;
//   - charset/<encoding>: how often a body in that encoding comes out as it does from
//     UTF-8, whole (exact) and of its first 300 characters (exact_short);
//   - texts/texts_per_core_second: for pieces of 1 KB.
func scoreTexts(bodies []goldText, x Extractor, notice func(format string, args ...any)) []Score {
	notice("extraction: %d bodies as plain texts", len(bodies))
	var drops, taken, languages tally
	for _, b := range bodies {
		a := x([]byte(b.text), extract.Hints{})
		cleaned, _ := droppedParagraphs(b.text, a)
		drops.addAll(cleaned)
		taken.add(a != nil && (a.Headline != nil || len(a.Byline) > 0)) // a body has neither
		if b.language != "" {
			languages.add(a != nil && a.Language != nil && primary(*a.Language) == b.language)
		}
	}
	scores := []Score{drops.score("texts", "false_drops"), taken.score("texts", "headline_taken")}
	if languages.of > 0 {
		scores = append(scores, languages.score("texts", "language"))
	}
	for _, c := range charsets {
		notice("extraction: %s", c.name)
		whole, short := c.score(bodies, x)
		if whole.of > 0 {
			scores = append(scores, whole.score("charset/"+c.name, "exact"), short.score("charset/"+c.name, "exact_short"))
		}
	}
	return append(scores, textSpeed(bodies, x))
}

// primary is the first subtag of a language tag. Both written forms of Norwegian
// count as Norwegian: publishers declare the one or the whole.
func primary(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, _ := t.Base()
	if s := base.String(); s != "nb" && s != "nn" {
		return s
	}
	return "no"
}

// charset is an encoding and the languages whose texts are found in it.
type charset struct{ name, languages string }

var charsets = []charset{
	{"utf-8", "*"},
	{"utf-16le", "*"},
	{"utf-16be", "*"},
	{"windows-1252", "en de fr es it pt nl sv da no fi"},
	{"windows-1250", "pl cs sk hu sl hr ro"},
	{"windows-1251", "ru uk bg be mk sr"},
	{"windows-1253", "el"},
	{"windows-1254", "tr"},
	{"windows-1255", "he"},
	{"windows-1256", "ar fa"},
	{"windows-1257", "lt lv et"},
	{"koi8-r", "ru"},
	{"shift_jis", "ja"},
	{"euc-jp", "ja"},
	{"iso-2022-jp", "ja"},
	{"gb18030", "zh"},
	{"big5", "zh"},
	{"euc-kr", "ko"},
}

// shortText is the length in characters of exact_short.
const shortText = 300

func (c charset) score(bodies []goldText, x Extractor) (whole, short tally) {
	var e encoding.Encoding
	switch c.name {
	case "utf-16le":
		e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf-16be":
		e = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	default:
		var err error
		if e, err = htmlindex.Get(c.name); err != nil {
			panic(fmt.Sprintf("charset table: %s: %v", c.name, err))
		}
	}
	for _, b := range bodies {
		if c.languages != "*" && (b.language == "" || !slices.Contains(strings.Fields(c.languages), b.language)) {
			continue
		}
		text := encodable(e, b.text)
		if len(text)*2 < len(b.text) { // the encoding is not for this script
			continue
		}
		whole.add(survives(e, text, x))
		if r := []rune(text); len(r) > shortText {
			short.add(survives(e, string(r[:shortText]), x))
		}
	}
	return whole, short
}

// encodable returns the lines of a text that an encoding can hold.
func encodable(e encoding.Encoding, text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if _, err := e.NewEncoder().String(line); err == nil {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// survives reports whether a text comes out of an encoding as it does of UTF-8.
func survives(e encoding.Encoding, text string, x Extractor) bool {
	encoded, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return false
	}
	want, got := x([]byte(text), extract.Hints{}), x(encoded, extract.Hints{})
	if want == nil || got == nil {
		return want == got
	}
	return want.Text != nil && got.Text != nil && *want.Text == *got.Text
}

// pieceSize is the length in bytes of the texts whose speed is measured: an agency's
// short report.
const pieceSize = 1 << 10

// textSpeed measures pieces of the bodies one after another for a second.
func textSpeed(bodies []goldText, x Extractor) Score {
	var pieces [][]byte
	for _, b := range bodies {
		text := b.text
		for len(text) >= pieceSize {
			n := pieceSize
			for !utf8.RuneStart(text[n-1]) {
				n--
			}
			pieces = append(pieces, []byte(text[:n-1]))
			text = text[n-1:]
		}
	}
	var cost speed
	for began := time.Now(); len(pieces) > 0 && time.Since(began) < time.Second; {
		cost.start()
		for _, p := range pieces {
			x(p, extract.Hints{})
		}
		cost.stop(len(pieces))
	}
	return cost.score("extraction", "texts", "texts_per_core_second")
}
