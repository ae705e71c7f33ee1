package extract

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding/htmlindex"
)

// guessSample is how much of a file, in bytes, the statistics see.
const guessSample = 64 << 10

// guessCharset tells a charset that nobody declared by the statistics of its letters,
// and decodes the bytes. A guess that leaves characters undecoded is none.
func guessCharset(data []byte) (text, name string) {
	results, err := chardet.NewTextDetector().DetectAll(data[:min(len(data), guessSample)])
	if err != nil {
		return "", ""
	}
	// Its recognisers run side by side, and equals come in the order they finish. Most
	// text that does not say its charset is windows-1252.
	rare := func(r chardet.Result) int {
		if r.Charset == "windows-1252" || r.Charset == "ISO-8859-1" {
			return 0
		}
		return 1
	}
	slices.SortFunc(results, func(x, y chardet.Result) int {
		return cmp.Or(cmp.Compare(y.Confidence, x.Confidence), rare(x)-rare(y), cmp.Compare(x.Charset, y.Charset))
	})
	for _, r := range results {
		label := strings.ToLower(r.Charset)
		switch {
		case strings.HasPrefix(label, "utf-"):
			continue // ruled out before
		case r.Confidence < sureGuess && latin[label]:
			if text, name := guessLatin(data); name != "" {
				return text, name
			}
		case label == "gb-18030":
			label = "gb18030"
		}
		// A sure guess may have a character that was lost before: a thousandth.
		allowed := 0
		if r.Confidence == 100 {
			allowed = len(data) / 1000
		}
		if text, name, ok := decodeAs(data, label, allowed); ok {
			return text, name
		}
	}
	return "", ""
}

// sureGuess is the confidence, of 100, under which the detector's choice among the
// Latin charsets is checked. It knows no Baltic one.
const sureGuess = 50

// latin are the detector's names for charsets that differ in accented letters only.
var latin = set("windows-1252", "iso-8859-1", "iso-8859-2", "windows-1250", "iso-8859-9", "windows-1254", "iso-8859-15")

// latinCharsets are these charsets with the languages written in them.
var latinCharsets = []struct{ name, languages string }{
	{"windows-1252", "en de fr es it pt nl sv da nb fi id ca gl"},
	{"windows-1250", "pl cs sk hu ro hr"},
	{"windows-1254", "tr"},
	{"windows-1257", "lt lv et"},
}

// guessLatin decodes bytes in each Latin charset and takes the one whose small words
// are words: half of those of Lithuanian or Czech have letters the others spoil.
func guessLatin(data []byte) (text, name string) {
	most := 0
	for _, c := range latinCharsets {
		decoded, label, ok := decodeAs(data, c.name, 0)
		if !ok {
			continue
		}
		tag, found := countStopWords(decoded)
		if found > most && slices.Contains(strings.Fields(c.languages), tag) {
			text, name, most = decoded, label, found
		}
	}
	return text, name
}

// decodeAs decodes bytes in a charset, unless that leaves more characters undecoded
// than allowed.
func decodeAs(data []byte, label string, allowed int) (text, name string, ok bool) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return "", "", false
	}
	b, err := e.NewDecoder().Bytes(data)
	if err != nil || bytes.Count(b, []byte("\ufffd")) > allowed {
		return "", "", false
	}
	name, err = htmlindex.Name(e)
	return string(b), name, err == nil
}
