package crf

import (
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/text"
)

// Tokenised makes a document of sentences that are already cut into tokens, as labelled
// data are. Its text is the tokens joined by spaces, each sentence is a paragraph.
func Tokenised(sentences [][]string) *text.Document {
	d := &text.Document{}
	var b strings.Builder
	ids := map[uint64]int32{}
	var alone text.Document
	runes := int32(0)
	for _, forms := range sentences {
		first := int32(len(d.Tokens))
		for _, form := range forms {
			if b.Len() > 0 {
				b.WriteByte(' ')
				runes++
			}
			h := text.WordHash(form)
			id, ok := ids[h]
			if !ok {
				id = int32(len(d.Words))
				ids[h] = id
				d.Words = append(d.Words, text.WordInfo{Hash: h, First: int32(len(d.Tokens))})
			}
			d.Words[id].Count++
			t := text.Token{Start: int32(b.Len()), RuneStart: runes, Word: id, Shape: text.Mixed, Hash: h, Flags: text.SpaceBefore | text.Foreign}
			if alone.Scan(form); len(alone.Tokens) == 1 {
				t.Kind, t.Shape = alone.Tokens[0].Kind, alone.Tokens[0].Shape
				t.Flags |= alone.Tokens[0].Flags & (text.Digits | text.Hyphenated)
			}
			b.WriteString(form)
			runes += int32(utf8.RuneCountInString(form))
			t.End, t.RuneEnd = int32(b.Len()), runes
			d.Tokens = append(d.Tokens, t)
		}
		if last := int32(len(d.Tokens)); last > first {
			a, z, n := d.Tokens[first], d.Tokens[last-1], int32(len(d.Sentences))
			d.Sentences = append(d.Sentences, text.Sentence{
				Start: a.Start, End: z.End, RuneStart: a.RuneStart, RuneEnd: z.RuneEnd, First: first, Last: last, Paragraph: n,
			})
			d.Paragraphs = append(d.Paragraphs, text.Paragraph{
				Start: a.Start, End: z.End, RuneStart: a.RuneStart, RuneEnd: z.RuneEnd, First: n, Last: n + 1,
			})
		}
	}
	d.Text = b.String()
	return d
}
