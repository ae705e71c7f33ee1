// Package trace joins what the stages do for one article into one OpenTelemetry trace.
// The context of a trace travels in a message's headers as W3C trace context.
//
// It knows the OpenTelemetry API only. Who wants spans exported takes a provider from
// pkg/trace/export; without one nothing here is called.
package trace

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Scope is the name of the instrumentation.
const Scope = "github.com/copydesk/copydesk"

// Header is a message's headers: nats.Header and http.Header are such maps.
//
// NATS headers are case-sensitive. propagation.HeaderCarrier would write "Traceparent",
// which neither other NATS clients nor the server's own tracing look for, and would not
// find "traceparent", which they write. So: lower case when writing, any case when
// reading.
type Header map[string][]string

// Get returns a header's first value, by a name in any case.
func (h Header) Get(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	for k, v := range h {
		if len(v) > 0 && strings.EqualFold(k, name) {
			return v[0]
		}
	}
	return ""
}

// Set sets a header under its name in lower case, and removes its like in other cases.
func (h Header) Set(name, value string) {
	lower := strings.ToLower(name)
	for k := range h {
		if k != lower && strings.EqualFold(k, lower) {
			delete(h, k)
		}
	}
	h[lower] = []string{value}
}

// Keys lists the headers.
func (h Header) Keys() []string {
	keys := make([]string, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	return keys
}

var w3c propagation.TraceContext

// Extract returns ctx with the span that a message's headers name as its parent.
func Extract(ctx context.Context, h map[string][]string) context.Context {
	return w3c.Extract(ctx, Header(h))
}

// Inject writes the span of ctx into a message's headers, in place of another.
func Inject(ctx context.Context, h map[string][]string) {
	for _, name := range w3c.Fields() {
		delete(h, name)
	}
	w3c.Inject(ctx, Header(h))
}

// SampledID returns the id of the trace that ctx is in, for an exemplar: "" outside of
// one, and for a trace that is not kept and that nobody could look at.
func SampledID(ctx context.Context) string {
	if s := trace.SpanContextFromContext(ctx); s.IsSampled() {
		return s.TraceID().String()
	}
	return ""
}

// LogHandler adds trace_id and span_id to log lines that are written within a span.
func LogHandler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()), slog.String("span_id", s.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
