package desk

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Old material goes the same way as news, and its hops are the same streams. Two things
// keep it out of the news's way. It is admitted at the door, ingest, where alone it comes
// in: article by article, and only as far as the stages behind have nothing else to do.
// And of what waits in a stage, news is taken first.

const (
	// backfillPrefetch is how many files of old material ingest holds ready.
	backfillPrefetch = 8
	// besideNews is how many old articles are on their way at a time while news comes in:
	// with one, the news meets one call of a function and a processor that is free.
	besideNews = 1
	// withoutNews is how many there are while none does: enough to keep every stage busy
	// from one look to the next, and less than a stage holds ready, so that the first
	// news passes them all.
	withoutNews = 128
	// lookInterval is how often the stages are looked at while old material waits at the
	// door. A look is at most four questions of some 50 us.
	lookInterval = 5 * time.Millisecond
	// lookHolds is how long what a look found counts. While no news comes there is room
	// for many, and on a busy machine looking takes as long as ingesting some of them.
	lookHolds = 20 * lookInterval
	// lookPatience is how long an answer may take.
	lookPatience = 2 * time.Second
)

// yields reports whether a message gives way to others.
func yields(in stage.In) bool { return in.Header.Get(article.HeaderLane) == string(article.Backfill) }

// admission is the door through which old material comes in, one in each process of
// ingest. All look at the same streams and count what they admitted themselves, so that
// together they exceed the room by as many articles as there are processes, at the most.
type admission struct {
	hops   []hop
	calm   time.Duration
	inside atomic.Int64 // admitted, and not stored behind the door yet

	turn   sync.Mutex // of those who wait; guards the following
	looked time.Time  // the latest look
	room   int64      // that it found, less what was admitted since
	full   bool       // speed: see look
}

// hop is a consumer of the way, the inbox's first.
type hop func(context.Context) (*jetstream.ConsumerInfo, error)

func newAdmission(js jetstream.JetStream, topo *bus.Topology, calm time.Duration) *admission {
	a := &admission{calm: calm}
	for _, c := range topo.Consumers {
		if c.Lane == article.Backfill {
			continue
		}
		a.hops = append(a.hops, func(ctx context.Context) (*jetstream.ConsumerInfo, error) {
			consumer, err := js.Consumer(ctx, c.Stream, c.Name)
			if err != nil {
				return nil, fmt.Errorf("look at consumer %s of %s: %w", c.Name, c.Stream, err)
			}
			return consumer.CachedInfo(), nil
		})
	}
	return a
}

// admit returns when there is room for one more old article. Those who wait do so in
// turn, and each look counts for all.
func (a *admission) admit(ctx context.Context) (leave func(), err error) {
	a.turn.Lock()
	defer a.turn.Unlock()
	for {
		age := time.Since(a.looked)
		if a.room > 0 && age < lookHolds {
			break
		}
		if age < lookInterval {
			t := time.NewTimer(lookInterval - age)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
			}
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		a.looked = time.Now()
		if a.room, err = a.look(ctx); err != nil {
			// The server is away, or elects: nothing goes through the stages either.
			a.looked = a.looked.Add(storeRetry)
		}
	}
	a.room--
	a.inside.Add(1)
	return func() { a.inside.Add(-1) }, nil
}

// look returns how many old articles may come in. It asks no further than there is room.
// Full speed begins with a look that finds nothing on its way and no news for a while:
// news that takes longer than that is still news.
func (a *admission) look(ctx context.Context) (room int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	// First, since what leaves while we look may otherwise be in neither count.
	inside := a.inside.Load()
	empty, recent := true, false
	for i, ask := range a.hops {
		info, err := ask(ctx)
		if err != nil {
			return 0, err
		}
		waiting := int64(info.NumPending) + int64(info.NumAckPending)
		if i == 0 { // the inbox
			recent = waiting > 0 || a.recent(info)
			a.full = a.full && !recent
			room = besideNews - inside
			if a.full {
				room = withoutNews - inside
			}
		}
		empty = empty && waiting == 0
		if room -= waiting; room <= 0 {
			return 0, nil
		}
	}
	a.full = a.full || empty && !recent
	return room, nil
}

// recent reports whether news was delivered just now, by the clock of the server.
func (a *admission) recent(inbox *jetstream.ConsumerInfo) bool {
	last := inbox.Delivered.Last
	return last != nil && inbox.TimeStamp.Sub(*last) < a.calm
}
