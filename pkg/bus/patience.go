package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// startPatience is how long a start waits for a cluster to answer: electing a leader
	// takes 4 to 9 s, and a node that comes back reads its store first.
	startPatience = time.Minute
	// startRetry is the pause between two tries.
	startRetry = 250 * time.Millisecond
)

// Passing reports whether an error of the server's is one that ends by itself: it did
// not answer, or its cluster is electing a leader.
func Passing(err error) bool {
	var no *NotAllowedError
	if errors.As(err, &no) {
		return false
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode == codeClusterNotAvailable || api.ErrorCode == codeNotLeader
	}
	for _, passing := range []error{
		ErrNoAck, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected,
		nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// Patiently calls f until it succeeds, fails for good or a minute is over: a worker
// that starts while a cluster elects a leader need not be started again. A refusal on the
// connection that f uses, which looks like silence, is returned as what it is.
func Patiently[T any](ctx context.Context, nc *nats.Conn, f func(context.Context) (T, error)) (T, error) {
	end := time.Now().Add(startPatience)
	for {
		v, err := f(ctx)
		err = Explain(nc, err)
		if err == nil || !Passing(err) || ctx.Err() != nil || time.Now().After(end) {
			return v, err
		}
		select {
		case <-time.After(startRetry):
		case <-ctx.Done():
			return v, err
		}
	}
}
