package desk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// savedImage decides on some articles and saves the index in a folder.
func savedImage(t *testing.T) (s *desktest.Server, dir string) {
	t.Helper()
	s, dir = logServer(t), t.TempDir()
	d := decideOn(t, s, nil)
	for n := range 5 {
		if _, err := d.decide(t.Context(), arrival(n+1, story(n, 0))); err != nil {
			t.Fatal(err)
		}
	}
	// A second view, since the first belongs to its goroutine.
	log := &decisions{nc: s.Conn, js: s.JS}
	view := &decider{log: log, index: dedupe.NewIndex(dedupe.Options{})}
	if err := view.replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := newImage(dir, log).save(t.Context(), view.index); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestImage_givesTheIndexBackAndTheLogTheRest(t *testing.T) {
	t.Parallel()
	s, dir := savedImage(t)
	if _, err := decideOn(t, s, nil).decide(t.Context(), arrival(6, story(5, 0))); err != nil {
		t.Fatal(err)
	}
	log := &decisions{nc: s.Conn, js: s.JS}
	index, err := newImage(dir, log).load(t.Context(), dedupe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if log.last != 5 || index.Len() != 5 {
		t.Errorf("the image knows %d articles up to %d, want 5 up to 5", index.Len(), log.last)
	}
	d := &decider{log: log, index: index}
	if err := d.replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seq, ok := index.Find(arrival(6, "").Item); !ok || seq != place(6, 0) {
		t.Errorf("what was decided after the image is at %d, %v, want %d", seq, ok, place(6, 0))
	}
	copied := arrival(7, story(2, 3))
	if e := index.Decide(copied, dedupe.Sign(copied), nil); !e.Relation.Stops() {
		t.Errorf("a copy of an article in the image is %s", e.Relation)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestImage_isNotUsedInDoubt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, s *desktest.Server, path string)
		why   string
	}{
		{"there is none", func(t *testing.T, _ *desktest.Server, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		{"a byte of it has changed", func(t *testing.T, _ *desktest.Server, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "image of an index"},
		{"its end is missing", func(t *testing.T, _ *desktest.Server, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, bytes.Clone(b[:len(b)-9]), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "image of an index"},
		{"the log is another", func(t *testing.T, s *desktest.Server, _ string) {
			if err := s.JS.DeleteStream(t.Context(), article.StreamDecisions); err != nil {
				t.Fatal(err)
			}
			if err := bus.Provision(t.Context(), s.JS, bus.NewTopology(bus.Settings{})); err != nil {
				t.Fatal(err)
			}
		}, "another decision log"},
		{"the log lost its end", func(t *testing.T, s *desktest.Server, _ string) {
			stream, err := s.JS.Stream(t.Context(), article.StreamDecisions)
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.DeleteMsg(t.Context(), 5); err != nil {
				t.Fatal(err)
			}
		}, "not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, dir := savedImage(t)
			c.spoil(t, s, filepath.Join(dir, imageName))
			log := &decisions{nc: s.Conn, js: s.JS}
			_, err := newImage(dir, log).load(t.Context(), dedupe.Options{})
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Fatalf("load: %v, want an error about %q", err, c.why)
			}
			if (c.name == "there is none") != errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v: only a missing image is nothing to speak of", err)
			}
			if log.last != 0 {
				t.Errorf("the log would be read from %d on, want the beginning", log.last)
			}
		})
	}
}
