package isolate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/isolate"
)

// The children of these tests are this test binary.
func TestMain(m *testing.M) {
	isolate.Serve("test", misbehave)
	os.Exit(m.Run())
}

var sink [][]byte

// pieces is the deadline of the tests of work in pieces.
const pieces = 2 * time.Second

// misbehave does what the request says.
func misbehave(ctx context.Context, request []byte) ([]byte, error) {
	switch string(request) {
	case "panic":
		panic("poison")
	case "error":
		return nil, errors.New("no luck")
	case "hang":
		for len(request) > 0 {
		}
	case "stack":
		return []byte{byte(deeper(0))}, nil
	case "memory":
		for {
			b := make([]byte, 16<<20)
			for i := range b {
				b[i] = 1
			}
			sink = append(sink, b)
		}
	case "exit":
		os.Exit(7)
	case "pid":
		return fmt.Append(nil, os.Getpid()), nil
	case "environment":
		return []byte(strings.Join(os.Environ(), "\n")), nil
	case "work", "endless work": // in pieces of a fifth of the tests' deadline
		for n := 0; n < 15 || string(request) == "endless work"; n++ {
			time.Sleep(pieces / 5)
			isolate.Progress(ctx)
		}
		return []byte("done"), nil
	case "context":
		<-ctx.Done()
		return []byte("I was told"), nil
	}
	return bytes.ToUpper(request), nil
}

func deeper(n int) int {
	var room [1024]byte
	if n < 0 {
		return 0
	}
	room[n%1024] = 1
	return deeper(n+1) + int(room[0])
}

func newPool(t *testing.T, o isolate.Options) *isolate.Pool {
	t.Helper()
	o.Name = "test"
	p, err := isolate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func call(t *testing.T, p *isolate.Pool, request string) (string, error) {
	t.Helper()
	b, err := p.Call(t.Context(), []byte(request))
	return string(b), err
}

func TestCall_answersAndKeepsTheChild(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{})
	first, err := call(t, p, "pid")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := call(t, p, "hello"); got != "HELLO" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	big := strings.Repeat("a", 5<<20)
	if got, err := call(t, p, big); got != strings.ToUpper(big) || err != nil {
		t.Errorf("five megabytes came back as %d bytes, %v", len(got), err)
	}
	if second, err := call(t, p, "pid"); second != first || err != nil {
		t.Errorf("the child changed from %s to %s, %v", first, second, err)
	}
}

func TestCall_survivesWhateverTheFunctionDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		request string
		want    error
		text    string
	}{
		{request: "panic", text: "panic: poison"},
		{request: "error", text: "no luck"},
		{request: "hang", want: isolate.ErrDeadline},
		{request: "stack", want: isolate.ErrStack},
		{request: "memory", want: isolate.ErrMemory},
		{request: "exit", want: isolate.ErrCrash},
	}
	for _, tt := range tests {
		t.Run(tt.request, func(t *testing.T) {
			t.Parallel()
			deadline := time.Minute // to fill a gigabyte on a busy machine
			if tt.want == isolate.ErrDeadline {
				deadline = 2 * time.Second
			}
			// The race detector's own memory counts too.
			p := newPool(t, isolate.Options{Deadline: deadline, Memory: 1 << 30})
			start := time.Now()
			_, err := call(t, p, tt.request)
			var own *isolate.FuncError
			switch {
			case tt.want != nil && !errors.Is(err, tt.want):
				t.Errorf("error %v, want %v", err, tt.want)
			case tt.want == nil && (!errors.As(err, &own) || own.Text != tt.text):
				t.Errorf("error %v, want %q from the function", err, tt.text)
			}
			if took := time.Since(start); took > deadline+10*time.Second {
				t.Errorf("it took %s with a deadline of %s", took, deadline)
			}
			if got, err := call(t, p, "next"); got != "NEXT" || err != nil {
				t.Errorf("the next call got %q, %v", got, err)
			}
		})
	}
}

