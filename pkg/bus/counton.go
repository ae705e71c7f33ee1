package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
)

const (
	// tailTime is how far before a stream's last message an item is looked for whose file
	// is lost. It came out of that file no earlier than the server last synced, which is a
	// second or two before the cut.
	tailTime = 30 * time.Second
	// mostLost bounds the numbers passed over, each of which costs two requests: minutes
	// of files at the highest rate.
	mostLost = 1 << 20
)

// CountOn has streams that lost their end in a power cut give out no number a second
// time. A file's number is its items' identity, and the consumers, the state bucket and
// the ledger remember numbers too: a new file under an old number would be taken for what
// was lost, and never worked on.
//
// A stream counts on after the highest number that its consumers, the state bucket,
// places and, for an inbox, the newest items of the streams after it know of. Nobody may
// publish meanwhile. It returns how many numbers each stream passed over.
func CountOn(ctx context.Context, js jetstream.JetStream, t *Topology, places map[string]uint64) (passed map[string]uint64, err error) {
	known, err := knownNumbers(ctx, js, t)
	if err != nil {
		return nil, fmt.Errorf("look for numbers that were given out: %w", err)
	}
	passed = map[string]uint64{}
	for _, row := range t.Streams {
		s, err := js.Stream(ctx, row.Name)
		if err != nil {
			return passed, fmt.Errorf("count on: %w", err)
		}
		last, to := s.CachedInfo().State.LastSeq, max(known[row.Name], places[row.Name])
		if to <= last {
			continue
		}
		if to-last > mostLost {
			return passed, fmt.Errorf("count on: %s ends at %d and %d is known of: that is not what a power cut leaves", row.Name, last, to)
		}
		subject := strings.ReplaceAll(row.Subjects[0], "*", "lost")
		for seq := last + 1; seq <= to; seq++ {
			if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: subject}, jetstream.WithExpectLastSequence(seq-1)); err != nil {
				return passed, fmt.Errorf("count %s on: %w", row.Name, err)
			}
			if err := s.DeleteMsg(ctx, seq); err != nil {
				return passed, fmt.Errorf("count %s on: %w", row.Name, err)
			}
		}
		passed[row.Name] = to - last
	}
	return passed, nil
}

// knownNumbers returns, by stream, the highest number that is remembered anywhere.
func knownNumbers(ctx context.Context, js jetstream.JetStream, t *Topology) (map[string]uint64, error) {
	known := map[string]uint64{}
	note := func(stream string, seq uint64) { known[stream] = max(known[stream], seq) }
	for _, row := range t.Consumers {
		c, err := js.Consumer(ctx, row.Stream, row.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		note(row.Stream, max(c.CachedInfo().Delivered.Stream, c.CachedInfo().AckFloor.Stream))
	}
	state, err := OpenState(ctx, js)
	if err != nil {
		return nil, err
	}
	marks, err := state.Marks(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range marks {
		s, err := js.Stream(ctx, m.Stream)
		if errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !m.Start && !s.CachedInfo().Created.Equal(m.Created) {
			continue
		}
		if err != nil {
			return nil, err
		}
		note(m.Stream, m.Seq)
	}
	inbox := map[string]string{string(article.Live): article.StreamInbox, string(article.Backfill): article.StreamBackfill}
	for _, row := range t.Streams {
		s, err := js.Stream(ctx, row.Name)
		if err != nil {
			return nil, err
		}
		since := s.CachedInfo().State.LastTime.Add(-tailTime)
		_, err = Scan(ctx, js, row.Name, ScanOptions{Since: since}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			h := m.Headers()
			from, ours := inbox[h.Get(article.HeaderLane)]
			if seq, err := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64); err == nil && ours {
				note(from, seq)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}
