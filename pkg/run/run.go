// Package run is what every copydesk process shares: flags and their environment
// variables, the logger, the HTTP server for metrics and probes, signals and exit
// codes. It knows nothing of articles.
//
// A main is a name, its flags and a function:
//
//	func main() {
//		os.Exit(run.Main("dedupe", func(f *flag.FlagSet) run.Func {
//			url := f.String("nats-url", "", "NATS server")
//			return func(ctx context.Context, p *run.Process) error {
//				return desk.Run(ctx, *url, p.Log, p.Registry)
//			}
//		}))
//	}
//
// Below main nothing reads the environment, asks for signals or exits.
package run

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Func is a process: it works until it is done or ctx is, finishes what it began
// and returns. A nil error or ctx's own means a good end.
type Func func(ctx context.Context, p *Process) error

// Process is what Run gives a Func.
type Process struct {
	Name     string
	Log      *slog.Logger
	Registry *prometheus.Registry
	// Tracer makes spans; nil unless the environment asks for them.
	Tracer oteltrace.Tracer
	// HTTP is the process's server. It is never nil, and serves nothing when
	// Options.Listen is empty.
	HTTP *Server
}

// Run gives f what Options ask for, runs it and takes everything down again. It
// returns f's error, or nil when f only reports that ctx is done.
//
// When ctx is done, /readyz says so at once and f has Options.Grace to return.
// The HTTP server closes after f has returned, so that the last metrics can still
// be read and a request that f serves can still be answered.
func Run(ctx context.Context, name string, o Options, f Func) error {
	o = o.withDefaults()
	log, err := NewLogger(o.Stderr, o.LogFormat, o.LogLevel)
	if err != nil {
		return err
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(),
	)
	server, err := newServer(o.Listen, reg, log)
	if err != nil {
		return err
	}
	defer server.close(log)
	defer context.AfterFunc(ctx, server.stopping)()
	tracer, flush, err := StartTracer(ctx, name, o.Getenv, log)
	if err != nil {
		return err
	}
	defer flush()

	return within(ctx, o, func() error {
		return f(ctx, &Process{Name: name, Log: log, Registry: reg, Tracer: tracer, HTTP: server})
	})
}

// within runs f and, once ctx is done, waits for it no longer than the grace
// period.
func within(ctx context.Context, o Options, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return settled(ctx, err)
	case <-ctx.Done():
	}
	late := o.after(o.Grace)
	select {
	case err := <-done:
		return settled(ctx, err)
	case <-late:
		return fmt.Errorf("stop: %w after %s", ErrGrace, o.Grace)
	}
}

// ErrGrace is returned when a process was asked to stop and did not in time.
var ErrGrace = errors.New("still running")

// settled takes the end that was asked for as a good one.
func settled(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// Main runs a process with the flags, environment, signals and standard error of
// the operating system, and returns its exit code. setup declares the process's
// own flags and returns its function; the flags of Options are there already.
//
// SIGINT and SIGTERM end ctx. A second signal ends the process at once.
//
// With the word "healthcheck" before the flags it starts nothing and asks the process
// that listens on the same address whether it is ready.
func Main(name string, setup func(*flag.FlagSet) Func) int {
	ctx, stop := Signals(context.Background())
	defer stop()
	return program(ctx, name, setup, os.Args[1:], os.LookupEnv, os.Stderr)
}

func program(ctx context.Context, name string, setup func(*flag.FlagSet) Func, args []string, env LookupEnv, stderr io.Writer) int {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	o := Options{Stderr: stderr}
	o.flags(flags)
	f := setup(flags)
	health := len(args) > 0 && args[0] == "healthcheck"
	if health {
		args = args[1:]
	}
	switch err := parse(flags, args, env); {
	case errors.Is(err, flag.ErrHelp):
		return ExitOK
	case err != nil:
		fmt.Fprintln(stderr, name+":", err)
		return ExitUsage
	}
	var err error
	if health {
		err = CheckHealth(ctx, o.Listen)
	} else {
		err = Run(ctx, name, o, f)
	}
	if err != nil {
		fmt.Fprintln(stderr, name+":", err)
	}
	return ExitCode(err)
}
