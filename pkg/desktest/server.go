// Package desktest is test support: a real NATS server in the process, streams on it,
// and ways to wait for a state instead of for a while.
package desktest

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/natsembed"
)

// Server is an embedded server with a connection of the test's own.
type Server struct {
	*natsembed.Server
	Conn *nats.Conn
	JS   jetstream.JetStream
}

// StartServer starts a server that lives as long as the test. Options without a
// directory get one of the test's.
func StartServer(t testing.TB, o natsembed.Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = Logger(t)
	}
	srv, err := natsembed.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Shutdown)
	s := &Server{Server: srv}
	s.Conn = s.Connect(t, "test")
	if s.JS, err = jetstream.New(s.Conn); err != nil {
		t.Fatal(err)
	}
	return s
}

// Connect opens another connection for the test.
func (s *Server) Connect(t testing.TB, name string) *nats.Conn {
	t.Helper()
	nc, err := s.Dial(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// Logger sends warnings to the test's log.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// stderrLogger is for a process of a test, whose log is its standard error. A cluster's
// warnings of members that are away are what the test is about.
func stderrLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1}))
}

// waitLimit is far above what any state takes, even on a loaded machine under the
// race detector.
const waitLimit = 3 * time.Minute

// Wait asks until ok says true, and fails the test when it never does.
func Wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitLimit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s", waitLimit, what)
		}
		time.Sleep(time.Millisecond)
	}
}

// Run runs fn until the test ends or stop is called, and fails the test when it
// returns an error. Stop waits for it.
func Run(t testing.TB, fn func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- fn(ctx) }()
	stopped := false
	stop = func() {
		t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(waitLimit):
			t.Error("run does not stop")
		}
	}
	t.Cleanup(stop)
	return stop
}
