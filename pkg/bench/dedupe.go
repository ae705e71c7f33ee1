package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

const (
	// signedArticles are generated articles whose signatures are measured.
	signedArticles = 2000
	// queries are the verdicts whose time is measured on the full index: half of them on
	// new articles, half on the first halves of articles in the index.
	queries = 2000
	// expireEvery is how many articles the index takes between two looks at what left its
	// window; the desk looks once a minute.
	expireEvery = 10000
)

// dedupeIndex measures the deduplicator without a server: signatures of prose, then an
// index of n articles made of synthetic words, because generated prose has a few hundred
// words and so all of it would be phrases to an index this large.
func dedupeIndex(ctx context.Context, r *Report, n int) error {
	signing(r, min(n, signedArticles))

	s := newSyntheticNews()
	before := heapInUse()
	x := dedupe.NewIndex(dedupe.Options{})
	var cpu time.Duration
	batch := make([]*article.Article, 0, expireEvery)
	for done := 0; done < n; done += len(batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch = batch[:0]
		for i := done; i < min(done+expireEvery, n); i++ {
			batch = append(batch, synthetic(i, n, s.article(i)))
		}
		cpu += decide(x, batch, done)
	}
	r.add("dedupe", "decisions", float64(n)/cpu.Seconds(), "1/cpu_s")
	batch = nil
	r.add("dedupe", "heap_bytes", float64(heapInUse()-before)/float64(n), "B/article")
	size := x.Stats()
	r.add("dedupe", "index_bytes", float64(size.IndexBytes)/float64(n), "B/article")
	r.add("dedupe", "evidence_bytes", float64(size.EvidenceBytes)/float64(n), "B/article")
	querying(r, x, s, n)
	return restart(r, x, n)
}

// restart measures writing the index to a file and reading it back, which is what a
// desk that starts again does before it reads the rest of the log.
func restart(r *Report, x *dedupe.Index, n int) error {
	f, err := os.CreateTemp("", "copydesk-bench-image-")
	if err != nil {
		return fmt.Errorf("make a file for the image: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	start := time.Now()
	if err := x.WriteImage(f, dedupe.ImageHeader{Created: time.Unix(0, 0), Last: uint64(n)}); err != nil {
		return err
	}
	r.add("dedupe", "image_write", millis(time.Since(start)), "ms")
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("measure the image: %w", err)
	}
	r.add("dedupe", "image_bytes", float64(size)/float64(n), "B/article")
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	start = time.Now()
	cpu := cpuTime()
	again, _, err := dedupe.ReadImage(f, dedupe.Options{})
	if err != nil {
		return err
	}
	r.add("dedupe", "restart", millis(time.Since(start)), "ms")
	r.add("dedupe", "restart_cpu", millis(cpuTime()-cpu), "ms")
	if again.Len() != x.Len() {
		return fmt.Errorf("the image holds %d of %d articles", again.Len(), x.Len())
	}
	return nil
}

// querying times verdicts on a full index, one by one.
func querying(r *Report, x *dedupe.Index, s *syntheticNews, n int) {
	took := make([]time.Duration, queries)
	for i := range took {
		text := s.article(n + i)
		if i%2 == 1 {
			known := s.article(i * n / queries)
			text = known[:len(known)/2]
		}
		a := synthetic(n, n, text)
		signature := dedupe.Sign(a)
		start := time.Now()
		x.Decide(a, signature, nil)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	r.add("dedupe", "query_p50", micros(took[queries*50/100]), "us")
	r.add("dedupe", "query_p99", micros(took[queries*99/100]), "us")
}

// signing measures signatures of generated articles, tokens included.
func signing(r *Report, n int) {
	all := make([]*article.Article, n)
	for i := range all {
		headline, text, _ := strings.Cut(Article(i), "\n\n")
		all[i] = &article.Article{Headline: &headline, Text: &text}
	}
	cpu := cpuTime()
	for _, a := range all {
		dedupe.Sign(a)
	}
	r.add("dedupe", "signatures", float64(n)/(cpuTime()-cpu).Seconds(), "1/cpu_s")
}

// decide sends articles through the index and returns the processor time it took, that
// of their signatures apart; done of them came before.
func decide(x *dedupe.Index, batch []*article.Article, done int) time.Duration {
	signatures := make([]dedupe.Signature, len(batch))
	for i, a := range batch {
		signatures[i] = dedupe.Sign(a)
	}
	cpu := cpuTime()
	for i, a := range batch {
		x.Add(x.Decide(a, signatures[i], nil), uint64(done+i)+1)
	}
	x.Expire(batch[len(batch)-1].Received)
	return cpuTime() - cpu
}

// synthetic makes the record of article i of n, all of which arrive within two days and
// so stay in the window.
func synthetic(i, n int, text string) *article.Article {
	first := time.Date(2026, 2, 17, 6, 0, 0, 0, time.UTC)
	item := article.ItemID(first, uint64(i)+1, 0)
	at := first.Add(time.Duration(float64(i) / float64(n) * float64(48*time.Hour)))
	return &article.Article{Item: item, URI: article.URI(item), Version: 1, Received: at, Text: &text}
}

// heapInUse returns the bytes of the heap that are in use.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what pools held is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// syntheticNews makes articles up of words without meaning that are as frequent as words
// are in prose (Zipf's law, exponent 1.1): half of an article are runs of four words from
// a common stock, which stand for names and phrases that the news of a day shares, and
// half are drawn one by one. Every twentieth word is a number.
type syntheticNews struct{ stock []uint32 } // ranks of words

const (
	syntheticWords = 300_000   // different words
	stockWords     = 1_000_000 // in the stock of phrases: those of 2,400 articles
	runWords       = 4
)

func newSyntheticNews() *syntheticNews {
	s := &syntheticNews{stock: make([]uint32, stockWords)}
	draw := drawWords(1)
	for i := range s.stock {
		s.stock[i] = uint32(draw.Uint64())
	}
	return s
}

func drawWords(seed uint64) *rand.Zipf {
	return rand.NewZipf(rand.New(rand.NewPCG(seed, 0x7a697066)), 1.1, 20, syntheticWords-1)
}

// article returns article i, always the same.
func (s *syntheticNews) article(i int) string {
	r := rand.New(rand.NewPCG(uint64(i), 0x73796e))
	draw := drawWords(uint64(i) + 2)
	b := make([]byte, 0, 8*articleWords)
	for n := 0; n < articleWords; n += 2 * runWords {
		at := r.IntN(len(s.stock) - runWords)
		for _, rank := range s.stock[at : at+runWords] {
			b = append(appendWord(b, rank), ' ')
		}
		for range runWords {
			if r.IntN(10) == 0 {
				b = strconv.AppendInt(b, r.Int64N(10000), 10)
			} else {
				b = appendWord(b, uint32(draw.Uint64()))
			}
			b = append(b, ' ')
		}
		if n%24 == 0 {
			b = append(b, ". "...)
		}
	}
	return string(b)
}

// appendWord spells a word in syllables, by its rank, every tenth as a name.
func appendWord(b []byte, rank uint32) []byte {
	const consonants, vowels = "bcdfghklmnprstvz", "aeio"
	first := len(b)
	for v := rank + 64; v > 0; v >>= 6 {
		b = append(b, consonants[v&15], vowels[v>>4&3])
	}
	if rank%10 == 9 {
		b[first] -= 'a' - 'A'
	}
	return b
}
