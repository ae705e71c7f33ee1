package extract

import (
	"regexp"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

func (in *intake) readIPTC7901(p part) *Reject {
	return in.readWire(formatIPTC7901, p, readIPTC7901Text)
}

var (
	// "eca0003 3 i 380  dpa 0045": source and number, priority, category, words.
	iptcHead = regexp.MustCompile(`^\s*([A-Za-z]{1,6}\d{1,6})\s+(\d)\s+([A-Za-z]{1,4})\s+(\d+)(?:\s+(.*))?`)
	// "212322 GMT Nov 18": day, hour, minute, zone, month, year.
	iptcTime = regexp.MustCompile(`(?m)^\s*(\d\d)(\d\d)(\d\d)\s*([A-Z]{1,5})?\s+([A-Z][A-Za-zä]{2,3})\.?\s+(?:20)?(\d\d)\s*$`)
	// What follows a story and is not of it.
	iptcNotes = regexp.MustCompile(`(?im)^(?:# (?:notebook|notizblock).*|(?:the following information is not (?:intended )?for publication|die folgenden informationen sind nicht zur ver.+ffentlichung).*|\* \* \* \*.*)$`)
	iptcMark  = regexp.MustCompile(`^[^\p{Ll}]*\p{Lu}[^\p{Ll}]*$|^\(.*\)$`)
	iptcBy    = regexp.MustCompile(`^(?:By|Von|Par|Por|Di|Door|Av) \S`)
	// "dpa al rmo hct": the initials of who wrote and edited.
	iptcSign = regexp.MustCompile(`^[a-z]{2,5}(?: [a-z0-9/]{2,5}){1,6}$`)
)

// iptcMonths reads English, German and French months.
var iptcMonths = map[string]string{
	"jan": "01", "feb": "02", "fev": "02", "mar": "03", "mrz": "03", "mär": "03", "maer": "03", "apr": "04", "avr": "04",
	"may": "05", "mai": "05", "jun": "06", "jul": "07", "aug": "08", "aou": "08", "sep": "09", "sept": "09",
	"oct": "10", "okt": "10", "nov": "11", "dec": "12", "dez": "12",
}

// wireZones are zone names that stand for one offset on the wires that use them.
var wireZones = map[string]string{"MEZ": "+0100", "CET": "+0100", "MESZ": "+0200", "CEST": "+0200"}

// readIPTC7901Text reads a message of IPTC 7901. Its text opens with keywords, marks
// such as "1ST LEAD", the headline and a byline; " =" ends that opening.
func readIPTC7901Text(a *article.Article, t telegram) []string {
	info := ""
	if m := iptcHead.FindStringSubmatch(t.head); m != nil {
		a.Wire.ProviderID = optional(m[1])
		a.Wire.Urgency = urgencyOf(m[2])
		addTo(&a.Wire.Subjects, "iptc:"+strings.ToLower(m[3]))
		info = clean(m[5])
	}
	text := t.text
	if m := iptcTime.FindStringSubmatchIndex(text); m != nil && strings.TrimSpace(text[m[1]:]) == "" {
		t.tail = text[m[0]:] + "\n" + t.tail
		text = text[:m[0]]
	}
	enterIPTCTime(a, t.tail)
	if m := iptcNotes.FindStringIndex(text); m != nil && m[0] > 0 {
		removeLines(a, "wire_note", strings.Split(text[m[0]:], "\n")...)
		text = text[:m[0]]
	}

	var notes []string
	head, body, ok := cutOpening(text)
	if ok {
		notes = iptcOpening(a, head)
	}
	heedNotes(a, append(notes, info)...)
	ps := wrappedParagraphs(typesetting(body))
	if n := len(ps); n > 1 && iptcSign.MatchString(ps[n-1].text) {
		removeLines(a, "wire_note", ps[n-1].text)
		ps = ps[:n-1]
	}
	if !ok {
		ps, removed := dropBoilerplate(ps)
		a.Cleaning.Removed = append(a.Cleaning.Removed, removed...)
		return takeOpening(a, ps)
	}
	return cleanBody(a, ps)
}

// maxOpening is the most lines an opening has: keywords, two or three marks, a headline
// of two lines, a byline.
const maxOpening = 10

// cutOpening cuts a text after the line that ends in "=".
func cutOpening(text string) (head []string, body string, ok bool) {
	text = strings.TrimLeft(text, " \n")
	rest := text
	for range maxOpening {
		line, after, more := strings.Cut(rest, "\n")
		trimmed := strings.TrimSpace(line)
		head = append(head, strings.TrimSpace(strings.TrimSuffix(trimmed, "=")))
		if strings.HasSuffix(trimmed, "=") {
			return head, after, true
		}
		if !more {
			break
		}
		rest = after
	}
	return nil, text, false
}

// iptcOpening reads the lines of an opening and returns those that are notes.
func iptcOpening(a *article.Article, head []string) (notes []string) {
	var headline []string
	for i, line := range head {
		switch {
		case line == "":
		case i == 0 && strings.Contains(line, "/"):
			a.Wire.Slugline = optional(strings.Trim(clean(line), "/"))
			addTo(&a.Keywords, strings.Split(strings.Trim(line, "/ "), "/")...)
			notes = append(notes, line)
		case iptcBy.MatchString(line) && i > 0:
			bylineIs(a, "iptc7901", line)
		case iptcMark.MatchString(line):
			if a.Wire.EdNote == nil {
				a.Wire.EdNote = optional(strings.Trim(line, "()"))
			}
			removeLines(a, "wire_header", line)
			notes = append(notes, line)
		default:
			headline = append(headline, line)
		}
	}
	headlineIs(a, typesetting(strings.Join(headline, " ")), "iptc7901")
	return notes
}

// enterIPTCTime reads "212322 GMT Nov 18". A time without a zone is a day.
func enterIPTCTime(a *article.Article, tail string) {
	m := iptcTime.FindStringSubmatch(tail)
	if m == nil {
		return
	}
	month, ok := iptcMonths[strings.ToLower(m[5])]
	if !ok {
		return
	}
	literal := "20" + m[6] + "-" + month + "-" + m[1]
	offset, ok := rfc822Zones[m[4]]
	if !ok {
		offset, ok = wireZones[m[4]]
	}
	if ok {
		literal += "T" + m[2] + ":" + m[3] + ":00" + offset
	}
	publishedIs(a, literal, "iptc7901", a.Received)
	if a.PublishedRaw != nil {
		raw := clean(m[0])
		a.PublishedRaw = &raw
	}
}
