package desk

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

const (
	// imageName is the file of the index in Options.StateDir.
	imageName = "dedupe.index"
	// imageInterval is how often the index is saved, if imageLeast messages of decisions
	// have come since. Saving holds up deciding, two seconds for a million articles;
	// reading that many on takes less.
	imageInterval = 5 * time.Minute
	imageLeast    = 1000
)

// image keeps a copy of the index in a file, so that a start need not read the whole
// decision log. The log stays the truth: an image that is damaged, of another log, or
// of a log that has since lost its end and grown a new one, is not used.
//
// The file is the SHA-256 of the last decision the image knows, then the index's own
// image.
type image struct {
	path  string // "" for no image
	log   *decisions
	saved uint64 // sequence up to which it was saved
	// forced asks for a new image soon, since the last has something that was erased.
	forced bool
}

func newImage(dir string, log *decisions) *image {
	m := &image{log: log}
	if dir != "" {
		m.path = filepath.Join(dir, imageName)
	}
	return m
}

// load returns the index as it was saved. An error says why it has to be read from the
// log; without an image it is fs.ErrNotExist.
func (m *image) load(ctx context.Context, o dedupe.Options) (*dedupe.Index, error) {
	if m.path == "" {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(m.path)
	if err != nil {
		return nil, fmt.Errorf("open image of the index: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<18)
	var head [sha256.Size]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("read image of the index: %w", err)
	}
	index, h, err := dedupe.ReadImage(r, o)
	if err != nil {
		return nil, err
	}
	created, err := m.created(ctx)
	if err != nil {
		return nil, err
	}
	if !h.Created.Equal(created) {
		return nil, errors.New("read image of the index: it is of another decision log")
	}
	last, err := m.fingerprint(ctx, h.Last)
	if err != nil {
		return nil, fmt.Errorf("read image of the index: %w", err)
	}
	if last != head {
		return nil, fmt.Errorf("read image of the index: the log has another decision at %d", h.Last)
	}
	m.log.last, m.saved = h.Last, h.Last
	return index, nil
}

// created returns when the decision log was.
func (m *image) created(ctx context.Context) (time.Time, error) {
	s, err := m.log.js.Stream(ctx, article.StreamDecisions)
	if err != nil {
		return time.Time{}, fmt.Errorf("look at decision log: %w", err)
	}
	return s.CachedInfo().Created.UTC(), nil
}

// fingerprint tells a decision in the log from any other that might stand there.
func (m *image) fingerprint(ctx context.Context, seq uint64) (sum [sha256.Size]byte, err error) {
	s, err := bus.ReadAt(ctx, m.log.nc, article.StreamDecisions, seq)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	_ = binary.Write(h, binary.LittleEndian, s.Time.UnixNano()) // a hash takes everything
	h.Write(s.Data)
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// due reports whether the log has grown enough since the image was saved.
func (m *image) due() bool { return m.path != "" && m.log.last >= m.saved+imageLeast }

// save writes the index, if it has changed, in place of the last image.
func (m *image) save(ctx context.Context, index *dedupe.Index) (err error) {
	if m.path == "" || m.log.last == m.saved || m.log.last == 0 {
		m.forced = false
		return nil
	}
	created, err := m.created(ctx)
	if err != nil {
		return err
	}
	head, err := m.fingerprint(ctx, m.log.last)
	if err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(m.path), 0o755); err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), imageName+".*.part")
	if err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the first error counts
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(head[:]); err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	if err := index.WriteImage(f, dedupe.ImageHeader{Created: created, Last: m.log.last}); err != nil {
		return err
	}
	// A rename may reach the disk before what was written; the checksum then tells.
	if err := f.Close(); err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	if err := os.Rename(f.Name(), m.path); err != nil {
		return fmt.Errorf("save image of the index: %w", err)
	}
	m.saved, m.forced = m.log.last, false
	return nil
}
