package run

import (
	"context"
	"log/slog"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/trace"
	"github.com/copydesk/copydesk/pkg/trace/export"
)

// StartTracer returns a process's tracer, nil unless the environment names a collector.
// Flush sends what is left. Run does this; a command that is not run by it does it
// itself.
func StartTracer(ctx context.Context, name string, getenv func(string) string, log *slog.Logger) (t oteltrace.Tracer, flush func(), err error) {
	if !export.Wanted(getenv) {
		return nil, func() {}, nil
	}
	service := name
	if name != "copydesk" {
		service = "copydesk-" + name
	}
	version := BuildInfo().Version
	provider, flush, err := export.Start(ctx, export.Options{Service: service, Version: version, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	log.Debug("sending traces", "service", service)
	return provider.Tracer(trace.Scope, oteltrace.WithInstrumentationVersion(version)), flush, nil
}
