package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

// copyOverrides gives the shadow the desk's overrides, and its erasures, as they are now.
// It returns the revision of the last.
func (r *replay) copyOverrides(ctx context.Context) (revision uint64, err error) {
	from, err := r.realJS.KeyValue(ctx, bus.BucketOverrides)
	if err != nil {
		return 0, fmt.Errorf("open bucket %s: %w", bus.BucketOverrides, err)
	}
	to, err := r.shadowJS.KeyValue(ctx, bus.BucketOverrides)
	if err != nil {
		return 0, fmt.Errorf("open bucket %s of the replay: %w", bus.BucketOverrides, err)
	}
	w, err := from.WatchAll(ctx)
	if err != nil {
		return 0, fmt.Errorf("copy overrides: %w", err)
	}
	defer w.Stop() //nolint:errcheck // fails only when the connection is gone
	for {
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("copy overrides: %w", context.Cause(ctx))
		case e, ok := <-w.Updates():
			switch {
			case !ok:
				return 0, errors.New("copy overrides: the watch ended")
			case e == nil: // all of them
				return revision, nil
			}
			revision = max(revision, e.Revision())
			if e.Operation() != jetstream.KeyValuePut {
				continue
			}
			if _, err := to.Put(ctx, e.Key(), e.Value()); err != nil {
				return 0, fmt.Errorf("copy override %s: %w", e.Key(), err)
			}
		}
	}
}
