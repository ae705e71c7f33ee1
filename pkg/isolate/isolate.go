// Package isolate runs a function in child processes, so that input which makes it
// hang, overflow its stack or eat all memory costs one error and not the process.
// recover cannot do that: a stack overflow ends a Go program, and a loop ends never.
//
// A Pool keeps a few children of the same executable. main calls Serve first:
//
//	func main() {
//		isolate.Serve("parse", parse) // returns at once unless this is a child
//		…
//		pool := isolate.New(isolate.Options{Name: "parse"})
//		out, err := pool.Call(ctx, in)
//	}
//
// A child answers one request after the other over a pipe and knows nothing else: it
// inherits no environment and no files. It limits itself before it begins, and is
// killed and replaced when it breaks a limit.
package isolate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Options configure a Pool. Name is required; the zero value of another field means
// its default.
type Options struct {
	// Name of the function, as given to Serve.
	Name string
	// Size is how many children there are at most. Default 1.
	Size int
	// Deadline is how long a call may take without a sign of progress, which the
	// function gives by Progress. Default 10 s.
	Deadline time.Duration
	// Total is how long a call may take in all, whatever its progress: it ends a
	// function that makes little steps forever. Default 12 times Deadline.
	Total time.Duration
	// Memory is the most a child may allocate, in bytes. Default 768 MiB. Enforced on
	// Linux; elsewhere it only makes the child's garbage collector work harder.
	Memory int64
	// Stack is the most one goroutine's stack may grow to, in bytes. Default 64 MiB.
	Stack int
	// Calls after which a child is replaced by a fresh one. Default 2000.
	Calls int
	// Command runs the child. Default: this executable, without arguments.
	Command []string
}

func (o Options) withDefaults() Options {
	o.Size = max(o.Size, 1)
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Second
	}
	if o.Total == 0 {
		o.Total = 12 * o.Deadline
	}
	if o.Memory == 0 {
		o.Memory = 768 << 20
	}
	if o.Stack == 0 {
		o.Stack = 64 << 20
	}
	if o.Calls == 0 {
		o.Calls = 2000
	}
	return o
}

// What a call can end in, beside the function's own error.
var (
	ErrDeadline = errors.New("the function outlived its deadline")
	ErrMemory   = errors.New("the function ran out of memory")
	ErrStack    = errors.New("the function overflowed its stack")
	ErrCrash    = errors.New("the child process died")
	ErrClosed   = errors.New("the pool is closed")
)

// FuncError is an error or a panic of the function, as text: the value itself stays
// in the child.
type FuncError struct{ Text string }

func (e *FuncError) Error() string { return e.Text }

// Pool is a set of children. It is safe for concurrent use.
type Pool struct {
	o       Options
	command []string
	slots   chan *child // nil for one that is not started

	mu     sync.Mutex
	closed bool
	living map[*child]struct{}
	stats  Stats // but for Alive, and Peak of those that live
}

// Stats are what became of a pool's children.
type Stats struct {
	// Alive is how many there are.
	Alive int
	// Ended counts those that ended, by why.
	Ended [Ends]uint64
	// Peak is the most memory that one of them ever held resident, in bytes; 0 where it
	// cannot be told.
	Peak int64
}

// End is why a child ended: a closed set.
type End int

// Why children end.
const (
	EndWorn     End = iota // it had answered Options.Calls
	EndDeadline            // its function outlived a deadline
	EndMemory              // it ran out of memory
	EndStack               // it overflowed its stack
	EndCrash               // it died of something else
	EndStopped             // its caller or its pool was done
	Ends
)

// String returns the end's name, as used for a label.
func (e End) String() string {
	return [Ends]string{"worn", "deadline", "memory", "stack", "crash", "stopped"}[e]
}

func endOf(err error) End {
	switch {
	case err == nil:
		return EndWorn
	case errors.Is(err, ErrDeadline):
		return EndDeadline
	case errors.Is(err, ErrMemory):
		return EndMemory
	case errors.Is(err, ErrStack):
		return EndStack
	case errors.Is(err, ErrCrash):
		return EndCrash
	}
	return EndStopped
}

// New returns a pool. Children start when they are needed. Close it.
func New(o Options) (*Pool, error) {
	o = o.withDefaults()
	p := &Pool{o: o, command: o.Command, slots: make(chan *child, o.Size), living: map[*child]struct{}{}}
	if len(p.command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("isolate %s: %w", o.Name, err)
		}
		p.command = []string{exe}
	}
	for range o.Size {
		p.slots <- nil
	}
	return p, nil
}

// Call runs the function on a request in a child and returns its answer. It waits for
// a free child; the deadlines count from then. An error is a *FuncError, one of the
// errors above, or ctx's.
func (p *Pool) Call(ctx context.Context, request []byte) ([]byte, error) {
	var c *child
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { p.put(c) }()
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if c == nil {
		var err error
		if c, err = start(p.command, p.o); err != nil {
			return nil, fmt.Errorf("isolate %s: %w", p.o.Name, err)
		}
		p.mu.Lock()
		p.living[c] = struct{}{}
		p.mu.Unlock()
	}
	answer, healthy, err := c.call(ctx, request, p.o.Deadline, p.o.Total)
	c.calls++
	switch {
	case !healthy:
		p.end(c, endOf(err))
		c = nil
	case c.calls >= p.o.Calls:
		p.end(c, EndWorn)
		c = nil
	}
	return answer, err
}

// end ends a child and counts it.
func (p *Pool) end(c *child, why End) {
	c.kill()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.living, c)
	p.stats.Ended[why]++
	p.stats.Peak = max(p.stats.Peak, c.peak)
}

// Stats returns what became of the children so far.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Alive = len(p.living)
	for c := range p.living {
		if !c.ended.Load() { // or its number may be another's by now
			s.Peak = max(s.Peak, peakOf(c.cmd.Process.Pid))
		}
	}
	return s
}

// put gives a slot back.
func (p *Pool) put(c *child) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed && c != nil {
		p.end(c, EndStopped)
		c = nil
	}
	p.slots <- c
}

// Close ends the children. Calls under way finish first.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for range p.o.Size {
		if c := <-p.slots; c != nil {
			p.end(c, EndStopped)
		}
	}
	for range p.o.Size {
		p.slots <- nil // a late Call hears ErrClosed
	}
}
