package eval

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/copydesk/copydesk/pkg/article"
)

// sameTitle compares letters and digits only: typography is not the question.
func sameTitle(gold string, a *article.Article) bool {
	return a != nil && a.Headline != nil && plainWords(*a.Headline) == plainWords(gold)
}

// sameDay compares days: a set that knows the hour has it in the zone of the place,
// so ours is turned to that zone first. Where the gold names no zone, the day of the
// literal that the record keeps is compared.
func sameDay(gold string, a *article.Article) bool {
	if a == nil || len(gold) < len(time.DateOnly) {
		return false
	}
	day := gold[:len(time.DateOnly)]
	switch {
	case a.PublishedDate != nil:
		return *a.PublishedDate == day
	case a.Published == nil:
		return false
	}
	if t, err := time.Parse(time.RFC3339Nano, gold); err == nil {
		return a.Published.In(t.Location()).Format(time.DateOnly) == day
	}
	return a.Published.Format(time.DateOnly) == day || a.PublishedRaw != nil && strings.HasPrefix(*a.PublishedRaw, day)
}

// sameAuthors wants all names and no other, in any order.
func sameAuthors(gold []string, a *article.Article) bool {
	return a != nil && slices.Equal(plainNames(gold), plainNames(a.Byline))
}

func plainNames(names []string) []string {
	var plain []string
	for _, n := range names {
		if n = plainWords(n); n != "" {
			plain = append(plain, n)
		}
	}
	slices.Sort(plain)
	return slices.Compact(plain)
}

// plainWords are the words of a string in lower case, compatibility forms folded.
func plainWords(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(norm.NFKC.String(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_'
	}), " ")
}

// droppedParagraphs counts the paragraphs of a gold body which are listed as taken out
// of the text and are not left in it at another place: by the cleaner, whose rules
// look at nothing but the line, and by the judge of a page's blocks, who cuts what
// stands in figures, boxes and links, repeats the headline or trails at the end.
func droppedParagraphs(gold string, a *article.Article) (cleaned, judged tally) {
	removed, left := map[string]string{}, map[string]bool{}
	if a != nil {
		for _, r := range a.Cleaning.Removed {
			removed[plainWords(r.Text)] = r.Rule
		}
		if a.Text != nil {
			for line := range strings.SplitSeq(*a.Text, "\n") {
				left[plainWords(line)] = true
			}
		}
	}
	for line := range strings.SplitSeq(gold, "\n") {
		words := plainWords(line)
		if words == "" {
			continue
		}
		rule := removed[words]
		gone := rule != "" && !left[words]
		cleaned.add(gone && !ofJudge[rule])
		judged.add(gone && ofJudge[rule])
	}
	return cleaned, judged
}

// ofJudge holds the rules of a page's judge.
var ofJudge = map[string]bool{"caption": true, "box": true, "headline_echo": true, "link": true, "end": true}
