package mixin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Fault is something a linter objects to.
type Fault struct {
	Rule  string // which rule it breaks
	Where string // variable or panel, empty for the board
	What  string
}

func (f Fault) String() string {
	if f.Where == "" {
		return f.Rule + ": " + f.What
	}
	return f.Rule + ": " + f.Where + ": " + f.What
}

// The durations that stand for Grafana's variables while a query is parsed: nobody
// writes them.
const (
	rateInterval = 7*time.Minute + 7*time.Second
	wholeRange   = 11*time.Minute + 11*time.Second
)

var placeholders = map[string]string{"__rate_interval": "7m7s", "__interval": "13m13s", "__range": "11m11s"}

// Lint returns what is wrong with a board. The rules are those of Grafana's
// dashboard-linter, under its names, and two of our own: histograms are queried by their
// classic buckets, and what several processes report alike is not summed.
func Lint(b *Board) []Fault {
	l := &linter{}
	l.board(b)
	l.variables(b)
	seen := map[int]bool{}
	for _, p := range b.All() {
		l.where = fmt.Sprintf("panel %q", p.Title)
		if seen[p.ID] {
			l.fault("panel-id-rule", "its number %d is another's as well", p.ID)
		}
		seen[p.ID] = true
		l.panel(p)
	}
	return l.faults
}

type linter struct {
	where  string
	faults []Fault
}

func (l *linter) fault(rule, format string, args ...any) {
	l.faults = append(l.faults, Fault{rule, l.where, fmt.Sprintf(format, args...)})
}

func (l *linter) board(b *Board) {
	if b.Editable == nil || *b.Editable {
		l.fault("uneditable-dashboard-rule", "the board can be edited, and what is changed in Grafana is lost")
	}
	if b.Title == "" || b.UID == "" {
		l.fault("dashboard-title-rule", "the board has no title or no uid")
	}
}

func (l *linter) variables(b *Board) {
	byName := map[string]Variable{}
	sources := 0
	for _, v := range b.Templating.List {
		l.where = "variable " + v.Name
		byName[v.Name] = v
		switch v.Type {
		case "datasource":
			sources++
			if v.Name != "datasource" || v.Label != "Data Source" || v.Query != "prometheus" {
				l.fault("template-datasource-rule", `the data source is called %q, labelled %q, of kind %v; want "datasource", "Data Source", "prometheus"`, v.Name, v.Label, v.Query)
			}
		case "query":
			if v.Datasource.UID != "${datasource}" && v.Datasource.UID != "$datasource" {
				l.fault("template-"+v.Name+"-rule", "it asks %q, not the data source that was chosen", v.Datasource.UID)
			}
			if v.Refresh != 2 {
				l.fault("template-on-time-change-reload-rule", "it is not read anew when the time changes")
			}
			if values, ok := v.Values(); !ok {
				l.fault("template-label-promql-rule", "its query is not label_values(selector, label)")
			} else if _, err := Selectors(values.Selector); err != nil {
				l.fault("template-label-promql-rule", "%v", err)
			}
		}
	}
	l.where = ""
	if sources != 1 {
		l.fault("template-datasource-rule", "the board has %d variables for the data source, want 1", sources)
	}
	for _, name := range []string{"job", "instance"} {
		v, ok := byName[name]
		l.where = "variable " + name
		switch {
		case !ok:
			l.fault("template-"+name+"-rule", "there is none")
		case v.Type != "query" || !v.Multi || !v.IncludeAll || v.AllValue != ".+":
			l.fault("template-"+name+"-rule", `it must be a query of which several or all (".+") can be chosen`)
		case !strings.EqualFold(v.Label, name):
			l.fault("template-"+name+"-rule", "its label is %q", v.Label)
		}
	}
}

func (l *linter) panel(p Panel) {
	if p.Title == "" || p.draws() && p.Description == "" {
		l.fault("panel-title-description-rule", "it needs a title and a description")
	}
	if !p.draws() {
		return
	}
	if p.Datasource.UID != "${datasource}" && p.Datasource.UID != "$datasource" {
		l.fault("panel-datasource-rule", "it asks %q, not the data source that was chosen", p.Datasource.UID)
	}
	if p.FieldConfig.Defaults.Unit == "" {
		l.fault("panel-units-rule", "it has no unit")
	}
	if len(p.Targets) == 0 {
		l.fault("panel-no-targets-rule", "it asks nothing")
	}
	for _, t := range p.Targets {
		l.target(t)
	}
}

func (l *linter) target(t Target) {
	if t.Datasource.UID != "${datasource}" && t.Datasource.UID != "$datasource" {
		l.fault("panel-datasource-rule", "query %s asks %q, not the data source that was chosen", t.RefID, t.Datasource.UID)
	}
	selectors, err := Selectors(Substitute(t.Expr, placeholders))
	if err != nil {
		l.fault("target-promql-rule", "query %s: %v", t.RefID, err)
		return
	}
	for _, s := range selectors {
		l.selector(t, s)
	}
}

// reportedAlike are metrics of which each process says the same of the same thing.
var reportedAlike = regexp.MustCompile(`^(copydesk_consumer_.*(messages|pulls|seconds)|copydesk_ledger_.*|copydesk_dead_letters|copydesk_stream_fill_ratio|copydesk_overrides.*|jetstream_.*)$`)

func (l *linter) selector(t Target, s Selector) {
	if s.Name != "ALERTS" { // it has the labels that its alert left
		if !s.matches("job", "$job") {
			l.fault("target-job-rule", `query %s: %s lacks job=~"$job"`, t.RefID, s)
		}
		if !s.Recorded() && !s.matches("instance", "$instance") {
			l.fault("target-instance-rule", `query %s: %s lacks instance=~"$instance"`, t.RefID, s)
		}
	}
	switch window := s.window(); {
	case s.In("rate", "irate") && window != rateInterval:
		l.fault("target-rate-interval-rule", "query %s: the rate of %s is not over $__rate_interval", t.RefID, s.Name)
	case s.In("increase") && window != rateInterval && window != wholeRange:
		l.fault("target-rate-interval-rule", "query %s: the increase of %s is over neither $__rate_interval nor $__range", t.RefID, s.Name)
	}
	if strings.HasSuffix(s.Name, "_total") || s.Metric() != s.Name {
		if !s.In("rate", "irate", "increase") {
			l.fault("target-counter-agg-rule", "query %s: the counter %s is shown as it is", t.RefID, s.Name)
		}
	}
	if s.In("histogram_quantile") {
		a := s.aggregation()
		if !strings.HasSuffix(s.Name, "_bucket") || a == nil || !slices.Contains(a.Grouping, "le") {
			l.fault("target-classic-histogram-rule", "query %s: the quantile of %s is not of classic buckets by le", t.RefID, s.Name)
		}
	}
	if a := s.aggregation(); reportedAlike.MatchString(s.Name) && (a == nil || a.Op != parser.MAX) {
		l.fault("target-replica-rule", "query %s: %s is reported by several processes; the innermost aggregation must be max", t.RefID, s.Name)
	}
}
