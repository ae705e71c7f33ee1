// Command train rebuilds what copydesk has learnt from data: the weights that are
// embedded in its packages. See MODELS.md for what they are made of.
//
//	go run ./scripts/train entities --data DIR
//	go run ./scripts/train kb
//	go run ./scripts/train summaries --data DIR
//
// The same data give the same files, bit for bit, on one architecture.
package main

import (
	"fmt"
	"os"
)

// trainers are the subcommands.
var trainers = []struct {
	name, does string
	run        func(args []string) error
}{
	{"entities", "names in text: pkg/entity/names.model", trainEntities},
	{"kb", "where cities are: pkg/entity/places/cities.places", trainKB},
	{"summaries", "which sentences to keep: pkg/summary/weights.bin", trainSummaries},
}

func main() {
	if len(os.Args) > 1 {
		for _, t := range trainers {
			if t.name == os.Args[1] {
				if err := t.run(os.Args[2:]); err != nil {
					fmt.Fprintf(os.Stderr, "train %s: %v\n", t.name, err)
					os.Exit(1)
				}
				return
			}
		}
	}
	fmt.Fprintln(os.Stderr, "usage: train SUBCOMMAND [flags]")
	for _, t := range trainers {
		fmt.Fprintf(os.Stderr, "  %-10s %s\n", t.name, t.does)
	}
	os.Exit(2)
}
