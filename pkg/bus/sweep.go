package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
)

const (
	// sweepInterval is the pause between two sweeps: each reads the headers of the inboxes
	// and of the dead letters, some ten seconds for a million.
	sweepInterval = time.Hour
	// maxLoose bounds the blobs remembered between two sweeps. Those beyond go when their
	// bucket's time is over, as do those that were remembered when the process ended.
	maxLoose = 10_000
)

// Sweeper removes the blobs of files that are trimmed. A blob goes when no file in an
// inbox and no dead letter refers to it any more: the age of its bucket, which is for texts
// that records refer to, is several times that of a file.
type Sweeper struct {
	js    jetstream.JetStream
	blobs *Blobs
	now   func() time.Time
	loose map[string]bool
	next  time.Time
}

// NewSweeper returns a sweeper of the blobs of files.
func NewSweeper(js jetstream.JetStream, blobs *Blobs, now func() time.Time) *Sweeper {
	return &Sweeper{js: js, blobs: blobs, now: now, loose: map[string]bool{}}
}

// referring are the streams whose messages may have their bytes in a blob.
var referring = []string{article.StreamInbox, article.StreamBackfill, article.StreamDead}

// note remembers the blobs of the messages of a stream before a sequence, which are about
// to go.
func (s *Sweeper) note(ctx context.Context, stream string, before uint64) error {
	errEnough := errors.New("enough")
	for _, name := range referring {
		if name != stream {
			continue
		}
		_, err := Scan(ctx, s.js, stream, ScanOptions{}, func(m jetstream.Msg, at *jetstream.MsgMetadata) error {
			if at.Sequence.Stream >= before || len(s.loose) >= maxLoose {
				return errEnough
			}
			if ref := m.Headers().Get(article.HeaderBlob); ref != "" {
				s.loose[ref] = true
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return fmt.Errorf("note blobs of %s: %w", stream, err)
		}
	}
	return nil
}

// Sweep removes the blobs that are loose, once an hour, and returns how many went.
func (s *Sweeper) Sweep(ctx context.Context) (removed int, err error) {
	if len(s.loose) == 0 || s.now().Before(s.next) {
		return 0, nil
	}
	s.next = s.now().Add(sweepInterval)
	for _, stream := range referring {
		_, err := Scan(ctx, s.js, stream, ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			delete(s.loose, m.Headers().Get(article.HeaderBlob))
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("sweep blobs: %w", err)
		}
	}
	for ref := range s.loose {
		err := s.blobs.Drop(ctx, ref)
		switch {
		case err == nil:
			removed++
		case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, ErrForeignRef): // gone, or never ours
		default:
			return removed, err
		}
		delete(s.loose, ref)
	}
	return removed, nil
}
