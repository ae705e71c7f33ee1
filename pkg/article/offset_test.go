package article

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzOffsets(f *testing.F) {
	for _, s := range []string{"", "plain", "é", "a😀b", "日本語", "\xff\xfe", "a\xe2\x82", "€ and $", "e\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := NewOffsets(s)
		runes := 0
		for b := range s + "\x00" { // the added byte makes the loop visit the end
			if b > len(s) {
				break
			}
			if got := o.Rune(b); got != runes {
				t.Fatalf("Rune(%d) of %q = %d, a range loop counts %d", b, s, got, runes)
			}
			if got := o.Byte(runes); got != b {
				t.Fatalf("Byte(%d) of %q = %d, a range loop counts %d", runes, s, got, b)
			}
			if got := o.Byte(o.Rune(b)); got != b {
				t.Fatalf("Byte(Rune(%d)) of %q = %d", b, s, got)
			}
			runes++
		}
		if o.Rune(len(s)) != utf8.RuneCountInString(s) {
			t.Fatalf("Rune(len) of %q = %d, want %d", s, o.Rune(len(s)), utf8.RuneCountInString(s))
		}
	})
}

func TestOffsets_cutWhatPythonCuts(t *testing.T) {
	t.Parallel()
	text := "Der 😀 kostet 4 €."
	o := NewOffsets(text)
	start, end := 6, 12 // text[6:12] in Python
	if got, want := text[o.Byte(start):o.Byte(end)], "kostet"; got != want {
		t.Errorf("text[%d:%d] = %q, want %q", start, end, got, want)
	}
}

func BenchmarkOffsets(b *testing.B) {
	text := strings.Repeat("The council’s vote was close. ", 140)
	b.ReportAllocs()
	for b.Loop() {
		o := NewOffsets(text)
		o.Byte(o.Rune(2000))
	}
}
