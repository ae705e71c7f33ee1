package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// Figure is one measured value.
type Figure struct {
	// Bench is what was measured: "relay", "naive", "relay/naive", "pipeline", "idle",
	// "start", "json", "dedupe".
	Bench string `json:"bench"`
	// Metric names the figure: "rate", "cpu_per_hop", "p50".
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
}

// Report collects the figures of all rounds.
type Report struct{ series []*series }

// series is one figure's values, a round each.
type series struct {
	bench, metric, unit string
	values              []float64
}

func (r *Report) add(bench, metric string, value float64, unit string) {
	for _, s := range r.series {
		if s.bench == bench && s.metric == metric {
			s.values = append(s.values, value)
			return
		}
	}
	r.series = append(r.series, &series{bench, metric, unit, []float64{value}})
}

// percentiles adds what half and what 99 % of the ways took at most.
func (r *Report) percentiles(bench string, took []time.Duration) {
	slices.Sort(took)
	r.add(bench, "p50", millis(took[(len(took)-1)*50/100]), "ms")
	r.add(bench, "p99", millis(took[(len(took)-1)*99/100]), "ms")
}

// compare adds how much cheaper and how much faster the one was than the other in
// the latest round, as far as that is known.
func (r *Report) compare(one, other string) {
	for _, c := range []struct{ metric, as string }{{"cpu_per_hop", "cheaper"}, {"rate", "faster"}} {
		a, b := r.latest(one, c.metric), r.latest(other, c.metric)
		if a == 0 || b == 0 {
			continue
		}
		if c.metric == "cpu_per_hop" {
			a, b = b, a
		}
		r.add(one+"/"+other, c.as, a/b, "x")
	}
}

func (r *Report) latest(bench, metric string) float64 {
	for _, s := range r.series {
		if s.bench == bench && s.metric == metric {
			return s.values[len(s.values)-1]
		}
	}
	return 0
}

// spread returns the median and the ends of a series.
func (s *series) spread() (median, least, most float64) {
	v := slices.Sorted(slices.Values(s.values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[0], v[len(v)-1]
}

// Figures returns the median of each figure over the rounds and, beside it, the least
// and the most as "<metric>_min" and "<metric>_max".
func (r *Report) Figures() []Figure {
	var all []Figure
	for _, s := range r.series {
		median, least, most := s.spread()
		all = append(all,
			Figure{s.bench, s.metric, median, s.unit},
			Figure{s.bench, s.metric + "_min", least, s.unit},
			Figure{s.bench, s.metric + "_max", most, s.unit})
	}
	return all
}

// WriteJSON writes the figures as tidy lines, one JSON object each.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, f := range r.Figures() {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// WriteTable writes the figures for reading.
func (r *Report) WriteTable(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "bench\tmetric\tmedian\tleast\tmost\tunit\t")
	for _, s := range r.series {
		median, least, most := s.spread()
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t\n", s.bench, s.metric, short(median), short(least), short(most), s.unit)
	}
	return tw.Flush()
}

// short prints three or more significant digits.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
