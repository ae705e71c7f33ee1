package extract

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// anpa and iptc7901 put a message into its envelope.
func anpa(head, text, tail string) string {
	return "\x16\x16\x01" + head + "\r\n\x02" + strings.ReplaceAll(text, "\n", "\r\n") + "\x03" + tail + "\r\n\x04"
}

func iptc7901(head, text, tail string) string {
	return "\x01" + head + "\r\n\r\n\x02" + strings.ReplaceAll(text, "\n", "\r\n") + "\x03" + tail + "\r\n\x04"
}

var (
	anpaSample = anpa("a0123-----\r\nu f BC-NO--Harbour-Strike 1stLd   10-05 0234", `^BC-NO--Harbour Strike, 1st Ld,234<
^Harbour strike goes on for a second week<
^HW Photo PAL101, PAL102<
^Eds: UPDATES with talks. With HW Photos.<
^By MIRA VOSS and JAN ROE=
^Harbour Wire Writers=
`+"\t   PORT ALDEN, Norland (HW) _ Dock workers stay away for a second week, leaving\n40 ships at anchor. \n\t   ``Talks go on,'' the union said. \n\t   ___ \n\t   Mira Voss reported from Nordhaven. \n\n\t   HW-WF-10-05-26 0830GMT<\n\n", "")
	iptcSample = iptc7901("eca0017 3 e 123  hw 0045", `
Norland/Harbour/
1ST LEAD
Harbour strike goes on for a second
week
By Mira Voss, hw =

Port Alden (hw) - Dock workers stay away for a second week, leaving
40 ships at anchor, the union said.

Talks go on.

# Notebook

## Note to editors
- adds talks

hw mv jr

`, "051030 MESZ Okt 26")
)

