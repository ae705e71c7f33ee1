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

// Func is what runs in a child. It should end when ctx does, but need not.
type Func func(ctx context.Context, request []byte) ([]byte, error)

// envVar tells a child that it is one, of which function, and its limits.
const envVar = "COPYDESK_ISOLATED"

func encodeEnv(o Options) string {
	return fmt.Sprintf("%s=%s:%d:%d:%d", envVar, o.Name, o.Memory, o.Stack, o.Deadline.Nanoseconds())
}

// selfDeadline is a child's last word when it was not killed in time: its parent is
// gone.
const selfDeadline = "isolate: deadline passed and nobody came"

// grace is what a child grants its parent to kill it first.
const grace = 2 * time.Second

// Serve serves a pool's requests and exits if this process is a child for name;
// otherwise it returns at once. Call it before anything else in main.
func Serve(name string, f Func) {
	spec := strings.Split(os.Getenv(envVar), ":")
	if len(spec) != 4 || spec[0] != name {
		return
	}
	var limits [3]int64
	for i, s := range spec[1:] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			fmt.Fprintln(os.Stderr, "isolate: bad limits:", err)
			os.Exit(2)
		}
		limits[i] = n
	}
	memory, stack, deadline := limits[0], limits[1], time.Duration(limits[2])
	// The collector gives its best below the limit that kills.
	debug.SetMemoryLimit(memory / 8 * 6)
	debug.SetMaxStack(int(stack))
	if err := limitMemory(uint64(memory)); err != nil {
		fmt.Fprintln(os.Stderr, "isolate: limit memory:", err)
		os.Exit(2)
	}
	if err := serve(os.Stdin, os.Stdout, f, deadline); err != nil {
		fmt.Fprintln(os.Stderr, "isolate:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests until the parent closes the pipe.
func serve(in io.Reader, out io.Writer, f Func, deadline time.Duration) error {
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
		answer, err := invoke(f, request, deadline)
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

// invoke calls the function. If it hangs and no parent comes to kill the process, the
// process ends itself.
func invoke(f Func, request []byte, deadline time.Duration) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	end := time.AfterFunc(deadline+grace, func() {
		fmt.Fprintln(os.Stderr, selfDeadline)
		os.Exit(3)
	})
	defer end.Stop()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f(ctx, request)
}
