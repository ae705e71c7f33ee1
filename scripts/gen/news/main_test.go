package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/bench"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := write(dir, 3, 2, false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"0000000.txt": 0, "0000002.txt": 2, "0000003.txt": 0, "0000004.txt": 1} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != bench.Article(want) {
			t.Errorf("%s is not article %d (%v)", name, want, err)
		}
	}
	if err := write(dir, 1, 2, false); err == nil {
		t.Error("two copies of one article are no copies of the first ones")
	}
}

func TestPage_hasTheArticle(t *testing.T) {
	t.Parallel()
	got := page(bench.Article(7))
	if n := len(got); n < 30_000 || n > 50_000 {
		t.Errorf("a page of %d bytes, want some 40 kB", n)
	}
	if want := strings.Count(strings.TrimSpace(bench.Article(7)), "\n\n"); strings.Count(got, "<p>") != want+1 {
		t.Errorf("%d paragraphs, want %d and the footer", strings.Count(got, "<p>"), want)
	}
}
