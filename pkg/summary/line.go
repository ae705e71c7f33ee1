package summary

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/text"
)

const (
	// longestLine is the most words of a one-line summary, longestUnspaced the most
	// characters where words are not parted by spaces.
	longestLine     = 30
	longestUnspaced = 80
	// shortestCut is the least number of words left by a cut at a clause.
	shortestCut = 8
)

// droppable words open a clause or an apposition behind a comma that the sentence is true without. Not
// so a condition, a doubt or a source: if, although, according to.
var droppable = words(`which who whose where while as after before when because since including a an`)

// finite words are verbs by which a clause is known for a whole one.
var finite = words(`is are was were has have had will would can could may might must should does did do said says told went came took
	made got gave found left lost won held kept met ran saw set put cut hit became began broke brought built bought caught chose
	drew fell felt fought grew knew led paid read rose sent shot showed spoke spent stood struck taught thought threw won't
	wrote plans wants says faces needs hopes remains returns`)

// spaced counts the words of the tokens [first, last) as they are parted by spaces.
func (r *reader) spaced(first, last int32) (n int32) {
	for i := first; i < last; i++ {
		if i == first || r.doc.Tokens[i].Has(text.SpaceBefore) {
			n++
		}
	}
	return n
}

// lineEnd returns the token behind the part of a sentence that fits one line: its end,
// the end of a clause, or 0 when no part does.
func (r *reader) lineEnd(s *sentence) int32 {
	if s.torn {
		return 0
	}
	n := r.spaced(s.first, s.last)
	if n <= longestLine && (n > 1 || s.runeEnd-s.runeStart <= longestUnspaced) {
		return s.last
	}
	verb, quotes, brackets, best := false, 0, 0, int32(0)
	words := int32(0)
	for i := s.first; i < s.last; i++ {
		t := &r.doc.Tokens[i]
		if i == s.first || t.Has(text.SpaceBefore) {
			if words++; words > longestLine+1 {
				break
			}
		}
		switch t.Kind {
		case text.Word:
			form := r.doc.Text[t.Start:t.End]
			verb = verb || finite[t.Hash] || t.Shape == text.Lower && i > s.first+1 && strings.HasSuffix(form, "ed")
		case text.Quote:
			quotes++
		case text.Open:
			brackets++
		case text.Close:
			brackets--
		case text.Comma:
			if words >= shortestCut && r.sourced(i, s.last) {
				return 0 // a claim without its source is another claim
			}
			if verb && quotes%2 == 0 && brackets == 0 && words >= shortestCut && words <= longestLine && i+1 < s.last && r.drops(t, i+1) {
				best = i
			}
		}
	}
	return best
}

// drops reports whether the clause at token i, behind the mark t, can be left out.
func (r *reader) drops(t *text.Token, i int32) bool {
	if r.doc.Text[t.Start] == ';' {
		return true
	}
	next := &r.doc.Tokens[i]
	form := r.doc.Text[next.Start:next.End]
	return r.doc.Text[t.Start] == ',' && next.Has(text.SpaceBefore) && next.Shape == text.Lower &&
		(droppable[next.Hash] || strings.HasSuffix(form, "ing") && utf8.RuneCountInString(form) > 5)
}

// sourced reports whether the words behind the mark at token i name a source.
func (r *reader) sourced(i, last int32) bool {
	return i+1 < last && r.doc.Tokens[i+1].Hash == accordingHash
}

var accordingHash = text.WordHash("according")

// lineFeatures are those of sentence i cut behind token end.
func (r *reader) lineFeatures(i int, end int32) features {
	f := r.scratch.features[i]
	if s := &r.sentences[i]; end < s.last {
		share := float32(end-s.first) / float32(max(1, s.last-s.first))
		f[fWords] *= share
		f[fWordsRelative] *= share
		f[fTerms] *= share
		f[fFrequencySum] *= share
		f[fTopTerms] *= share
		f[fTopShare] *= share
	}
	return f
}

// line returns the sentence that says most alone, and the token behind the part of it
// that fits one line, or -1.
func (r *reader) line(t *trees) (best int, end int32) {
	x := &r.scratch
	x.lines, x.lineOf, x.lineEnd = x.lines[:0], x.lineOf[:0], x.lineEnd[:0]
	for i := range r.sentences {
		if s := &r.sentences[i]; s.leans != stands && i > 0 {
			continue
		}
		if e := r.lineEnd(&r.sentences[i]); e > 0 {
			x.lines, x.lineOf, x.lineEnd = append(x.lines, r.lineFeatures(i, e)), append(x.lineOf, int32(i)), append(x.lineEnd, e)
		}
	}
	if len(x.lines) == 0 {
		return -1, 0
	}
	x.scores = grown(x.scores, len(x.lines))
	t.rate(x.lines, x.scores)
	first := slices.Index(x.scores, slices.Max(x.scores))
	return int(x.lineOf[first]), x.lineEnd[first]
}

// span returns the text of sentence s up to token end.
func (r *reader) span(s *sentence, end int32) string {
	return r.doc.Text[s.start:r.doc.Tokens[end-1].End]
}
