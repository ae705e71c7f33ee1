// Package export sends the spans of a process to an OpenTelemetry collector, by OTLP
// over HTTP. It is set up by the environment variables that every OpenTelemetry program
// knows (OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES …), which the library reads itself; without an endpoint
// nothing is traced.
package export

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// The variables that switch tracing on.
var endpoints = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// Wanted reports whether an environment asks for tracing.
func Wanted(getenv func(string) string) bool {
	if getenv("OTEL_SDK_DISABLED") == "true" {
		return false
	}
	for _, name := range endpoints {
		if getenv(name) != "" {
			return true
		}
	}
	return false
}

// Options say whose spans these are.
type Options struct {
	Service, Version string
	// Endpoint is the collector's URL. Default: by the environment.
	Endpoint string
	// Logger is told of spans that cannot be sent.
	Logger *slog.Logger
}

// flushTimeout bounds sending the last spans.
const flushTimeout = 3 * time.Second

// Start returns a provider whose spans are sent in batches, beside the work: when the
// collector is slow or away spans are dropped, and nothing waits. Stop sends the last.
func Start(ctx context.Context, o Options) (p trace.TracerProvider, stop func(), err error) {
	var opts []otlptracehttp.Option
	if o.Endpoint != "" {
		opts = append(opts, otlptracehttp.WithEndpointURL(o.Endpoint))
	}
	exporter, err := otlptracehttp.New(ctx, opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("export traces: %w", err)
	}
	res, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName(o.Service), semconv.ServiceVersion(o.Version)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("export traces: describe this process: %w", err)
	}
	// The library has one place for errors, for the whole process.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Logger.Warn("export traces", "err", err) }))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(res))
	return provider, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			o.Logger.Warn("export the last traces", "err", err)
		}
	}, nil
}
