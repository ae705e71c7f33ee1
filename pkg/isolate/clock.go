package isolate

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// grace is what a child grants its parent to kill it first.
	grace = 2 * time.Second
	// progressInterval is how often progress is worth a word to the parent: far below
	// any deadline, and not once for each of ten thousand small pieces.
	progressInterval = 50 * time.Millisecond
)

// clock watches over one call in the child: it ends the function's context when the time
// is up and, if the function hangs and no parent comes to kill the process, the process.
type clock struct {
	out      io.Writer
	deadline time.Duration
	ctx      context.Context
	cancel   context.CancelFunc
	late     *time.Timer // ends the context
	last     *time.Timer // ends the process

	mu   sync.Mutex
	told time.Time
	done bool
}

func newClock(out io.Writer, deadline, total time.Duration) *clock {
	c := &clock{out: out, deadline: deadline, told: time.Now()}
	c.ctx, c.cancel = context.WithTimeout(context.Background(), total)
	c.late = time.AfterFunc(deadline, c.cancel)
	c.last = time.AfterFunc(deadline+grace, func() {
		fmt.Fprintln(os.Stderr, selfDeadline)
		os.Exit(3)
	})
	return c
}

type clockKey struct{}

// Progress says that the function has finished a piece of its work: its deadline starts
// anew. Outside a child it does nothing. It is safe for concurrent use.
func Progress(ctx context.Context) {
	c, ok := ctx.Value(clockKey{}).(*clock)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !c.done && now.Sub(c.told) >= progressInterval {
		c.told = now
		c.late.Reset(c.deadline)
		c.last.Reset(c.deadline + grace)
		_ = writeFrame(c.out, kindProgress, nil) // without a parent, writing the answer fails too
	}
}

// stop ends the call: what is written from now on is the answer.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	c.late.Stop()
	c.last.Stop()
	c.cancel()
}
