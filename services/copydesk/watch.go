package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/copydesk/copydesk/pkg/run"
)

const (
	// settle is how long a file must be left alone before it is dropped: whoever
	// writes it in pieces takes less than that between two.
	settle = 500 * time.Millisecond
	// again is the pause before a file is tried that the inbox had no room for.
	again = 5 * time.Second
)

// watch drops the files below directories and then every one that is created or
// changed, until ctx is done. It starts to watch before it looks, so that a file
// which appears meanwhile is seen by one of the two.
func watch(ctx context.Context, d *dropper, p *report, dirs []string) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer w.Close()
	s := &spool{d: d, watcher: w, due: map[string]time.Time{}, dropped: map[string]state{}}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		if !info.IsDir() {
			return run.Usage(fmt.Errorf("watch %s: not a directory", dir))
		}
		if err := s.add(dir); err != nil {
			return err
		}
	}
	return s.run(ctx)
}

// spool is a set of watched directories.
type spool struct {
	d       *dropper
	watcher *fsnotify.Watcher
	due     map[string]time.Time // files to drop, and when they will have settled
	dropped map[string]state     // files as they were dropped
}

// state tells whether a file was written since.
type state struct {
	size     int64
	modified time.Time
}

// add watches a directory and what is below, and notes the files there.
func (s *spool) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != dir:
			return nil // gone again
		case err != nil:
			return fmt.Errorf("watch %s: %w", path, err)
		case path != dir && hidden(e.Name()) && e.IsDir():
			return fs.SkipDir
		case e.IsDir():
			if err := s.watcher.Add(path); err != nil {
				return fmt.Errorf("watch %s: %w", path, err)
			}
		default:
			s.note(path)
		}
		return nil
	})
}

// note marks a file to be dropped once it has settled.
func (s *spool) note(path string) {
	if !hidden(filepath.Base(path)) {
		s.due[path] = time.Now().Add(settle)
	}
}

func (s *spool) run(ctx context.Context) error {
	tick := time.NewTicker(settle / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.watcher.Errors:
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				err = s.look() // events were lost: look for ourselves
			}
			if err != nil {
				return fmt.Errorf("watch: %w", err)
			}
		case e := <-s.watcher.Events:
			s.event(e)
		case now := <-tick.C:
			s.drop(ctx, now)
		}
	}
}

func (s *spool) event(e fsnotify.Event) {
	if !e.Has(fsnotify.Create) && !e.Has(fsnotify.Write) {
		return
	}
	info, err := os.Stat(e.Name)
	switch {
	case err != nil: // gone again
	case info.IsDir() && !hidden(info.Name()):
		_ = s.add(e.Name) // if it is gone or closed to us, there is nothing to drop
	case info.Mode().IsRegular():
		s.note(e.Name)
	}
}

// look notes every file below the watched directories.
func (s *spool) look() error {
	for _, dir := range s.watcher.WatchList() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // gone
		}
		for _, e := range entries {
			s.event(fsnotify.Event{Name: filepath.Join(dir, e.Name()), Op: fsnotify.Create})
		}
	}
	return nil
}

// drop drops what has settled, by name.
func (s *spool) drop(ctx context.Context, now time.Time) {
	for _, path := range slices.Sorted(maps.Keys(s.due)) {
		if ctx.Err() != nil {
			return
		}
		if s.due[path].After(now) {
			continue
		}
		delete(s.due, path)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue // gone again
		}
		is := state{info.Size(), info.ModTime()}
		if s.dropped[path] == is {
			continue
		}
		if err := s.d.file(ctx, path); err != nil && passing(err) {
			s.due[path] = now.Add(again)
			continue
		}
		s.dropped[path] = is
	}
}
