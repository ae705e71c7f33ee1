// Command gate runs copydesk's scorecards on labelled data and compares them with
// the floors in floors.txt. It exits 1 when a figure is below its floor or is
// missing. Where the shipped weights were learnt from the labelled data, it learns
// anew without the articles that are scored.
//
//	go run ./scripts/gate -copydesk bin/copydesk -data DIR
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
)

//go:embed floors.txt
var floorsText string

func main() {
	copydesk := flag.String("copydesk", "bin/copydesk", "the `program` to measure")
	data := flag.String("data", "", "`folder` of the labelled data")
	flag.Parse()
	if *data == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	run := func(command string) ([]byte, error) {
		cmd := exec.Command(*copydesk, "eval", command, "--data", *data, "--json")
		if command == heldOut {
			cmd = exec.Command("go", "run", "github.com/copydesk/copydesk/scripts/train", "summaries", "--folds", "5", "--data", *data, "--json")
		}
		cmd.Stderr = os.Stderr
		return cmd.Output()
	}
	low, err := gate(os.Stdout, floorsText, run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gate:", err)
		os.Exit(1)
	}
	if low > 0 {
		fmt.Fprintf(os.Stderr, "gate: %d figures below their floor\n", low)
		os.Exit(1)
	}
}

// heldOut stands for the summaries of articles by weights learnt from the others: on
// those it learnt from, what ships is better than it is.
const heldOut = "held-out"

// floor is a line of floors.txt.
type floor struct {
	command string // the argument of copydesk eval, or heldOut
	figure
	least float64
}

type figure struct{ Stage, Set, Metric string }

// gate measures every command that has floors, prints figures beside floors and
// returns how many are too low.
func gate(w io.Writer, text string, run func(command string) ([]byte, error)) (low int, err error) {
	floors, err := readFloors(text)
	if err != nil {
		return 0, err
	}
	scores := map[string]map[figure]float64{}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "stage\tset\tmetric\tvalue\tfloor\t")
	for _, f := range floors {
		if scores[f.command] == nil {
			b, err := run(f.command)
			if err != nil {
				return 0, fmt.Errorf("copydesk eval %s: %w", f.command, err)
			}
			if scores[f.command], err = readScores(b); err != nil {
				return 0, fmt.Errorf("copydesk eval %s: %w", f.command, err)
			}
		}
		value, ok := scores[f.command][f.figure]
		verdict := "ok"
		if !ok || value < f.least {
			verdict = "TOO LOW"
			low++
		}
		shown := "missing"
		if ok {
			shown = strconv.FormatFloat(value, 'f', 4, 64)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%.4f\t%s\n", f.Stage, f.Set, f.Metric, shown, f.least, verdict)
	}
	return low, out.Flush()
}

func readFloors(text string) ([]floor, error) {
	var floors []floor
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 5 {
			return nil, fmt.Errorf("floors.txt:%d: want: command stage set metric floor", i+1)
		}
		least, err := strconv.ParseFloat(words[4], 64)
		if err != nil {
			return nil, fmt.Errorf("floors.txt:%d: %w", i+1, err)
		}
		floors = append(floors, floor{words[0], figure{words[1], words[2], words[3]}, least})
	}
	return floors, nil
}

func readScores(b []byte) (map[figure]float64, error) {
	scores := map[figure]float64{}
	for lines := bufio.NewScanner(strings.NewReader(string(b))); lines.Scan(); {
		var s struct {
			figure
			Value float64
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("read figure %s: %w", lines.Text(), err)
		}
		scores[s.figure] = s.Value
	}
	return scores, nil
}
