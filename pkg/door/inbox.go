package door

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/trace"
)

// Inbox takes files in and says where each went. It is safe for concurrent use.
type Inbox struct {
	put     func(context.Context, bus.File) (bus.Ack, error)
	created map[string]time.Time // of the inbox streams: part of an item's identity
	tracer  oteltrace.Tracer     // nil: not traced
}

// Trace has the inbox make a span of each file it takes in: the first of its article's
// trace, or the next of the trace that the sender's headers name. Without it a sender's
// trace goes on as it came. A nil tracer is none. It may not be called beside Put.
func (in *Inbox) Trace(t oteltrace.Tracer) { in.tracer = t }

// OpenInbox returns the inbox behind an intake.
func OpenInbox(ctx context.Context, js jetstream.JetStream, intake *bus.Intake) (*Inbox, error) {
	in := &Inbox{put: intake.Put, created: map[string]time.Time{}}
	for _, name := range []string{article.StreamInbox, article.StreamBackfill} {
		s, err := js.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("open inbox %s: %w", name, err)
		}
		in.created[name] = s.CachedInfo().Created
	}
	return in, nil
}

// Receipt says what became of a file. Every field is present; what is not known is
// null.
type Receipt struct {
	// File is the sender's name for the file.
	File   *string      `json:"file"`
	Source string       `json:"source"`
	Lane   article.Lane `json:"lane"`
	Bytes  int64        `json:"bytes"`
	SHA256 *string      `json:"sha256"`
	// Stream and Seq are where the file is stored, null when it is not.
	Stream *string `json:"stream"`
	Seq    *uint64 `json:"seq"`
	// Item and URI are those of the first article in the file.
	Item *string `json:"item"`
	URI  *string `json:"uri"`
	// Duplicate means that the server had this message already: a repeated
	// transmission, not a repeated article.
	Duplicate bool `json:"duplicate"`
	// Error says why the file is not stored.
	Error *string `json:"error"`
}

// Put stores a file and returns its receipt, with Error set when there is an error
// too. A nil error means that the server has the file on its disk.
func (in *Inbox) Put(ctx context.Context, f bus.File) (Receipt, error) {
	sum := sha256.Sum256(f.Data)
	digest := hex.EncodeToString(sum[:])
	r := Receipt{Source: f.Source, Lane: f.Lane, Bytes: int64(len(f.Data)), SHA256: &digest}
	if name := f.Header.Get(article.HeaderFilename); name != "" {
		r.File = &name
	}
	ctx, end := in.span(ctx, &f)
	ack, err := in.put(ctx, f)
	end(err)
	if err != nil {
		return r.Failed(err), err
	}
	item := article.ItemID(in.created[ack.Stream], ack.Seq, 0)
	uri := article.URI(item)
	r.Stream, r.Seq, r.Item, r.URI, r.Duplicate = &ack.Stream, &ack.Seq, &item, &uri, ack.Duplicate
	return r, nil
}

// span begins the span of a file and names it in the file's headers.
func (in *Inbox) span(ctx context.Context, f *bus.File) (traced context.Context, end func(error)) {
	if in.tracer == nil {
		return ctx, func(error) {}
	}
	subject := article.InboxSubject(f.Lane, f.Source)
	ctx, span := trace.Send(trace.Extract(ctx, f.Header), in.tracer, trace.Message{
		Subject: subject, Template: article.SubjectTemplate(subject), Bytes: len(f.Data),
	}, false)
	header := nats.Header{}
	maps.Copy(header, f.Header) // it may be the headers of other files too
	trace.Inject(ctx, header)
	f.Header = header
	return ctx, func(err error) {
		if err != nil {
			trace.Fail(span, "publish")
		}
		span.End()
	}
}

// Failed returns the receipt of a file that was not stored.
func (r Receipt) Failed(err error) Receipt {
	s := err.Error()
	r.Error = &s
	return r
}
