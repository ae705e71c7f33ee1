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
	// Deadline is how long a call may take. Default 10 s.
	Deadline time.Duration
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
}

// New returns a pool. Children start when they are needed. Close it.
func New(o Options) (*Pool, error) {
	o = o.withDefaults()
	p := &Pool{o: o, command: o.Command, slots: make(chan *child, o.Size)}
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
// a free child; the deadline counts from then. An error is a *FuncError, one of the
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
	}
	answer, healthy, err := c.call(ctx, request, p.o.Deadline)
	c.calls++
	if !healthy || c.calls >= p.o.Calls {
		c.kill()
		c = nil
	}
	return answer, err
}

// put gives a slot back.
func (p *Pool) put(c *child) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed && c != nil {
		c.kill()
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
			c.kill()
		}
	}
	for range p.o.Size {
		p.slots <- nil // a late Call hears ErrClosed
	}
}
