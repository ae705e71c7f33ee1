package mixin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/scripts/mixin"
)

func TestSubstitute(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"job": ".+", "jobs": "no", "__rate_interval": "10s", "__range": "1h", "__rate": "no"}
	for query, want := range map[string]string{
		`rate(x{job=~"$job"}[$__rate_interval])`: `rate(x{job=~".+"}[10s])`,
		`x{job=~"${job}"} / y{a="$jobs"}`:        `x{job=~".+"} / y{a="no"}`,
		`increase(x[$__range])`:                  `increase(x[1h])`,
		`x{a="$unknown"}`:                        `x{a="$unknown"}`,
	} {
		if got := mixin.Substitute(query, variables); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestVariable_Values(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query any
		want  mixin.Values
		ok    bool
	}{
		"a selector with commas":  {`label_values(up{a="b", c=~"d|e"}, stage)`, mixin.Values{Selector: `up{a="b", c=~"d|e"}`, Label: "stage"}, true},
		"a query in an object":    {map[string]any{"query": "label_values(up, job)", "refId": "A"}, mixin.Values{Selector: "up", Label: "job"}, true},
		"all values of a label":   {"label_values(job)", mixin.Values{}, false},
		"a result":                {"query_result(up)", mixin.Values{}, false},
		"nothing":                 {nil, mixin.Values{}, false},
		"a bracket that is open":  {"label_values(up, job", mixin.Values{}, false},
		"an object without query": {map[string]any{"refId": "A"}, mixin.Values{}, false},
	} {
		got, ok := (&mixin.Variable{Query: c.query}).Values()
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %v, %t, want %v, %t", name, got, ok, c.want, c.ok)
		}
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	type selector struct {
		Bare, Metric string
		Recorded     bool
	}
	for query, want := range map[string][]selector{
		`sum(rate(a_seconds_bucket{le="1"}[5m] offset 1h)) / b`: {{`a_seconds_bucket{le="1"}`, "a_seconds", false}, {"b", "b", false}},
		`max_over_time(x:y:rate5m[1h] @ end())`:                 {{"x:y:rate5m", "x:y:rate5m", true}},
		`absent(jetstream_stream_consumer_count) or vector(1)`:  {{"jetstream_stream_consumer_count", "jetstream_stream_consumer_count", false}},
		`time()`: nil,
	} {
		found, err := mixin.Selectors(query)
		if err != nil {
			t.Fatal(err)
		}
		var got []selector
		for _, s := range found {
			got = append(got, selector{s.Bare(), s.Metric(), s.Recorded()})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if _, err := mixin.Selectors("sum(x"); err == nil {
		t.Error("a query that is no query is parsed")
	}
}

func TestReadRules_refusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	if _, err := mixin.ReadRules([]byte("groups: [{name: a, rules: [{alert: A, expr: up, fro: 5m}]}]")); err == nil {
		t.Error("a misspelt for is taken for a rule")
	}
}
