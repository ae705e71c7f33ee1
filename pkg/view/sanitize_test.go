package view

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"plain text is itself", "The council voted.", "The council voted."},
		{"letters of any script are themselves", "Øster 日本 العربية 😀", "Øster 日本 العربية 😀"},
		{"lines are kept", "one\ntwo\r\nthree\u2028four", "one\ntwo\nthree\nfour"},
		{"a colour sequence is seen and does nothing", "\x1b[31mred\x1b[0m", "␛[31mred␛[0m"},
		{"a window title is seen and does nothing", "\x1b]0;gone\a", "␛]0;gone␇"},
		{"a carriage return cannot overwrite the line", "true\rfalse", "true␍false"},
		{"a backspace and a delete are shown", "a\bb\x7f", "a␈b␡"},
		{"the 8-bit control sequence introducer is dead", "a\u009b31mb", "a�31mb"},
		{"a raw 0x9b byte is dead", "a\x9b31mb", "a�31mb"},
		{"an override cannot turn a file name round", "cod\u202etxt.exe", "cod�txt.exe"},
		{"an isolate is dead", "\u2067abc\u2069", "�abc�"},
		{"direction marks vanish", "a\u200eb\u200fc\u061cd", "abcd"},
		{"a tab is a space", "a\tb", "a b"},
		{"invalid UTF-8 is replaced byte by byte", "a\xff\xfeb", "a��b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Terminal(c.in); got != c.want {
				t.Errorf("Terminal(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestOneLine_hasOneLine(t *testing.T) {
	t.Parallel()
	if got, want := OneLine("one\ntwo\r\nthree\u2029four"), "one two three four"; got != want {
		t.Errorf("OneLine = %q, want %q", got, want)
	}
}

func FuzzTerminal(f *testing.F) {
	for _, s := range []string{"", "\x1b[2J", "a\u202eb", "\xc2\x9b", "\r\n", "\r", "e\u0301", "\xe2\x80", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, out := range map[string]string{"Terminal": Terminal(s), "OneLine": OneLine(s)} {
			if !utf8.ValidString(out) {
				t.Fatalf("%s(%q) = %q is not UTF-8", name, s, out)
			}
			for _, r := range out {
				if r == '\n' && name == "Terminal" {
					continue
				}
				if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
					t.Fatalf("%s(%q) = %q has %U", name, s, out, r)
				}
			}
			if again := Terminal(out); again != out && !strings.Contains(out, "\n") {
				t.Fatalf("%s is not stable: %q then %q", name, out, again)
			}
		}
	})
}

func BenchmarkTerminal(b *testing.B) {
	s := strings.Repeat("The council’s vote was close. ", 100)
	b.ReportAllocs()
	for b.Loop() {
		Terminal(s)
	}
}