func TestWire(t *testing.T) {
	t.Parallel()
	german := "Norddorf/Hafen/\nHafenstreik geht weiter =\n\nNorddorf (hw) - Die Hafenarbeiter f}hren fort, die gro~en Schiffe nicht zu l|schen. Der B}rgermeister bedauert es.\n"
	umlauts := "Norddorf/Hafen/\nHafenstreik geht weiter =\n\nNorddorf (hw) - Die Hafenarbeiter führen fort, die großen Schiffe nicht zu löschen. Der Bürgermeister bedauert es.\n"
	dos, _ := charmap.CodePage850.NewEncoder().String(umlauts)
	latin, _ := charmap.ISO8859_1.NewEncoder().String(umlauts)
	germanWant := func(charset string) string {
		return `
type: text/vnd.iptc.iptc7901
headline: Hafenstreik geht weiter
dateline: Norddorf (hw)
keywords: Norddorf; Hafen
id: bdt0001
slug: Norddorf/Hafen
urgency: 4
subjects: iptc:wi
` + charset + `text: Norddorf (hw) - Die Hafenarbeiter führen fort, die großen Schiffe nicht zu löschen. Der Bürgermeister bedauert es.
`
	}
	checkFormats(t, []formatCase{
		{"ANPA 1312", anpaSample, `
type: text/vnd.iptc.anpa
headline: Harbour strike goes on for a second week
byline: MIRA VOSS; JAN ROE
dateline: PORT ALDEN, Norland (HW)
published: 2026-10-05T08:30:00Z
id: a0123
slug: BC-NO--Harbour Strike, 1st Ld
urgency: 3
note: Eds: UPDATES with talks. With HW Photos.
subjects: anpa:f
removed by wire_header: BC-NO--Harbour Strike, 1st Ld,234
removed by wire_header: HW Photo PAL101, PAL102
removed by wire_header: Eds: UPDATES with talks. With HW Photos.
removed by wire_header: Harbour Wire Writers
text: PORT ALDEN, Norland (HW) — Dock workers stay away for a second week, leaving 40 ships at anchor. / “Talks go on,” the union said. / Mira Voss reported from Nordhaven.
`},
		{"IPTC 7901", iptcSample, `
type: text/vnd.iptc.iptc7901
headline: Harbour strike goes on for a second week
byline: Mira Voss
dateline: Port Alden (hw)
published: 2026-10-05T08:30:00Z
keywords: Norland; Harbour
id: eca0017
slug: Norland/Harbour
urgency: 3
note: 1ST LEAD
subjects: iptc:e
removed by wire_note: # Notebook
removed by wire_note: ## Note to editors
removed by wire_note: - adds talks
removed by wire_note: hw mv jr
removed by wire_header: 1ST LEAD
text: Port Alden (hw) - Dock workers stay away for a second week, leaving 40 ships at anchor, the union said. / Talks go on.
`},
		{"IPTC 7901 in the 7-bit set with German letters", iptc7901("bdt0001 4 wi 20", german, ""), germanWant("warnings: charset_guessed\n")},
		{"IPTC 7901 in a DOS set", iptc7901("bdt0001 4 wi 20", dos, ""), germanWant("warnings: charset_guessed\n")},
		{"IPTC 7901 in Latin-1", iptc7901("bdt0001 4 wi 20", latin, ""), germanWant("warnings: charset_guessed\n")},
		{"IPTC 7901 in UTF-8", iptc7901("bdt0001 4 wi 20", umlauts, ""), germanWant("")},
		{"two messages back to back, the second a kill", iptcSample[:strings.Index(iptcSample, "# Note")] + "\x03\x04" + iptc7901("eca0018 1 e 9", "Norland/Harbour/\nKILL\nHarbour strike =\n\nPlease kill the story on the harbour strike.\n", "051100 GMT Oct 26"), `
path: message 1
type: text/vnd.iptc.iptc7901
headline: Harbour strike goes on for a second week
byline: Mira Voss
dateline: Port Alden (hw)
keywords: Norland; Harbour
id: eca0017
slug: Norland/Harbour
urgency: 3
note: 1ST LEAD
subjects: iptc:e
removed by wire_header: 1ST LEAD
text: Port Alden (hw) - Dock workers stay away for a second week, leaving 40 ships at anchor, the union said. / Talks go on.
--
path: message 2
type: text/vnd.iptc.iptc7901
status: canceled
headline: Harbour strike
published: 2026-10-05T11:00:00Z
keywords: Norland; Harbour
id: eca0018
slug: Norland/Harbour
urgency: 1
note: KILL
subjects: iptc:e
removed by wire_header: KILL
text: Please kill the story on the harbour strike.
`},
		{"an embargo in words", anpa("a0124\r\nr f BC-Prize   10-05 0020", "^Port pilot wins prize<\n^Eds: Embargoed until Wednesday noon.<\n\tPORT ALDEN (HW) _ A port pilot wins.\n", ""), `
type: text/vnd.iptc.anpa
status: withheld
headline: Port pilot wins prize
dateline: PORT ALDEN (HW)
id: a0124
slug: BC-Prize
urgency: 4
note: Eds: Embargoed until Wednesday noon.
subjects: anpa:f
warnings: embargo_unreadable
removed by wire_header: Eds: Embargoed until Wednesday noon.
text: PORT ALDEN (HW) — A port pilot wins.
`},
		{"a flash of one line", iptc7901("eca0019 1 e 9", "\nHarbour/\nHarbour strike over =\n", "051100 GMT Oct 26"), `
type: text/vnd.iptc.iptc7901
kind: alert
headline: Harbour strike over
published: 2026-10-05T11:00:00Z
keywords: Harbour
id: eca0019
slug: Harbour
urgency: 1
subjects: iptc:e
warnings: headline_only
text: Harbour strike over
`},
	})
}

func TestWire_hostile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, data, code string }{
		{"a start of heading in binary data", "\x01\x00\x07\x00rest", CodeUnsupported},
		{"a message without text", "\x01hw0001 4 pol 120\r\n\x02\x03\x04", CodeNoText},
		{"100,000 starts", "\x16\x16\x01a\r\n\x02" + strings.Repeat(soh, 100_000), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			items, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if tc.code == "" {
				if err != nil || len(items) != 101 {
					t.Errorf("got %d items, %v; want 101", len(items), err)
				}
				return
			}
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
}
