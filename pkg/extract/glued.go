package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text files sometimes hold several articles one after the other, without a format that
// would say so. Cutting one article in two is worse than leaving two together, so a
// file is split only where an end and a beginning meet; less than that is a
// warning.

var (
	// A line drawn across, the printer's end marks, and those of teletypes.
	ruleLine = regexp.MustCompile(`^(?:[-=_*#~+]{3,}|(?:[*#=-] ){2,}[*#=-]|[—–]{2,})$`)
	endLine  = regexp.MustCompile(`(?i)^(?:-?\s?30\s?-|[-(*\s]*ends?[-)*\s]*|n{4}|#{3}|\(?reporting by .{3,200}(?:editing by .{3,100})?\)?)$`)
)

// The bytes that lines of these patterns begin with: nearly all lines are spared them.
const (
	ruleLineStarts = "-=_*#~+\xe2"
	endLineStarts  = "-(* \t\n\f\r3eEnN#rR"
)

// minArticle is the fewest letters on either side of a cut: shorter pieces are footnotes
// and notes to editors.
const minArticle = 400

// lineEnds makes the ends of lines one kind, and a page feed a line drawn across.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n=====\n")

// splitGlued cuts a text between the articles it clearly holds. When there is only a hint
// of several, the text stays whole and doubtful is set.
func splitGlued(text string) (pieces []string, doubtful bool) {
	if len(text) < 2*minArticle {
		return []string{text}, false
	}
	lines := strings.Split(lineEnds.Replace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if lettersIn(lines) < 2*minArticle {
		return []string{text}, false
	}
	kinds := make([]lineKind, len(lines))
	for i, line := range lines {
		kinds[i] = kindOf(line)
	}
	change := layoutChange(lines, kinds)
	start := 0
	for i, line := range lines {
		if kinds[i] == blankLine || kinds[i] == crossLine || kinds[i] == finalLine || i == 0 {
			continue
		}
		mark, opening := markBefore(kinds, i), openingAt(kinds[i:])
		isChange := slices.Contains(change, i)
		if mark == noMark && opening == noOpening && !isChange {
			continue
		}
		var evidence cut
		switch {
		case opening == fullOpening, mark == endMark && opening != noOpening, mark == otherMark && opening == signedOpening:
			evidence = clear
		case isChange && (mark != noMark || opening == signedOpening || boilerplateRule(line) == "signup" || boilerplateRule(line) == "newsletter"):
			evidence = clear
		case isChange, opening == signedOpening && mark == noMark, mark == otherMark && opening != noOpening:
			evidence = hint
		}
		if evidence == none || lettersIn(lines[start:i]) < minArticle || lettersIn(lines[i:]) < minArticle {
			continue
		}
		if evidence == hint {
			doubtful = true
			continue
		}
		pieces = append(pieces, joinPiece(lines[start:i]))
		start = i
	}
	if len(pieces) == 0 {
		return []string{text}, doubtful
	}
	return append(pieces, joinPiece(lines[start:])), false
}

// cut is how much speaks for a cut.
type cut int

const (
	none cut = iota
	hint
	clear
)

// lineKind is what a line may be in an article.
type lineKind int

const (
	blankLine lineKind = iota
	proseLine          // it ends a sentence, or is too long for a headline
	titleLine          // it could be a headline
	otherLine
	placeLine // it begins with a dateline
	nameLine  // a byline
	crossLine // a rule
	finalLine // the end of an article
)

func kindOf(line string) lineKind {
	switch {
	case line == "":
		return blankLine
	case mayBeDateline(line) && dateline.MatchString(line):
		return placeLine
	case len(line) < 400 && strings.IndexByte(endLineStarts, line[0]) >= 0 && endLine.MatchString(line), mayBeCopyright(line) && boilerplateRule(line) == "copyright":
		return finalLine
	case strings.IndexByte(ruleLineStarts, line[0]) >= 0 && ruleLine.MatchString(line):
		return crossLine
	case isByline(line):
		return nameLine
	case endsSentence(line) || utf8.RuneCountInString(line) > maxHeadline:
		return proseLine
	case len(strings.Fields(line)) < 3, isListItem(line), boilerplateRule(line) != "":
		return otherLine
	}
	return titleLine
}

// mayBeCopyright spares most lines the rules.
func mayBeCopyright(line string) bool {
	return len(line) < 4*maxBoilerplate && (strings.Contains(line, "©") || strings.Contains(line, "opyright") || strings.Contains(line, "ights reserved"))
}

type mark int

const (
	noMark    mark = iota
	otherMark      // a rule, or a gap of several lines: parts of one article have them too
	endMark        // the end of an article
)

// markBefore tells what stands directly before a line.
func markBefore(kinds []lineKind, i int) mark {
	blank := 0
	for i--; i >= 0 && kinds[i] == blankLine; i-- {
		blank++
	}
	switch {
	case i >= 0 && kinds[i] == finalLine:
		return endMark
	case i >= 0 && kinds[i] == crossLine, blank > 1:
		return otherMark
	}
	return noMark
}

type opening int

const (
	noOpening     opening = iota
	titledOpening         // a headline and prose: section headings look the same
	signedOpening         // a dateline, or a byline: round-ups have several
	fullOpening           // a headline over one of those
)

// openingAt tells how clearly lines begin an article.
func openingAt(kinds []lineKind) opening {
	titled := false
	for _, kind := range kinds[:min(len(kinds), 6)] {
		switch {
		case kind == blankLine:
			continue
		case kind == placeLine || kind == nameLine:
			if titled {
				return fullOpening
			}
			return signedOpening
		case kind == proseLine && titled:
			return titledOpening
		case kind != titleLine || titled:
			return noOpening
		}
		titled = true
	}
	return noOpening
}

// layoutRun is how many paragraphs in a row have to be set alike on both sides.
const layoutRun = 4

// layoutChange returns the lines at which an article may begin because the way of parting
// paragraphs changes for good, from blank lines to none or back; articles keep to one
// way. There are two of them, since what stands between the articles may be either.
func layoutChange(lines []string, kinds []lineKind) []int {
	var at []int    // the lines with text
	var gaps []bool // whether a blank line stands before each
	for i, line := range lines {
		if kinds[i] == blankLine || kinds[i] == crossLine || kinds[i] == finalLine {
			continue
		}
		if utf8.RuneCountInString(line) < 20 && len(at) > 1 && !endsSentence(line) {
			return nil // tables and lists change all the time
		}
		gaps = append(gaps, i > 0 && lines[i-1] == "")
		at = append(at, i)
	}
	change := -1
	for i := 2; i < len(gaps); i++ {
		if gaps[i] != gaps[i-1] {
			if change >= 0 {
				return nil
			}
			change = i
		}
	}
	if change < layoutRun || len(gaps)-change < layoutRun {
		return nil
	}
	return []int{at[change-1], at[change]}
}

func lettersIn(lines []string) int {
	n := 0
	for _, line := range lines {
		for _, r := range line {
			if r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80 && unicode.IsLetter(r) {
				n++
			}
		}
	}
	return n
}

// joinPiece puts the lines of an article together, without the marks around it.
func joinPiece(lines []string) string {
	isMark := func(s string) bool { return s == "" || ruleLine.MatchString(s) || endLine.MatchString(s) }
	for len(lines) > 0 && isMark(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && isMark(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}
