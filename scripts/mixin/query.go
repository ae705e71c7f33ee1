package mixin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selector is a series selector of a query and what is around it, outermost first.
type Selector struct {
	*parser.VectorSelector
	Path []parser.Node
}

// Selectors parses a query and returns what it selects.
func Selectors(query string) ([]Selector, error) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return nil, fmt.Errorf("parse query: %w", err)
	}
	var found []Selector
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			found = append(found, Selector{v, slices.Clone(path)})
		}
		return nil
	})
	return found, nil
}

// Bare is the selector alone, as a query of its own.
func (s Selector) Bare() string {
	bare := *s.VectorSelector
	bare.OriginalOffset, bare.Offset, bare.Timestamp, bare.StartOrEnd = 0, 0, nil, 0
	return bare.String()
}

// Metric is the name of the metric that the selected series belongs to: a histogram's
// is that without _bucket.
func (s Selector) Metric() string {
	name := s.Name
	for _, part := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(name, part); ok && base != "jetstream_stream_consumer" {
			return base
		}
	}
	return name
}

// Recorded says whether a rule records the series.
func (s Selector) Recorded() bool { return strings.Contains(s.Name, ":") }

// In says whether a call of one of these functions is around the selector.
func (s Selector) In(functions ...string) bool {
	return slices.ContainsFunc(s.Path, func(n parser.Node) bool {
		c, ok := n.(*parser.Call)
		return ok && slices.Contains(functions, c.Func.Name)
	})
}

// matches says whether the selector demands label to match the pattern.
func (s Selector) matches(label, pattern string) bool {
	return slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		return m.Name == label && m.Type == labels.MatchRegexp && m.Value == pattern
	})
}

// window is the range the selector looks back, 0 for an instant.
func (s Selector) window() time.Duration {
	if len(s.Path) > 0 {
		if m, ok := s.Path[len(s.Path)-1].(*parser.MatrixSelector); ok {
			return m.Range
		}
	}
	return 0
}

// aggregation is the innermost aggregation around the selector, nil without one.
func (s Selector) aggregation() *parser.AggregateExpr {
	for _, n := range slices.Backward(s.Path) {
		if a, ok := n.(*parser.AggregateExpr); ok {
			return a
		}
	}
	return nil
}
