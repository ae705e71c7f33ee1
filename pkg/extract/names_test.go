package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAuthors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		in   []string
		want []string
	}{
		{"as they are", []string{"Mira Voss", "Jon Hale"}, []string{"Mira Voss", "Jon Hale"}},
		{"a prefix goes", []string{"By Mira Voss", "Von Jon Hale"}, []string{"Mira Voss", "Jon Hale"}},
		{"initials in brackets go", []string{"Mira Voss (mvo)"}, []string{"Mira Voss"}},
		{"a joint byline is cut", []string{"Mira Voss und Jon Hale, dpa"}, []string{"Mira Voss", "Jon Hale", "dpa"}},
		{"an office with a comma is not", []string{"Office of Ports and Roads, Norland Ministry of the Sea"}, []string{"Office of Ports and Roads, Norland Ministry of the Sea"}},
		{"one name counts once", []string{"Mira Voss", "MIRA VOSS"}, []string{"Mira Voss"}},
		{"a name may begin like a prefix", []string{"Byron Diaz"}, []string{"Byron Diaz"}},
		{"no names", []string{"105092", "https://example.com/voss", ""}, nil},
	} {
		if diff := cmp.Diff(tc.want, authors(tc.in...)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestHeadlines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, linked, shared, heading, title, want string }{
		{"the linked data's is taken", "Harbour shut", "Harbour is shut", "", "", "Harbour shut"},
		{"the site's name goes when another place lacks it", "Harbour shut - harbour.example", "", "Harbour shut", "", "Harbour shut"},
		{"a dash in a headline stays", "Harbour shut - again", "Harbour shut again", "", "", "Harbour shut - again"},
		{"all other places outvote it", "Harbour news: shut", "Harbour shut for good", "Harbour shut for good", "Harbour shut for good | Harbour Wire", "Harbour shut for good"},
		{"two do not", "Harbour news: shut", "Harbour shut for good", "Harbour shut for good", "Harbour news: shut", "Harbour news: shut"},
	} {
		got := headlines(choice{tc.linked, "json_ld", 1}, choice{tc.shared, "meta", 1}, choice{tc.heading, "h1", 1}, choice{tc.title, "title", 1})
		if got[0].value != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got[0].value, tc.want)
		}
	}
}
