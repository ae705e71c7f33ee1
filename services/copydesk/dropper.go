package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/door"
)

// dropper puts files into the inbox, one after the other in the order they are
// given: a copy that is dropped after its original is judged after it.
type dropper struct {
	put    func(context.Context, bus.File) (door.Receipt, error)
	source string
	lane   article.Lane
	header nats.Header // hints for every file
	// done is told what became of each file.
	done func(door.Receipt, error)
	// waits, if set, has a file that finds no room tried again until there is, and is
	// told when the waiting begins.
	waits func(why error)
}

const (
	// firstWait and longestWait bound the pause before a file is tried again; it doubles.
	firstWait   = 250 * time.Millisecond
	longestWait = 5 * time.Second
)

// putPatiently is put, again for as long as there is no room.
func (d *dropper) putPatiently(ctx context.Context, f bus.File) (door.Receipt, error) {
	for pause := firstWait; ; pause = min(2*pause, longestWait) {
		r, err := d.put(ctx, f)
		if d.waits == nil || !noRoom(err) {
			return r, err
		}
		if pause == firstWait {
			d.waits(err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return r, err
		}
	}
}

// list returns the files that paths stand for, in order: a file for itself, a
// directory for the files below it by name. Hidden files, and what is neither file nor
// directory, are left out of directories.
func list(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p != path && hidden(d.Name()) && d.IsDir():
				return fs.SkipDir
			case d.Type().IsRegular() && !hidden(d.Name()):
				files = append(files, p)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
	}
	return files, nil
}

// hidden reports names that are not articles: dot files, and files that editors and
// downloads have not finished.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part")
}

// file drops one file.
func (d *dropper) file(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return d.failed(path, 0, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return d.failed(path, 0, err)
	case info.Mode().IsRegular() && info.Size() > bus.MaxFile:
		return d.failed(path, info.Size(), tooLarge(info.Size()))
	}
	return d.reader(ctx, path, f)
}

// reader drops what a reader holds. The name may be empty.
func (d *dropper) reader(ctx context.Context, name string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, bus.MaxFile+1))
	switch {
	case err != nil:
		return d.failed(name, int64(len(data)), err)
	case len(data) > bus.MaxFile:
		return d.failed(name, int64(len(data)), tooLarge(int64(len(data))))
	}
	h := nats.Header{}
	for k, v := range d.header {
		h[k] = v
	}
	if name != "" {
		h.Set(article.HeaderFilename, headerSafe(filepath.Base(name)))
	}
	receipt, err := d.putPatiently(ctx, bus.File{Source: d.source, Lane: d.lane, Data: data, Header: h})
	if name != "" {
		receipt.File = &name
	}
	d.done(receipt, err)
	return err
}

func (d *dropper) failed(name string, size int64, err error) error {
	d.done(door.Receipt{File: &name, Source: d.source, Lane: d.lane, Bytes: size}.Failed(err), err)
	return err
}

func tooLarge(size int64) error {
	return fmt.Errorf("%w: %.1f MiB, the limit is %d MiB; split it or drop an archive's members one by one",
		bus.ErrTooLarge, float64(size)/(1<<20), bus.MaxFile>>20)
}

// headerSafe takes out what would end a header line.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// noRoom reports that the inbox or the disk is full: nothing of the file was kept.
func noRoom(err error) bool { return errors.Is(err, bus.ErrFull) || errors.Is(err, bus.ErrDisk) }

// noRoomWord is the reason code and what it means.
func noRoomWord(err error) string {
	if errors.Is(err, bus.ErrDisk) {
		return "the server's disk is full (disk_full)"
	}
	return "the inbox is full (inbox_full)"
}

// passing reports errors after which the same file may be stored later: the inbox
// or its server is in trouble, not the file.
func passing(err error) bool {
	return noRoom(err) || errors.Is(err, bus.ErrNoAck) || errors.Is(err, nats.ErrConnectionClosed) ||
		errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders)
}
