package eval

import (
	"os"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/summary"
)

// BenchmarkSummaries counts summaries of at least 700 words a second of processor time, garbage
// collection included. The words are those of invented news, one report after another.
func BenchmarkSummaries(b *testing.B) {
	var body string
	for _, name := range []string{"02-border-talks.txt", "06-rail-fares.txt", "10-rail-fares-correction.txt"} {
		sample, err := os.ReadFile("../../deploy/samples/" + name)
		if err != nil {
			b.Fatal(err)
		}
		for paragraph := range strings.SplitSeq(string(sample), "\n\n") {
			if len(strings.Fields(body)) < summarySpeedWords {
				body += paragraph + "\n\n"
			}
		}
	}
	if n := len(strings.Fields(body)); n < summarySpeedWords {
		b.Fatalf("the samples have %d words", n)
	}
	en := "en"
	a := &article.Article{Text: &body, Language: &en}
	summary.Summarize(a, summary.Options{})
	b.ReportAllocs()
	var s speed
	s.start()
	for b.Loop() {
		summary.Summarize(a, summary.Options{})
	}
	s.stop(b.N)
	b.ReportMetric(float64(s.n)/s.spent.Seconds(), "summaries/cpu-s")
}
