package stage

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/trace"
)

// work is the span of one delivery, from the call of the function to the last word to
// the server. The zero value is that of a stage that is not traced.
type work struct {
	span    oteltrace.Span
	in      context.Context // with the span
	sampled string          // the trace's id, if it is kept
}

// traceWork begins a delivery's span and returns the context for the function.
func (r *runner) traceWork(d *delivery) context.Context {
	if r.o.Tracer == nil {
		return r.calls
	}
	h := d.in.Header
	ctx, span := trace.Process(trace.Extract(r.calls, h), r.o.Tracer, trace.Message{
		Subject: d.in.Subject, Template: article.SubjectTemplate(d.in.Subject), ID: h.Get(nats.MsgIdHdr), Item: h.Get(article.HeaderItem),
		Bytes: len(d.in.Data), Consumer: d.feed.in.Consumer, Attempt: d.in.Attempt, Stage: r.o.Name,
	})
	d.work = work{span, ctx, trace.SampledID(ctx)}
	return ctx
}

// ctx is for log lines about the delivery.
func (w *work) ctx() context.Context {
	if w.in == nil {
		return context.Background()
	}
	return w.in
}

func (w *work) fail(reason string) {
	if w.span != nil {
		trace.Fail(w.span, reason)
	}
}

func (w *work) end(o outcome) {
	if w.span != nil {
		w.span.SetAttributes(trace.KeyOutcome.String(outcomeNames[o]))
		w.span.End()
	}
}

// sending is the span of one message that is published.
type sending struct{ span oteltrace.Span }

// traceSend begins the span of publishing a message and writes it into the message's
// headers.
func (r *runner) traceSend(d *delivery, m *nats.Msg, ofSeveral bool) sending {
	if d.work.span == nil {
		return sending{}
	}
	ctx, span := trace.Send(d.work.in, r.o.Tracer, trace.Message{
		Subject: m.Subject, Template: article.SubjectTemplate(m.Subject), ID: m.Header.Get(nats.MsgIdHdr), Item: m.Header.Get(article.HeaderItem),
		Bytes: len(m.Data), Stage: r.o.Name,
	}, ofSeveral)
	trace.Inject(ctx, m.Header)
	return sending{span}
}

func (s sending) answered(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		trace.Fail(s.span, "publish")
	}
	s.span.End()
}

// observe enters a duration into a histogram, with the trace as its example if there is
// one that is kept.
func observe(o prometheus.Observer, d time.Duration, traceID string) {
	if traceID != "" {
		if x, ok := o.(prometheus.ExemplarObserver); ok {
			x.ObserveWithExemplar(d.Seconds(), prometheus.Labels{"trace_id": traceID})
			return
		}
	}
	o.Observe(d.Seconds())
}
