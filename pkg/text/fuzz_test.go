package text

import (
	"testing"
	"unicode/utf8"
)

// FuzzScan holds every text to the promises of the package: no panic, spans in
// order that cut the text, gaps of nothing but white space and invisible marks,
// code point offsets that agree with the byte offsets, the same result from a
// used document.
func FuzzScan(f *testing.F) {
	for _, s := range append(samples(f, "agency.txt", "translated.txt", "mail.txt", "world.txt"), seeds...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Scan(s)
		check(t, d)
		var again Document
		again.Scan("Another text. It was here before, e.g. in the U.S.\n\n- item")
		again.Scan(s)
		if len(again.Tokens) != len(d.Tokens) || len(again.Sentences) != len(d.Sentences) || len(again.Words) != len(d.Words) {
			t.Fatalf("a used document reads %q differently", s)
		}
		for i := range d.Tokens {
			if again.Tokens[i] != d.Tokens[i] {
				t.Fatalf("a used document reads token %d of %q differently", i, s)
			}
		}
	})
}

var seeds = []string{
	"", " ", ".", "...", "\x00", "\xff\xfe", "a", "A.", "I.", "'s", "n't", "’", "U.S.", "U.S..", "U.S.-Saudi", "e.g.", "1.", "$", "US$5",
	"Mr. A. B. Okoro didn't pay $1,200.50 (about €1.1bn) on Oct. 7, the AP's Cairo desk said.",
	"CAIRO (AP) — “We won’t,” he said. ‘Why?’ asked Smith… No. 5 came.",
	"see http://example.com/a_(b)?q=1, www.example.org. or a.b@c.co.uk; @me #tag :-) 👩‍👩‍👧 🇪🇬",
	"1. one\n2. two\n\n- a\n- b\r\n\r\n• c",
	"北京。日本語のテキスト！カタカナ ภาษาไทย العربية؟ עברית हिन्दी।",
	"the American state. Department. was paid.The minister",
	"a\u00adb \u200b\ufeff c\u2028d\u0085e ½ km² 5′ \u0301",
	"&amp;&#39; <<>> ---- ____ **bold** [1] [19]. ``x'' '80s 80's 'em a/b b/c 24/7",
}

// check reports what a document breaks of the promises.
func check(t *testing.T, d *Document) {
	t.Helper()
	s := d.Text
	at, runes := int32(0), int32(0)
	skip := func(to int32, inToken bool) {
		for at < to {
			r, n := utf8.DecodeRuneInString(s[at:])
			if !inToken {
				if k, _ := sortAt(s, int(at)); k&gap == 0 {
					t.Fatalf("%q: %q at byte %d is in no token", s, r, at)
				}
			}
			at += int32(n)
			runes++
		}
		if at != to {
			t.Fatalf("%q: byte %d splits a character", s, to)
		}
	}
	for i, tok := range d.Tokens {
		if tok.Start < at || tok.End <= tok.Start || int(tok.End) > len(s) {
			t.Fatalf("%q: token %d spans %d to %d after %d", s, i, tok.Start, tok.End, at)
		}
		gapped := tok.Start > at || i == 0
		skip(tok.Start, false)
		if runes != tok.RuneStart {
			t.Fatalf("%q: token %d begins at code point %d, not %d", s, i, runes, tok.RuneStart)
		}
		skip(tok.End, true)
		if runes != tok.RuneEnd {
			t.Fatalf("%q: token %d ends at code point %d, not %d", s, i, runes, tok.RuneEnd)
		}
		if gapped != tok.Has(SpaceBefore) {
			t.Fatalf("%q: token %d has flags %b", s, i, tok.Flags)
		}
		form := s[tok.Start:tok.End]
		if tok.Hash != WordHash(form) || d.Words[tok.Word].Hash != tok.Hash {
			t.Fatalf("%q: token %q has hash %x", s, form, tok.Hash)
		}
		if d.FormHash(i) != hashForm(form) {
			t.Fatalf("%q: token %q has a wrong form hash", s, form)
		}
	}
	skip(int32(len(s)), false)
	checkSpans(t, d)
}

// checkSpans tests that sentences tile the tokens and paragraphs the sentences.
func checkSpans(t *testing.T, d *Document) {
	t.Helper()
	token := int32(0)
	for i, x := range d.Sentences {
		if x.First != token || x.Last <= x.First || x.Start != d.Tokens[x.First].Start || x.End != d.Tokens[x.Last-1].End ||
			x.RuneStart != d.Tokens[x.First].RuneStart || x.RuneEnd != d.Tokens[x.Last-1].RuneEnd {
			t.Fatalf("%q: sentence %d is %+v", d.Text, i, x)
		}
		token = x.Last
	}
	if int(token) != len(d.Tokens) {
		t.Fatalf("%q: sentences end at token %d of %d", d.Text, token, len(d.Tokens))
	}
	sentence := int32(0)
	for i, p := range d.Paragraphs {
		if p.First != sentence || p.Last <= p.First || p.Start != d.Sentences[p.First].Start || p.End != d.Sentences[p.Last-1].End {
			t.Fatalf("%q: paragraph %d is %+v", d.Text, i, p)
		}
		for ; sentence < p.Last; sentence++ {
			if int(d.Sentences[sentence].Paragraph) != i {
				t.Fatalf("%q: sentence %d names paragraph %d, not %d", d.Text, sentence, d.Sentences[sentence].Paragraph, i)
			}
		}
	}
	if int(sentence) != len(d.Sentences) {
		t.Fatalf("%q: paragraphs end at sentence %d of %d", d.Text, sentence, len(d.Sentences))
	}
}
