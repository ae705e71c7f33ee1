package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	// leaseRenew is how often the holder renews a lease.
	leaseRenew = time.Second
	// leaseExpires is how long a lease that is not renewed is respected: three missed
	// renewals, and less than a stage's AckWait, after which its work comes back
	// anyway.
	leaseExpires = 4 * time.Second
	// leaseLook is how often the others look at it.
	leaseLook = 250 * time.Millisecond
)

// Lease says which one of several processes works while the others stand by. It
// saves work and is no lock: a holder that was paused believes in its lease for a
// moment after another has taken it, so what the holder does must be safe from two.
//
// It is an entry in the state bucket which the holder renews. Whoever sees no
// renewal for leaseExpires by its own monotonic clock takes it over, at once when the
// holder gave it up or its connection is gone; the clocks of different machines are
// never compared.
type Lease struct {
	nc     *nats.Conn
	kv     jetstream.KeyValue
	key    string
	owner  string
	probe  *nats.Subscription // answered while this process is connected
	log    *slog.Logger
	held   atomic.Bool
	change chan struct{}

	revision uint64    // of the entry as last seen or written
	seen     time.Time // when it was seen to change, or written
}

// holder is the entry's value; without an owner the lease is free.
type holder struct {
	Owner string `json:"owner"`
	Probe string `json:"probe"`
}

// NewLease returns a lease by name. Run it.
func (s *State) NewLease(nc *nats.Conn, name string, log *slog.Logger) *Lease {
	return &Lease{nc: nc, kv: s.kv, key: "lease." + name, owner: nuid.Next(), log: log, change: make(chan struct{}, 1)}
}

// Held reports whether this process holds the lease, as far as it knows.
func (l *Lease) Held() bool { return l.held.Load() }

// Changed gets a value when Held has changed, for one reader.
func (l *Lease) Changed() <-chan struct{} { return l.change }

// Run takes the lease when it is free and renews it until ctx is done; then it gives
// it up.
func (l *Lease) Run(ctx context.Context) error {
	var err error
	// A subject of the connection's own inbox needs no permission of its own.
	l.probe, err = l.nc.Subscribe(l.nc.NewInbox(), func(m *nats.Msg) {
		_ = m.Respond(nil) // the other end then waits out the lease
	})
	if err != nil {
		return fmt.Errorf("hold lease %s: %w", l.key, err)
	}
	defer l.probe.Unsubscribe() //nolint:errcheck // fails only when the connection is closed
	for {
		wait := leaseLook
		if l.Held() {
			wait = leaseRenew
		}
		call, cancel := context.WithTimeout(ctx, leaseRenew)
		if err := l.step(call, time.Now()); err != nil && ctx.Err() == nil {
			l.log.Debug("lease", "key", l.key, "err", err)
		}
		cancel()
		if l.Held() && time.Since(l.seen) > leaseExpires-leaseRenew {
			l.set(false) // others may hold it by now
		}
		if l.Held() && wait == leaseLook {
			continue // just taken: renewed a whole interval from now
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			l.release(context.WithoutCancel(ctx))
			return nil
		case <-timer.C:
		}
	}
}

// step renews the lease, or takes it if it is free.
func (l *Lease) step(ctx context.Context, now time.Time) error {
	if l.Held() {
		err := l.write(ctx, l.revision, holder{l.owner, l.probe.Subject})
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
	}
	e, err := l.kv.Get(ctx, l.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return l.take(ctx, 0)
	}
	if err != nil {
		return err
	}
	var h holder
	if err := json.Unmarshal(e.Value(), &h); err != nil {
		return fmt.Errorf("read lease: %w", err)
	}
	if h.Owner == l.owner {
		// Ours after all: the answer to a renewal was lost.
		l.revision, l.seen = e.Revision(), now
		l.set(true)
		return nil
	}
	l.set(false)
	if e.Revision() != l.revision {
		l.revision, l.seen = e.Revision(), now
	}
	if h.Owner == "" || now.Sub(l.seen) > leaseExpires || l.gone(ctx, h) {
		return l.take(ctx, e.Revision())
	}
	return nil
}

// gone asks whether anybody listens where the holder does. Only a server's word that
// nobody does counts: silence may be a busy holder.
func (l *Lease) gone(ctx context.Context, h holder) bool {
	ctx, cancel := context.WithTimeout(ctx, leaseLook)
	defer cancel()
	_, err := l.nc.RequestWithContext(ctx, h.Probe, nil)
	return errors.Is(err, nats.ErrNoResponders)
}

// take writes this process into the entry, unless another was faster.
func (l *Lease) take(ctx context.Context, revision uint64) error {
	err := l.write(ctx, revision, holder{l.owner, l.probe.Subject})
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	if err == nil {
		l.set(true)
	}
	return err
}

func (l *Lease) write(ctx context.Context, revision uint64, h holder) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	started := time.Now()
	if revision == 0 {
		revision, err = l.kv.Create(ctx, l.key, b)
	} else {
		revision, err = l.kv.Update(ctx, l.key, b, revision)
	}
	if err == nil {
		l.revision, l.seen = revision, started
	}
	return err
}

func (l *Lease) set(held bool) {
	if l.held.Swap(held) == held {
		return
	}
	l.log.Info("lease", "key", l.key, "held", held)
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// release frees the lease, so that another need not wait for it to run out.
func (l *Lease) release(ctx context.Context) {
	if !l.Held() {
		return
	}
	l.set(false)
	ctx, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	if err := l.write(ctx, l.revision, holder{}); err != nil {
		l.log.Debug("release lease", "key", l.key, "err", err)
	}
}
