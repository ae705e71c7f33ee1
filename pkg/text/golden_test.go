package text

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

// TestGolden compares whole articles with their golden files: one line for each
// paragraph and sentence, its tokens parted by spaces. A difference is a new
// Version.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden inputs", err)
	}
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := Scan(string(in))
		check(t, d)
		golden := strings.TrimSuffix(file, ".txt") + ".golden"
		got := render(d)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func render(d *Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d tokens, %d words\n", Version, len(d.Tokens), len(d.Words))
	for i, p := range d.Paragraphs {
		fmt.Fprintf(&b, "\n%s %d:%d", p.Layout, p.RuneStart, p.RuneEnd)
		if n := d.Dateline(i); n > d.Sentences[p.First].First {
			fmt.Fprintf(&b, ", dateline to %d", d.Tokens[n-1].RuneEnd)
		}
		b.WriteByte('\n')
		for _, s := range d.Sentences[p.First:p.Last] {
			fmt.Fprintf(&b, "  %d:%d ", s.RuneStart, s.RuneEnd)
			for j := s.First; j < s.Last; j++ {
				b.WriteByte(' ')
				b.WriteString(d.Form(int(j)))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
