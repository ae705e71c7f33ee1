package door

import (
	"net/http"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// What a sender says of its trace goes with the file, in the case that NATS clients look
// for; a door that is traced puts itself between.
func TestInbox_passesTheSendersTraceOn(t *testing.T) {
	t.Parallel()
	const sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, c := range []struct {
		name   string
		tracer oteltrace.Tracer
		header map[string]string
		want   string // of the form version-trace-span-flags; * for what is made up
	}{
		{"untraced, from a traced sender", nil, map[string]string{"traceparent": sender}, sender},
		{"untraced, from an untraced sender", nil, nil, ""},
		{"traced, from a traced sender", sdk.NewTracerProvider().Tracer(""), map[string]string{"traceparent": sender}, "00-0af7651916cd43dd8448eb211c80319c-*-01"},
		{"traced, from an untraced sender", sdk.NewTracerProvider().Tracer(""), nil, "00-*-*-01"},
		{"traced, from a sender who makes it up", sdk.NewTracerProvider().Tracer(""), map[string]string{"traceparent": "00-x-y-z"}, "00-*-*-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{}
			inbox := s.inbox()
			inbox.Trace(c.tracer)
			h, err := New(inbox, Options{Listen: "127.0.0.1:8460"})
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.Handle(Pattern, h)
			if w := send(mux, request("/inbox/curl", "Some news.", c.header)); w.Code != http.StatusAccepted {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			var got string
			if v := s.got[0].Header["traceparent"]; len(v) == 1 {
				got = v[0]
			}
			want, parts := strings.Split(c.want, "-"), strings.Split(got, "-")
			for i := range parts {
				if i < len(want) && want[i] == "*" && parts[i] != "" && parts[i] != "b7ad6b7169203331" {
					parts[i] = "*"
				}
			}
			if got := strings.Join(parts, "-"); got != c.want {
				t.Errorf("traceparent %q, want %q", got, c.want)
			}
		})
	}
}
