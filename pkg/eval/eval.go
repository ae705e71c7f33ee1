// Package eval measures the stages on labelled data. Each scorecard reads one
// kind of data set below a folder and returns figures in one shape, Score.
//
// Data sets are never part of this repository: a scorecard is given the folder
// they lie in. Rates are fractions of 1.
package eval

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
)

// Score is one figure of a scorecard.
type Score struct {
	// Stage is what was measured: "sentences", "tokens".
	Stage string `json:"stage"`
	// Set is the data set it was measured on.
	Set string `json:"set"`
	// Metric names the figure: "f1", "precision", "recall".
	Metric string `json:"metric"`
	// Value is the figure; a rate is a fraction of 1.
	Value float64 `json:"value"`
	// N is the number of gold items behind it.
	N int `json:"n"`
}

// WriteJSON writes scores as tidy lines, one JSON object each.
func WriteJSON(w io.Writer, scores []Score) error {
	for _, s := range scores {
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// WriteTable writes scores for reading: one row for each set, one column for
// each metric, in the order they first appear.
func WriteTable(w io.Writer, scores []Score) error {
	type key struct{ stage, set string }
	var rows []key
	var metrics []string
	values := map[key]map[string]Score{}
	seen := map[string]bool{}
	for _, s := range scores {
		k := key{s.Stage, s.Set}
		if values[k] == nil {
			values[k] = map[string]Score{}
			rows = append(rows, k)
		}
		values[k][s.Metric] = s
		if !seen[s.Metric] {
			seen[s.Metric] = true
			metrics = append(metrics, s.Metric)
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "stage\tset\tn")
	for _, m := range metrics {
		fmt.Fprint(tw, "\t", m)
	}
	fmt.Fprintln(tw)
	for _, k := range rows {
		n := 0
		for _, s := range values[k] {
			n = max(n, s.N)
		}
		fmt.Fprintf(tw, "%s\t%s\t%d", k.stage, k.set, n)
		for _, m := range metrics {
			if s, ok := values[k][m]; ok {
				fmt.Fprintf(tw, "\t%.4f", s.Value)
			} else {
				fmt.Fprint(tw, "\t-")
			}
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// WriteList writes scores for reading, one figure a line.
func WriteList(w io.Writer, scores []Score) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "stage\tset\tmetric\tvalue\tn")
	for _, s := range scores {
		value := strconv.FormatFloat(s.Value, 'f', 4, 64)
		if s.Value == 0 || s.Value > 1 { // a number of things, or so many a second
			value = strconv.FormatFloat(s.Value, 'f', 0, 64)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d\n", s.Stage, s.Set, s.Metric, value, s.N)
	}
	return tw.Flush()
}

// count is a tally of right, wrong and missed items.
type count struct{ hit, extra, missed int }

func (c *count) add(o count) {
	c.hit += o.hit
	c.extra += o.extra
	c.missed += o.missed
}

func (c count) precision() float64 { return rate(c.hit, c.hit+c.extra) }
func (c count) recall() float64    { return rate(c.hit, c.hit+c.missed) }
func (c count) f1() float64        { return rate(2*c.hit, 2*c.hit+c.extra+c.missed) }

// scores returns the three figures of a tally.
func (c count) scores(stage, set string) []Score {
	n := c.hit + c.missed
	return []Score{
		{stage, set, "f1", c.f1(), n},
		{stage, set, "precision", c.precision(), n},
		{stage, set, "recall", c.recall(), n},
	}
}

// rate is a/b, 1 for nothing of nothing.
func rate(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}
