package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/copydesk/copydesk/pkg/eval"
)

// method finds the articles that a text is a copy of.
type method interface {
	// read makes of a text what find and add need to know of it.
	read(text string)
	// find returns the numbers of the articles that the text is a copy of.
	find() []int
	// add enters the text as the next article; articles are numbered from 0.
	add()
}

// methods are what is compared, each with an empty index.
//
// The first five are used as their documentation shows: candidates of the index are
// taken for copies, and likeness is Jaccard's, by which a quarter of an article is
// rightly no copy of it. They were not tuned. What verification adds is in the sixth.
var methods = []struct {
	name string
	make func() method
}{
	{"MinHash LSH, 5-grams, J 0.5", func() method { return newMinHash(5, 0.5) }},
	{"MinHash LSH, 5-grams, J 0.7", func() method { return newMinHash(5, 0.7) }},
	{"MinHash LSH, 5-grams, J 0.8", func() method { return newMinHash(5, 0.8) }},
	{"MinHash LSH, 3-grams, J 0.5", func() method { return newMinHash(3, 0.5) }},
	{"SimHash 64, 3-grams, distance 3", func() method { return &simHash{distance: 3} }},
	{"SimHash 64, 3-grams, distance 8", func() method { return &simHash{distance: 8} }},
	{"OPH LSH 42x3, containment 0.3", func() method { return newVerified(0.3) }},
	{"copydesk", func() method { return newCopydesk() }},
}

// speedWords is the length of the articles that speed and memory are measured on.
const speedWords = 420

// compareDedupe prints quality, speed and memory of each method.
func compareDedupe(w io.Writer, data string, seed uint64) error {
	suite, err := eval.NewSuite(data, seed)
	if err != nil {
		return err
	}
	long := ofLength(suite.Articles, speedWords)
	fmt.Fprintf(w, "%d mutants, %d articles in the index, seed %d; speed and memory: %d articles of %d words\n\n",
		len(suite.Mutants), len(suite.Articles), seed, len(long), speedWords)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "method\tprecision\trecall\tf1\tari\tarticles/cpu s\tbytes/article\t")
	for _, c := range methods {
		q := quality(suite, c.make())
		rate, bytes := cost(long, c.make)
		fmt.Fprintf(out, "%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.0f\t%.0f\t\n", c.name, q["precision"], q["recall"], q["f1"], q["ari"], rate, bytes)
	}
	return out.Flush()
}

// quality returns the figures of a method on the suite, by metric.
func quality(s *eval.Suite, m method) map[string]float64 {
	for _, text := range s.Articles {
		m.read(text)
		m.add()
	}
	found := make([][]int, len(s.Mutants))
	for i, mutant := range s.Mutants {
		m.read(mutant.Text)
		found[i] = m.find()
	}
	figures := map[string]float64{}
	for _, score := range s.Scores("mutations", found) {
		figures[score.Metric] = score.Value
	}
	return figures
}

// cost sends articles through a method as a stream, each looked for and then entered,
// and returns how many a second of processor time that makes and the bytes of heap the
// method keeps of each.
func cost(articles []string, empty func() method) (rate, bytes float64) {
	before := heap()
	m := empty()
	began := cpuTime()
	for _, text := range articles {
		m.read(text)
		m.find()
		m.add()
	}
	spent := cpuTime() - began
	bytes = float64(heap()-before) / float64(len(articles))
	runtime.KeepAlive(m)
	return float64(len(articles)) / max(spent.Seconds(), 1e-9), bytes
}

// heap returns the bytes in use, after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools held is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// ofLength joins texts and cuts them to articles of n words.
func ofLength(texts []string, n int) []string {
	var articles, words []string
	for _, t := range texts {
		words = append(words, strings.Fields(t)...)
		for len(words) >= n {
			articles = append(articles, strings.Join(words[:n], " "))
			words = words[n:]
		}
	}
	return articles
}
