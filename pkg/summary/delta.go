package summary

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

const (
	// sameSentence is the share of words in common from which a sentence of an update is
	// one of the older version. In a correction every word counts.
	sameSentence = 0.8
	// revised is the share from which it is one with other figures.
	revised = 0.5
	// maxDelta is the most entries of a delta. What is rewritten beyond that is a new
	// article to its reader.
	maxDelta = 20
)

// Delta says what an update or correction brings: the sentences of the paragraphs it
// added that were not in those it removed. A sentence that was there with other figures
// is preceded by what changed, "12 → 14: Rescuers found 14 survivors." Nil for
// any other article; empty when nothing was added.
func Delta(a *article.Article) article.List[string] {
	if a.Dedupe == nil || a.Dedupe.Relation != article.Update && a.Dedupe.Relation != article.Correction {
		return nil
	}
	same := sameSentence
	if a.Dedupe.Relation == article.Correction {
		same = 1
	}
	var old []statement
	for _, c := range a.Dedupe.Changes {
		if c.Op == "remove" {
			old = append(old, statements(c.Text)...)
		}
	}
	delta := article.List[string]{}
	for _, c := range a.Dedupe.Changes {
		if c.Op != "add" {
			continue
		}
		for _, s := range statements(c.Text) {
			if entry := s.against(old, same); entry != "" && len(delta) < maxDelta {
				delta = append(delta, entry)
			}
		}
	}
	return delta
}

// statement is a sentence with its words and figures.
type statement struct {
	text    string
	words   []uint64 // the different ones, ascending; figures are not among them
	figures []string // in order
	denials int      // words like not
}

var (
	// numerals are figures that are written out. One is as often an article.
	numerals = words(`two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
		eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand dozen dozens hundreds thousands`)
	denying = words(`not n't no never nobody nothing none neither nor without denied denies`)
)

func statements(paragraph string) (list []statement) {
	doc := text.Scan(paragraph)
	for _, sentence := range doc.Sentences {
		s := statement{text: doc.Text[sentence.Start:sentence.End]}
		for i := sentence.First; i < sentence.Last; i++ {
			switch t := &doc.Tokens[i]; {
			case t.Kind == text.Number || t.Kind.Lexical() && (t.Has(text.Digits) || numerals[t.Hash]):
				s.figures = append(s.figures, doc.Form(int(i)))
			case t.Kind.Lexical():
				if denying[t.Hash] {
					s.denials++
				}
				s.words = append(s.words, t.Hash)
			}
		}
		slices.Sort(s.words)
		s.words = slices.Compact(s.words)
		if len(s.words)+len(s.figures) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// against returns the entry for a sentence given the older ones, "" when it is no news.
func (s *statement) against(old []statement, same float64) string {
	best, likeness := -1, 0.0
	for i := range old {
		if v := s.alike(&old[i]); v > likeness {
			best, likeness = i, v
		}
	}
	if best < 0 || likeness < revised {
		return s.text
	}
	if slices.Equal(s.figures, old[best].figures) {
		if likeness >= same && s.denials == old[best].denials {
			return ""
		}
		return s.text
	}
	if changed := changes(old[best].figures, s.figures); changed != "" {
		return changed + ": " + s.text
	}
	return s.text
}

// alike is the share of the words of both sentences that they have in common.
func (s *statement) alike(o *statement) float64 {
	shared := 0
	for _, w := range s.words {
		if _, found := slices.BinarySearch(o.words, w); found {
			shared++
		}
	}
	return 2 * float64(shared) / float64(max(1, len(s.words)+len(o.words)))
}

// changes pairs the figures that changed, "12 → 14, 3.5 → 4". When one version has more
// figures than the other it cannot be told which became which.
func changes(old, fresh []string) string {
	if len(old) != len(fresh) {
		return ""
	}
	var pairs []string
	for i := range old {
		if old[i] != fresh[i] {
			pairs = append(pairs, old[i]+" → "+fresh[i])
		}
	}
	return strings.Join(pairs, ", ")
}
