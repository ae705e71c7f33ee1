package entity

import (
	"strings"
	"testing"
)

func TestSpellingKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"case, stops and diacritics do not count":  {"Société Génevoise S.A.", "societe genevoise", true},
		"nor do the article and the form":          {"The Voss Company Ltd.", "Voss", true},
		"an ampersand is a word":                   {"Voss & Sons", "Voss and Sons", true},
		"a hyphen parts words":                     {"Voss-Brandt", "Voss Brandt", true},
		"a form in the middle is part of the name": {"Voss Limited Editions", "Voss Editions", false},
		"a name may be a form":                     {"Inc", "Ltd", false},
		"words stay apart":                         {"Vos Sons", "Voss Ons", false},
		"long words count whole":                   {strings.Repeat("voss", 20) + "a", strings.Repeat("voss", 20) + "b", false},
		"other letters are letters":                {"Восс", "Вос", false},
	} {
		if got := spellingKey(c.a) == spellingKey(c.b); got != c.same {
			t.Errorf("%s: %q and %q have one key: %v", name, c.a, c.b, got)
		}
	}
	for _, s := range []string{"", "the", " - ", "..."} {
		if k := spellingKey(s); k != 0 {
			t.Errorf("%q has key %x, want none", s, k)
		}
	}
}

func FuzzSpellingKey(f *testing.F) {
	f.Add("The Voss & Sons Ltd.")
	f.Add("Ünal’s \xff Inc")
	f.Fuzz(func(t *testing.T, name string) {
		k := spellingKey(name)
		if again := spellingKey(" " + strings.ToUpper(name) + " "); strings.ToLower(strings.ToUpper(name)) == name && again != k {
			t.Errorf("%q in capitals has another key", name)
		}
	})
}

func BenchmarkSpellingKey(b *testing.B) {
	for b.Loop() {
		spellingKey("Federal Agency for Nature Conservation Ltd")
	}
}

func TestNameWords_agreesWithTheScanner(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Norland Dockers Union", "UN", "Port of Alden", "Xi Jinping"} {
		var quickly, slowly nameWords
		quick, _ := quickly.of(name)
		slow, _ := slowly.of("“" + name)
		if len(quick) != len(slow) {
			t.Fatalf("%s: %d words, the scanner finds %d", name, len(quick), len(slow))
		}
		for i := range quick {
			if quick[i].form != slow[i].form || quick[i].folded != slow[i].folded || quick[i].acronym() != slow[i].acronym() {
				t.Errorf("%s: word %d is %q, the scanner finds %q", name, i, quick[i].form, slow[i].form)
			}
		}
	}
}

func BenchmarkReadGazetteer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readGazetteer(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadWider(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readWider(widerFile); err != nil {
			b.Fatal(err)
		}
	}
}
