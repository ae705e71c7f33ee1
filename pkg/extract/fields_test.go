package extract

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

const prose = "Dock workers at the largest harbour of the country voted on Monday to stay away for a second week, leaving some 40 ships at anchor outside the breakwater."

func TestHeadline_plainText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"a short line above a blank one", "Harbour strike goes on\n\n" + prose, "Harbour strike goes on"},
		{"a short line above long paragraphs", "Harbour strike goes on\n" + prose + "\n" + prose, "Harbour strike goes on"},
		{"a question", "Will the harbour open again?\n\n" + prose, "Will the harbour open again?"},
		{"a first sentence is none", "The strike goes on.\n\n" + prose, ""},
		{"a dateline is none", "PORT ALDEN (HW) — Dockers strike\n\n" + prose, ""},
		{"a byline is none", "By Mira Voss of Harbour Wire\n\n" + prose, ""},
		{"a date is none", "5 October 2026\n\n" + prose, ""},
		{"a line above lines as short is none", "Harbour strike goes on\nDockers vote to stay away.", ""},
		{"text of one line has none", "Harbour strike goes on", ""},
		{"two words are not clear enough", "Harbour strike\n\n" + prose, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := extractOne(t, tc.in, Hints{})
			if got := deref(a.Headline); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if p, ok := a.Provenance["headline"]; ok != (tc.want != "") || ok && p.Method != "first_line" {
				t.Errorf("provenance %+v", p)
			}
		})
	}
}

func TestDateline(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ first, want string }{
		{"CAIRO (AP) — Talks began.", "CAIRO (AP)"},
		{"PORT ALDEN, Norland (HW) -- Talks began.", "PORT ALDEN, Norland (HW)"},
		{"WASHINGTON, Feb 5 (Reuters) - Talks began.", "WASHINGTON, Feb 5 (Reuters)"},
		{"Cairo (dpa) - Talks began.", "Cairo (dpa)"},
		{"SÃO PAULO – “Talks” began.", "SÃO PAULO"},
		{"NATO — the alliance — agreed to talk.", ""},
		{"Talks began in Cairo (again) on Monday.", ""},
		{"The harbour - the country's largest - stayed shut.", ""},
	} {
		a := blank(nil, Hints{})
		setDateline(a, tc.first)
		if got := deref(a.Dateline); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.first, got, tc.want)
		}
	}
}

func TestPublished(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, literal       string
		instant, day, codes string
	}{
		{"a moment with a zone", "2026-10-05T08:30:00+02:00", "2026-10-05T06:30:00Z", "", ""},
		{"a mail date", "Mon, 05 Oct 2026 08:30:00 +0200", "2026-10-05T06:30:00Z", "", ""},
		{"a time without a zone is a day", "2026-10-05T08:30:00", "", "2026-10-05", ""},
		{"a day", "2026-10-05", "", "2026-10-05", ""},
		{"a zone name other than UTC is not believed", "Mon, 5 Oct 2026 08:30:00 CST", "", "", "published_unreadable"},
		{"day and month that could be swapped", "05/10/2026", "", "", "published_unreadable"},
		{"a day after the file arrived", "2026-12-01T00:00:00Z", "", "", "published_in_future"},
		{"nothing", "", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := extractOne(t, prose, Hints{Published: tc.literal})
			instant := ""
			if a.Published != nil {
				instant = a.Published.Format(time.RFC3339)
			}
			got := []string{instant, deref(a.PublishedDate), strings.Join(a.Cleaning.Warnings, " ")}
			if diff := cmp.Diff([]string{tc.instant, tc.day, tc.codes}, got); diff != "" {
				t.Errorf("moment, day, warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	german := "Die Hafenarbeiter des größten Hafens des Landes haben am Montag beschlossen, der Arbeit eine weitere Woche fernzubleiben. Rund vierzig Schiffe liegen vor der Mole, und die Händler warnen vor leeren Regalen."
	for _, tc := range []struct{ name, text, declared, want, method string }{
		{"English prose", prose, "", "en", "trigrams"},
		{"the declared region is kept", prose, "en-gb", "en-GB", "trigrams"},
		{"a long text beats a wrong declaration", german, "en", "de", "trigrams"},
		{"a short text is what was declared", "Strike!", "nb", "nb", "declared"},
		{"a short text without a declaration is unknown", "Strike!", "", "", ""},
		{"kana are Japanese", "港湾労働者は月曜日に、もう一週間ストライキを続けることを決めた。", "", "ja", "script"},
		{"hangul is Korean", "항만 노동자들은 월요일에 파업을 일주일 더 계속하기로 결정했다.", "", "ko", "script"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := extractOne(t, tc.text, Hints{Language: tc.declared})
			if got := deref(a.Language); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if got := a.Provenance["language"].Method; got != tc.method {
				t.Errorf("got method %q, want %q", got, tc.method)
			}
		})
	}
}

func TestHTML_fieldsAreNullWithoutEvidence(t *testing.T) {
	t.Parallel()
	a := extractOne(t, "<html><body><p>"+prose+"</p><p>"+prose+"</p></body></html>", Hints{})
	var got []any
	for _, s := range []*string{a.Headline, a.SiteName, a.Section, a.CanonicalURL, a.PublishedDate, a.Source.Domain} {
		if s != nil {
			got = append(got, *s)
		}
	}
	if len(got) > 0 || a.Published != nil || len(a.Byline) > 0 {
		t.Errorf("got %v, %v, %v; want nothing", got, a.Published, a.Byline)
	}
	if a.Input.MediaType != "text/html" || a.Kind != article.KindArticle {
		t.Errorf("got media type %s, kind %s", a.Input.MediaType, a.Kind)
	}
}

func TestFile_hintsThatAreNoUTF8(t *testing.T) {
	t.Parallel()
	a := extractOne(t, prose, Hints{URL: "https://harbour.example/\xff", Filename: "\xff", Published: "\xb8", Ref: "\xff", Source: "wire"})
	for name, got := range map[string]*string{"url": a.Input.URL, "filename": a.Input.Filename, "published": a.PublishedRaw, "ref": a.Input.Ref} {
		if got == nil || !utf8.ValidString(*got) || !strings.Contains(*got, "\ufffd") {
			t.Errorf("%s is %q, want what could not be read replaced", name, deref(got))
		}
	}
}
