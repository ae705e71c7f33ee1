package dedupe

import (
	"regexp"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// marker is what an agency says of an article's place among its versions.
type marker uint8

const (
	unmarkedCopy   marker = iota
	updateMark            // UPDATE 2, 3rd Lead, WRITETHRU
	correctionMark        // CORRECTED, CORRECTION
	killMark              // KILL, ELIMINATION
)

// The marks stand in capitals or brackets at the head of a headline, or in a slugline or
// note to editors. In running words "corrected" and "update" mean nothing.
var (
	correctionHead = regexp.MustCompile(`^\W*(?:CORRECTED|CORRECTION|CORRECTS|CORRECTING|REFILE|(?i:corrected|correction|refile)\s*[:\-–—)\]])`)
	correctionNote = regexp.MustCompile(`(?i)\b(?:corrects?|corrected|correction|corrective|refiles?)\b`)
	updateHead     = regexp.MustCompile(`^\W*(?:UPDATE(?:D)?\b|(?i:update[ds]?\s*(?:\d+\s*)?[:\-–—)\]])|(?:\d+(?:st|nd|rd|th)|ADDS?|RECASTS)\s+(?i:lead|ld|writethru|add)?|WRITETHRU\b|RPT\b|WRAPUP\b)`)
	updateNote     = regexp.MustCompile(`(?i)\b(?:writethru|\d+(?:st|nd|rd|th)[ -](?:lead|ld)|updates? with|recasts|adds (?:details?|quotes?|background))\b`)
	killHead       = regexp.MustCompile(`^\W*(?:(?:MANDATORY|BULLETIN|ADVISORY|STORY)[\s:–—-]*(?:KILL|ELIMINATION|WITHDRAWAL|RETRACTION)\b|(?:KILL|ELIMINATION|WITHDRAWAL|RETRACTION)\s*(?:[:–—)\]-]|$)|(?i:(?:mandatory |bulletin )?kill\s*[:–—)\]-]))`)

	// headMark is any of them with what follows up to the headline itself.
	headMark = regexp.MustCompile(`^\W*(?:(?i:corrected|correction|refile|update[ds]?(?:\s*\d+)?|writethru|(?:\d+(?:st|nd|rd|th)\s+)?(?:lead|ld)|(?:mandatory |bulletin |advisory |story )*(?:kill|elimination|withdrawal|retraction)|rpt|wrapup(?:\s*\d+)?)(?:\s*\([^)]*\))?[\s:–—)\]-]*[:–—)\]-]\s*|(?:CORRECTED|CORRECTION|UPDATED?(?:\s+\d+)?|RPT)\s+)`)
)

// markerOf reads the mark of an article.
func markerOf(a *article.Article) marker {
	headline, slug, note := value(a.Headline), value(a.Wire.Slugline), value(a.Wire.EdNote)
	switch {
	case a.Status == article.Canceled, killHead.MatchString(headline):
		return killMark
	case correctionHead.MatchString(headline), correctionNote.MatchString(slug), correctionNote.MatchString(note):
		return correctionMark
	case updateHead.MatchString(headline), updateNote.MatchString(slug), updateNote.MatchString(note):
		return updateMark
	}
	return unmarkedCopy
}

// unmarked returns a headline without the marks at its head.
func unmarked(headline string) string {
	for {
		rest := strings.TrimSpace(headline[len(headMark.FindString(headline)):])
		if rest == headline || rest == "" {
			return strings.TrimSpace(headline)
		}
		headline = rest
	}
}
