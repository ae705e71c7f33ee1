package stage

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/copydesk/copydesk/pkg/article"
)

// BenchmarkTrace is everything that tracing adds to one message that passes a stage:
// two spans, reading the parent from the input and writing it into the output. Off is
// a stage without a tracer, as it is unless somebody asks for traces.
func BenchmarkTrace(b *testing.B) {
	never := sdk.NewTracerProvider(sdk.WithSampler(sdk.NeverSample()))
	always := sdk.NewTracerProvider(sdk.WithSampler(sdk.AlwaysSample()))
	for _, c := range []struct {
		name   string
		tracer oteltrace.Tracer
	}{
		{"off", nil},
		{"noop", noop.NewTracerProvider().Tracer("")},
		{"sampled_never", never.Tracer("")},
		{"sampled_always", always.Tracer("")},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := &runner{o: Options{Name: "entities", Tracer: c.tracer}, calls: context.Background()}
			in := In{Subject: article.SubjectUnique, Header: nats.Header{
				article.HeaderItem: {"k3w5q2zt7mbn4xv6pc2rhd5yla"}, nats.MsgIdHdr: {"dedupe/k3w5q2zt7mbn4xv6pc2rhd5yla"},
				article.HeaderTrace: {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
			}, Data: make([]byte, 4096)}
			d := &delivery{in: in, feed: &feed{in: Input{Stream: article.StreamUnique, Consumer: "entities"}}}
			out := &nats.Msg{Subject: article.SubjectTagged, Header: nats.Header{article.HeaderItem: in.Header[article.HeaderItem], article.HeaderTrace: in.Header[article.HeaderTrace]}, Data: in.Data}
			b.ReportAllocs()
			for b.Loop() {
				d.work = work{}
				_ = r.traceWork(d)
				r.traceSend(d, out, false).answered(nil)
				d.work.end(outcomeOK)
			}
		})
	}
}