func TestCall_tellsTheFunctionOfItsDeadline(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Deadline: time.Second})
	// The child's context and the parent's patience end together; either is right.
	if got, err := call(t, p, "context"); got != "I was told" && !errors.Is(err, isolate.ErrDeadline) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestCall_progressStartsTheDeadlineAnew(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Deadline: pieces})
	start := time.Now()
	got, err := call(t, p, "work")
	if got != "done" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if took := time.Since(start); took < pieces {
		t.Errorf("it took %s, which proves nothing with a deadline of %s", took, pieces)
	}
	if got, err := call(t, p, "next"); got != "NEXT" || err != nil {
		t.Errorf("the next call got %q, %v", got, err)
	}
}

func TestCall_progressDoesNotLastForever(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Deadline: pieces, Total: 2 * pieces})
	start := time.Now()
	if _, err := call(t, p, "endless work"); !errors.Is(err, isolate.ErrDeadline) {
		t.Errorf("error %v, want %v", err, isolate.ErrDeadline)
	}
	if took := time.Since(start); took < 2*pieces || took > 2*pieces+10*time.Second {
		t.Errorf("it took %s, want %s", took, 2*pieces)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Memory: 1 << 30, Deadline: time.Minute, Calls: 2})
	if s := p.Stats(); s != (isolate.Stats{}) {
		t.Errorf("before the first call: %+v", s)
	}
	for _, request := range []string{"hello", "exit", "stack", "memory", "hello", "hello", "hello"} {
		_, _ = call(t, p, request) // how it ends is in the stats
	}
	s := p.Stats()
	want := isolate.Stats{Alive: 1, Peak: s.Peak}
	want.Ended[isolate.EndCrash], want.Ended[isolate.EndStack], want.Ended[isolate.EndMemory], want.Ended[isolate.EndWorn] = 1, 1, 1, 1
	if s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
	// The child that ate all it was given is dead, and its figure is here all the same.
	if runtime.GOOS == "linux" && (s.Peak < 512<<20 || s.Peak > 5<<28) {
		t.Errorf("the largest child held %d MiB, with a limit of 1024", s.Peak>>20)
	}
	p.Close()
	if s := p.Stats(); s.Alive != 0 || s.Ended[isolate.EndStopped] != 1 {
		t.Errorf("after the end: %+v", s)
	}
}

func TestCall_givesTheChildNoSecrets(t *testing.T) {
	t.Setenv("COPYDESK_TEST_SECRET", "sesame")
	got, err := call(t, newPool(t, isolate.Options{}), "environment")
	if err != nil || strings.Contains(got, "sesame") {
		t.Errorf("the child's environment is %q, %v", got, err)
	}
}

func TestCall_usesAsManyChildrenAsAllowed(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Size: 3, Calls: 5})
	var mu sync.Mutex
	pids := map[string]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				pid, err := p.Call(context.Background(), []byte("pid"))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				pids[string(pid)]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(pids) < 80/5 {
		t.Errorf("80 calls used %d children, each is good for 5", len(pids))
	}
	for pid, n := range pids {
		if n > 5 {
			t.Errorf("child %s answered %d calls, want at most 5", pid, n)
		}
	}
}

func TestCall_endsWithItsContextAndWithThePool(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Call(ctx, []byte("hang")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	p.Close()
	if _, err := call(t, p, "hello"); !errors.Is(err, isolate.ErrClosed) {
		t.Errorf("error %v, want %v", err, isolate.ErrClosed)
	}
}

func TestNew_saysWhenThereIsNoSuchProgram(t *testing.T) {
	t.Parallel()
	p := newPool(t, isolate.Options{Command: []string{"/nonexistent/program"}})
	if _, err := call(t, p, "hello"); err == nil {
		t.Error("a program that does not exist answered")
	}
}

func BenchmarkCall(b *testing.B) {
	p, err := isolate.New(isolate.Options{Name: "test"})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	request := bytes.Repeat([]byte("a"), 100<<10)
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		if _, err := p.Call(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}
