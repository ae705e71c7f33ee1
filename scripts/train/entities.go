package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// recipe is how the weights for names are made. The figures were chosen on the tuning
// part of the Worldwide articles (see MODELS.md).
type recipe struct {
	settings
	seed uint64
	// members is how many models are trained, each on its own draw of everything random.
	// Their weights are averaged: that finds more and errs less than any of them.
	members int
	// gmbWeight is the weight of GMB's sentences, whose labels a machine made.
	gmbWeight float32
	// teacherDoubt is what the weight of one of GMB's sentences is multiplied by for each
	// name on which the teacher differs, teacherShare the share of such sentences that
	// take the teacher's names.
	teacherDoubt float32
	teacherShare float64
	// doubt is what a sentence's weight is multiplied by for each name that a model
	// which has not seen it finds differently.
	doubt float32
	// prune and limit are the smallest weight that is kept and the largest.
	prune, limit float32
	// temper makes probabilities of the scores.
	temper float32
}

var namesRecipe = recipe{
	settings:  settings{bits: 21, epochs: 6, rate: 0.2, dropout: 0.6},
	seed:      1,
	members:   3,
	gmbWeight: 0.7,

	teacherDoubt: 0.6,
	teacherShare: 0.7,

	doubt:  0.5,
	prune:  0.15,
	limit:  4,
	temper: 0.3,
}

// trainEntities is "train entities".
func trainEntities(args []string) error {
	r := namesRecipe
	flags := flag.NewFlagSet("train entities", flag.ContinueOnError)
	data := flags.String("data", "", "`folder` of the labelled data; the sets lie in entities/train")
	cache := flags.String("cache", defaultCache(), "`folder` for the word vectors and their clusters")
	out := flags.String("out", "pkg/entity/names.model", "`file` to write")
	gazetteer := flags.String("gazetteer", "pkg/entity/gazetteer.tsv", "`file` with countries and their peoples")
	flags.Uint64Var(&r.seed, "seed", r.seed, "seed of everything random")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *data == "" || flags.NArg() > 0 {
		return errors.New("give --data DIR and nothing else")
	}
	began := time.Now()
	notice := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	clusters, err := loadClusters(*cache, 1, notice)
	if err != nil {
		return err
	}
	weights, err := trainMembers(clusters, r, func(r recipe) ([]document, error) {
		return loadNames(filepath.Join(*data, "entities", "train"), *gazetteer, r)
	}, notice)
	if err != nil {
		return err
	}
	packed, err := crf.Pack(clusters, weights, r.prune, r.limit)
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, packed, 0o644); err != nil {
		return err
	}
	notice("wrote %s, %d bytes", *out, len(packed))
	return nil
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "copydesk-train")
}

// loadNames reads the sets whose licences allow weights under any licence.
func loadNames(dir, gazetteer string, r recipe) ([]document, error) {
	countries, demonyms, err := readCountries(gazetteer)
	if err != nil {
		return nil, err
	}
	var all []document
	for _, set := range []struct {
		name  string
		types typeOf
		mend  func([]document) ([]document, error)
	}{
		{"gmb-first90", gmbTypes, func(docs []document) ([]document, error) {
			sentences := sentencesOf(docs)
			for _, s := range sentences {
				normaliseGMB(s, countries, demonyms)
				s.weight = r.gmbWeight
			}
			names, err := readTeacher(teacherNames, sentences)
			if err != nil {
				return nil, err
			}
			learnFrom(sentences, names, r.teacherDoubt, r.teacherShare, r.seed)
			return pseudoDocuments(sentences), nil
		}},
		{"wikigold", conllTypes, nil},
		{"gum", conllTypes, withoutShareAlike},
		{"btc", conllTypes, apart},
		{"wnut17-train", wnutTypes, apart},
	} {
		docs, err := readCorpus(dir, set.name, set.types)
		if err != nil {
			return nil, err
		}
		if set.mend != nil {
			if docs, err = set.mend(docs); err != nil {
				return nil, fmt.Errorf("mend %s: %w", set.name, err)
			}
		}
		vary(docs, r.seed)
		all = append(all, docs...)
		all = append(all, headlines(docs, r.seed)...)
	}
	return all, nil
}

