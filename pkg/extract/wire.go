package extract

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/copydesk/copydesk/pkg/article"
)

// The two formats of teletype lines, ANPA 1312 and IPTC 7901, share their envelope:
// SOH header STX text ETX tail EOT.
const (
	soh = "\x01"
	stx = "\x02"
	etx = "\x03"
	eot = "\x04"
)

// telegram is a message taken out of its envelope, decoded.
type telegram struct {
	head, text, tail string
}

// readWire splits a file of wire messages: many lines carry them back to back.
func (in *intake) readWire(f format, p part, read func(*article.Article, telegram) []string) *Reject {
	messages := bytes.Split(p.data, []byte(soh))[1:]
	if len(messages) == 0 {
		return refuse(CodeMalformed, "an %s without a start: send it as it came off the line", f)
	}
	for i, m := range messages {
		if in.full || in.ctx.Err() != nil {
			return nil
		}
		q := p
		if len(messages) > 1 {
			q.path = append(slices.Clone(p.path), numbered("message", i+1))
		}
		if reject := in.readTelegram(f, q, m, read); reject != nil {
			in.reject(q, reject)
		}
	}
	return nil
}

func (in *intake) readTelegram(f format, p part, message []byte, read func(*article.Article, telegram) []string) *Reject {
	text, label, warnings := decodeWire(message, p.hints)
	t, ok := openTelegram(text)
	if !ok {
		return refuse(CodeMalformed, "an %s without a start of text (STX): send it as it came off the line", f)
	}
	a := in.blank(p, f)
	a.Input.Charset = &label
	a.Cleaning.Warnings = append(a.Cleaning.Warnings, warnings...)
	paragraphs := orHeadline(a, read(a, t))
	if len(paragraphs) == 0 {
		return refuse(CodeNoText, "an %s without text: nothing to read", f)
	}
	return in.complete(p, a, paragraphs)
}

// openTelegram takes a message out of its envelope. Its end may be lost: what is
// there is read.
func openTelegram(s string) (telegram, bool) {
	head, text, ok := strings.Cut(s, stx)
	if !ok {
		return telegram{}, false
	}
	text, tail, _ := strings.Cut(text, etx)
	tail, _, _ = strings.Cut(tail, eot)
	return telegram{head: lines(head), text: lines(text), tail: lines(tail)}, true
}

// lines makes the line ends of teletypes plain: CR LF, LF CR, CR CR LF.
func lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "\r\r\n", "\n"), "\r\n", "\n"), "\n\r", "\n"), "\r", "\n")
}

// nationalLetters are the German letters of the 7-bit set (DIN 66003), in which they
// took the places of brackets.
var nationalLetters = strings.NewReplacer("[", "Ä", "\\", "Ö", "]", "Ü", "{", "ä", "|", "ö", "}", "ü", "~", "ß")

// letterPlace finds those places inside words, where no bracket stands.
var letterPlace = regexp.MustCompile(`[a-z][{|}~](?:[a-z]|\b|$)|\b[\[\\\]{|}][a-z]{2}`)

// decodeWire decodes a message. The standards know a 7-bit set with national letters and
// 8-bit sets; which one is used is agreed between the ends of a line, and has to be
// told from the bytes here: UTF-8 shows itself, DOS's letters lie where the others have
// control characters, and brackets inside words are letters.
func decodeWire(data []byte, h Hints) (text, label string, warnings []string) {
	if !utf8.Valid(data) {
		dos, latin := 0, 0
		for i := 1; i < len(data); i++ {
			if b := data[i-1]; 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' {
				switch {
				case data[i] >= 0xc0:
					latin++
				case data[i] >= 0x80 && data[i] < 0xa0 && data[i] != 0x92 && data[i] != 0x94 && data[i] != 0x96:
					dos++
				}
			}
		}
		if dos > latin {
			b, _ := charmap.CodePage850.NewDecoder().Bytes(data) // every byte is a character
			return string(b), "ibm850", []string{"charset_guessed"}
		}
		return decode(data, formatText, h)
	}
	text = string(data)
	if n := len(letterPlace.FindAllStringIndex(text, 3)); n == 3 && !slices.ContainsFunc(data, func(b byte) bool { return b >= 0x80 }) {
		return nationalLetters.Replace(text), "din_66003", []string{"charset_guessed"}
	}
	return text, "utf-8", nil
}

// removeLines notes lines that are about the message and not of the story.
func removeLines(a *article.Article, rule string, lines ...string) {
	for _, line := range lines {
		if line = clean(line); line != "" {
			a.Cleaning.Removed = append(a.Cleaning.Removed, article.Removed{Text: line, Rule: rule})
		}
	}
}

var (
	killLine = regexp.MustCompile(`\b(?:KILL|MANDATORY KILL|BULLETIN KILL)\b|(?i)\b(?:mandatory kill|please kill|kill the (?:story|item|article))\b`)
	// "Lifts embargo" ends one.
	embargoLine = regexp.MustCompile(`(?i)\b(?:embargo(?:ed)?\b.{0,40}\b(?:until|till|for|bis)\b|hold for release\b|HFR\b|sperrfrist\b)`)
	liftedLine  = regexp.MustCompile(`(?i)\b(?:lifts?|lifted|no) (?:the )?embargo`)
)

// heedNotes reads status from the words of slugs and notes to editors. An embargo in
// words is not computed: the article is withheld, and a person has to look at it.
func heedNotes(a *article.Article, notes ...string) {
	all := strings.Join(notes, "\n")
	switch {
	case killLine.MatchString(all):
		a.Status = article.Canceled
	case embargoLine.MatchString(all) && !liftedLine.MatchString(all):
		a.Status = article.Withheld
		warn(a, "embargo_unreadable")
	}
}
