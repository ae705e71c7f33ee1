package summary

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/text"
)

// words returns the hashes of lower-cased words, as tokens carry them.
func words(list string) map[uint64]bool {
	m := map[uint64]bool{}
	for _, w := range strings.Fields(list) {
		m[text.WordHash(w)] = true
	}
	return m
}

// lean is how a sentence points back.
type lean uint8

const (
	stands  lean = iota
	pronoun      // it opens with a word for something named before
	link         // it opens with a word that joins it to the sentence before
)

var (
	pronouns = words(`he she it they him them his her hers its their theirs this that these those such another others both neither
		either some none`)
	links = words(`but and so or nor yet however also then still instead moreover meanwhile besides therefore thus hence
		nevertheless nonetheless furthermore otherwise afterwards afterward similarly likewise conversely rather indeed
		too consequently accordingly additionally`)
	persons = words(`he she they`)
	// nouns after such a word make it point nowhere: "Both countries", "Some 40 ships".
	partitive = words(`such another both neither either some none`)
)

// leaning reports whether a sentence cannot be read without the one before it.
func (r *reader) leaning(s *sentence) lean {
	i := s.first
	for i < s.last && !r.doc.Tokens[i].Kind.Lexical() {
		i++
	}
	if i == s.last {
		return stands
	}
	switch h := r.doc.Tokens[i].Hash; {
	case links[h]:
		return link
	case partitive[h]:
		if i+1 < s.last && r.doc.Tokens[i+1].Kind == text.Number {
			return stands
		}
		return pronoun
	case pronouns[h]:
		return pronoun
	}
	for i++; i+1 < s.last; i++ { // “No,” she said.
		if t := &r.doc.Tokens[i]; (t.Kind == text.Quote || t.Kind == text.Close) && persons[r.doc.Tokens[i+1].Hash] &&
			i+2 < s.last && speechVerbs[r.doc.Tokens[i+2].Hash] {
			return pronoun
		}
	}
	return stands
}

// quotation follows the quotation marks of a paragraph.
type quotation struct {
	open   bool // a quotation goes on
	length int  // sentences it has gone on for
}

// longestQuotation is the most sentences of a quotation. One that goes on longer has
// lost its closing mark.
const longestQuotation = 5

// read takes in the sentence of tokens [first, last) and reports whether it begins or
// ends inside a quotation or bracket, so that it is half of something.
//
// A straight mark opens or closes by what it touches, so one that is missing does not
// turn all after it inside out.
func (q *quotation) read(d *text.Document, first, last int32) (torn bool) {
	if q.length++; q.length > longestQuotation {
		q.open = false
	}
	torn = q.open
	double, single, bracket := q.open, 0, 0
	for i := first; i < last; i++ {
		t := &d.Tokens[i]
		if t.Kind != text.Quote && t.Kind != text.Open && t.Kind != text.Close {
			continue
		}
		before := t.Has(text.SpaceBefore)
		after := i+1 == int32(len(d.Tokens)) || d.Tokens[i+1].Has(text.SpaceBefore)
		switch mark := d.Text[t.Start:t.End]; mark {
		case `"`, "``", "''", "“", "”", "„", "«", "»":
			opens := mark == "“" || mark == "„" || mark == "«" || mark == "``"
			switch {
			case opens || mark == `"` && !double && (!after || before):
				torn = torn || double && mark != `"`
				double = true
			case !double: // closes what nobody opened
				torn = true
			default:
				double = false
			}
		case "‘":
			single++
		case "'", "’", "`":
			switch {
			case before && !after:
				single++
			case single > 0 && after:
				single--
			case mark != "`" && i > first && d.Tokens[i-1].Kind >= text.Stop && d.Tokens[i-1].Kind <= text.Comma:
				torn = true // .' without a beginning
			}
		case "(", "[":
			bracket++
		case ")", "]":
			bracket--
		}
	}
	if double && !q.open {
		q.length = 0
	}
	q.open = double
	return torn || double || single > 0 || bracket != 0
}

var (
	// requests are phrases with which a page speaks to its reader, not about the news,
	// when a clause opens with them: people sign up for things in the news, too.
	requests = phrases(
		"sign up for", "sign up to", "stay informed with", "for confidential support", "read more", "see more at", "photo gallery",
		"watch the video", "what do you think", "e-mail to a friend", "email to a friend", "editor 's note",
	)
	// notices are such phrases wherever they stand.
	notices = phrases(
		"contributed to this report", "contributed to this story", "contributed reporting", "all rights reserved",
		"opinions expressed in this", "views expressed in this", "may not be published", "is copyrighted material",
		"scroll down for", "click here", "please use the comments", "use the comments below", "follow us on", "subscribe to our",
		"share your thoughts", "tell us in the comments", "join the conversation",
	)
	pleaseHash = text.WordHash("please")
)

// phrases returns lists of words by the hash of their first.
func phrases(list ...string) map[uint64][][]uint64 {
	m := map[uint64][][]uint64{}
	for _, p := range list {
		var hashes []uint64
		for _, w := range strings.Fields(p) {
			hashes = append(hashes, text.WordHash(w))
		}
		m[hashes[0]] = append(m[hashes[0]], hashes[1:])
	}
	return m
}

// service reports whether the tokens [first, last) speak to the reader.
func (r *reader) service(first, last int32) bool {
	opens := true // a clause opens here
	for i := first; i < last; i++ {
		t := &r.doc.Tokens[i]
		switch {
		case t.Kind >= text.Stop && t.Kind <= text.Dash:
			opens = true
		case t.Kind > text.Clitic:
			opens = false
		case r.says(notices, i, last) || opens && r.says(requests, i, last):
			return true
		default:
			opens = opens && t.Hash == pleaseHash
		}
	}
	return false
}

// says reports whether one of the phrases begins at token i.
func (r *reader) says(phrases map[uint64][][]uint64, i, last int32) bool {
	for _, rest := range phrases[r.doc.Tokens[i].Hash] {
		if int(last-i) > len(rest) && r.follows(i+1, rest) {
			return true
		}
	}
	return false
}

func (r *reader) follows(i int32, hashes []uint64) bool {
	for n, h := range hashes {
		if r.doc.Tokens[int(i)+n].Hash != h {
			return false
		}
	}
	return true
}
