package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ScanOptions choose the messages Scan reads.
type ScanOptions struct {
	// Subject filters; empty means all.
	Subject string
	// From is the first sequence, or Since the first time; with neither, all.
	From  uint64
	Since time.Time
	// Bodies also reads the payloads. Without it only headers travel.
	Bodies bool
}

// scanBatch bounds the messages in flight to a scan: 500 measured as fast as more.
const scanBatch = 500

// scanMisses is how often, scanMiss apart, a scan finds nobody at its consumer before it
// is taken for lost: two seconds together.
const (
	scanMisses = 40
	scanMiss   = 50 * time.Millisecond
)

// Scan calls fn for each message a stream holds now, in order, and returns the
// sequence after the last one looked at. Messages stored meanwhile may be included.
//
// In a cluster the server puts the reading consumer on any member, also one that lags
// behind the stream's leader. Scan asks the leader before it believes that there is
// nothing more, and waits for the member to catch up.
func Scan(ctx context.Context, js jetstream.JetStream, stream string, o ScanOptions, fn func(jetstream.Msg, *jetstream.MsgMetadata) error) (next uint64, err error) {
	cfg := jetstream.ConsumerConfig{
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		FilterSubject:     o.Subject,
		HeadersOnly:       !o.Bodies,
		InactiveThreshold: 30 * time.Second,
	}
	switch {
	case o.From > 1:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, o.From
	case !o.Since.IsZero():
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &o.Since
	}
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("scan %s: %w", stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	next = last + 1
	if next <= o.From || s.CachedInfo().State.Msgs == 0 {
		return max(next, o.From), nil
	}
	c, err := js.CreateConsumer(ctx, stream, cfg)
	if err != nil {
		return 0, fmt.Errorf("scan %s: %w", stream, err)
	}
	defer func() {
		// Best effort: an abandoned consumer goes away by its inactivity threshold.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = js.DeleteConsumer(clean, stream, c.CachedInfo().Name)
	}()
	at, left := c.CachedInfo().Delivered.Stream, c.CachedInfo().NumPending
	// The end is where it was at the beginning: a busy stream would be chased for ever.
	for missed := 0; at < last; {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("scan %s: %w", stream, err)
		}
		if left == 0 {
			rest, err := Gap(ctx, js.Conn(), js, stream, subjectOr(o.Subject), at+1)
			if err != nil {
				return 0, fmt.Errorf("scan %s: %w", stream, err)
			}
			if rest > last {
				return next, nil
			}
			left = 1 // the leader has more than the member we read from
		}
		batch, err := c.Fetch(int(min(left, scanBatch)), jetstream.FetchMaxWait(2*time.Second))
		if err != nil {
			return 0, fmt.Errorf("scan %s: %w", stream, err)
		}
		got := 0
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				return 0, fmt.Errorf("scan %s: %w", stream, err)
			}
			if err := fn(m, meta); err != nil {
				return 0, err
			}
			got++
			left, at = meta.NumPending, meta.Sequence.Stream
			next = max(next, at+1)
		}
		if errors.Is(batch.Error(), nats.ErrNoResponders) && missed < scanMisses {
			// In a cluster a consumer that was just made is not known to every server yet.
			missed++
			if err := sleep(ctx, scanMiss); err != nil {
				return 0, fmt.Errorf("scan %s: %w", stream, err)
			}
			continue
		}
		if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
			return 0, fmt.Errorf("scan %s: %w", stream, err)
		}
		if got == 0 {
			// Nothing in two seconds although messages were pending: they were removed,
			// or the consumer was lost with its server. Look instead of waiting on.
			info, err := c.Info(ctx)
			if err != nil {
				return 0, fmt.Errorf("scan %s: %w", stream, err)
			}
			left = info.NumPending
		}
	}
	return next, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// subjectOr is a filter for the calls that want one.
func subjectOr(subject string) string {
	if subject == "" {
		return ">"
	}
	return subject
}

// FirstSince returns the sequence of the first message stored at or after a time,
// or the one after the last if there is none.
func FirstSince(ctx context.Context, js jetstream.JetStream, stream string, t time.Time) (uint64, error) {
	first := uint64(0)
	stop := errors.New("found")
	next, err := Scan(ctx, js, stream, ScanOptions{Since: t}, func(_ jetstream.Msg, meta *jetstream.MsgMetadata) error {
		first = meta.Sequence.Stream
		return stop
	})
	if errors.Is(err, stop) {
		return first, nil
	}
	return next, err
}

// FirstStored returns when the first message at a sequence or behind it was stored, and
// false when there is none: what was at the sequence may have been removed. Filter is a
// subject, "" for any.
func FirstStored(ctx context.Context, s jetstream.Stream, seq uint64, filter string) (at time.Time, ok bool, err error) {
	m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subjectOr(filter)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return at, false, nil
	}
	if err != nil {
		return at, false, fmt.Errorf("look at %s from %d on: %w", s.CachedInfo().Config.Name, seq, err)
	}
	return m.Time, true, nil
}
