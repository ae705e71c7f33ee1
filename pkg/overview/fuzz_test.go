package overview

import (
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func FuzzWord(f *testing.F) {
	f.Add("no_items")
	f.Add("\x1b]0;owned\x07\u202e\u2066\u009b31m\r\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		w := word(s)
		if n := utf8.RuneCountInString(w); n > maxWord {
			t.Errorf("%d characters", n)
		}
		for _, c := range w {
			if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
				t.Errorf("%U is in %q", c, w)
			}
		}
	})
}

func FuzzPassage_note(f *testing.F) {
	f.Add([]byte(`{"received":"2026-02-17T08:00:00Z","trace":[{"stage":"ingest","version":"v1"},{"stage":"x"}]}`))
	f.Add([]byte(`{"received":"9999-12-31T23:59:59Z","trace":null}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		p := newPassage()
		for range 3 {
			p.note(record, time.Date(2026, 2, 17, 9, 0, 0, 0, time.UTC))
		}
		took, versions := p.report()
		if took.P50 != nil && *took.P50 < 0 || len(versions) > 4 {
			t.Errorf("%v, %v", took, versions)
		}
	})
}
