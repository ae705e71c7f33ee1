package desk

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// scrubber removes what came in again after it was erased: it was refused, but the inbox
// had stored it before anybody could look at it. How far the dead letters were read is
// remembered as a consumer's floor is.
type scrubber struct {
	nc    *nats.Conn
	js    jetstream.JetStream
	state *bus.State
	blobs *bus.Blobs
	// counted is the ledger's guard: what it has not counted must stay.
	counted bus.Guard
}

// refused is a dead letter of what was erased before.
type refused struct {
	stream string // its file's inbox
	seq    uint64
	item   string // "" when the whole file was refused
	whole  bool   // the file goes, too
	next   uint64 // where to read the dead letters on
}

// scrub removes what was refused since it last looked.
func (s *scrubber) scrub(ctx context.Context) error {
	dead, err := s.js.Stream(ctx, article.StreamDead)
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	created := dead.CachedInfo().Created
	read, err := s.state.Floor(ctx, article.StreamDead, Housekeeping, created)
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	if dead.CachedInfo().State.LastSeq <= read {
		return nil
	}
	var list []refused
	items := map[string]bool{}
	next, err := bus.Scan(ctx, s.js, article.StreamDead, bus.ScanOptions{From: read + 1}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		h := m.Headers()
		seq, err := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64)
		if h.Get(article.HeaderReason) != CodeErased || err != nil {
			return nil
		}
		r := refused{stream: article.StreamInbox, seq: seq, next: meta.Sequence.Stream, whole: true}
		if article.Lane(h.Get(article.HeaderLane)) == article.Backfill {
			r.stream = article.StreamBackfill
		}
		if m.Subject() != article.DeadSubject(article.StageIngest) {
			r.item, r.whole = h.Get(article.HeaderItem), h.Get(article.HeaderCount) == "1"
			items[r.item] = true
		}
		list = append(list, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	places, err := s.ingested(ctx, items)
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	for _, r := range list {
		ok, err := s.remove(ctx, r, places[r.item])
		if err != nil {
			return fmt.Errorf("scrub: %w", err)
		}
		if !ok {
			next = r.next // the next time
			break
		}
	}
	if next-1 == read {
		return nil
	}
	return s.state.SaveFloor(ctx, article.StreamDead, Housekeeping, created, next-1)
}

// ingested returns where items are on the way to dedupe.
func (s *scrubber) ingested(ctx context.Context, items map[string]bool) (map[string]uint64, error) {
	places := map[string]uint64{}
	if len(items) == 0 {
		return places, nil
	}
	_, err := bus.Scan(ctx, s.js, article.StreamIngested, bus.ScanOptions{}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if item := m.Headers().Get(article.HeaderItem); items[item] {
			places[item] = meta.Sequence.Stream
		}
		return nil
	})
	return places, err
}

// remove removes one refused item, unless the ledger has not counted it.
func (s *scrubber) remove(ctx context.Context, r refused, ingested uint64) (ok bool, err error) {
	inbox, err := s.counted(ctx, r.stream)
	if err != nil {
		return false, err
	}
	hop, err := s.counted(ctx, article.StreamIngested)
	if err != nil || r.seq >= inbox || ingested >= hop {
		return false, err
	}
	if ingested > 0 {
		if err := s.forget(ctx, article.StreamIngested, ingested); err != nil {
			return false, err
		}
	}
	if r.whole {
		return true, s.forget(ctx, r.stream, r.seq)
	}
	return true, nil
}

// forget removes a message and the large payload it refers to.
func (s *scrubber) forget(ctx context.Context, stream string, seq uint64) error {
	m, err := bus.ReadAt(ctx, s.nc, stream, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	refs := []string{m.Header.Get(article.HeaderBlob)}
	if a, err := article.Decode(m.Data); err == nil && a.TextRef != nil {
		refs = append(refs, *a.TextRef)
	}
	for _, ref := range refs {
		if ref == "" {
			continue
		}
		if err := s.blobs.Forget(ctx, ref); err != nil && !errors.Is(err, bus.ErrForeignRef) {
			return err
		}
	}
	return bus.Forget(ctx, s.js, stream, []uint64{seq})
}
