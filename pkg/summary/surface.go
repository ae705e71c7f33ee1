package summary

import (
	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

var (
	speechVerbs = words(`said told says say added reported announced`)
	personal    = words(`i we you my our your me us`)
	moments     = words(`monday tuesday wednesday thursday friday saturday sunday january february march april june july august
		september october november december today yesterday tonight tomorrow week`)
	million = words(`million billion trillion percent`)
)

// surface are the features of how a sentence is written.
func (r *reader) surface() {
	x := &r.scratch
	x.names = grown(x.names, len(r.doc.Words))
	for i := range r.sentences {
		s, f := &r.sentences[i], &x.features[i]
		names, runs, fresh, past := 0, 0, 0, 0
		inRun := true // a capital at the start says nothing
		for j := s.first; j < s.last; j++ {
			t := &r.doc.Tokens[j]
			switch t.Kind {
			case text.Quote, text.Open, text.Close:
				if t.Kind == text.Quote || t.RuneEnd-t.RuneStart == 1 && t.End-t.Start > 1 {
					f[fQuote] = max(f[fQuote], 1)
					if j == s.first {
						f[fQuote] = 2
					}
				}
			case text.Number:
				f[fNumbers] = min(3, f[fNumbers]+1)
			case text.Currency:
				f[fMoney] = 1
			case text.Comma:
				if c := r.doc.Text[t.Start]; c == ':' {
					f[fColon] = 1
				} else {
					f[fCommas]++
				}
			case text.Stop:
				if r.doc.Text[t.Start] == '?' {
					f[fQuestion] = 1
				}
			case text.Symbol:
				if r.doc.Text[t.Start] == '%' {
					f[fMoney] = 1
				}
			case text.Word, text.Abbreviation:
				r.word(f, t)
				if t.Shape == text.Lower && t.End-t.Start > 4 && r.doc.Text[t.End-2:t.End] == "ed" {
					past++
				}
			}
			if !t.Kind.Lexical() {
				continue
			}
			name := t.Shape != text.Lower && t.Shape != text.NoCase && j > s.first
			if name {
				names++
				if !inRun {
					runs++
				}
				if !x.names[t.Word] {
					x.names[t.Word] = true
					fresh++
				}
			}
			inRun = name
		}
		n := float32(max(1, s.words))
		f[fNames], f[fNameRuns], f[fNamesNew] = float32(names)/n, float32(min(runs, 6)), float32(fresh)/n
		f[fPast] = float32(past) / n * 10
	}
}

func (r *reader) word(f *features, t *text.Token) {
	switch {
	case speechVerbs[t.Hash]:
		f[fSpeech] = 1
	case personal[t.Hash]:
		f[fPersonal] = 1
	case moments[t.Hash]:
		f[fWhen] = 1
	case million[t.Hash]:
		f[fMoney] = 1
	}
}

// salience are the features of the entities that the tagging stage found.
func (r *reader) salience(a *article.Article) {
	x := &r.scratch
	total := 0.0
	for i := range a.Entities {
		total += max(0, a.Entities[i].Salience)
	}
	if total == 0 {
		for i := range x.features {
			x.features[i][fSalience], x.features[i][fSalientFirst] = -1, -1
		}
		return
	}
	for i := range a.Entities {
		e := &a.Entities[i]
		share := max(0, e.Salience) / total
		at, first := 0, true
		for j := range e.Mentions {
			for at < len(r.sentences) && int(r.sentences[at].runeEnd) <= e.Mentions[j].Start {
				at++
			}
			if at == len(r.sentences) {
				break
			}
			if s := &r.sentences[at]; e.Mentions[j].Start < int(s.runeStart) {
				continue // in a heading
			}
			f := &x.features[at]
			f[fSalience] += float32(share)
			if first {
				f[fSalientFirst] = max(f[fSalientFirst], float32(share))
			}
			first = false
			for at < len(r.sentences) && j+1 < len(e.Mentions) && e.Mentions[j+1].Start < int(r.sentences[at].runeEnd) {
				j++ // once a sentence
			}
		}
	}
}
