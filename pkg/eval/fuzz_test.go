package eval

import (
	"strings"
	"testing"
)

// FuzzRebuild cuts every token back out of the text it was built into.
func FuzzRebuild(f *testing.F) {
	f.Add(`He did n't say " why " ( in $ 5 ) .`, false)
	f.Add("home - made and / or ' x '", true)
	f.Fuzz(func(t *testing.T, line string, join bool) {
		tokens := strings.Fields(strings.ToValidUTF8(line, "?"))
		s, spans := Rebuild(tokens, join)
		r := []rune(s)
		for i, x := range spans {
			if string(r[x.Start:x.End]) != tokens[i] {
				t.Fatalf("token %d %q is cut as %q", i, tokens[i], string(r[x.Start:x.End]))
			}
		}
		c := scoreTokens(tokens, join, Tokenise)
		if c.hit+c.missed != len(tokens) {
			t.Fatalf("%q: %+v for %d tokens", line, c, len(tokens))
		}
	})
}
