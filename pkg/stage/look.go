package stage

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

// lookTimeout bounds one look.
const lookTimeout = 5 * time.Second

// look reads the consumer's state into the metrics and remembers its floor.
func (f *feed) look(ctx context.Context) error {
	// Nobody works while the server is away, and what waits grows older.
	f.m.oldest.Set(f.oldest.age(time.Now()))
	if !f.r.nc.IsConnected() {
		return nats.ErrDisconnected // asking would wait in vain
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	c, err := f.r.js.Consumer(ctx, f.in.Stream, f.in.Consumer)
	if err != nil {
		return err
	}
	info := c.CachedInfo()
	f.m.pending.Set(float64(info.NumPending))
	f.m.ackPending.Set(float64(info.NumAckPending))
	f.m.maxPending.Set(float64(info.Config.MaxAckPending))
	f.m.redelivered.Set(float64(info.NumRedelivered))
	f.m.waiting.Set(float64(info.NumWaiting))
	if err := f.oldest.find(ctx, f.stream, info); err != nil {
		return err
	}
	now := info.TimeStamp // the clock that stamped the messages
	if now.IsZero() {
		now = time.Now()
	}
	f.m.oldest.Set(f.oldest.age(now))
	floor := info.AckFloor.Stream
	f.forgetBelow(floor)
	if f.r.o.State == nil || floor <= f.floor.Load() {
		return nil
	}
	if err := f.r.o.State.SaveFloor(ctx, f.in.Stream, f.in.Consumer, f.created, floor); err != nil {
		return err
	}
	f.floor.Store(floor)
	return nil
}

// oldest is the first message of a stream that its consumer has not acknowledged.
type oldest struct {
	floor  uint64 // acknowledged up to here when it was looked for
	stored time.Time
}

// age is how long the message has waited, 0 when there is none.
func (o *oldest) age(now time.Time) float64 {
	if o.stored.IsZero() {
		return 0
	}
	return max(now.Sub(o.stored), 0).Seconds()
}

// find looks for the message. It is the first after the floor, wherever that is:
// what lies between may have been trimmed, and the stream may be empty although
// messages were acknowledged. While the floor stands still so does the message.
func (o *oldest) find(ctx context.Context, s jetstream.Stream, info *jetstream.ConsumerInfo) error {
	floor := info.AckFloor.Stream
	if info.NumPending == 0 && info.NumAckPending == 0 {
		*o = oldest{}
		return nil
	}
	if !o.stored.IsZero() && o.floor == floor {
		return nil
	}
	at, ok, err := bus.FirstStored(ctx, s, floor+1, info.Config.FilterSubject)
	switch {
	case err != nil:
		return err
	case !ok:
		*o = oldest{} // acknowledged and trimmed since
	default:
		*o = oldest{floor: floor, stored: at}
	}
	return nil
}
