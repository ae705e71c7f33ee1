// Command train learns the weights that copydesk ships from labelled data.
//
//	go run ./scripts/train summaries --data DIR
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "summaries":
			return trainSummaries(args[1:])
		}
	}
	return fmt.Errorf("what to train? There is: summaries")
}
