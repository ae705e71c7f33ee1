package observe

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/scripts/mixin"
)

// question is something a board, a rule or a runbook asks, with its variables filled
// in.
type question struct {
	from string // board and panel, rule, or page
	expr string
}

// mayBeEmpty are the questions to which nothing is a good answer on a healthy desk, and
// why.
var mayBeEmpty = map[string]string{
	"copydesk / Stage: Models (A) of ingest": "ingest works by rules that have no version of their own",
}

// provoked are the alerts that the mixed workload gives reason to, and what of it.
var provoked = map[string]string{
	"CopydeskDeadLettersFault": "the poison",
	"CopydeskErrorBudgetBurn":  "the poison, which counts as lost articles",
}

// variables are what Grafana fills in when all is chosen.
func variables(p *prometheus) map[string]string {
	return map[string]string{
		"job": ".+", "instance": ".+", "stage": ".+", "stream": ".+",
		"__rate_interval": "10s", "__interval": "1s", "__range": fmt.Sprintf("%ds", int(time.Since(p.began).Seconds())+1),
	}
}

// boards reads the committed dashboards.
func boards(t *testing.T) []*mixin.Board {
	t.Helper()
	var all []*mixin.Board
	for _, path := range glob(t, "grafana/dashboards/*.json") {
		b, err := mixin.ReadBoard(read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// rules reads the committed rules and alerts.
func rules(t *testing.T) []mixin.Rule {
	t.Helper()
	var all []mixin.Rule
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		list, err := mixin.ReadRules(read(t, filepath.Join(deploy, "prometheus", name)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

const deploy = "../../deploy"

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(deploy, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("find %s: %d files, %v", pattern, len(paths), err)
	}
	return paths
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// panels are the questions of the boards: with everything chosen and, where there is a
// choice of stages, with each alone.
func panels(t *testing.T, p *prometheus) []question {
	t.Helper()
	var all []question
	for _, b := range boards(t) {
		for _, panel := range b.All() {
			for _, target := range panel.Targets {
				from := fmt.Sprintf("%s: %s (%s)", b.Title, panel.Title, target.RefID)
				all = append(all, question{from, mixin.Substitute(target.Expr, variables(p))})
				if !strings.Contains(target.Expr, "$stage") {
					continue
				}
				for _, stage := range article.Stages() {
					chosen := variables(p)
					chosen["stage"] = stage
					all = append(all, question{from + " of " + stage, mixin.Substitute(target.Expr, chosen)})
				}
			}
		}
	}
	return all
}

// pages are the questions of the runbooks.
func pages(t *testing.T) []question {
	t.Helper()
	var all []question
	for _, path := range glob(t, "runbooks/*.md") {
		for i, m := range regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllSubmatch(read(t, path), -1) {
			all = append(all, question{fmt.Sprintf("%s, query %d", filepath.Base(path), i+1), strings.TrimSpace(string(m[1]))})
		}
	}
	return all
}

// answered asks and reports whether there was an answer with a number in it.
func answered(p *prometheus, q question) error {
	result, err := p.query(q.expr)
	if err != nil {
		return err
	}
	for _, s := range result {
		if slices.ContainsFunc(s.numbers(), func(f float64) bool { return !math.IsInf(f, 0) }) {
			return nil
		}
	}
	return fmt.Errorf("%d series, no number", len(result))
}

// found reports whether every selector of a query finds something. A query may be
// empty because all is well; what it looks at may not be.
func found(p *prometheus, q question) error {
	selectors, err := mixin.Selectors(q.expr)
	if err != nil {
		return err
	}
	for _, s := range selectors {
		result, err := p.query(s.Bare())
		if err != nil {
			return err
		}
		if len(result) == 0 {
			return fmt.Errorf("nothing is called %s", s.Bare())
		}
	}
	return nil
}

// threshold is the part of an alert's expression before its last comparison: the
// number that is compared. The whole is returned when there is none.
func threshold(expr string) (string, error) {
	e, err := parser.ParseExpr(expr)
	if err != nil {
		return "", fmt.Errorf("parse %s: %w", expr, err)
	}
	for {
		b, ok := e.(*parser.BinaryExpr)
		switch {
		case !ok:
			return e.String(), nil
		case b.Op.IsComparisonOperator():
			return b.LHS.String(), nil
		case b.Op == parser.LAND || b.Op == parser.LOR:
			e = b.LHS
		default:
			return e.String(), nil
		}
	}
}
