package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/scripts/learn"
)

// trainSummaries learns the ranker of pkg/summary, or with --folds says how well it does
// on articles it has not seen.
func trainSummaries(args []string) error {
	f := flag.NewFlagSet("train summaries", flag.ExitOnError)
	data := f.String("data", os.Getenv("COPYDESK_EVAL_DATA"), "`folder` of the labelled data")
	set := f.String("set", "cnn", "the `set` to learn from; it must be free to train on")
	seed := f.Uint64("seed", 1, "`number` that chooses rows, features and folds")
	folds := f.Int("folds", 0, "score on held-out `parts` of the set and write nothing")
	repeats := f.Int("repeats", 1, "with --folds, the `number` of ways to part the set, by as many seeds; figures are means")
	asJSON := f.Bool("json", false, "with --folds, print one JSON object a line")
	out := f.String("out", "pkg/summary/weights.bin", "`file` to write the weights to")
	if err := f.Parse(args); err != nil {
		return err
	}
	articles, err := summarySet(*data, *set)
	if err != nil {
		return err
	}
	if *folds > 0 {
		scores, err := heldOut(articles, *set+"/held-out", *folds, *repeats, *seed)
		if err != nil {
			return err
		}
		if *asJSON {
			return eval.WriteJSON(os.Stdout, scores)
		}
		return eval.WriteList(os.Stdout, scores)
	}
	w, err := learn.Summaries(articles, *seed)
	if err != nil {
		return err
	}
	b := w.Encode()
	fmt.Fprintf(os.Stderr, "%s: %d articles, %d terms, %d+%d trees, %d bytes\n",
		w.Name, w.Articles, len(w.Terms), len(w.Text.Trees), len(w.Line.Trees), len(b))
	return os.WriteFile(*out, b, 0o644)
}

// heldOut scores every article by weights learnt without its fold, and takes the mean
// over repeats.
func heldOut(articles []eval.SummaryArticle, name string, folds, repeats int, seed uint64) ([]eval.Score, error) {
	var mean []eval.Score
	for n := range max(1, repeats) {
		ranker, err := learn.HeldOut(articles, folds, seed+uint64(n))
		if err != nil {
			return nil, err
		}
		scores := eval.ScoreSummaries(name, articles, ranker)
		if mean == nil {
			mean = make([]eval.Score, len(scores))
		}
		for i, s := range scores {
			s.Value = mean[i].Value + s.Value/float64(max(1, repeats))
			mean[i] = s
		}
	}
	return mean, nil
}

func summarySet(data, name string) ([]eval.SummaryArticle, error) {
	sets, err := eval.ReadSummaries(data)
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		if s.Name == name {
			return s.Articles, nil
		}
	}
	return nil, fmt.Errorf("no set %q in %s", name, data)
}
