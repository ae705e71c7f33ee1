package replay

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// file is where a file of the desk lies.
type file struct {
	stream  string
	created time.Time // the stream
	seq     uint64
	stored  time.Time
	subject string
}

func (f file) lane() article.Lane {
	if f.stream == article.StreamBackfill {
		return article.Backfill
	}
	return article.Live
}

func (f file) source() string { return article.SourceOf(f.subject) }

// headerPlace says on a file in the shadow's inbox where it lies on the desk. Only we
// write to the shadow.
const headerPlace = "Copydesk-Replay-Of"

func (f file) place() string {
	return strings.Join([]string{f.stream, strconv.FormatUint(f.seq, 10), f.created.UTC().Format(time.RFC3339Nano), f.stored.UTC().Format(time.RFC3339Nano), f.subject}, " ")
}

// arrival gives a file in the shadow's inbox the place and time that it has on the desk,
// of which its items' names are made.
func arrival(in stage.In) stage.In {
	part := strings.Split(in.Header.Get(headerPlace), " ")
	if len(part) != 5 {
		return in
	}
	seq, err := strconv.ParseUint(part[1], 10, 64)
	if err != nil {
		return in
	}
	created, err := time.Parse(time.RFC3339Nano, part[2])
	if err != nil {
		return in
	}
	stored, err := time.Parse(time.RFC3339Nano, part[3])
	if err != nil {
		return in
	}
	in.Stream, in.Seq, in.Created, in.Stored, in.Subject = part[0], seq, created, stored, part[4]
	return in
}

// list returns the files of the range and of the lead, in the order they came in. Retried
// dead letters are none: their files came in before.
func list(ctx context.Context, o Options) ([]file, error) {
	var files []file
	for _, stream := range []string{article.StreamInbox, article.StreamBackfill} {
		s, err := o.Desk.JS.Stream(ctx, stream)
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		created := s.CachedInfo().Created
		_, err = bus.Scan(ctx, o.Desk.JS, stream, bus.ScanOptions{Since: o.From.Add(-o.Lead)}, func(m jetstream.Msg, at *jetstream.MsgMetadata) error {
			if at.Timestamp.Before(o.To) && !article.IsRetry(m.Subject()) {
				files = append(files, file{stream, created, at.Sequence.Stream, at.Timestamp, m.Subject()})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(a.stored.Compare(b.stored), strings.Compare(a.stream, b.stream), cmp.Compare(a.seq, b.seq))
	})
	return files, nil
}

// put copies a file into the shadow's inbox.
func put(ctx context.Context, o Options, pub *bus.Publisher, f file) error {
	m, err := bus.ReadAt(ctx, o.Desk.Conn, f.stream, f.seq)
	if err != nil {
		return fmt.Errorf("read file %d of %s: %w", f.seq, f.stream, err)
	}
	h := nats.Header{headerPlace: {f.place()}}
	for k, v := range m.Header {
		if !strings.HasPrefix(k, "Nats-") {
			h[k] = v
		}
	}
	if ref := h.Get(article.HeaderBlob); ref != "" {
		data, err := o.Desk.Blobs.Get(ctx, ref)
		if err != nil {
			return fmt.Errorf("read file %d of %s: %w", f.seq, f.stream, err)
		}
		if ref, err = o.Shadow.Blobs.Put(ctx, data); err != nil {
			return fmt.Errorf("put file %d of %s into the shadow: %w", f.seq, f.stream, err)
		}
		h.Set(article.HeaderBlob, ref)
	}
	// The one inbox keeps the order across the lanes; arrival tells them apart.
	_, err = pub.PublishWait(ctx, &nats.Msg{Subject: article.InboxSubject(article.Live, f.source()), Header: h, Data: m.Data})
	if err != nil {
		return fmt.Errorf("put file %d of %s into the shadow: %w", f.seq, f.stream, err)
	}
	return nil
}
