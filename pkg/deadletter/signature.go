package deadletter

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// What of an error text belongs to the one letter and not to its cause. The order
// matters: what is quoted may hold anything, and a path may hold numbers.
var particulars = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`"(?:[^"\\]|\\.)*"|“[^”]*”|` + "`[^`]*`"), `"…"`},
	{regexp.MustCompile(`(^|[^\w])'[^']*'`), `${1}"…"`}, // not an apostrophe
	// An address, or a path with at least one separator.
	{regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S+`), `URL`},
	{regexp.MustCompile(`[A-Za-z]:\\[^\s:]+|(?:[\w.~-]*/)+[\w.~-]+`), `PATH`},
	// A file's name: a word with an ending.
	{regexp.MustCompile(`\b[\w-]+(?:\.[A-Za-z][A-Za-z0-9]{1,4})+\b`), `FILE`},
	// Hashes, UUIDs, and our own identities.
	{regexp.MustCompile(`\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b`), `ID`},
	{regexp.MustCompile(`\b(?:0x)?[0-9A-Fa-f]*[0-9][0-9A-Fa-f]*[A-Fa-f][0-9A-Fa-f]{5,}\b|\b(?:0x)?[0-9A-Fa-f]*[A-Fa-f][0-9A-Fa-f]*[0-9][0-9A-Fa-f]{5,}\b`), `ID`},
	{regexp.MustCompile(`\b[a-z2-7]{26}\b`), `ID`},
	{regexp.MustCompile(`[-+]?\d+(?:[.,:]\d+)*`), `N`},
}

// pathStep joins the steps of the way to an item within its file, which ingest puts before the error.
const pathStep = " > "

// maxSignature keeps a group's line readable.
const maxSignature = 160

// Signature returns an error text with what differs between errors of one cause taken
// out: numbers, identities, quoted text, paths and the way to an item in its file. It
// is at most 160 characters.
func Signature(text string) string {
	for _, p := range particulars {
		text = p.what.ReplaceAllString(text, p.as)
	}
	// "feed > entry 3: no text" is about the same as "feed > entry 9: no text"; what
	// names the steps may be a headline.
	if way, rest, ok := strings.Cut(text, ": "); ok && strings.Contains(way, pathStep) {
		text = "PATH: " + rest
	}
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxSignature {
		text = string(runes[:maxSignature-1]) + "…"
	}
	return text
}

// groupOf names a group: eight digits are enough to tell a few hundred apart.
func groupOf(stage string, class article.Class, reason, signature string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{stage, string(class), reason, signature}, "\x00")))
	return hex.EncodeToString(sum[:4])
}
