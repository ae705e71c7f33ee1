package isolate

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// child is a running child, seen from its parent.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *head
	calls  int
	once   sync.Once
	ended  atomic.Bool // or is about to
	peak   int64       // resident bytes, as far as seen; settled when it has ended
}

// peakInterval is how often the memory of a child at work is looked at: one that dies
// takes the figure with it.
const peakInterval = 100 * time.Millisecond

// headBytes of a child's standard error are kept: the runtime names the cause of
// death first.
const headBytes = 4 << 10

func start(command []string, o Options) (*child, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = []string{encodeEnv(o)}
	c := &child{cmd: cmd, stderr: &head{}}
	cmd.Stderr = c.stderr
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start child: %w", err)
	}
	if c.out, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start child: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start child: %w", err)
	}
	return c, nil
}

// call sends a request and waits for the answer: for deadline since the last sign of
// progress, and for total in all. An unhealthy child is of no more use.
func (c *child) call(ctx context.Context, request []byte, deadline, total time.Duration) (answer []byte, healthy bool, err error) {
	type reply struct {
		kind byte
		body []byte
		err  error
	}
	got := make(chan reply, 1)
	progress := make(chan struct{}, 1)
	go func() {
		if err := writeFrame(c.in, kindCall, request); err != nil {
			got <- reply{err: err}
			return
		}
		for {
			kind, body, err := readFrame(c.out)
			if err != nil || kind != kindProgress {
				got <- reply{kind, body, err}
				return
			}
			select {
			case progress <- struct{}{}:
			default:
			}
		}
	}()
	late, end := time.NewTimer(deadline), time.NewTimer(total)
	defer late.Stop()
	defer end.Stop()
	look := time.NewTicker(peakInterval)
	defer look.Stop()
	for err == nil {
		select {
		case r := <-got:
			switch {
			case r.err != nil:
				return nil, false, c.autopsy()
			case r.kind == kindError:
				return nil, true, &FuncError{string(r.body)}
			}
			return r.body, true, nil
		case <-progress:
			late.Reset(deadline)
		case <-look.C:
			c.peak = max(c.peak, peakOf(c.cmd.Process.Pid))
		case <-late.C:
			err = fmt.Errorf("%w of %s", ErrDeadline, deadline)
		case <-end.C:
			err = fmt.Errorf("%w of %s in all", ErrDeadline, total)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	c.kill()
	<-got // its pipes are closed now
	return nil, false, err
}

// autopsy says what a child died of.
func (c *child) autopsy() error {
	c.kill()
	last := c.stderr.String()
	switch {
	case strings.Contains(last, "out of memory"), strings.Contains(last, "cannot allocate memory"), strings.Contains(last, "failed to allocate"):
		return ErrMemory
	case strings.Contains(last, "stack overflow"), strings.Contains(last, "stack exceeds"):
		return ErrStack
	case strings.Contains(last, selfDeadline):
		return ErrDeadline
	}
	first, _, _ := strings.Cut(strings.TrimSpace(last), "\n")
	return fmt.Errorf("%w: %v: %s", ErrCrash, c.cmd.ProcessState, first)
}

// kill ends a child and frees what it held.
func (c *child) kill() {
	c.once.Do(func() {
		c.ended.Store(true)
		c.peak = max(c.peak, peakOf(c.cmd.Process.Pid))
		_ = c.cmd.Process.Kill() // it may be dead already
		_ = c.in.Close()
		_ = c.cmd.Wait() // how it ended is in ProcessState
		c.peak = max(c.peak, peakAfter(c.cmd.ProcessState))
	})
}

// head keeps the first bytes written to it.
type head struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if room := headBytes - h.b.Len(); room > 0 {
		h.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// Frames on the pipe: a kind, a length and that many bytes.
const (
	kindCall     = 'c'
	kindOK       = 'k'
	kindError    = 'e'
	kindProgress = 'p'
)

// maxFrame is above any request or answer, and keeps a broken child from making its
// parent allocate what it likes.
const maxFrame = 256 << 20

func writeFrame(w io.Writer, kind byte, body []byte) error {
	var h [5]byte
	h[0] = kind
	binary.BigEndian.PutUint32(h[1:], uint32(len(body)))
	if len(body) > maxFrame {
		return fmt.Errorf("frame of %d bytes is over the limit of %d", len(body), maxFrame)
	}
	if _, err := w.Write(h[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

func readFrame(r io.Reader) (kind byte, body []byte, err error) {
	var h [5]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(h[1:])
	if n > maxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes is over the limit of %d", n, maxFrame)
	}
	// Grown as it comes: the length is only a claim.
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return 0, nil, err
	}
	return h[0], b.Bytes(), nil
}
