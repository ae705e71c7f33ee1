package extract

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// received is the inbox's clock in these tests.
var received = time.Date(2026, 10, 6, 9, 0, 0, 0, time.UTC)

func extractOne(t *testing.T, data string, h Hints) *article.Article {
	t.Helper()
	if h.Received.IsZero() {
		h.Received = received
	}
	items, err := File(t.Context(), []byte(data), h, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 1 || items[0].Article == nil {
		t.Fatalf("got %d items, want 1 article", len(items))
	}
	return items[0].Article
}

func TestFile_goldens(t *testing.T) {
	t.Parallel()
	hints := Hints{Source: "harbour", URL: "https://www.harbour.example/transport/10023", Seq: 7, Lane: article.Live}
	for _, name := range []string{"wire.txt", "lines.txt", "page.html"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			a := extractOne(t, string(data), hints)
			got, err := json.Marshal(a, json.Deterministic(true), jsontext.WithIndent("  "))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFile_rejects(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, data, code string
	}{
		{"nothing at all", "", CodeNoText},
		{"only white space", " \n\t ", CodeNoText},
		{"no letters", "1234 -- 5678", CodeNoText},
		{"a page without prose", "<html><body><nav><a href='/'>Home</a></nav></body></html>", CodeNoText},
		{"a broken gzip file", "\x1f\x8b\x08rest", CodeMalformed},
		{"a broken zip file", "PK\x03\x04rest", CodeMalformed},
		{"a broken PDF", "%PDF-1.7 rest", CodeMalformed},
		{"binary data", "abc\x00def", CodeUnsupported},
		{"more bytes than the limit", strings.Repeat("x", 2000), CodeTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{Raw: 1000})
			var r *Reject
			if !errors.As(err, &r) {
				t.Fatalf("got error %v, want a Reject", err)
			}
			if r.Code != tc.code || r.Class != ClassInput {
				t.Errorf("got %s/%s (%v), want %s/input", r.Code, r.Class, r, tc.code)
			}
		})
	}
}

func TestFile_canceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := File(ctx, []byte("Dockers strike."), Hints{}, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// hostile pages must end in an article or a Reject, soon.
func TestFile_hostile(t *testing.T) {
	t.Parallel()
	prose := "<p>Dock workers voted on Monday to stay away for a second week, the union said.</p>"
	for name, page := range map[string]string{
		"deep nesting":        "<html>" + strings.Repeat("<div>", 100_000) + prose,
		"very many spans":     "<html><body><p>" + strings.Repeat("<span>x </span>", 150_000) + prose,
		"very many blocks":    "<html><body>" + strings.Repeat("<p>x</p>", 50_000) + prose,
		"an endless tag":      "<html><body>" + prose + "<p class='" + strings.Repeat("x", 3<<20),
		"deep JSON-LD":        "<html><script type='application/ld+json'>" + strings.Repeat("[", 50_000) + "</script>" + prose,
		"an unclosed script":  "<html><body>" + prose + "<script>" + strings.Repeat("x", 1<<20),
		"a page in one token": "<html>" + strings.Repeat("x", 9<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(page), Hints{}, Limits{})
			var r *Reject
			if err != nil && !errors.As(err, &r) {
				t.Errorf("got %v, want an article or a Reject", err)
			}
			if strings.HasPrefix(name, "deep nesting") && err != nil {
				t.Errorf("the prose of the page is lost: %v", err)
			}
		})
	}
}

func BenchmarkFile(b *testing.B) {
	for _, name := range []string{"lines.txt", "page.html"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := File(b.Context(), data, Hints{}, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleFile() {
	page := `<html lang="en"><head><meta property="og:title" content="Harbour strike goes on"></head>
	<body><article><h1>Harbour strike goes on</h1>
	<p>Dock workers voted on Monday to stay away for a second week, their union said.</p>
	<p>Click here to see our pictures of the week.</p></article></body></html>`

	items, err := File(context.Background(), []byte(page), Hints{Source: "cli"}, Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	a := items[0].Article
	fmt.Println(*a.Headline, "from", a.Provenance["headline"].Method)
	fmt.Println(*a.Text)
	for _, r := range a.Cleaning.Removed {
		fmt.Printf("removed by %s: %s\n", r.Rule, r.Text)
	}
	// Output:
	// Harbour strike goes on from meta
	// Dock workers voted on Monday to stay away for a second week, their union said.
	// removed by headline_echo: Harbour strike goes on
	// removed by promo: Click here to see our pictures of the week.
}
