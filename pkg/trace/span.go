package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// System is messaging.system: the conventions' list of values has none for NATS yet.
const System = "nats"

// Attributes of our own.
const (
	KeyStage   = attribute.Key("copydesk.stage")
	KeyItem    = attribute.Key("copydesk.item")
	KeyAttempt = attribute.Key("copydesk.attempt")
	KeyOutcome = attribute.Key("copydesk.outcome")
	KeyReason  = attribute.Key("copydesk.reason")
)

// Message is what spans say of a message. Empty fields are left out.
type Message struct {
	// Subject is where it is published, Template the same without what varies.
	Subject, Template string
	ID                string // Nats-Msg-Id
	Item              string
	Bytes             int
	// Consumer that delivered it, and for which time.
	Consumer string
	Attempt  int
	Stage    string
}

func (m Message) attributes(operation attribute.KeyValue, name string) []attribute.KeyValue {
	a := make([]attribute.KeyValue, 0, 12)
	a = append(a, semconv.MessagingSystemKey.String(System), operation, semconv.MessagingOperationName(name),
		semconv.MessagingDestinationName(m.Subject), semconv.MessagingDestinationTemplate(m.Template), semconv.MessagingMessageBodySize(m.Bytes))
	for _, s := range []struct{ key, value string }{
		{string(semconv.MessagingMessageIDKey), m.ID},
		{string(semconv.MessagingConsumerGroupNameKey), m.Consumer},
		{string(KeyStage), m.Stage},
		{string(KeyItem), m.Item},
	} {
		if s.value != "" {
			a = append(a, attribute.String(s.key, s.value))
		}
	}
	if m.Attempt > 0 {
		a = append(a, KeyAttempt.Int(m.Attempt))
	}
	return a
}

// Process begins the span of a message's work, as a child of the one that sent it.
func Process(ctx context.Context, t trace.Tracer, m Message) (context.Context, trace.Span) {
	return t.Start(ctx, "process "+m.Template, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(m.attributes(semconv.MessagingOperationTypeProcess, "process")...))
}

// Send begins the span of publishing a message. One of several that come of one input
// begins a trace of its own, with a link to the input's: an article is one trace, and a
// file of thirty is thirty.
func Send(ctx context.Context, t trace.Tracer, m Message, ofSeveral bool) (context.Context, trace.Span) {
	o := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(m.attributes(semconv.MessagingOperationTypeSend, "publish")...),
	}
	if ofSeveral {
		o = append(o, trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(ctx)))
	}
	return t.Start(ctx, "publish "+m.Template, o...)
}

// Fail marks a span as failed, by a reason of few values.
func Fail(span trace.Span, reason string) {
	span.SetAttributes(semconv.ErrorTypeKey.String(reason))
	span.SetStatus(codes.Error, reason)
}
