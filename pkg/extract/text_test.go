package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, data, contentType, text, charset string
	}{
		{"plain ASCII is UTF-8", "cafe", "", "cafe", "utf-8"},
		{"valid UTF-8 is believed before a wrong declaration", "café", "text/plain; charset=shift_jis", "café", "utf-8"},
		{"a UTF-8 mark is taken off", "\xef\xbb\xbfcafé", "", "café", "utf-8"},
		{"UTF-16 little endian by its mark", "\xff\xfec\x00a\x00f\x00\xe9\x00", "", "café", "utf-16le"},
		{"UTF-16 big endian by its mark", "\xfe\xff\x00c\x00a\x00f\x00\xe9", "", "café", "utf-16be"},
		{"a declared charset that fits", "\xea\xe0\xf4\xe5", "text/plain; charset=windows-1251", "кафе", "windows-1251"},
		{"a declared charset that does not fit", "caf\xe9 ", "text/plain; charset=utf-8", "café ", "windows-1252"},
		{"nothing declared", "\x93caf\xe9\x94", "", "“café”", "windows-1252"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text, charset, _ := decode([]byte(tc.data), formatText, Hints{ContentType: tc.contentType})
			if text != tc.text || charset != tc.charset {
				t.Errorf("got %q in %s, want %q in %s", text, charset, tc.text, tc.charset)
			}
		})
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"a no-break space is a space", "40\u00a0ships", "40 ships"},
		{"zero width characters and soft hyphens go", "dock\u200bers vo\u00adted\ufeff", "dockers voted"},
		{"control and direction characters go", "a\x07b\u202ec", "abc"},
		{"a joiner in Latin text goes", "dock\u200ders", "dockers"},
		{"a joiner in Persian stays", "می\u200cخواهم", "می\u200cخواهم"},
		{"a joiner in an emoji stays", "👩\u200d🚒", "👩\u200d🚒"},
		{"letters are composed", "cafe\u0301", "café"},
		{"line ends are one kind", "a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"UTF-8 read as windows-1252 is mended", "donâ€™t pay Â£5 Ã\u00a0 la carte", "don’t pay £5 à la carte"},
		{"accented text is not mended", "Ângela pâté Ã", "Ângela pâté Ã"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tidy(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSplitParagraphs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		in   string
		want []string
	}{
		{"a paragraph a line", "First one here.\nSecond one here.\n", []string{"First one here.", "Second one here."}},
		{"blank lines between", "First one here.\n\n\nSecond one here.", []string{"First one here.", "Second one here."}},
		{
			"hard-wrapped lines are joined", `
The dockers of the northern
harbour voted on Monday to stay
away from work for one more week.

The port authority said that it
would ask the court to decide the
matter.`,
			[]string{"The dockers of the northern harbour voted on Monday to stay away from work for one more week.", "The port authority said that it would ask the court to decide the matter."},
		},
		{
			"hard-wrapped lines without blank ones break after a short line", `
   The dockers of the northern harbour
voted on Monday to stay away from work
for one more week.
   The port authority said that it would
ask the court to decide the matter, and
would wait.`,
			[]string{"The dockers of the northern harbour voted on Monday to stay away from work for one more week.", "The port authority said that it would ask the court to decide the matter, and would wait."},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range splitParagraphs(tc.in) {
				got = append(got, p.text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("paragraphs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBoilerplateRule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ line, rule string }{
		{"Stay informed with free updates", "signup"},
		{"Just sign up to the Inland Freight Digest: delivered straight to your inbox.", "signup"},
		{"Sign up", "signup"},
		{"Subscribe to our newsletter today", "newsletter"},
		{"Get the day's top stories in our morning briefing", "newsletter"},
		{"Related: Grocers warn of empty shelves", "related"},
		{"READ MORE", "related"},
		{"ADVERTISEMENT", "promo"},
		{"Follow us on social media", "promo"},
		{"© 2026 Harbour Wire", "copyright"},
		{"The Harbour Wire. All rights reserved.", "copyright"},

		{"Sign up fees at the harbour club rose by a tenth.", ""},
		{"Sign up to the treaty, the minister told the others.", ""},
		{"Stay informed, the mayor told residents as the water rose.", ""},
		{"Related industries lost 400 jobs last year.", ""},
		{"Recommended doses were too high, the court found.", ""},
		{"Share prices fell by a third on Monday.", ""},
		{"Comments by the minister angered the union.", ""},
		{"Copyright law does not apply to the rosters, the court said.", ""},
		{"Follow the money, the auditor said.", ""},
		{"Subscribers to the pension fund are not affected.", ""},
		{"Related: " + strings.Repeat("a long line of prose ", 20), ""},
	} {
		if got := boilerplateRule(tc.line); got != tc.rule {
			t.Errorf("%q: got rule %q, want %q", tc.line, got, tc.rule)
		}
	}
}

func TestDropBoilerplate_keepsTextThatWouldLoseMoreThanHalf(t *testing.T) {
	t.Parallel()
	ps := []paragraph{{text: "Subscribe to our newsletter"}, {text: "Sign up now"}, {text: "A line."}}
	kept, removed := dropBoilerplate(ps)
	if len(kept) != 3 || len(removed) != 0 {
		t.Errorf("kept %v, removed %v; want all kept", kept, removed)
	}
}
