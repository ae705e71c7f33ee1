package isolate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Func is what runs in a child. It should end when ctx does, but need not. A function
// whose work grows with its request calls Progress(ctx) after each piece.
type Func func(ctx context.Context, request []byte) ([]byte, error)

// envVar tells a child that it is one, of which function, and its limits.
const envVar = "COPYDESK_ISOLATED"

func encodeEnv(o Options) string {
	return fmt.Sprintf("%s=%s:%d:%d:%d:%d", envVar, o.Name, o.Memory, o.Stack, o.Deadline.Nanoseconds(), o.Total.Nanoseconds())
}

// selfDeadline is a child's last word when it was not killed in time: its parent is
// gone.
const selfDeadline = "isolate: deadline passed and nobody came"

// Serve serves a pool's requests and exits if this process is a child for name;
// otherwise it returns at once. Call it before anything else in main.
func Serve(name string, f Func) {
	spec := strings.Split(os.Getenv(envVar), ":")
	if len(spec) != 5 || spec[0] != name {
		return
	}
	var limits [4]int64
	for i, s := range spec[1:] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			fmt.Fprintln(os.Stderr, "isolate: bad limits:", err)
			os.Exit(2)
		}
		limits[i] = n
	}
	memory, stack, deadline, total := limits[0], limits[1], time.Duration(limits[2]), time.Duration(limits[3])
	// The collector gives its best below the limit that kills.
	debug.SetMemoryLimit(memory / 8 * 6)
	debug.SetMaxStack(int(stack))
	if err := limitMemory(uint64(memory)); err != nil {
		fmt.Fprintln(os.Stderr, "isolate: limit memory:", err)
		os.Exit(2)
	}
	if err := serve(os.Stdin, os.Stdout, f, deadline, total); err != nil {
		fmt.Fprintln(os.Stderr, "isolate:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests until the parent closes the pipe.
func serve(in io.Reader, out io.Writer, f Func, deadline, total time.Duration) error {
	// It has started, which is no request's fault: the first one's deadline starts now.
	if err := writeFrame(out, kindProgress, nil); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	for {
		kind, request, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		if kind != kindCall {
			return fmt.Errorf("read request: unknown kind %q", kind)
		}
		answer, err := invoke(f, request, newClock(out, deadline, total))
		if err != nil {
			err = writeFrame(out, kindError, []byte(err.Error()))
		} else {
			err = writeFrame(out, kindOK, answer)
		}
		if err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
}

// invoke calls the function.
func invoke(f Func, request []byte, c *clock) (answer []byte, err error) {
	ctx := context.WithValue(c.ctx, clockKey{}, c)
	defer c.stop()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f(ctx, request)
}
