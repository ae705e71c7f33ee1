package desk

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// cpuTime is what this process has used, the server in it included.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// report is an invented article of some 400 words from a vocabulary whose words are as
// unequal as a language's.
func report(n int) *article.Article {
	r := rand.New(rand.NewPCG(17, uint64(n)))
	zipf := rand.NewZipf(r, 1.1, 8, 30000)
	var b strings.Builder
	for i := range 400 {
		w := zipf.Uint64()
		fmt.Fprintf(&b, "%c%c%c%d", 'b'+w%19, "aeiou"[w/19%5], 'b'+w/95%19, w/1805)
		switch {
		case i%80 == 79:
			b.WriteString(".\n\n")
		case i%16 == 15:
			b.WriteString(". The ")
		default:
			b.WriteByte(' ')
		}
	}
	return arrival(n, b.String())
}

// BenchmarkDecider measures decisions that are in the log, by one decider with the
// server in the same process: signed by 128 who ask at the same time, as the stage does,
// and with signatures made before.
func BenchmarkDecider(b *testing.B) {
	const askers = 128
	for _, signed := range []bool{false, true} {
		b.Run(fmt.Sprintf("signed=%v", signed), func(b *testing.B) {
			s := logServer(b)
			d := decideOn(b, s, nil)
			articles, signatures := make([]*article.Article, b.N), make([]dedupe.Signature, b.N)
			for i := range articles {
				articles[i] = report(i + 1)
				if signed {
					signatures[i] = dedupe.Sign(articles[i])
				}
			}
			b.ResetTimer()
			cpu := cpuTime(b)
			var all sync.WaitGroup
			for w := range askers {
				all.Go(func() {
					for i := w; i < b.N; i += askers {
						var err error
						if signed {
							_, err = d.ask(b.Context(), ask{a: articles[i], sig: signatures[i]})
						} else {
							_, err = d.decide(b.Context(), articles[i])
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-us/decision")
		})
	}
}

// BenchmarkRestart measures a start with b.N articles in the window: from the image of
// the index and from the log. Try -benchtime 1000000x.
func BenchmarkRestart(b *testing.B) {
	s, dir := logServer(b), b.TempDir()
	nc := s.Conn
	pub, err := bus.NewPublisher(nc, bus.PublisherOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pub.Close)
	log := &decisions{nc: nc, js: s.JS, publish: pub.PublishAtomic}
	d := &decider{log: log, index: dedupe.NewIndex(dedupe.Options{})}
	batch := make([][]byte, 0, maxDecisions)
	for i := range b.N {
		a := report(i + 1)
		e := d.index.Decide(a, dedupe.Sign(a), nil)
		line, err := encodeDecision(&e)
		if err != nil {
			b.Fatal(err)
		}
		d.enter(e, place(log.last+1, len(batch)))
		if batch = append(batch, line); len(batch) == cap(batch) || i == b.N-1 {
			if err := log.append(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	b.ResetTimer()
	began, cpu := time.Now(), cpuTime(b)
	lap := func(what string) {
		b.ReportMetric(time.Since(began).Seconds(), what+"-s")
		b.ReportMetric((cpuTime(b) - cpu).Seconds(), what+"-cpu-s")
		began, cpu = time.Now(), cpuTime(b)
	}
	image := newImage(dir, log)
	if err := image.save(b.Context(), d.index); err != nil {
		b.Fatal(err)
	}
	lap("save")
	d.index = nil
	again := &decisions{nc: nc, js: s.JS}
	index, err := newImage(dir, again).load(b.Context(), dedupe.Options{})
	if err != nil {
		b.Fatal(err)
	}
	from := &decider{log: again, index: index}
	if err := from.replay(b.Context()); err != nil {
		b.Fatal(err)
	}
	lap("image")
	if index.Len() != b.N {
		b.Fatalf("%d articles restored", index.Len())
	}
	from.index, index = nil, nil
	whole := &decider{log: &decisions{nc: nc, js: s.JS}, index: dedupe.NewIndex(dedupe.Options{})}
	began, cpu = time.Now(), cpuTime(b)
	if err := whole.replay(b.Context()); err != nil {
		b.Fatal(err)
	}
	lap("log")
	if whole.index.Len() != b.N {
		b.Fatalf("%d articles replayed", whole.index.Len())
	}
}
