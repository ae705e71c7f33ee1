package trace_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/trace"
)

const (
	parent  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traceID = "0af7651916cd43dd8448eb211c80319c"
)

func TestExtract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		header map[string][]string
		want   string
	}{
		{"as we write it", map[string][]string{"traceparent": {parent}}, traceID},
		{"as Go's HTTP headers have it", map[string][]string{"Traceparent": {parent}}, traceID},
		{"as somebody shouts it", map[string][]string{"X": {"y"}, "TRACEPARENT": {parent}}, traceID},
		{"none", map[string][]string{"Copydesk-Item": {"x"}}, "00000000000000000000000000000000"},
		{"no headers at all", nil, "00000000000000000000000000000000"},
		{"an empty one", map[string][]string{"traceparent": {}}, "00000000000000000000000000000000"},
		{"nonsense", map[string][]string{"traceparent": {"00-zz-1-\x00"}}, "00000000000000000000000000000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := oteltrace.SpanContextFromContext(trace.Extract(context.Background(), c.header))
			if got.TraceID().String() != c.want {
				t.Errorf("trace %s, want %s", got.TraceID(), c.want)
			}
		})
	}
}

func TestInject_isReadByNATSClientsAndReplacesWhatWasThere(t *testing.T) {
	t.Parallel()
	ctx := trace.Extract(context.Background(), map[string][]string{"traceparent": {parent}, "tracestate": {"vendor=1"}})
	h := map[string][]string{"Traceparent": {"00-11111111111111111111111111111111-2222222222222222-01"}, "Copydesk-Item": {"x"}}
	trace.Inject(ctx, h)
	want := map[string][]string{"traceparent": {parent}, "tracestate": {"vendor=1"}, "Copydesk-Item": {"x"}}
	if d := cmp.Diff(want, h); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
	// The next message has another trace, without a state.
	trace.Inject(trace.Extract(context.Background(), map[string][]string{"traceparent": {"00-11111111111111111111111111111111-2222222222222222-00"}}), h)
	want = map[string][]string{"traceparent": {"00-11111111111111111111111111111111-2222222222222222-00"}, "Copydesk-Item": {"x"}}
	if d := cmp.Diff(want, h); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
}

func TestHeader_isACarrier(t *testing.T) {
	t.Parallel()
	var _ propagation.TextMapCarrier = trace.Header{}
	h := trace.Header{"A": {"1"}}
	if d := cmp.Diff([]string{"A"}, h.Keys()); d != "" {
		t.Error(d)
	}
}

func TestSampledID(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		parent:                       traceID,
		parent[:len(parent)-1] + "0": "", // not kept: nobody could look at it
		"":                           "",
	} {
		ctx := trace.Extract(context.Background(), map[string][]string{"traceparent": {header}})
		if got := trace.SampledID(ctx); got != want {
			t.Errorf("SampledID in %q = %q, want %q", header, got, want)
		}
	}
}

func TestLogHandler(t *testing.T) {
	t.Parallel()
	ctx := trace.Extract(context.Background(), map[string][]string{"traceparent": {parent}})
	var b bytes.Buffer
	log := slog.New(trace.LogHandler(slog.NewJSONHandler(&b, nil)))
	for _, c := range []struct {
		name string
		log  func()
		want map[string]any
	}{
		{"within a span", func() { log.InfoContext(ctx, "m") }, map[string]any{"trace_id": traceID, "span_id": "b7ad6b7169203331"}},
		{"outside of one", func() { log.Info("m") }, map[string]any{}},
		{"with attributes", func() { log.With("stage", "dedupe").InfoContext(ctx, "m") }, map[string]any{"stage": "dedupe", "trace_id": traceID, "span_id": "b7ad6b7169203331"}},
		{"in a group", func() { log.WithGroup("g").InfoContext(ctx, "m", "k", "v") }, map[string]any{"g": map[string]any{"k": "v", "trace_id": traceID, "span_id": "b7ad6b7169203331"}}},
	} {
		b.Reset()
		c.log()
		var got map[string]any
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{"time", "level", "msg"} {
			delete(got, k)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
