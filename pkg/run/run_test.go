package run

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer is a log that a process writes while the test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// process is a Run under test.
type process struct {
	*Process
	stop func()
	done chan error
	log  *buffer
}

// start runs f as a process on a free port of 127.0.0.1.
func start(t *testing.T, o Options, f Func) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{stop: cancel, done: make(chan error, 1), log: &buffer{}}
	o.Listen, o.Stderr = "127.0.0.1:0", p.log
	up := make(chan *Process)
	go func() {
		p.done <- Run(ctx, "test", o, func(ctx context.Context, inner *Process) error {
			up <- inner
			return f(ctx, inner)
		})
	}()
	p.Process = <-up
	t.Cleanup(cancel)
	return p
}

func (p *process) get(t *testing.T, path string) (int, string) {
	t.Helper()
	res, err := http.Get("http://" + p.HTTP.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func untilDone(ctx context.Context, _ *Process) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestRun_servesProbesAndMetrics(t *testing.T) {
	t.Parallel()
	p := start(t, Options{}, untilDone)

	if code, _ := p.get(t, "/livez"); code != http.StatusOK {
		t.Errorf("/livez is %d, want 200", code)
	}
	if code, body := p.get(t, "/readyz"); code != http.StatusServiceUnavailable || body != "starting\n" {
		t.Errorf("/readyz before SetReady is %d %q, want 503 starting", code, body)
	}
	p.HTTP.SetReady(func() error { return errors.New("no NATS connection") })
	if code, body := p.get(t, "/readyz"); code != http.StatusServiceUnavailable || body != "no NATS connection\n" {
		t.Errorf("/readyz without a connection is %d %q, want 503 and why", code, body)
	}
	p.HTTP.SetReady(func() error { return nil })
	if code, _ := p.get(t, "/readyz"); code != http.StatusOK {
		t.Errorf("/readyz is %d, want 200", code)
	}
	_, metrics := p.get(t, "/metrics")
	for _, name := range []string{"copydesk_build_info{", "go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(metrics, "\n"+name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
	p.stop()
	if err := <-p.done; err != nil {
		t.Errorf("Run = %v after an ordered stop, want nil", err)
	}
}

func TestRun_isNotReadyWhileItStopsAndStillServes(t *testing.T) {
	t.Parallel()
	finish := make(chan struct{})
	p := start(t, Options{}, func(ctx context.Context, _ *Process) error {
		<-ctx.Done()
		<-finish
		return nil
	})
	p.HTTP.SetReady(func() error { return nil })
	p.stop()
	for p.HTTP.Ready() == nil { // AfterFunc runs on its own goroutine
		time.Sleep(time.Millisecond)
	}
	if code, body := p.get(t, "/readyz"); code != http.StatusServiceUnavailable || body != "stopping\n" {
		t.Errorf("/readyz is %d %q, want 503 stopping", code, body)
	}
	close(finish)
	if err := <-p.done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if _, err := net.Dial("tcp", p.HTTP.Addr().String()); err == nil {
		t.Error("the port is still open after Run")
	}
}

func TestRun_givesUpAfterTheGracePeriod(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	late := make(chan time.Time, 1)
	late <- time.Time{}
	p := start(t, Options{After: func(time.Duration) <-chan time.Time { return late }}, func(context.Context, *Process) error {
		<-release
		return nil
	})
	p.stop()
	if err := <-p.done; !errors.Is(err, ErrGrace) {
		t.Errorf("Run = %v, want ErrGrace", err)
	}
}

func TestRun_returnsTheError(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	p := start(t, Options{}, func(context.Context, *Process) error { return boom })
	if err := <-p.done; !errors.Is(err, boom) {
		t.Errorf("Run = %v, want %v", err, boom)
	}
}

func TestRun_addressInUseIsAnError(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = Run(t.Context(), "test", Options{Listen: l.Addr().String(), Stderr: io.Discard}, func(context.Context, *Process) error {
		t.Error("the process started without its server")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "serve HTTP: ") {
		t.Errorf("Run = %v, want a bind error", err)
	}
}

func TestRun_twoProcessesInOne(t *testing.T) {
	t.Parallel()
	a, b := start(t, Options{}, untilDone), start(t, Options{LogFormat: "json"}, untilDone)
	for _, p := range []*process{a, b} {
		if code, _ := p.get(t, "/metrics"); code != http.StatusOK {
			t.Errorf("/metrics is %d", code)
		}
		p.stop()
		<-p.done
	}
	if !strings.HasPrefix(b.log.String(), `{"time":`) {
		t.Errorf("log is not JSON: %s", b.log)
	}
}

func TestProgram_exitCodes(t *testing.T) {
	t.Parallel()
	fails := errors.New("it broke")
	cases := []struct {
		name   string
		args   []string
		env    map[string]string
		err    error
		code   int
		stderr string
	}{
		{"done", nil, nil, nil, ExitOK, ""},
		{"failed", nil, nil, fails, ExitFailure, "test: it broke\n"},
		{"failed with its own code", nil, nil, fmt.Errorf("read it: %w", Exit(7, fails)), 7, "test: read it: it broke\n"},
		{"wrong usage found late", nil, nil, Usage(fails), ExitUsage, "test: it broke\n"},
		{"an unknown flag", []string{"-nonsense"}, nil, nil, ExitUsage, "flag provided but not defined: -nonsense"},
		{"an argument too many", []string{"extra"}, nil, nil, ExitUsage, `unexpected argument "extra"`},
		{"asked for help", []string{"-h"}, nil, nil, ExitOK, "-log-format"},
		{"a bad value in the environment", nil, map[string]string{"COPYDESK_GRACE": "soon"}, nil, ExitUsage, `COPYDESK_GRACE="soon"`},
		{"a log level that does not exist", []string{"-log-level=loud"}, nil, nil, ExitUsage, `log level "loud"`},
		{"a log format that does not exist", nil, map[string]string{"COPYDESK_LOG_FORMAT": "xml"}, nil, ExitUsage, `log format "xml"`},
		{"a flag beats the environment", []string{"-log-format=json"}, map[string]string{"COPYDESK_LOG_FORMAT": "xml"}, nil, ExitOK, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			env := func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }
			setup := func(*flag.FlagSet) Func { return func(context.Context, *Process) error { return c.err } }
			if got := program(t.Context(), "test", setup, c.args, env, &stderr); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("stderr is %q, want %q in it", stderr.String(), c.stderr)
			}
		})
	}
}

func TestProgram_ownFlagsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	var url *string
	setup := func(f *flag.FlagSet) Func {
		url = f.String("nats-url", "", "")
		return func(context.Context, *Process) error { return nil }
	}
	env := func(k string) (string, bool) { return "nats://there", k == "COPYDESK_NATS_URL" }
	if code := program(t.Context(), "test", setup, nil, env, io.Discard); code != ExitOK || *url != "nats://there" {
		t.Errorf("exit code %d, nats-url %q", code, *url)
	}
}
