package text

import (
	"os"
	"path/filepath"
	"testing"
)

// samples are the articles of testdata, English ones first.
func samples(tb testing.TB, names ...string) []string {
	tb.Helper()
	var texts []string
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join("testdata", n))
		if err != nil {
			tb.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

// A used document scans without a single allocation.
func TestScan_allocatesNothing(t *testing.T) {
	texts := samples(t, "agency.txt", "translated.txt", "mail.txt", "world.txt")
	var d Document
	for _, s := range texts {
		d.Scan(s)
	}
	if n := testing.AllocsPerRun(20, func() {
		for _, s := range texts {
			d.Scan(s)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d texts", n, len(texts))
	}
}

func BenchmarkScan(b *testing.B) {
	for _, c := range []struct {
		name  string
		texts []string
	}{
		{"english", []string{"agency.txt", "translated.txt", "mail.txt"}},
		{"world", []string{"world.txt"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			texts := samples(b, c.texts...)
			bytes, tokens := 0, 0
			var d Document
			for _, s := range texts {
				d.Scan(s)
				bytes += len(s)
				tokens += len(d.Tokens)
			}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range texts {
					d.Scan(s)
				}
			}
			b.ReportMetric(float64(tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
