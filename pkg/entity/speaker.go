package entity

import (
	"slices"
	"sort"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// speaker is an entity that can speak.
type speaker struct {
	id     string
	person bool
}

// naming is a mention of a speaker: the words [first, last).
type naming struct {
	*speaker
	first, last int
}

// attribution finds the speakers of an article's quotations, paragraph by paragraph.
type attribution struct {
	t *tagger
	// namings are in the order of the text; at leads from a word to the naming it is in,
	// counted from 1.
	namings []naming
	at      []int32
	// called are the offices by which the text has called a speaker, each with the
	// namings that did.
	called map[string][]int
	par    *text.Paragraph
	// first is the first word of the paragraph, of the one before it, prior.
	first, prior int
	// last is the voice of the last quotation; spoke the first word of its paragraph.
	last  voice
	spoke int
	// chain says that this paragraph has a quotation already, wasOpen that the last one
	// before it was not closed.
	chain, wasOpen bool
	open           bool
}

// appositionWords is how many words before or behind a name tell what its bearer is.
const appositionWords = 6

func newAttribution(t *tagger, entities []article.Entity) *attribution {
	a := &attribution{t: t, at: make([]int32, len(t.words)+1), called: map[string][]int{}, spoke: -1}
	byStart := make(map[int]int, len(t.words))
	for i := range t.words {
		byStart[t.words[i].runeStart] = i
	}
	for i := range entities {
		e := &entities[i]
		if e.Type != article.Person && e.Type != article.Organisation {
			continue
		}
		s := &speaker{id: e.ID, person: e.Type == article.Person}
		for _, m := range e.Mentions {
			first, ok := byStart[m.Start]
			if !ok {
				continue
			}
			last := first
			for last < len(t.words) && t.words[last].runeEnd <= m.End {
				last++
			}
			a.namings = append(a.namings, naming{s, first, last})
		}
	}
	slices.SortFunc(a.namings, func(x, y naming) int { return x.first - y.first })
	for n := range a.namings {
		for i := a.namings[n].first; i < a.namings[n].last; i++ {
			a.at[i] = int32(n + 1)
		}
	}
	for n := range a.namings {
		a.offices(n)
	}
	return a
}

// offices notes what a naming calls its bearer: "Norland's minister, Mira Voss,", "Mira
// Voss, the minister", and of an organisation the last word of its name.
func (a *attribution) offices(n int) {
	w := a.namings[n]
	call := func(i int) {
		p := plain(a.t.words[i].form)
		if before := a.called[p]; (offices[p] || titles[p]) && (len(before) == 0 || before[len(before)-1] != n) {
			a.called[p] = append(before, n)
		}
	}
	if !w.person {
		call(w.last - 1)
		return
	}
	s := a.t.sentenceOf(w.first)
	for i := w.first - 1; i >= max(0, w.first-appositionWords) && a.t.words[i].index >= int(s.First) && a.at[i] == 0 && !speech[a.t.words[i].form]; i-- {
		call(i)
	}
	if !strings.HasPrefix(a.t.doc.Text[a.t.words[w.last-1].end:], ",") {
		return
	}
	for i := w.last; i < min(len(a.t.words), w.last+appositionWords) && a.t.words[i].index < int(s.Last) && a.at[i] == 0 && !speech[a.t.words[i].form]; i++ {
		call(i)
	}
}

// paragraph begins a paragraph with these quotations.
func (a *attribution) paragraph(p *text.Paragraph, spans []quotation) {
	a.par, a.prior, a.first = p, a.first, a.t.wordAt(int(p.Start))
	a.wasOpen, a.chain = a.open, false
	a.open = len(spans) > 0 && spans[len(spans)-1].open
}

// maxAttribution is how many words may lie between a quotation and the verb of its
// speaker: "…," the head of the union said.
const maxAttribution = 8

// verb returns the speaker's verb that word i is, if any.
func (a *attribution) verb(i, last int) *string {
	w := &a.t.words[i]
	if a.at[i] > 0 {
		return nil
	}
	if speech[w.form] {
		return &w.form
	}
	next, ok := spoken[w.form]
	if ok = ok && i+1 < last && a.t.words[i+1].form == next; ok || w.form == "according" {
		form := w.form + " " + next
		if !ok {
			form = "according to"
		}
		return &form
	}
	return nil
}

// verbAfter looks behind a quotation, to the end of its sentence.
func (a *attribution) verbAfter(g gap, end int) (voice, bool) {
	for i := g.first; i < g.last && i < g.first+maxAttribution; i++ {
		w := &a.t.words[i]
		if i > g.first && w.opens && w.token.Has(text.SpaceBefore) && endsSentence(strings.TrimSpace(a.t.doc.Text[end:w.start])) {
			break
		}
		if v := a.verb(i, g.last); v != nil {
			return voice{speaker: a.subject(gap{g.first, i}, gap{i + 1, g.last}), verb: v}, true
		}
	}
	return voice{}, false
}

// introduced looks at what ends with a colon: "Brandt said:", "Brandt:".
func (a *attribution) introduced(g gap) (voice, bool) {
	if v, ok := a.verbBefore(g); ok {
		return v, true
	}
	if g.last > g.first && a.at[g.last-1] > 0 {
		return voice{speaker: a.namings[a.at[g.last-1]-1].speaker}, true
	}
	return voice{}, false
}

// longestLead is the most words between a verb and the words of the speaker that a
// sentence takes up: "Lund said that the talks had been".
const longestLead = 12

// verbBefore looks before a quotation, in its sentence.
func (a *attribution) verbBefore(g gap) (voice, bool) {
	if g.first == g.last {
		return voice{}, false
	}
	begin := int(a.t.sentenceOf(g.last - 1).First)
	first := g.last
	for first > g.first && a.t.words[first-1].index >= begin {
		first--
	}
	for i := g.last - 1; i >= first && i >= g.last-longestLead; i-- {
		if v := a.verb(i, g.last); v != nil {
			return voice{speaker: a.subject(gap{first, i}, gap{i + 1, g.last}), verb: v}, true
		}
	}
	return voice{}, false
}

// subject returns who does what a verb says, from the words of its clause before and
// after it: a name, a pronoun, or an office somebody was called by.
func (a *attribution) subject(before, after gap) *speaker {
	for i := before.last - 1; i >= before.first; i-- {
		if n := a.at[i]; n > 0 && !a.possessive(i) {
			return a.namings[n-1].speaker
		}
		switch p := plain(a.t.words[i].form); {
		case p == "he" || p == "she":
			return a.antecedent(i)
		case p == "they" || p == "it" || p == "who" || p == "i" || p == "we":
			return nil
		case i > before.first && a.definite(before.first, i):
			if s := a.caller(p, i); s != nil {
				return s
			}
		}
	}
	if before.first < before.last && !speechless(a.t.words[before.last-1].form) {
		return nil // "a postman said"
	}
	for i := after.first; i < after.last && i < after.first+maxAttribution; i++ {
		if n := a.at[i]; n > 0 {
			if a.possessive(a.namings[n-1].last - 1) {
				continue
			}
			return a.namings[n-1].speaker
		}
		switch p := plain(a.t.words[i].form); {
		case (p == "he" || p == "she") && i == after.first:
			return a.antecedent(i)
		case clauses[p]:
			return nil
		case a.definite(after.first, i) && i > after.first:
			if s := a.caller(p, i); s != nil && (i+1 >= after.last || !a.t.words[i+1].joined) {
				return s
			}
		}
	}
	return nil
}

// clauses are words behind which no subject of the verb before stands.
var clauses = set("who which that whose as after when while in at on during from about his her their he she they")

// speechless reports whether a word before a verb is no subject of it.
func speechless(form string) bool {
	return form == "and" || form == "but" || form == "as" || form == "then"
}

// definite reports whether "the" stands shortly before word i, and no mark between.
func (a *attribution) definite(first, i int) bool {
	for j := i - 1; j >= max(first, i-4); j-- {
		if strings.EqualFold(a.t.words[j].form, "the") {
			return true
		}
		if !a.t.words[j+1].joined {
			return false
		}
	}
	return false
}

// caller returns who was last called by an office before word i.
func (a *attribution) caller(office string, i int) *speaker {
	called := a.called[office]
	if k := sort.Search(len(called), func(k int) bool { return a.namings[called[k]].first >= i }); k > 0 {
		return a.namings[called[k-1]].speaker
	}
	return nil
}

// possessive reports whether the name that ends with word i owns what follows.
func (a *attribution) possessive(i int) bool {
	rest := a.t.doc.Text[a.t.words[i].end:]
	return strings.HasPrefix(rest, "’s ") || strings.HasPrefix(rest, "'s ")
}

// antecedent returns the person whom he or she at word i stands for: the subject of the
// last sentence of this paragraph that names a person, who is the first named in it, or
// else who spoke last or is the subject of the last sentence, in the paragraph before.
func (a *attribution) antecedent(i int) *speaker {
	if s := a.subjectBetween(a.first, i); s != nil {
		return s
	}
	if a.last.speaker != nil && a.last.speaker.person && a.spoke >= a.prior {
		return a.last.speaker
	}
	return a.subjectBetween(a.prior, a.first)
}

// subjectBetween returns the first person named in the last sentence among the words
// [first, last) that names one, outside quotations.
func (a *attribution) subjectBetween(first, last int) *speaker {
	var subject *speaker
	n, _ := slices.BinarySearchFunc(a.namings, last, func(x naming, i int) int { return x.first - i })
	for sentence := (*text.Sentence)(nil); n > 0; n-- {
		w := a.namings[n-1]
		if w.first < first {
			break
		}
		if !w.person || a.possessive(w.last-1) {
			continue
		}
		if s := a.t.sentenceOf(w.first); sentence != nil && s != sentence {
			break
		} else {
			sentence, subject = s, w.speaker
		}
	}
	return subject
}
