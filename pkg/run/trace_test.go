package run

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/desktest"
)

// The OpenTelemetry library reads the process's environment itself, so this test
// changes it.
func TestRun_tracesWhenTheEnvironmentNamesACollector(t *testing.T) {
	c := desktest.StartCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	var log buffer
	err := Run(t.Context(), "dedupe", Options{LogFormat: "json", Stderr: &log}, func(ctx context.Context, p *Process) error {
		ctx, span := p.Tracer.Start(ctx, "work")
		p.Log.InfoContext(ctx, "at work")
		p.Log.Info("beside it")
		span.End()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	spans := c.Spans()
	if len(spans) != 1 || spans[0].Service != "copydesk-dedupe" || spans[0].Name != "work" {
		t.Fatalf("spans %+v, want the one of copydesk-dedupe", spans)
	}
	got := map[string]any{}
	for line := range bytes.Lines([]byte(log.String())) {
		var l map[string]any
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		got[l["msg"].(string)] = l["trace_id"]
	}
	if d := cmp.Diff(map[string]any{"at work": spans[0].Trace, "beside it": nil}, got); d != "" {
		t.Errorf("trace ids of log lines (-want +got):\n%s", d)
	}
}

func TestRun_doesNotTraceUnasked(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"nothing is set":           {},
		"tracing is switched off":  {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		"something else is set up": {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1"},
	} {
		err := Run(t.Context(), "test", Options{Stderr: &buffer{}, Getenv: func(k string) string { return env[k] }}, func(_ context.Context, p *Process) error {
			if p.Tracer != nil {
				t.Errorf("%s, and there is a tracer", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// A collector that is away costs spans, not work.
func TestRun_aCollectorThatIsAwayIsReported(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1") // nobody listens on port 1
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
	var log buffer
	err := Run(t.Context(), "test", Options{Stderr: &log}, func(ctx context.Context, p *Process) error {
		_, span := p.Tracer.Start(ctx, "work")
		span.End()
		return nil
	})
	if err != nil {
		t.Errorf("the process ended with %v", err)
	}
	if !strings.Contains(log.String(), "export") {
		t.Errorf("nothing is said of the spans that are lost:\n%s", log.String())
	}
}
