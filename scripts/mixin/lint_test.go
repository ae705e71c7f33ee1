package mixin_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/scripts/mixin"
)

func TestLint_boards(t *testing.T) {
	t.Parallel()
	boards := 0
	for name, data := range rendered(t) {
		if !strings.HasPrefix(name, "grafana/dashboards/") {
			continue
		}
		boards++
		b, err := mixin.ReadBoard([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range mixin.Lint(b) {
			t.Errorf("%s: %s", name, f)
		}
	}
	if boards != 4 {
		t.Errorf("%d boards, want 4", boards)
	}
}

// object is part of a dashboard that a case breaks.
type object = map[string]any

// goodBoard is the least a board needs.
func goodBoard() object {
	source := func() object { return object{"type": "prometheus", "uid": "${datasource}"} }
	choice := func(name, label string) object {
		return object{
			"name": name, "label": label, "type": "query", "datasource": source(), "refresh": 2.0,
			"multi": true, "includeAll": true, "allValue": ".+", "query": object{"query": "label_values(copydesk_build_info, " + name + ")"},
		}
	}
	return object{
		"title": "A board", "uid": "board", "editable": false,
		"templating": object{"list": []any{
			object{"name": "datasource", "label": "Data Source", "type": "datasource", "query": "prometheus"},
			choice("job", "Job"), choice("instance", "Instance"),
		}},
		"panels": []any{
			object{
				"id": 1.0, "type": "timeseries", "title": "Rate", "description": "Deliveries.", "datasource": source(),
				"fieldConfig": object{"defaults": object{"unit": "cps"}},
				"targets": []any{object{
					"refId": "A", "datasource": source(),
					"expr": `sum by (stage) (rate(copydesk_stage_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))`,
				}},
			},
			object{"id": 2.0, "type": "text", "title": "What to do"},
		},
	}
}

func TestLint_faults(t *testing.T) {
	t.Parallel()
	variable := func(b object, i int) object { return b["templating"].(object)["list"].([]any)[i].(object) }
	panel := func(b object) object { return b["panels"].([]any)[0].(object) }
	expr := func(query string) func(object) {
		return func(b object) { panel(b)["targets"].([]any)[0].(object)["expr"] = query }
	}
	for name, c := range map[string]struct {
		spoil func(object)
		want  []string
	}{
		"a good board": {func(object) {}, nil},

		"a board that can be edited":               {func(b object) { b["editable"] = true }, []string{"uneditable-dashboard-rule"}},
		"a board that does not say":                {func(b object) { delete(b, "editable") }, []string{"uneditable-dashboard-rule"}},
		"a board without a uid":                    {func(b object) { b["uid"] = "" }, []string{"dashboard-title-rule"}},
		"no variable for the data source":          {func(b object) { variable(b, 0)["type"] = "custom" }, []string{"template-datasource-rule"}},
		"a data source under another label":        {func(b object) { variable(b, 0)["label"] = "Source" }, []string{"template-datasource-rule"}},
		"two data sources":                         {func(b object) { l := b["templating"].(object); l["list"] = append(l["list"].([]any), variable(b, 0)) }, []string{"template-datasource-rule"}},
		"no variable job":                          {func(b object) { variable(b, 1)["name"] = "task" }, []string{"template-job-rule"}},
		"a job of which one can be chosen":         {func(b object) { variable(b, 1)["multi"] = false }, []string{"template-job-rule"}},
		"an instance of which not all":             {func(b object) { variable(b, 2)["includeAll"] = false }, []string{"template-instance-rule"}},
		"an instance without a value for all":      {func(b object) { variable(b, 2)["allValue"] = "" }, []string{"template-instance-rule"}},
		"a job under another label":                {func(b object) { variable(b, 1)["label"] = "Task" }, []string{"template-job-rule"}},
		"a variable that asks a fixed data source": {func(b object) { variable(b, 1)["datasource"] = object{"uid": "abc"} }, []string{"template-job-rule"}},
		"a variable that keeps old values":         {func(b object) { variable(b, 1)["refresh"] = 1.0 }, []string{"template-on-time-change-reload-rule"}},
		"a variable with a broken selector":        {func(b object) { variable(b, 2)["query"] = "label_values(up{job=, instance)" }, []string{"template-label-promql-rule"}},
		"a variable that is no label_values":       {func(b object) { variable(b, 2)["query"] = "up" }, []string{"template-label-promql-rule"}},

		"a panel without a title":          {func(b object) { panel(b)["title"] = "" }, []string{"panel-title-description-rule"}},
		"a panel without a description":    {func(b object) { delete(panel(b), "description") }, []string{"panel-title-description-rule"}},
		"a panel without a unit":           {func(b object) { delete(panel(b), "fieldConfig") }, []string{"panel-units-rule"}},
		"a panel that asks nothing":        {func(b object) { panel(b)["targets"] = []any{} }, []string{"panel-no-targets-rule"}},
		"a panel with a fixed data source": {func(b object) { panel(b)["datasource"] = object{"uid": "abc"} }, []string{"panel-datasource-rule"}},
		"a query with a fixed data source": {func(b object) { panel(b)["targets"].([]any)[0].(object)["datasource"] = object{"uid": "abc"} }, []string{"panel-datasource-rule"}},
		"two panels of one number":         {func(b object) { panel(b)["id"] = 2.0 }, []string{"panel-id-rule"}},
		"a fault inside of a row": {func(b object) {
			b["panels"] = []any{object{"id": 9.0, "type": "row", "title": "Row", "panels": []any{func() any { p := panel(b); p["title"] = ""; return p }()}}}
		}, []string{"panel-title-description-rule"}},
		"a query that does not parse":           {expr(`sum(rate(x[5m])`), []string{"target-promql-rule"}},
		"a query without the job":               {expr(`max(copydesk_stage_in_flight{instance=~"$instance"})`), []string{"target-job-rule"}},
		"a query with a fixed job":              {expr(`max(copydesk_stage_in_flight{job="copydesk", instance=~"$instance"})`), []string{"target-job-rule"}},
		"a query without the instance":          {expr(`max(copydesk_stage_in_flight{job=~"$job"})`), []string{"target-instance-rule"}},
		"one operand without the instance":      {expr(`max(copydesk_stage_in_flight{job=~"$job", instance=~"$instance"}) / max(copydesk_stage_concurrency_limit{job=~"$job"})`), []string{"target-instance-rule"}},
		"a recorded series, without instance":   {expr(`max(copydesk:slo_errors:ratio_rate1h{job=~"$job"})`), nil},
		"a recorded series without the job":     {expr(`max(copydesk:slo_errors:ratio_rate1h)`), []string{"target-job-rule"}},
		"a rate over a fixed time":              {expr(`sum(rate(copydesk_stage_naks_total{job=~"$job", instance=~"$instance"}[5m]))`), []string{"target-rate-interval-rule"}},
		"a rate over $__interval":               {expr(`sum(rate(copydesk_stage_naks_total{job=~"$job", instance=~"$instance"}[$__interval]))`), []string{"target-rate-interval-rule"}},
		"an increase over the time shown":       {expr(`sum(increase(copydesk_stage_naks_total{job=~"$job", instance=~"$instance"}[$__range]))`), nil},
		"an increase over a fixed time":         {expr(`sum(increase(copydesk_stage_naks_total{job=~"$job", instance=~"$instance"}[1h]))`), []string{"target-rate-interval-rule"}},
		"a counter as it is":                    {expr(`sum(copydesk_stage_naks_total{job=~"$job", instance=~"$instance"})`), []string{"target-counter-agg-rule"}},
		"a histogram's count as it is":          {expr(`sum(copydesk_stage_queue_seconds_count{job=~"$job", instance=~"$instance"})`), []string{"target-counter-agg-rule"}},
		"a quantile of a native histogram":      {expr(`histogram_quantile(0.9, sum(rate(copydesk_stage_queue_seconds{job=~"$job", instance=~"$instance"}[$__rate_interval])))`), []string{"target-classic-histogram-rule"}},
		"a quantile that lost its le":           {expr(`histogram_quantile(0.9, sum by (stage) (rate(copydesk_stage_queue_seconds_bucket{job=~"$job", instance=~"$instance"}[$__rate_interval])))`), []string{"target-classic-histogram-rule"}},
		"a sum of what two processes both know": {expr(`sum by (stream) (copydesk_consumer_pending_messages{job=~"$job", instance=~"$instance"})`), []string{"target-replica-rule"}},
		"a sum of the maxima":                   {expr(`sum(max by (stream, consumer) (copydesk_consumer_pending_messages{job=~"$job", instance=~"$instance"}))`), nil},
		"the same without any aggregation":      {expr(`jetstream_consumer_num_pending{job=~"$job", instance=~"$instance"}`), []string{"target-replica-rule"}},
		"the server's count of consumers":       {expr(`max(jetstream_stream_consumer_count{job=~"$job", instance=~"$instance"})`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			board := goodBoard()
			c.spoil(board)
			data, err := json.Marshal(board)
			if err != nil {
				t.Fatal(err)
			}
			b, err := mixin.ReadBoard(data)
			if err != nil {
				t.Fatal(err)
			}
			rules := map[string]bool{}
			for _, f := range mixin.Lint(b) {
				rules[f.Rule] = true
			}
			if diff := cmp.Diff(c.want, slices.Sorted(maps.Keys(rules))); diff != "" {
				t.Errorf("rules broken (-want +got):\n%s\n%v", diff, mixin.Lint(b))
			}
		})
	}
}
