package entity

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// The names of countries are those of CLDR (Unicode License V3) as golang.org/x/text has
// it, whose tables would make the binary larger by a megabyte.
func TestExonyms_areThoseOfCLDR(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Countries by language: language, ISO 3166 code, name. From CLDR; go test -run Exonyms -update writes it.\n")
	for _, tag := range []language.Tag{language.German, language.Spanish, language.French, language.Italian, language.Dutch, language.Portuguese} {
		names := display.Regions(tag)
		for _, r := range loadGazetteer().records {
			if r.kind != "country" {
				continue
			}
			region, err := language.ParseRegion(r.country)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(names.Name(region), " (")
			fmt.Fprintf(&b, "%s\t%s\t%s\n", tag, r.country, name)
		}
	}
	if *update {
		if err := os.WriteFile("exonyms.tsv", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(b.String(), exonymsTSV); diff != "" {
		t.Errorf("exonyms.tsv; run go test -run Exonyms -update (-want +got):\n%s", diff)
	}
}

func TestExonyms_leadToTheirCountry(t *testing.T) {
	t.Parallel()
	for lang, names := range map[string]string{
		"de": "Deutschland Q183|Vereinigten Staaten Q30|Großbritannien Q145|Schweiz Q39|Niederlanden Q55|Elfenbeinküste Q1008",
		"fr": "Allemagne Q183|États-Unis Q30|Royaume-Uni Q145|Côte d'Ivoire Q1008|Pays-Bas Q55",
		"es": "Alemania Q183|EEUU Q30|Gran Bretaña Q145|Costa de Marfil Q1008",
		"it": "Germania Q183|Stati Uniti Q30|Gran Bretagna Q145|Olanda Q55",
		"pt": "Alemanha Q183|EUA Q30|Reino Unido Q145|Países Baixos Q55",
		"nl": "Duitsland Q183|Verenigde Staten Q30|Groot-Brittannië Q145|VS Q30",
	} {
		for _, pair := range strings.Split(names, "|") {
			i := strings.LastIndex(pair, " ")
			body := "x " + pair[:i] + " y"
			a := english(body)
			a.Language = &lang
			want := []string{"wd:" + pair[i+1:] + ": " + pair[:i] + "/"}
			got := tags(a)
			for j := range got {
				got[j] = strings.TrimSuffix(strings.TrimSuffix(got[j], "name"), "acronym")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", lang, body, diff)
			}
		}
	}
}