// withoutShareAlike leaves out GUM's biographies and travel guides, whose texts are
// CC BY-SA: documents 18 to 37 and 77 to 94 of the set, which is in order of genre.
func withoutShareAlike(docs []document) ([]document, error) {
	if len(docs) != 95 {
		return nil, fmt.Errorf("it has %d documents, not the 95 whose genres are known", len(docs))
	}
	return slices.Concat(docs[:18], docs[38:77]), nil
}

// readCountries reads the names of countries and of their peoples from the gazetteer.
func readCountries(file string) (countries, demonyms map[string]bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	countries, demonyms = map[string]bool{}, map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) != 6 || columns[0] != "place" {
			continue
		}
		for _, name := range append(strings.Split(columns[5], "|"), columns[4]) {
			if people, ok := strings.CutPrefix(name, "~"); ok {
				demonyms[people] = true
				demonyms[people+"s"] = true
			} else if name != "" && columns[1] == "country" {
				countries[name] = true
			}
		}
	}
	return countries, demonyms, nil
}

// trainMembers trains the members and averages their weights.
func trainMembers(clusters *crf.Clusters, r recipe, load func(recipe) ([]document, error), notice func(string, ...any)) (*crf.Weights, error) {
	var sum *crf.Weights
	for k := range r.members {
		member := r
		member.seed = r.seed*10 + uint64(k)
		docs, err := load(member)
		if err != nil {
			return nil, err
		}
		notice("member %d of %d", k+1, r.members)
		w := trainNames(docs, clusters, member, notice)
		share := 1 / float32(r.members)
		if sum == nil {
			sum = &crf.Weights{Bits: w.Bits, W: [2][]float32{make([]float32, len(w.W[0])), make([]float32, len(w.W[1]))}, Temper: w.Temper}
		}
		for p := range w.W {
			for i, v := range w.W[p] {
				sum.W[p][i] += float32(v * share)
			}
			for a := range w.Moves[p] {
				for b, v := range w.Moves[p][a] {
					sum.Moves[p][a][b] += float32(v * share)
				}
			}
		}
	}
	return sum, nil
}

// trainNames makes the weights of one member. The weights of sentences that others doubt
// are lowered, the first pass is trained, and the second on what first passes that have
// not seen a document make of it.
func trainNames(docs []document, clusters *crf.Clusters, r recipe, notice func(string, ...any)) *crf.Weights {
	examples := make([][]*example, len(docs))
	n := 0
	for i, d := range docs {
		examples[i] = examplesOf(d, clusters)
		n += len(examples[i])
	}
	notice("%d documents, %d stretches near capitals", len(docs), n)

	halves := doubtAll(examples, r)
	notice("doubts weighed")

	s := r.settings
	s.seed = r.seed*100 + 2
	first := train(concat(examples), s)
	notice("first pass trained")

	s.seed++
	jack := s
	jack.epochs = max(1, s.epochs-1)
	for h := range 2 {
		l := train(gather(examples, halves[h]), jack)
		for _, k := range halves[1-h] {
			vote(docs[k], examples[k], clusters, l)
		}
	}
	s.seed++
	second := train(concat(examples), s)
	notice("second pass trained")

	return &crf.Weights{Bits: s.bits, W: [2][]float32{first.weights, second.weights}, Moves: [2][crf.Labels][crf.Labels]float32{first.moves, second.moves}, Temper: r.temper}
}

// doubtAll lowers the weight of sentences in which a model of the other half of the
// documents finds other names than the labels say. It returns the halves.
func doubtAll(examples [][]*example, r recipe) [2][]int {
	halves := [2][]int{}
	for i, k := range permutation(len(examples), r.seed) {
		halves[i%2] = append(halves[i%2], k)
	}
	s := r.settings
	s.seed = r.seed*100 + 1
	var factors []float32
	var doubted []*sentence
	for h := range 2 {
		l := train(gather(examples, halves[h]), s)
		for _, e := range gather(examples, halves[1-h]) {
			labels := make([]crf.Label, len(e.labels))
			l.label(e, labels)
			factors = append(factors, float32(math.Pow(float64(r.doubt), float64(differ(e.labels, labels)))))
			doubted = append(doubted, e.from)
		}
	}
	for i, sentence := range doubted {
		sentence.weight *= factors[i]
	}
	return halves
}
