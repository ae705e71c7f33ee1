package extract

import (
	"regexp"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

func (in *intake) readANPA(p part) *Reject {
	return in.readWire(formatANPA, p, readANPAText)
}

var (
	// "z6715", the service and the number on it.
	anpaID = regexp.MustCompile(`^[\s\x00-\x1f]*([A-Za-z]{1,3}\d{3,5})`)
	// "r i BC-AS--Storm 2ndLd   05-09 0444": priority, category, slug, day, words.
	anpaKey = regexp.MustCompile(`(?m)^[\s\x00-\x1f]*([a-zA-Z])\s{1,2}([a-zA-Z]{1,2})[\s\x00-\x1f]+(\S.*?)[\s\x00-\x1f]+\d\d-\d\d(?:\s+\d+)?\s*$`)
	// "AP-WF-05-09-17 0056GMT", the time of filing.
	anpaTime = regexp.MustCompile(`(?m)^\s*([A-Z]{2,5}(?:-[A-Z]{1,4})?)-(\d\d)-(\d\d)-(\d\d) (\d\d)(\d\d) ?([A-Z]{3})?\b.*$`)
	// Lines on the upper rail ("^") that are neither headline nor byline.
	anpaAside = regexp.MustCompile(`^(?:[A-Z]{2,5} )?(?:Photo|Photos|Graphic|Video|Audio)\b|^\(?(?:Eds?|Editors?|Note|Attn|ATTN)\b[.: ]`)
	anpaNote  = regexp.MustCompile(`^\(?(?:Eds?|Editors?|Note|Attn|ATTN)\b`)
	anpaRank  = regexp.MustCompile(`(?:Writer|Correspondent|Editor|Press|Reporter|Agency|Wire|Service)s?$`)
)

// anpaUrgency are the priorities from flash to deferred.
var anpaUrgency = map[string]string{"f": "1", "b": "2", "u": "3", "r": "4", "d": "5"}

// readANPAText reads a message of ANPA 1312. Its text is marked up for hot metal: "^"
// opens a line of the head, "<" and "=" end one, a tab opens a paragraph.
func readANPAText(a *article.Article, t telegram) []string {
	if m := anpaID.FindStringSubmatch(t.head); m != nil {
		a.Wire.ProviderID = optional(m[1])
	}
	slug := ""
	if m := anpaKey.FindStringSubmatch(t.head); m != nil {
		a.Wire.Urgency = urgencyOf(anpaUrgency[strings.ToLower(m[1])])
		addTo(&a.Wire.Subjects, "anpa:"+strings.ToLower(m[2]))
		slug = clean(m[3])
	}
	text := t.text
	// The time of filing ends the text, or follows it.
	if m := anpaTime.FindStringSubmatchIndex(text); m != nil && strings.TrimSpace(strings.ReplaceAll(text[m[1]:], "<", "")) == "" {
		t.tail = text[m[0]:] + "\n" + t.tail
		text = text[:m[0]]
	}
	enterANPATime(a, t.tail)

	var notes []string
	var body strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if head, ok := strings.CutPrefix(strings.TrimLeft(line, " \t\x1d\x1e\x1f"), "^"); ok && body.Len() == 0 {
			notes = append(notes, anpaHeadLine(a, &slug, clean(strings.TrimRight(head, " <=\t"))))
			continue
		}
		switch trimmed := strings.TrimSpace(strings.TrimRight(line, " <")); {
		case trimmed == "" || strings.Trim(trimmed, "_") == "":
			body.WriteString("\n\n")
		case strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "   "):
			body.WriteString("\n\n" + trimmed)
		default:
			body.WriteString("\n" + trimmed)
		}
	}
	a.Wire.Slugline = optional(slug)
	heedNotes(a, append(notes, slug)...)
	return cleanBody(a, wrappedParagraphs(typesetting(body.String())))
}

// anpaHeadLine reads a line of the head and returns it when it is a note.
func anpaHeadLine(a *article.Article, slug *string, line string) (note string) {
	bare := strings.TrimSuffix(line, ",")
	switch {
	case line == "":
	case strings.HasPrefix(line, "BC-") || strings.HasPrefix(line, "AM-") || strings.HasPrefix(line, "PM-") || *slug != "" && strings.HasPrefix(squash(line), squash(*slug)):
		*slug, _ = cutWordCount(bare)
		removeLines(a, "wire_header", line)
		return line
	case anpaAside.MatchString(line):
		if a.Wire.EdNote == nil && anpaNote.MatchString(line) {
			a.Wire.EdNote = optional(line)
		}
		removeLines(a, "wire_header", line)
		return line
	case strings.HasPrefix(line, "By ") || strings.HasPrefix(line, "BY "):
		bylineIs(a, "anpa", line)
	case len(a.Byline) > 0 && anpaRank.MatchString(line), a.Headline == nil && anpaRank.MatchString(line) && len(line) < 40:
		removeLines(a, "wire_header", line)
	case a.Headline == nil:
		headlineIs(a, typesetting(line), "anpa")
	default:
		removeLines(a, "wire_header", line) // an abstract, which the lead repeats
		return line
	}
	return ""
}

// squash compares slugs, which are cut and spaced differently in head and text.
func squash(s string) string {
	s = strings.ToLower(strings.NewReplacer(" ", "", ",", "", "-", "").Replace(s))
	return s[:min(len(s), 10)]
}

var slugCount = regexp.MustCompile(`,\s*\d+$`)

func cutWordCount(slug string) (string, bool) {
	loc := slugCount.FindStringIndex(slug)
	if loc == nil {
		return slug, false
	}
	return slug[:loc[0]], true
}

// enterANPATime reads "AP-WF-05-09-17 0056GMT". A time without a zone is a day.
func enterANPATime(a *article.Article, tail string) {
	m := anpaTime.FindStringSubmatch(tail)
	if m == nil {
		return
	}
	literal := "20" + m[4] + "-" + m[2] + "-" + m[3]
	if offset, ok := rfc822Zones[m[7]]; ok {
		literal += "T" + m[5] + ":" + m[6] + ":00" + offset
	}
	publishedIs(a, literal, "anpa", a.Received)
	if a.PublishedRaw != nil {
		raw := clean(strings.TrimRight(m[0], " <"))
		a.PublishedRaw = &raw
	}
}

// typesetting makes typewriter's marks what they stand for.
func typesetting(s string) string {
	return strings.NewReplacer("``", "“", "''", "”", " _ ", " — ", " -- ", " — ").Replace(s)
}

// wrappedParagraphs joins the lines of each paragraph: on wires only a blank line or
// an indent begins one.
func wrappedParagraphs(text string) []paragraph {
	var ps []paragraph
	for block := range strings.SplitSeq(tidy(text), "\n\n") {
		if block = strings.Join(strings.Fields(block), " "); block != "" {
			ps = append(ps, paragraph{text: block, gap: true})
		}
	}
	return ps
}
