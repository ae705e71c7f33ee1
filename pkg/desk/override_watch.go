package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

// overrideWatch follows the overrides about one thing.
type overrideWatch struct {
	log     *slog.Logger
	watcher jetstream.KeyWatcher
	latest  uint64 // revision of the bucket at the last change
	// take takes in a key's value, nil when it has none any more. Its error is logged: it is
	// of one override, and the others hold.
	take func(key string, value []byte) error
	// swap makes what was taken in what holds; it is told the latest revision.
	swap func(latest uint64)
}

// watchOverrides reads all overrides whose keys begin with prefix. They are followed
// until ctx is done.
func watchOverrides(
	ctx context.Context, js jetstream.JetStream, log *slog.Logger, prefix string, take func(string, []byte) error, swap func(uint64),
) (*overrideWatch, error) {
	kv, err := bus.Patiently(ctx, js.Conn(), func(ctx context.Context) (jetstream.KeyValue, error) { return js.KeyValue(ctx, bus.BucketOverrides) })
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w (run `copydesk up` or a worker with --provision once)", bus.BucketOverrides, err)
	}
	o := &overrideWatch{log: log, take: take, swap: swap}
	o.watcher, err = bus.Patiently(ctx, js.Conn(), func(ctx context.Context) (jetstream.KeyWatcher, error) { return kv.Watch(ctx, prefix+">") })
	if err != nil {
		return nil, fmt.Errorf("watch overrides: %w", err)
	}
	for {
		select {
		case e, ok := <-o.watcher.Updates():
			switch {
			case !ok:
				return nil, errors.New("read overrides: the watch ended")
			case e == nil: // all of them
				o.swap(o.latest)
				return o, nil
			}
			o.note(e)
		case <-ctx.Done():
			return nil, fmt.Errorf("read overrides: %w", context.Cause(ctx))
		}
	}
}

// follow takes in what changes. What has come together holds together: a script that
// sets thousands has them compiled a few times, not thousands.
func (o *overrideWatch) follow(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-o.watcher.Updates():
			switch {
			case ok && e != nil:
				o.note(e)
				o.rest()
				o.swap(o.latest)
			case !ok && ctx.Err() == nil:
				return errors.New("follow overrides: the watch ended")
			}
		}
	}
}

// rest takes in what waits.
func (o *overrideWatch) rest() {
	for {
		select {
		case e, ok := <-o.watcher.Updates():
			if !ok {
				return // follow sees it next
			}
			if e != nil {
				o.note(e)
			}
		default:
			return
		}
	}
}

func (o *overrideWatch) note(e jetstream.KeyValueEntry) {
	o.latest = max(o.latest, e.Revision())
	value := e.Value()
	if e.Operation() != jetstream.KeyValuePut {
		value = nil
	} else if value == nil {
		value = []byte{}
	}
	if err := o.take(e.Key(), value); err != nil {
		o.log.Warn("override ignored", "key", e.Key(), "err", err)
	}
}

// overridesRev names a state of the overrides: the bucket's revision of the last change
// to one of them, by which the bucket's history gives that state again, and the beginning
// of a hash of it, by which it is known to be the right one: "17-5f3a9c02".
func overridesRev(latest uint64, lines []string) string {
	h := sha256.New()
	for _, l := range lines {
		fmt.Fprint(h, l) // a hash takes everything
	}
	return fmt.Sprintf("%d-%x", latest, h.Sum(nil)[:4])
}
