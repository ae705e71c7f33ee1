package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// Audit follows every item that the streams still hold from the inbox to its end, by
// headers alone, and names those that came in, are in no stage's hands and have not
// ended, and those that ended twice. It reads the headers of all streams: seconds for a
// few hundred thousand articles, some hundred bytes of memory for each. It can be run
// while the desk works.
func (d *Doctor) Audit(ctx context.Context) ([]*Finding, error) {
	a := &audit{d: d, items: map[uint64]*passage{}, files: map[file]*passage{}, seed: maphash.MakeSeed()}
	if err := a.read(ctx); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	found := a.findings()
	more, err := d.books(ctx, found)
	return append(found, more...), err
}

// audit is one reading.
type audit struct {
	d      *Doctor
	seed   maphash.Seed
	floors map[string]uint64 // by stream, what its consumer had acknowledged before
	files  map[file]*passage
	items  map[uint64]*passage
}

// file is a file's place in an inbox.
type file struct {
	lane article.Lane
	seq  uint64
}

// passage is how far a file or an item was seen to come.
type passage struct {
	Item
	inHand bool // beyond what a stage has acknowledged
	opened bool // of a file
	ends   int
}

// read reads what the consumers have acknowledged first and the streams after it, in the
// order in which items pass them: what was acknowledged then must show further on.
func (a *audit) read(ctx context.Context) error {
	a.floors = map[string]uint64{}
	for _, c := range a.d.topo.Consumers {
		consumer, err := a.d.js.Consumer(ctx, c.Stream, c.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			continue // a floor of 0: all of it waits
		}
		if err != nil {
			return fmt.Errorf("look at consumer %s of %s: %w", c.Name, c.Stream, err)
		}
		a.floors[c.Stream] = consumer.CachedInfo().AckFloor.Stream
	}
	// An end may be trimmed as soon as it is this old, and a beginning later.
	kept := a.d.topo.Settings.OutputAge
	since := a.d.now().Add(-min(kept, a.d.topo.Settings.InboxAge) * 9 / 10)
	for _, stream := range []string{
		article.StreamInbox, article.StreamBackfill, article.StreamIngested, article.StreamUnique, article.StreamTagged,
		article.StreamEnriched, article.StreamDuplicate, article.StreamDead,
	} {
		o := bus.ScanOptions{}
		if a.begins(stream) {
			o.Since = since
		}
		_, err := bus.Scan(ctx, a.d.js, stream, o, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			a.note(stream, m.Subject(), m.Headers(), meta.Sequence.Stream)
			return nil
		})
		if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
	}
	return nil
}

func (a *audit) begins(stream string) bool {
	return stream == article.StreamInbox || stream == article.StreamBackfill
}

func (a *audit) note(stream, subject string, h nats.Header, seq uint64) {
	if a.begins(stream) {
		lane := article.Live
		if stream == article.StreamBackfill {
			lane = article.Backfill
		}
		a.files[file{lane, seq}] = &passage{
			Item:   Item{Source: article.SourceOf(subject), Lane: string(lane), Seq: seq, Last: stream},
			inHand: seq > a.floors[stream],
		}
		return
	}
	origin, err := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64)
	if err != nil || h.Get(article.HeaderRun) != "" {
		return // a stranger's message, or a replay's
	}
	lane := article.Lane(h.Get(article.HeaderLane))
	f := a.files[file{lane, origin}]
	if f == nil {
		return // its file is trimmed, or older than what is looked at
	}
	f.opened = true
	item := h.Get(article.HeaderItem)
	if item == "" {
		f.ends++ // a file that was buried whole before it had items
		return
	}
	k := maphash.String(a.seed, item)
	p := a.items[k]
	if p == nil {
		p = &passage{Item: Item{Item: item, Source: f.Source, Lane: f.Lane, Seq: origin}}
		a.items[k] = p
	}
	p.Last = stream
	retried := h.Get(article.HeaderRetry) != "" && h.Get(article.HeaderRetry) != "0"
	switch stream {
	case article.StreamEnriched, article.StreamDuplicate, article.StreamDead:
		if !retried { // else its first end was counted
			p.ends++
		}
	default:
		p.inHand = p.inHand || seq > a.floors[stream]
	}
}

