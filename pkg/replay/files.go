package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// file is a file's place: its sequence, and in the lowest bit its inbox.
type file uint64

func fileAt(lane article.Lane, seq uint64) file {
	f := file(seq << 1)
	if lane == article.Backfill {
		f |= 1
	}
	return f
}

func (f file) lane() article.Lane {
	if f&1 == 1 {
		return article.Backfill
	}
	return article.Live
}

// EmptyError says that no file was found, and what the inbox has.
type EmptyError struct {
	Stream string
	// First is when the oldest file that it keeps came; zero when it keeps none.
	First time.Time
}

// Error implements error.
func (e *EmptyError) Error() string {
	if e.First.IsZero() {
		return "no file came in that time: " + e.Stream + " keeps none"
	}
	return "no file came in that time; " + e.Stream + " begins at " + e.First.UTC().Format(time.RFC3339)
}

// checkEvery is after how many files it is looked at how much the shadow takes.
const checkEvery = 500

// copyFiles puts the files of the range into the shadow's inboxes.
func (r *replay) copyFiles(ctx context.Context) error {
	streams := []string{article.StreamInbox}
	if r.o.Backfill {
		streams = append(streams, article.StreamBackfill)
	}
	acks := newAcks(r.pub)
	empty := &EmptyError{Stream: article.StreamInbox}
	for _, stream := range streams {
		s, err := r.realJS.Stream(ctx, stream)
		if err != nil {
			return fmt.Errorf("read %s: %w", stream, err)
		}
		info := s.CachedInfo()
		r.created[stream] = info.Created
		if info.State.Msgs > 0 {
			first := info.State.FirstTime
			if empty.First.IsZero() || first.Before(empty.First) {
				empty.Stream, empty.First = stream, first
			}
			if stream == article.StreamInbox && first.After(r.o.From) {
				r.report.InboxBegins = &first
			}
		}
		_, err = bus.Scan(ctx, r.realJS, stream, bus.ScanOptions{Since: r.o.From}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			if !r.o.To.IsZero() && !meta.Timestamp.Before(r.o.To) {
				return errEnd
			}
			// A retry brings back a file that is in the range itself, or is not meant.
			if article.IsRetry(m.Subject()) || r.o.Source != "" && article.SourceOf(m.Subject()) != r.o.Source {
				return nil
			}
			return r.copyFile(ctx, acks, stream, m.Subject(), meta)
		})
		if err != nil && !errors.Is(err, errEnd) {
			return err
		}
	}
	if err := acks.wait(ctx); err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	if r.report.Files = len(r.files); r.report.Files == 0 {
		return empty
	}
	return r.checkStore(ctx)
}

// errEnd ends a scan.
var errEnd = errors.New("end of the range")

// copyFile puts one file into the shadow's inbox. One that was erased, or trimmed,
// meanwhile is left out.
func (r *replay) copyFile(ctx context.Context, acks *acks, stream, subject string, meta *jetstream.MsgMetadata) error {
	stored, err := bus.ReadAt(ctx, r.real, stream, meta.Sequence.Stream)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		r.report.FilesGone++
		return nil
	}
	if err != nil {
		return err
	}
	m := desk.ShadowFile(r.id, subject, stored)
	if ref := m.Header.Get(article.HeaderBlob); ref != "" && bus.RefOf(article.SourceOf(subject), ref) {
		data, err := r.realBlobs.Get(ctx, ref)
		if errors.Is(err, jetstream.ErrObjectNotFound) {
			r.report.FilesGone++
			return nil
		}
		if err == nil {
			ref, err = r.blobs.Put(ctx, data)
		}
		if err != nil {
			return fmt.Errorf("copy file %d of %s: %w", stored.Seq, stream, err)
		}
		m.Header.Set(article.HeaderBlob, ref)
	}
	if err := acks.publish(ctx, m); err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	lane := article.Live
	if stream == article.StreamBackfill {
		lane = article.Backfill
	}
	r.files[fileAt(lane, stored.Seq)] = stored.Time.UnixNano()
	if len(r.files)%checkEvery == 0 {
		r.o.Progress(Copying, len(r.files), 0)
		return r.checkStore(ctx)
	}
	return nil
}

// checkStore reports whether the shadow takes more room than it may.
func (r *replay) checkStore(ctx context.Context) error {
	info, err := r.shadowJS.AccountInfo(ctx)
	if err != nil {
		return fmt.Errorf("look at the replay's store: %w", err)
	}
	if info.Store > uint64(r.o.MaxBytes) {
		return fmt.Errorf("%w: %d MiB of %d", ErrStore, info.Store>>20, r.o.MaxBytes>>20)
	}
	return nil
}

// acks waits for the server's answers to many messages.
type acks struct {
	pub *bus.Publisher

	mu   sync.Mutex
	open int
	last uint64 // sequence of the last that was stored
	err  error
	idle chan struct{} // has a token when none is open
}

func newAcks(pub *bus.Publisher) *acks { return &acks{pub: pub, idle: make(chan struct{}, 1)} }

// publish sends a message. Those of one caller are stored in their order.
func (a *acks) publish(ctx context.Context, m *nats.Msg) error {
	a.mu.Lock()
	a.open++
	err := a.err
	a.mu.Unlock()
	if err == nil {
		err = a.pub.Publish(ctx, m, a.done)
	}
	if err != nil {
		a.done(bus.Ack{}, err)
	}
	return err
}

func (a *acks) done(ack bus.Ack, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open--; err != nil && a.err == nil {
		a.err = err
	}
	a.last = max(a.last, ack.Seq)
	if a.open == 0 {
		select {
		case a.idle <- struct{}{}:
		default:
		}
	}
}

// wait returns when everything is stored.
func (a *acks) wait(ctx context.Context) error {
	for {
		a.mu.Lock()
		open, err := a.open, a.err
		a.mu.Unlock()
		if open == 0 || err != nil {
			return err
		}
		select {
		case <-a.idle:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
