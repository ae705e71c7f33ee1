package desk

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/copydesk/copydesk/pkg/stage"
)

// Stages bound the messages they work on by their number, which says nothing of those
// whose bytes lie in the blob bucket: dedupe works on 128, and 64 articles of 8 MiB at once
// took 5.1 GB of memory. So what is fetched from the bucket is bounded by its bytes, for
// all stages of the process together.

const (
	// largeBytes of blobs are worked on at a time, and one that is larger alone. An article
	// of 8 MiB has some 250 MiB of words and other work while it is compared or tagged,
	// thirty times its text.
	largeBytes = 16 << 20
	// largeWait is how long a message waits for its turn before it is given back, well
	// inside a stage's timeout of 30 s. That costs it no attempt.
	largeWait = 8 * time.Second
	// largeRetry is when it comes again.
	largeRetry = 250 * time.Millisecond
)

var errLarge = errors.New("other large articles are being worked on")

// budget bounds the bytes of blobs that are worked on.
type budget struct{ free *semaphore.Weighted }

func newBudget() *budget { return &budget{semaphore.NewWeighted(largeBytes)} }

// share is what one call of a stage's function has taken of a budget.
type share struct {
	budget *budget
	bytes  int64
}

type shareKey struct{}

// bound has a function give back at its end what it took.
func (b *budget) bound(f stage.Func) stage.Func {
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		s := &share{budget: b}
		defer func() {
			if s.bytes > 0 {
				b.free.Release(s.bytes)
			}
		}()
		return f(context.WithValue(ctx, shareKey{}, s), in)
	}
}

// take waits for a function's turn to work on n bytes. A second blob of the same function
// is free: waiting for it while holding the first could be for ever.
func take(ctx context.Context, n int64) error {
	s, ok := ctx.Value(shareKey{}).(*share)
	if !ok || s.bytes > 0 {
		return nil
	}
	n = min(max(n, 1), largeBytes)
	waiting, cancel := context.WithTimeout(ctx, largeWait)
	defer cancel()
	if err := s.budget.free.Acquire(waiting, n); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return stage.Later(errLarge, largeRetry)
	}
	s.bytes = n
	return nil
}
