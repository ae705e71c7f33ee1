// Command bench compares copydesk with other ways of doing the same work.
//
//	go run ./scripts/bench dedupe --data DIR --seed N
//	go run ./scripts/bench summaries --data DIR --seed N
//
// dedupe runs the mutation suite of `copydesk eval dedupe` through other methods of
// finding near copies. All of them get the words of the one tokeniser, the same
// articles and the same mutants; only what is made of the words differs.
//
// summaries compares the summaries of articles with references, and learns the ranker
// anew for each fifth of them from the others.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || args[0] != "dedupe" && args[0] != "summaries" {
		return fmt.Errorf("what to compare? There is: dedupe, summaries")
	}
	f := flag.NewFlagSet("bench "+args[0], flag.ExitOnError)
	data := f.String("data", os.Getenv("COPYDESK_EVAL_DATA"), "`folder` of the labelled data")
	seed := f.Uint64("seed", 1, "`number` that chooses what is changed, or the folds")
	set := f.String("set", "cnn", "the `set` of summaries")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] == "summaries" {
		return compareSummaries(os.Stdout, *data, *set, *seed)
	}
	return compareDedupe(os.Stdout, *data, *seed)
}
