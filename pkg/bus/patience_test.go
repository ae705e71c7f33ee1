package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

func TestPatiently_waitsOutAnElectionAndNothingElse(t *testing.T) {
	t.Parallel()
	nc := &nats.Conn{} // that heard no complaint
	for _, c := range []struct {
		name  string
		err   error
		tries int
	}{
		{"no server answers for the stream", fmt.Errorf("open: %w", nats.ErrNoResponders), 2},
		{"the leader died before it answered", fmt.Errorf("open: %w", context.DeadlineExceeded), 2},
		{"the cluster has no leader", &jetstream.APIError{ErrorCode: 10008}, 2},
		{"there is no such bucket", jetstream.ErrBucketNotFound, 1},
		{"the worker may not", &jetstream.APIError{ErrorCode: 10000}, 1},
		{"the server has refused it", &bus.NotAllowedError{Act: "open", Subject: "$JS.API.INFO"}, 1},
	} {
		tries := 0
		_, err := bus.Patiently(t.Context(), nc, func(context.Context) (int, error) {
			if tries++; tries == 1 {
				return 0, c.err
			}
			return tries, nil
		})
		if tries != c.tries || (err == nil) != (c.tries > 1) || err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %d tries, %v; want %d", c.name, tries, err, c.tries)
		}
	}
}
