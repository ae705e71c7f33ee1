// Command pairs draws pairs of articles that may be copies of each other, for people
// to judge. The judgements are what `copydesk eval dedupe` measures precision on.
//
//	go run ./scripts/pairs --data DIR > pairs.tsv      draw
//	go run ./scripts/pairs --data DIR --show pairs.tsv read, to judge
//
// Pairs are drawn by how much of the shorter article's word triples the other has,
// so many from each band, since most pairs of a news wire are either the same or
// have nothing in common. No threshold of the deduplicator takes part in the draw.
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/text"
)

// window is the difference in time up to which articles are paired: the
// deduplicator's own.
const window = 72 * time.Hour

// maxPostings ends the list of articles with one triple: a triple of more is a
// phrase, and pairs that have only phrases in common are in no band.
const maxPostings = 200

// bands are the lower ends of the shares drawn from, and how many pairs of each.
var bands = []struct {
	from float64
	n    int
}{{0.15, 60}, {0.30, 90}, {0.45, 80}, {0.60, 70}, {0.75, 60}, {0.90, 60}}

// document is one line of the data set.
type document struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Date  time.Time `json:"date"`
	Text  string    `json:"text"`

	triples []uint64 // ascending, distinct
}

// pair is an older and a newer article, as numbers, and the share they have in common.
type pair struct {
	older, newer int
	share        float64
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pairs:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	data := flag.String("data", os.Getenv("COPYDESK_EVAL_DATA"), "folder of the labelled data")
	show := flag.String("show", "", "print the articles of the pairs in this file")
	seed := flag.Uint64("seed", 20261122, "seed of the draw")
	flag.Parse()
	docs, err := load(filepath.Join(*data, "dedupe", "reuters", "articles.jsonl.gz"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	defer w.Flush()
	if *show != "" {
		return print(w, docs, *show)
	}
	fmt.Fprintln(w, "older\tnewer\tshare\tband\tpopulation")
	for i, drawn := range draw(docs, pairs(docs), rand.New(rand.NewPCG(*seed, 0))) {
		for _, p := range drawn.pairs {
			fmt.Fprintf(w, "%s\t%s\t%.3f\t%.2f\t%d\n", docs[p.older].ID, docs[p.newer].ID, p.share, bands[i].from, drawn.population)
		}
	}
	return nil
}

// load reads the articles in the order they were sent.
func load(path string) ([]document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	var docs []document
	var scanned text.Document
	for dec := json.NewDecoder(z); ; {
		var d document
		if err := dec.Decode(&d); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		scanned.Scan(d.Title + "\n\n" + d.Text)
		d.triples = triples(&scanned)
		docs = append(docs, d)
	}
	slices.SortStableFunc(docs, func(a, b document) int { return a.Date.Compare(b.Date) })
	return docs, nil
}

func triples(d *text.Document) []uint64 {
	var words, all []uint64
	for _, t := range d.Tokens {
		if t.Kind.Lexical() {
			words = append(words, t.Hash)
		}
	}
	for i := 0; i+3 <= len(words); i++ {
		all = append(all, words[i]*31*31+words[i+1]*31+words[i+2])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pairs returns every pair within the window that has enough in common for a band.
func pairs(docs []document) []pair {
	var found []pair
	postings := map[uint64][]int{}
	for newer := range docs {
		common := map[int]int{}
		for _, t := range docs[newer].triples {
			list := postings[t]
			for len(list) > 0 && docs[newer].Date.Sub(docs[list[0]].Date) > window {
				list = list[1:]
			}
			for _, older := range list {
				common[older]++
			}
			if len(list) < maxPostings {
				list = append(list, newer)
			}
			postings[t] = list
		}
		for older, n := range common {
			shorter := min(len(docs[older].triples), len(docs[newer].triples))
			if share := float64(n) / float64(shorter); share >= bands[0].from {
				found = append(found, pair{older, newer, share})
			}
		}
	}
	slices.SortFunc(found, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.newer, b.newer), cmp.Compare(a.older, b.older))
	})
	return found
}

type drawn struct {
	pairs      []pair
	population int
}

// draw takes the wanted number from each band. An article is the newer one of a single
// drawn pair, so that one template's hundred siblings do not fill a band.
func draw(docs []document, all []pair, r *rand.Rand) []drawn {
	result := make([]drawn, len(bands))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	used := make([]bool, len(docs))
	for _, p := range all {
		i := len(bands) - 1
		for p.share < bands[i].from {
			i--
		}
		result[i].population++
		if len(result[i].pairs) < bands[i].n && !used[p.newer] {
			used[p.newer] = true
			result[i].pairs = append(result[i].pairs, p)
		}
	}
	return result
}

// print writes the articles of each pair one under the other.
func print(w io.Writer, docs []document, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	byID := map[string]*document{}
	for i := range docs {
		byID[docs[i].ID] = &docs[i]
	}
	for n, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		columns := strings.Split(line, "\t")
		if n == 0 || len(columns) < 2 {
			continue
		}
		older, newer := byID[columns[0]], byID[columns[1]]
		if older == nil || newer == nil {
			return fmt.Errorf("%s line %d: no articles %s and %s", path, n+1, columns[0], columns[1])
		}
		fmt.Fprintf(w, "##### %s %s, %s later\n", older.ID, newer.ID, newer.Date.Sub(older.Date).Round(time.Minute))
		for _, d := range []*document{older, newer} {
			fmt.Fprintf(w, "--- %s | %s\n%s\n", d.ID, d.Title, strings.Join(strings.Fields(d.Text), " "))
		}
		fmt.Fprintln(w)
	}
	return nil
}