func (a *audit) findings() []*Finding {
	var lost, doubled []Item
	sort := func(p *passage) {
		switch {
		case p.ends > 1:
			doubled = append(doubled, p.Item)
		case p.ends == 0 && !p.inHand:
			lost = append(lost, p.Item)
		}
	}
	for _, p := range a.files {
		if !p.opened {
			sort(p)
		}
	}
	for _, p := range a.items {
		sort(p)
	}
	var found []*Finding
	if len(lost) > 0 {
		found = append(found, &Finding{
			Code: LedgerLeak, What: fmt.Sprintf("%d items came in, are in no stage's hands and have not ended", len(lost)),
			Why:    "a stage acknowledged them and what it made of them is gone, or somebody else acknowledged them or removed messages",
			Advice: "drop their files again: `copydesk raw` prints a file by its item, and the inbox has it by its sequence",
			Items:  named(lost), Count: len(lost),
		})
	}
	if len(doubled) > 0 {
		found = append(found, &Finding{
			Code: ItemDoubled, What: fmt.Sprintf("%d items ended more than once", len(doubled)),
			Why:    "readers of the outputs see them twice, and the ledger counts them twice",
			Advice: "consumers of articles.enriched.> tell copies by ce-id",
			Items:  named(doubled), Count: len(doubled),
		})
	}
	return found
}

// named sorts items and keeps the first.
func named(items []Item) []Item {
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Item, b.Item))
	})
	return items[:min(len(items), MaxItems)]
}

// books looks at the sums of all time: at their place in the streams, and at a loss from
// before what the streams still hold.
func (d *Doctor) books(ctx context.Context, known []*Finding) ([]*Finding, error) {
	books, err := ledger.Open(ctx, d.js)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	var found []*Finding
	for _, row := range d.topo.Streams {
		s, err := d.js.Stream(ctx, row.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, nil // the sums cannot be read on
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		info := s.CachedInfo()
		created, next := books.Place(row.Name)
		if created.Equal(info.Created) && next > info.State.LastSeq+1 {
			found = append(found, &Finding{
				Code: LedgerAhead, Stream: row.Name, What: fmt.Sprintf("the ledger has counted up to %d, the stream ends at %d", next-1, info.State.LastSeq),
				Why:    "the stream lost its end in a crash, and what gets its numbers now is not counted: the sums are off by as much",
				Advice: "the sums cannot be put right, since what was counted is gone; the items named here can",
			})
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if err := books.Advance(ctx); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	before := ledger.Total(books.Report())
	var hand int64
	for _, c := range d.topo.Consumers {
		consumer, err := d.js.Consumer(ctx, c.Stream, c.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, nil // said already, and nobody's hands can be counted
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		hand += int64(consumer.CachedInfo().NumPending) + int64(consumer.CachedInfo().NumAckPending)
	}
	if err := books.Advance(ctx); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := ledger.CheckDays(books.Report(), books.Days()); err != nil && len(known) == 0 {
		found = append(found, &Finding{
			Code: LedgerDays, What: fmt.Sprintf("the ledger's days do not balance: %v", err),
			Why:    "items ended more than once before what is kept, or somebody else changed the ledger's key",
			Advice: "copydesk status --days shows them; nothing that the streams still hold says more",
		})
	}
	leak := ledger.Leak(before, hand, ledger.Total(books.Report()))
	if leak != 0 && len(known) == 0 {
		found = append(found, &Finding{
			Code: LedgerLeak, Count: int(max(leak, -leak)), What: fmt.Sprintf("the sums of all time are off by %d, and nothing that the streams still hold is", leak),
			Why:    "more came in than ended, or the other way round when below zero, before what is kept",
			Advice: "copydesk status shows the sums by source",
		})
	}
	return found, nil
}
