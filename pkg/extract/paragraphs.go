package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// paragraph is a piece of a text and how it stood there.
type paragraph struct {
	text string
	// gap says that a blank line followed: the writer set it apart.
	gap bool
}

// listItem begins a line that stays a line of its own in hard-wrapped text.
var listItem = regexp.MustCompile(`^(?:[-*•–]|\d{1,2}[.)])\s`)

// isListItem asks the pattern only about lines that begin like one.
func isListItem(line string) bool {
	if line == "" {
		return false
	}
	switch c := line[0]; {
	case c == '-', c == '*', c >= '0' && c <= '9', c == 0xe2:
		return listItem.MatchString(line)
	}
	return false
}

// splitParagraphs cuts plain text into paragraphs. A blank line always ends one. A
// single line end ends one too, unless the text was hard-wrapped to a width, when
// the lines are put together again.
func splitParagraphs(text string) []paragraph {
	var ps []paragraph
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = squeeze(line)
	}
	width := wrapWidth(lines)
	for i, line := range lines {
		if line == "" {
			if len(ps) > 0 {
				ps[len(ps)-1].gap = true
			}
			continue
		}
		if width > 0 && i > 0 && continues(lines[i-1], line, width) {
			ps[len(ps)-1].text += " " + line
			continue
		}
		ps = append(ps, paragraph{text: line})
	}
	return ps
}

// squeeze makes every run of white space one space. Most lines are so already.
func squeeze(line string) string {
	prev := byte(' ')
	for i := range len(line) {
		c := line[i]
		if c == ' ' && prev == ' ' || c < ' ' || c >= 0xc2 && c <= 0xe3 && startsSpace(line[i:]) {
			return strings.Join(strings.Fields(line), " ")
		}
		prev = c
	}
	if prev == ' ' {
		return strings.TrimSpace(line)
	}
	return line
}

// startsSpace reports whether a line that begins beyond ASCII begins with white space.
func startsSpace(line string) bool {
	if c := line[0]; c != 0xc2 && c != 0xe1 && c != 0xe2 && c != 0xe3 { // no space begins with it
		return false
	}
	r, _ := utf8.DecodeRuneInString(line)
	return unicode.IsSpace(r)
}

// maxWrap is the widest a hard-wrapped line gets. Mail wraps at 72 to 78, terminals
// at 80, wire copy at 69; 100 leaves room.
const maxWrap = 100

// wrapWidth returns the width a text was wrapped to, or 0 when it was not. Wrapping
// leaves a mark: a line ends only where the next word would not have fitted.
func wrapWidth(lines []string) int {
	width := 0
	for _, line := range lines {
		if len(line) > 4*maxWrap {
			return 0
		}
		width = max(width, utf8.RuneCountInString(line))
	}
	if width > maxWrap {
		return 0
	}
	full, inner := 0, 0
	for i := 1; i < len(lines); i++ {
		if lines[i-1] == "" || lines[i] == "" {
			continue
		}
		inner++
		if fills(lines[i-1], lines[i], width) {
			full++
		}
	}
	// Two line ends could be chance, and paragraphs set without blank lines end
	// early by right: most, not all.
	if full < 3 || full*3 < inner*2 {
		return 0
	}
	return width
}

// fills reports whether the first word of next would not have fitted on line.
func fills(line, next string, width int) bool {
	word, _, _ := strings.Cut(next, " ")
	return utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width
}

// continues reports whether line goes on with the paragraph of prev in a text that
// was wrapped to width.
func continues(prev, line string, width int) bool {
	if prev == "" || isListItem(line) {
		return false
	}
	return fills(prev, line, width) || utf8.RuneCountInString(prev)*5 > width*3 && !endsSentence(prev)
}

// endsSentence reports whether a line ends where a sentence may end.
func endsSentence(line string) bool {
	line = strings.TrimRight(line, "\"'”’»)] ")
	r, _ := utf8.DecodeLastRuneInString(line)
	return strings.ContainsRune(".!?…。！？؟।", r)
}

// endsMarked reports whether a line ends where a sentence may end, or with a mark
// that closes or announces something.
func endsMarked(line string) bool {
	r, _ := utf8.DecodeLastRuneInString(line)
	return endsSentence(line) || strings.ContainsRune("\"'”’»)]:;", r)
}
