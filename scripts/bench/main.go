// Command bench compares copydesk with other ways of doing the same work.
//
//	go run ./scripts/bench dedupe --data DIR --seed N
//
// dedupe runs the mutation suite of `copydesk eval dedupe` through other methods of
// finding near copies. All of them get the words of the one tokeniser, the same
// articles and the same mutants; only what is made of the words differs.
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
	if len(args) == 0 || args[0] != "dedupe" {
		return fmt.Errorf("what to compare? There is: dedupe")
	}
	f := flag.NewFlagSet("bench dedupe", flag.ExitOnError)
	data := f.String("data", os.Getenv("COPYDESK_EVAL_DATA"), "`folder` of the labelled data")
	seed := f.Uint64("seed", 1, "`number` that chooses the articles changed and the changes")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	return compareDedupe(os.Stdout, *data, *seed)
}
