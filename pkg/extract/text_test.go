package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/htmlindex"
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
		{"UTF-16 little endian without a mark", "D\x00o\x00c\x00k\x00 \x00c\x00a\x00f\x00\xe9\x00.\x00", "", "Dock café.", "utf-16le"},
		{"UTF-16 big endian without a mark", "\x00D\x00o\x00c\x00k\x00 \x00c\x00a\x00f\x00\xe9", "", "Dock café", "utf-16be"},
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

func TestDecode_undeclared(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ charset, text string }{
		{"windows-1250", "Přístavní dělníci v pondělí rozhodli, že zůstanou mimo práci ještě jeden týden, a čtyřicet lodí proto čeká před molem. Podle odborů není dohoda blízko, protože jednání skončila již v pátek. Vláda řekla, že se do sporu vložit nechce, ale že obchody nesmějí být prázdné."},
		{"windows-1251", "Портовые рабочие в понедельник решили продлить забастовку ещё на неделю. Около сорока судов стоят на рейде, и торговцы предупреждают о пустых полках."},
		{"windows-1257", "Uosto darbininkai pirmadienį nusprendė, kad streikas truks dar savaitę, ir apie keturiasdešimt laivų laukia už molo. Profsąjunga sako, kad derybos su vyriausybe buvo nutrauktos, nes į jų reikalavimus nebuvo atsakyta. Iki penktadienio tai gali pasikeisti, bet kol kas parduotuvės yra be prekių, o jų savininkai jau dabar kalba apie nuostolius."},
		{"shift_jis", "港湾労働者は月曜日に、もう一週間ストライキを続けることを決めた。約四十隻の船が防波堤の外に停泊している。"},
		{"gb18030", "港口工人星期一决定再罢工一周，约四十艘船停泊在防波堤外，商人警告说货架将会空着。工会说谈判已经中断。"},
		{"euc-kr", "항만 노동자들은 월요일에 파업을 일주일 더 계속하기로 결정했다. 약 마흔 척의 배가 방파제 밖에 정박해 있다."},
		{"iso-2022-jp", "港湾労働者は月曜日に、もう一週間ストライキを続けることを決めた。"},
	} {
		e, err := htmlindex.Get(tc.charset)
		if err != nil {
			t.Fatal(err)
		}
		data, err := e.NewEncoder().String(tc.text)
		if err != nil {
			t.Fatal(err)
		}
		if text, charset, _ := decode([]byte(data), formatText, Hints{}); text != tc.text {
			t.Errorf("%s was read as %s: %s", tc.charset, charset, text)
		}
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
		{"twice over, too", "donÃ¢â‚¬â„¢t", "don’t"},
		{"one damaged quotation among good ones", "“Yes,” he said, donâ€™t pay", "“Yes,” he said, don’t pay"},
		{"Cyrillic read as windows-1252 is mended", "ÐŸÐ¾Ñ€Ñ‚ Ð·Ð°ÐºÑ€Ñ‹Ñ‚", "Порт закрыт"},
		{"an emoji is mended", "shut ðŸš¢ now", "shut 🚢 now"},
		{"accented text is not mended", "Ângela pâté Ã", "Ângela pâté Ã"},
		{"a letter before a closing quotation mark is not mended", "„VOLVO PRÄ“ à « côté »", "„VOLVO PRÄ“ à « côté »"},
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
		{"Stay informed with our free alerts", "signup"},
		{"Sign up to the Inland Freight Digest, free, by mail, on Mondays.", "signup"},
		{"Sign up", "signup"},
		{"Subscribe to our newsletter today", "newsletter"},
		{"Get the day's top stories in our morning briefing", "newsletter"},
		{"Related: Grocers warn of empty shelves", "related"},
		{"READ MORE", "related"},
		{"ADVERTISEMENT", "promo"},
		{"Follow us on social media", "promo"},
		{"The Harbour Wire. All rights reserved.", "copyright"},

		{"© 2026 Harbour Wire", "copyright"},
		{"The contents of these pages are ©2026 Harbour Wire, a company of the port.", "copyright"},
		{"Follow the Harbour Wire on Facebook and Instagram.", "promo"},
		{"If you enjoyed this article, please share it with a friend.", "promo"},
		{"Lesen Sie auch: Warten vor dem Hafen", "related"},
		{"Czytaj więcej", "related"},

		{"Following the union on Facebook led him to the strike.", ""},
		{"If you like the port, the mayor said, join the vote.", ""},
		{"Das Hafenamt will vor Gericht gehen.", ""},
		{"Mehr zum Leben braucht er nicht, sagt der Lotse.", ""},
		{"Sign up fees at the harbour club rose by a tenth.", ""},
		{"Sign up to the treaty, the minister told the others.", ""},
		{"Stay informed, the mayor told residents as the water rose.", ""},
		{"Related industries lost 400 jobs last year.", ""},
		{"Recommended doses were too high, the court found.", ""},
		{"Share prices fell by a third on Monday.", ""},
		{"Comments by the minister angered the union.", ""},
		{"Copyright law does not apply to the rosters, the court said.", ""},
		{"Share this list, will you?", ""},
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
