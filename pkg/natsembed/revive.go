package natsembed

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A write that fails, because the disk is full, ends a stream in the server until it is
// started again: it takes no message, and says nothing to who publishes. What was
// acknowledged before is in its files. So the store is watched, and when a write has
// failed the server is started anew as soon as there is room: connections come back by
// themselves, as they do after any restart.

const (
	// watchInterval is how often the store is looked at.
	watchInterval = time.Second
	// room is what the disk must take before the server is started again: some of the
	// largest messages and the indexes it writes when it stops.
	room = 4 << 20
	// reviveLimit bounds the pause before another restart, which doubles while the disk
	// fills again at once.
	reviveLimit = time.Minute
	// calm is how long a store must take writes for the pause to start anew.
	calm = time.Minute
)

// ErrStore means that the store takes no writes.
var ErrStore = errors.New("the store takes no writes")

// Trouble returns why nothing can be stored, nil while it can: an ErrStore. It ends by
// itself once the disk has room.
func (s *Server) Trouble() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.trouble
}

// InProcessConn implements nats.InProcessConnProvider for whichever server runs.
func (s *Server) InProcessConn() (net.Conn, error) { return s.running().InProcessConn() }

func (s *Server) running() *server.Server {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.srv
}

// watchStore looks after the store until the server is shut down.
func (s *Server) watchStore() {
	defer close(s.watched)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	pause, next, healthy := watchInterval, time.Time{}, time.Now()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
		}
		err := failedWrite(s.running())
		s.note(err)
		now := time.Now()
		switch {
		case err == nil:
			if now.Sub(healthy) > calm {
				pause = watchInterval
			}
			continue
		case now.Before(next):
			continue
		}
		if err := probe(s.opts.StoreDir, room); err != nil {
			continue // no room yet
		}
		if err := s.revive(); err != nil {
			s.logger.Error("start the NATS server again", "err", err)
		}
		healthy, pause = time.Now(), min(2*pause, reviveLimit)
		next = healthy.Add(pause)
	}
}

// note remembers whether the store takes writes, and says it when that changes.
func (s *Server) note(err error) {
	s.mu.Lock()
	before := s.trouble
	s.trouble = err
	s.mu.Unlock()
	switch {
	case before == nil && err != nil:
		s.logger.Error("nothing can be stored until the disk has room; what was acknowledged is kept", "dir", s.opts.StoreDir, "err", err)
	case before != nil && err == nil:
		s.logger.Warn("the store takes writes again", "dir", s.opts.StoreDir)
	}
}

// failedWrite returns the write that failed, if one did.
func failedWrite(srv *server.Server) error {
	if !srv.Running() {
		return fmt.Errorf("%w: the server is not running", ErrStore)
	}
	if !srv.JetStreamEnabled() {
		return fmt.Errorf("%w: JetStream is off", ErrStore)
	}
	for _, e := range srv.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if strings.Contains(e.Error, "write error") {
			return fmt.Errorf("%w: %s", ErrStore, e.Error)
		}
	}
	return nil
}

// probe writes n bytes to a file in a folder and removes it: a quota counts as well as
// the disk does.
func probe(dir string, n int64) error {
	f, err := os.CreateTemp(dir, ".room-*")
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = io.CopyN(f, zeros{}, n)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return nil
}

// zeros is an endless reader of bytes that a file system does not store as a hole when
// they are written.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// revive stops the server and starts it again on the same store and address.
func (s *Server) revive() error {
	old := s.running()
	old.Shutdown()
	old.WaitForShutdown()
	srv, err := launch(s.opts, s.logger)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.srv = srv
	s.mu.Unlock()
	s.logger.Warn("the NATS server was started again after a write failed", "dir", s.opts.StoreDir)
	return nil
}
