package extract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitGlued(t *testing.T) {
	t.Parallel()
	harbour := strings.Repeat(prose+"\n", 4) + "Talks go on until Friday.\n"
	rail := strings.Repeat("Railway fares rise by a tenth in the spring, the transport ministry said on Tuesday, and commuters in the valley fear for more.\n\n", 4) + "A vote in parliament is due in March.\n"
	fares := strings.ReplaceAll(rail, "\n\n", "\n") // set like the other
	signed := "PORT ALDEN (HW) — " + harbour
	for _, tc := range []struct {
		name, in string
		want     []string // how each piece begins
		doubtful bool
	}{
		{"one article", harbour, []string{"Dock workers"}, false},
		{"a headline and a dateline in the middle", "Harbour strike goes on\n\n" + signed + "\nRailway fares to rise\n\nNORDHAVEN (HW) — " + rail, []string{"Harbour strike", "Railway fares to rise"}, false},
		{"an end mark and a headline", harbour + "\nENDS\n\nRailway fares to rise\n\n" + rail, []string{"Dock workers", "Railway fares to rise"}, false},
		{"a rule and a dateline", signed + "\n-----\n\nNORDHAVEN (HW) — " + rail, []string{"PORT ALDEN", "NORDHAVEN"}, false},
		{"a copyright line and a byline", harbour + "© 2026 Harbour Wire\n\nBy Mira Voss\n" + rail, []string{"Dock workers", "By Mira Voss"}, false},
		{"three articles", strings.Repeat("Harbour strike goes on\nBy Mira Voss\n"+harbour+"\n", 3), []string{"Harbour strike", "Harbour strike", "Harbour strike"}, false},
		{"the layout changes where a gap is wide", harbour + "\n\n\n" + rail, []string{"Dock workers", "Railway fares"}, false},
		{"the layout changes at a line to sign up", rail + "Sign up to our daily newsletter\n" + harbour, []string{"Railway fares", "Sign up"}, false},

		{"the layout changes and nothing else: the place is not sure", harbour + rail, []string{"Dock workers"}, true},
		{"a rule and a heading part the sections of one article", harbour + "\n* * *\n\nWhat the union wants\n\n" + fares, []string{"Dock workers"}, true},
		{"a round-up of datelines", signed + "\nNORDHAVEN (HW) — " + fares, []string{"PORT ALDEN"}, true},
		{"a section heading", harbour + "\nWhat the union wants\n\n" + harbour, []string{"Dock workers"}, false},
		{"a note under a rule", harbour + "\n___\n\nBy Mira Voss\nAlso reporting was Jan Roe.\n", []string{"Dock workers"}, false},
		{"a list of short lines", harbour + "\n" + strings.Repeat("Team one 3\n\n", 20), []string{"Dock workers"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pieces, doubtful := splitGlued(tc.in)
			var got []string
			for i, p := range pieces {
				if i < len(tc.want) && strings.HasPrefix(p, tc.want[i]) {
					p = tc.want[i]
				}
				got = append(got, p)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			if doubtful != tc.doubtful {
				t.Errorf("got doubtful %v, want %v", doubtful, tc.doubtful)
			}
		})
	}
}

// The two articles of the first acceptance case cannot be part of this repository.
// COPYDESK_SEEDS names the folder they are in.
func TestSplitGlued_seeds(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(os.Getenv("COPYDESK_SEEDS"), "00*.txt"))
	if os.Getenv("COPYDESK_SEEDS") == "" || len(files) != 2 {
		t.Skip("COPYDESK_SEEDS does not name the seeds")
	}
	var texts []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.TrimSpace(string(b)))
	}
	for _, tc := range []struct {
		name, in string
		pieces   int
	}{
		{"the first alone", texts[0], 1},
		{"the second alone", texts[1], 1},
		{"the second, then the first", texts[1] + "\n" + texts[0], 2},
		{"the second, a blank line, the first", texts[1] + "\n\n" + texts[0], 2},
		{"the first, a wide gap, the second", texts[0] + "\n\n\n" + texts[1], 2},
		{"the first, a rule, the second", texts[0] + "\n\n----------\n\n" + texts[1], 2},
		{"the first, then the second: whole, with a warning", texts[0] + "\n" + texts[1], 1},
	} {
		pieces, doubtful := splitGlued(tc.in)
		if len(pieces) != tc.pieces || doubtful != strings.Contains(tc.name, "warning") {
			t.Errorf("%s: got %d pieces, doubtful %v; want %d", tc.name, len(pieces), doubtful, tc.pieces)
		}
		for i, want := range []string{texts[1], texts[0]} {
			if tc.name == "the second, then the first" && len(pieces) == 2 && pieces[i] != want {
				t.Errorf("%s: piece %d is not the article", tc.name, i)
			}
		}
	}
}
