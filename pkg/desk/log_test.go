package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/trace"
)

// journal keeps what is logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

type logLine struct {
	Level   string `json:"level"`
	Msg     string `json:"msg"`
	Stage   string `json:"stage"`
	Item    string `json:"item"`
	Reason  string `json:"reason"`
	Outcome string `json:"outcome"`
	Panic   string `json:"panic"`
	Stack   string `json:"stack"`
	TraceID string `json:"trace_id"`
}

func (j *journal) lines(t *testing.T) []logLine {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []logLine
	for b := range bytes.Lines(j.b.Bytes()) {
		var l logLine
		if err := json.Unmarshal(b, &l); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		all = append(all, l)
	}
	return all
}

// An article's text is its owner's business. It is in no log line, at any level, however
// the article ends, even if a function puts it into an error or a panic. And each end
// that somebody should know of is one line.
func TestDesk_logsNoText(t *testing.T) {
	t.Parallel()
	const marker = "Zyxomarquith"
	var j journal
	o := desk.Options{
		Logger: slog.New(trace.LogHandler(slog.NewJSONHandler(&j, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		Tracer: sdk.NewTracerProvider().Tracer(trace.Scope), Learning: desk.Learning{Interval: -1},
		Ordered: true, Attempts: 2, Backoff: time.Millisecond,
		Wrap: func(name string, f stage.Func) stage.Func {
			return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
				for _, fault := range []string{"panics", "fails"} {
					if !bytes.Contains(in.Data, []byte(fault+" in "+name)) {
						continue
					}
					if fault == "panics" {
						panic("unexpected word: " + string(in.Data))
					}
					return nil, errors.New("unexpected word: " + string(in.Data))
				}
				return f(ctx, in)
			}
		},
	}
	b := start(t, o)
	body := func(words string) string {
		return "The harbour of " + marker + " has a new lock, the council of " + marker + " said on Monday.\n\nIt was said that the crane " + words + ", and that nobody was hurt.\n"
	}
	put := func(data string, header nats.Header) {
		if _, err := b.inbox.Put(t.Context(), bus.File{Source: "test", Lane: article.Live, Data: []byte(data), Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	put(body("works"), nil)
	put(body("works"), nil) // a copy
	put("<html><head><title>"+marker+"</title></head><body><p>"+strings.Repeat(body("turns"), 3)+"</p></body></html>", nil)
	put(body("panics in ingest"), nil)
	put(body("fails in ingest"), nil)
	put("Growers in the valley of "+marker+" have lost half of their cherries to frost.\n\nThe county helps with seed money, one panics in entities of the state, and most stay calm.\n", nil)
	put("A tram line to the airport of "+marker+" opens in March, two years late.\n\nTickets cost three crowns; the old bus often fails in summarize weather, riders say.\n", nil)
	put(`{"headline":"`+marker+`","body":["`+marker, nil)
	put("<?xml version=\"1.0\"?><rss><channel><item><title>"+marker+"</title><"+marker, nil)
	put("\x7fELF\x00 "+marker, nil)
	put(body("is green"), nats.Header{"ce-specversion": {"1.0"}, "ce-id": {marker}, "ce-type": {marker}, "ce-time": {marker}})
	put(body("is red"), nats.Header{article.HeaderPublished: {marker}, article.HeaderLanguage: {marker}, article.HeaderFilename: {marker}})
	total := b.settled(t, 12)
	stranger := nats.NewMsg(article.SubjectIngested)
	stranger.Data = []byte(`{"schema":"copydesk.article/1","headline":"` + marker + `","text":5,"` + marker + `":`)
	if _, err := b.JS.PublishMsg(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	dead := int(total.Dead) + 1
	desktest.Wait(t, "the stranger's message to be buried", func() bool {
		s, err := b.JS.Stream(t.Context(), article.StreamDead)
		if err != nil {
			t.Fatal(err)
		}
		return int(s.CachedInfo().State.Msgs) == dead
	})
	b.stop()

	// There was something to give away.
	quoted := 0
	w := &workers{Server: b.Server}
	for _, h := range headers(t, w, article.StreamDead) {
		if strings.Contains(h.Get(article.HeaderError), marker) {
			quoted++
		}
	}
	if quoted < 2 {
		t.Errorf("%d dead letters quote the text in their error, want those of the panic and of the error at least", quoted)
	}
	if j.mu.Lock(); strings.Contains(j.b.String(), marker) {
		for line := range strings.Lines(j.b.String()) {
			if strings.Contains(line, marker) {
				t.Errorf("a log line has the article's words: %.400s", line)
			}
		}
	}
	j.mu.Unlock()

	ends := map[string]int{}
	buried := 0
	for _, l := range j.lines(t) {
		switch l.Msg {
		case "message buried":
			buried++
			if l.Item == "" || l.Reason == "" || len(l.TraceID) != 32 {
				t.Errorf("a buried message's line lacks something: %+v", l)
			}
			if l.Reason == stage.CodePanic && (l.Panic != "a string" || !strings.Contains(l.Stack, "log_test.go")) {
				t.Errorf("a panic's line does not say where it was: %+v", l)
			}
		case "message passed on without the stage's part", "message failed, trying again":
			ends[l.Level+" "+l.Msg+": "+l.Stage+" "+l.Reason]++
		case "message done":
			if l.Level != "DEBUG" || l.TraceID == "" {
				t.Errorf("a line about an article that went well: %+v", l)
			}
		}
	}
	if buried != dead {
		t.Errorf("%d lines about %d dead letters", buried, dead)
	}
	want := map[string]int{
		"ERROR message failed, trying again: ingest panic":                 1,
		"ERROR message failed, trying again: entities panic":               1,
		"DEBUG message failed, trying again: ingest error":                 1,
		"DEBUG message failed, trying again: summarize error":              1,
		"WARN message passed on without the stage's part: entities panic":  1,
		"WARN message passed on without the stage's part: summarize error": 1,
	}
	if d := cmp.Diff(want, ends); d != "" {
		t.Errorf("lines about what failed (-want +got):\n%s", d)
	}
}
