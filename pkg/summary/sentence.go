package summary

import (
	"strings"
	"sync"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// reader holds what is read of one article. Readers are used again, so that an article
// costs no memory but its summary.
type reader struct {
	doc       text.Document
	sentences []sentence
	terms     terms
	scratch   scratch
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// sentence is a sentence that may be in a summary.
type sentence struct {
	start, end         int32 // bytes
	runeStart, runeEnd int32 // code points
	first, last        int32 // tokens
	paragraph          int32
	words              int32 // lexical tokens
	leans              lean
	// torn: it has half a quotation or bracket, or stands inside a quotation.
	torn bool
	// gap: a sentence before it was left out, so what it leans on may be missing.
	gap   bool
	score float64
}

// maxSentences is the most sentences of an article that are ranked: five pages of a
// broadsheet. The cost grows with the square, and news stands in front.
const maxSentences = 400

// read cuts the text of an article into the sentences that may be in a summary.
// Headings, captions without a stop, credits, the dateline and lines that speak to the
// reader are left out; when nothing is left, all of them are better than nothing.
func (r *reader) read(a *article.Article) (cut bool) {
	r.doc.Scan(*a.Text)
	for _, strict := range []bool{true, false} {
		cut = r.collect(datelineEnd(a), strict)
		if len(r.sentences) > 0 {
			return cut
		}
	}
	return cut
}

func (r *reader) collect(dateline int, strict bool) (cut bool) {
	d := &r.doc
	r.sentences = r.sentences[:0]
	var q quotation
	paragraph := int32(-1)
	gap := false
	for i := range d.Sentences {
		s := &d.Sentences[i]
		if s.Paragraph != paragraph {
			q = quotation{}
			paragraph = s.Paragraph
		}
		torn := q.read(d, s.First, s.Last)
		first := s.First
		for first < s.Last && (int(d.Tokens[first].Start) < dateline || d.Tokens[first].Kind == text.Dash) {
			first++
		}
		if len(r.sentences) == 0 {
			first = r.openingEnd(first, s.Last, s.Paragraph)
		}
		if first == s.Last {
			continue
		}
		words := r.lexical(first, s.Last)
		if strict && (d.Paragraphs[s.Paragraph].Layout == text.Heading || !r.whole(first, s.Last, words) || r.service(first, s.Last)) {
			gap = gap || words >= fewestWords && d.Paragraphs[s.Paragraph].Layout != text.Heading && r.speaks(first, s.Last)
			continue
		}
		if len(r.sentences) == maxSentences {
			return true
		}
		from := &d.Tokens[first]
		e := sentence{
			start: from.Start, end: s.End, runeStart: from.RuneStart, runeEnd: s.RuneEnd,
			first: first, last: s.Last, paragraph: s.Paragraph, words: words, torn: torn, gap: gap,
		}
		gap = false
		e.leans = r.leaning(&e)
		r.sentences = append(r.sentences, e)
	}
	return false
}

func (r *reader) text(s *sentence) string { return r.doc.Text[s.start:s.end] }

func (r *reader) lexical(first, last int32) (n int32) {
	for i := first; i < last; i++ {
		if r.doc.Tokens[i].Kind.Lexical() {
			n++
		}
	}
	return n
}

// fewestWords is the least number of words of a sentence that says something. Shorter
// ones are labels, credits and exclamations.
const fewestWords = 4

// whole reports whether the tokens [first, last) are a sentence: enough words, one of
// them not a name, and a stop at the end, perhaps inside a quotation. What stands in
// brackets as a whole is a note: "(Corrects spelling of name.)"
func (r *reader) whole(first, last, words int32) bool {
	end := last - 1
	if c := r.doc.Text[r.doc.Tokens[first].Start]; (c == '(' || c == '[') && r.doc.Tokens[end].Kind == text.Close {
		return false
	}
	for end > first && (r.doc.Tokens[end].Kind == text.Close || r.doc.Tokens[end].Kind == text.Quote) {
		end--
	}
	if kind := r.doc.Tokens[end].Kind; kind != text.Stop && kind != text.Abbreviation {
		return false
	}
	ideographs := int32(0)
	for i := first; i < last; i++ {
		switch t := &r.doc.Tokens[i]; {
		case t.Kind == text.Ideograph || t.Kind == text.Word && t.Shape == text.NoCase:
			ideographs++
		case t.Shape == text.Lower && t.Kind != text.Link:
			return words >= fewestWords
		}
	}
	return ideographs*2 > words // a script without cases
}

// speaks reports whether the tokens [first, last) are more than names.
func (r *reader) speaks(first, last int32) bool {
	for i := first; i < last; i++ {
		if r.doc.Tokens[i].Shape == text.Lower {
			return true
		}
	}
	return false
}

// datelineEnd returns the byte offset in the text behind the dateline that extraction
// found, or 0.
func datelineEnd(a *article.Article) int {
	if a.Dateline != nil && strings.HasPrefix(*a.Text, *a.Dateline) {
		return len(*a.Dateline)
	}
	return 0
}

// agencies are the marks of agencies that stand in brackets before a story.
var agencies = words(`ap afp cnn reuters upi dpa ansa efe tass xinhua bloomberg pa kyodo yonhap voa bbc ips irin`)

// longestOpening is the most tokens of a place and an agency before a story.
const longestOpening = 14

// openingEnd returns the token after a dateline that opens the sentence [first, last),
// or first: "CAIRO (AP) —", and "Madison, Wisconsin (CNN)" without a dash, for copies
// that lost their layout.
func (r *reader) openingEnd(first, last, paragraph int32) int32 {
	d := &r.doc
	if p := d.Paragraphs[paragraph].First; d.Sentences[p].First == first {
		if end := d.Dateline(int(paragraph)); end > first && end < last {
			return end
		}
	}
	for i := first; i < min(last, first+longestOpening); i++ {
		switch t := &d.Tokens[i]; t.Kind {
		case text.Open:
			if i+3 >= last || d.Tokens[i+2].Kind != text.Close || !agencies[d.Tokens[i+1].Hash] {
				return first
			}
			i += 3
			if d.Tokens[i].Kind == text.Dash && i+1 < last {
				i++
			}
			return i
		case text.Word, text.Abbreviation:
			if t.Shape == text.Lower {
				return first
			}
		case text.Comma, text.Number, text.Clitic:
		default:
			return first
		}
	}
	return first
}
