package bus

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// KeepNothing is what a Guard returns for a stream it does not care about.
const KeepNothing = uint64(math.MaxUint64)

// Guard returns the first sequence of a stream that must stay for its sake.
type Guard func(ctx context.Context, stream string) (keepFrom uint64, err error)

// Trimmer removes finished messages from the streams. Nothing else does: streams
// have no maximum age, because an age removes messages that nobody has worked on as
// readily as any other.
//
// A message goes when all of this holds: it is older than its stream's age, every
// consumer has acknowledged it, the input it was made from is acknowledged (or its
// maker, coming back after a long stop, could not see that it exists), and every
// guard lets go of it. How far the inputs are acknowledged is remembered first, in
// case the server forgets it once the outputs are gone.
type Trimmer struct {
	js     jetstream.JetStream
	state  *State
	topo   *Topology
	guards []Guard
	now    func() time.Time
	// Sweeper, if set, is told which files go.
	Sweeper *Sweeper
}

// NewTrimmer returns a trimmer for a road.
func NewTrimmer(js jetstream.JetStream, t *Topology, state *State, now func() time.Time, guards ...Guard) *Trimmer {
	return &Trimmer{js: js, topo: t, state: state, now: now, guards: guards}
}

// Trim looks at every stream once and returns how many messages it removed.
func (t *Trimmer) Trim(ctx context.Context) (removed uint64, err error) {
	waiting := map[string]time.Time{} // by stage: its oldest unacknowledged input
	for _, c := range t.topo.Consumers {
		since, err := t.unackedSince(ctx, c)
		if err != nil {
			return removed, err
		}
		if at, ok := waiting[c.Name]; !ok || since.Before(at) {
			waiting[c.Name] = since
		}
	}
	for _, row := range t.topo.Streams {
		n, err := t.trim(ctx, row, waiting)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (t *Trimmer) trim(ctx context.Context, row Stream, waiting map[string]time.Time) (uint64, error) {
	s, err := t.js.Stream(ctx, row.Name)
	if err != nil {
		return 0, fmt.Errorf("trim %s: %w", row.Name, err)
	}
	state := s.CachedInfo().State
	before := t.now().Add(-row.Age)
	// Every stage writes to the dead letters.
	for stage, since := range waiting {
		if (row.Writer == stage || row.Writer == "") && since.Before(before) {
			before = since
		}
	}
	if state.Msgs == 0 || !state.FirstTime.Before(before) {
		return 0, nil
	}
	keep, err := FirstSince(ctx, t.js, row.Name, before)
	if err != nil {
		return 0, fmt.Errorf("trim %s: %w", row.Name, err)
	}
	consumers := s.ListConsumers(ctx)
	for info := range consumers.Info() {
		if info.Config.AckPolicy != jetstream.AckNonePolicy && info.Config.Durable != "" {
			keep = min(keep, info.AckFloor.Stream+1)
		}
	}
	if err := consumers.Err(); err != nil {
		return 0, fmt.Errorf("trim %s: %w", row.Name, err)
	}
	for _, guard := range t.guards {
		from, err := guard(ctx, row.Name)
		if err != nil {
			return 0, fmt.Errorf("trim %s: %w", row.Name, err)
		}
		keep = min(keep, from)
	}
	if keep <= state.FirstSeq {
		return 0, nil
	}
	if t.Sweeper != nil {
		if err := t.Sweeper.note(ctx, row.Name, keep); err != nil {
			return 0, err
		}
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(keep)); err != nil {
		return 0, fmt.Errorf("trim %s: %w", row.Name, err)
	}
	return keep - state.FirstSeq, nil
}

// unackedSince returns when the oldest message a consumer has not acknowledged was
// stored, or now.
func (t *Trimmer) unackedSince(ctx context.Context, row Consumer) (time.Time, error) {
	s, err := t.js.Stream(ctx, row.Stream)
	if err != nil {
		return time.Time{}, fmt.Errorf("trim: %w", err)
	}
	c, err := t.js.Consumer(ctx, row.Stream, row.Name)
	if err != nil {
		return time.Time{}, fmt.Errorf("trim: consumer %s of %s: %w", row.Name, row.Stream, err)
	}
	created, floor := s.CachedInfo().Created, c.CachedInfo().AckFloor.Stream
	known, err := t.state.Floor(ctx, row.Stream, row.Name, created)
	if err == nil && floor > known {
		err = t.state.SaveFloor(ctx, row.Stream, row.Name, created, floor)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("trim: %w", err)
	}
	at, ok, err := OldestUnacked(ctx, t.js, row)
	if err != nil {
		return time.Time{}, fmt.Errorf("trim: %w", err)
	}
	if !ok {
		return t.now(), nil
	}
	return at, nil
}

// OldestUnacked returns when the oldest message that a consumer has not acknowledged was
// stored, and false when there is none.
func OldestUnacked(ctx context.Context, js jetstream.JetStream, row Consumer) (at time.Time, ok bool, err error) {
	s, err := js.Stream(ctx, row.Stream)
	if err != nil {
		return at, false, fmt.Errorf("look at %s: %w", row.Stream, err)
	}
	c, err := js.Consumer(ctx, row.Stream, row.Name)
	if err != nil {
		return at, false, fmt.Errorf("look at consumer %s of %s: %w", row.Name, row.Stream, err)
	}
	state, floor := s.CachedInfo().State, c.CachedInfo().AckFloor.Stream
	if state.Msgs == 0 || floor >= state.LastSeq {
		return at, false, nil
	}
	return FirstStored(ctx, s, max(floor+1, state.FirstSeq), "")
}
