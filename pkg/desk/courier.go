package desk

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Reason codes of dead letters, beside the runner's and pkg/extract's.
const (
	CodeUndecodable = "undecodable"  // a message between stages is not a record
	CodeBlobMissing = "blob_missing" // the large payload a message points to is gone
	CodeTooLarge    = "too_large"    // the file is over the limit
	CodeBadEvent    = "bad_event"    // a CloudEvent that cannot be read
)

// maxWhole is the largest record that is published with its text on the streams
// people subscribe to; it leaves room under the server's 1 MiB for the rest.
const maxWhole = 768 << 10

// storeRetry is the pause when something in NATS that a stage needs is out of order.
const storeRetry = time.Second

// courier carries records from message to message for one stage.
type courier struct {
	stage   string
	version string
	blobs   *bus.Blobs
	events  *article.EventWriter
	now     func() time.Time
	shadow  *Shadow // nil for a desk of its own
}

func newCourier(stage string, blobs *bus.Blobs, o Options) *courier {
	return &courier{stage: stage, version: o.Version, blobs: blobs, events: article.NewEventWriter(stage), now: o.Now, shadow: o.Shadow}
}

// open reads the record of a message between stages, with its text.
func (c *courier) open(ctx context.Context, in stage.In) (*article.Article, error) {
	a, err := article.Decode(in.Data)
	if err != nil {
		return nil, stage.Reject(CodeUndecodable, article.ClassFault, err)
	}
	if a.Text == nil && a.TextRef != nil {
		text, err := c.fetch(ctx, *a.TextRef)
		if err != nil {
			return nil, err
		}
		s := string(text)
		a.Text = &s
	}
	return a, nil
}

// fetch reads a blob when it is its turn.
func (c *courier) fetch(ctx context.Context, ref string) ([]byte, error) {
	_, size, err := c.blobs.Sum(ctx, ref)
	if err == nil {
		if err := take(ctx, size); err != nil {
			return nil, err
		}
	}
	var b []byte
	if err == nil {
		b, err = c.blobs.Get(ctx, ref)
	}
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, bus.ErrForeignRef):
		return nil, stage.Reject(CodeBlobMissing, article.ClassFault, err)
	case errors.Is(err, bus.ErrTooLarge):
		return nil, stage.Reject(CodeTooLarge, article.ClassInput, err)
	case err != nil:
		return nil, stage.Later(err, storeRetry)
	}
	return b, nil
}

// seal makes a record the message that carries it on. A text that makes the record
// larger than limit goes to the blob bucket, once: later stages pass on its place.
func (c *courier) seal(ctx context.Context, a *article.Article, in stage.In, started time.Time, subject string, limit int) (stage.Out, error) {
	a.Trace = append(a.Trace, article.Step{
		Stage: c.stage, Version: c.version, Started: started.UTC(),
		Ms: millis(c.now().Sub(started)), Attempt: in.Attempt,
	})
	data, err := article.Encode(a)
	if err != nil {
		return stage.Out{}, err
	}
	if len(data) > limit && a.Text != nil {
		if a.TextRef == nil {
			ref, err := c.blobs.Put(ctx, []byte(*a.Text))
			if err != nil {
				return stage.Out{}, stage.Later(err, storeRetry)
			}
			a.TextRef = &ref
		}
		text := a.Text
		a.Text = nil
		data, err = article.Encode(a)
		a.Text = text
		if err != nil {
			return stage.Out{}, err
		}
	}
	h := make(nats.Header, 16)
	c.events.Write(h, a.URI, a.Version, c.now())
	identityHeaders(h, a)
	return stage.Out{Item: a.Item, Subject: subject, Header: h, Data: data}, nil
}

// identityHeaders say which item a message is about, for those who read headers only.
func identityHeaders(h nats.Header, a *article.Article) {
	v := [...]string{
		a.Item, strconv.FormatUint(a.Input.Seq, 10), strconv.Itoa(a.Input.Index), strconv.Itoa(a.Input.Count),
		string(a.Lane), a.Source.Name,
	}
	for i, name := range [...]string{
		article.HeaderItem, article.HeaderOriginSeq, article.HeaderIndex, article.HeaderCount,
		article.HeaderLane, article.HeaderSource,
	} {
		h[name] = v[i : i+1 : i+1]
	}
}

// identify returns the identity headers for a message's dead letter. A file from the
// inbox gets its own: it dies as one item.
func (c *courier) identify(in stage.In) nats.Header {
	if c.stage != article.StageIngest {
		return in.Header
	}
	file := c.incoming(in)
	return file.headers(file.index, file.count)
}

// partHeaders identify one item of a file that gives several, or are nil when the input
// is not about that one.
func (c *courier) partHeaders(in stage.In, i, n int) nats.Header {
	file := c.incoming(in)
	if !file.has(i) {
		return nil
	}
	return file.headers(i, n)
}

func laneOf(stream string) article.Lane {
	if stream == article.StreamBackfill {
		return article.Backfill
	}
	return article.Live
}

// warn adds a warning code once.
func warn(a *article.Article, code string) {
	for _, w := range a.Cleaning.Warnings {
		if w == code {
			return
		}
	}
	a.Cleaning.Warnings = append(a.Cleaning.Warnings, code)
}

// millis rounds to microseconds: finer is noise.
func millis(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
