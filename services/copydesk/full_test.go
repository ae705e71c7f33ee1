package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// narrow is a provisioned server whose inbox takes three of the files in dir, and the
// names of those files in the order of drop.
func narrow(t *testing.T, files int) (srv *desktest.Server, dir string, names []string) {
	t.Helper()
	srv = desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"})
	if err := bus.Provision(t.Context(), srv.JS, bus.NewTopology(bus.Settings{Store: 1 << 30})); err != nil {
		t.Fatal(err)
	}
	inboxTakes(t, srv, 220<<10)
	dir = t.TempDir()
	for i := range files {
		name := filepath.Join(dir, fmt.Sprintf("%02d.txt", i))
		text := strings.Repeat(fmt.Sprintf("Report %d from the harbour. ", i), 60<<10/27)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return srv, dir, names
}

// inboxTakes sets how many bytes the inbox takes.
func inboxTakes(t *testing.T, srv *desktest.Server, n int64) {
	t.Helper()
	s, err := srv.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxBytes = n
	if _, err := srv.JS.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// inboxHolds returns the names of the files in the inbox, in order.
func inboxHolds(t *testing.T, srv *desktest.Server) (names []string) {
	t.Helper()
	_, err := bus.Scan(t.Context(), srv.JS, article.StreamInbox, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		names = append(names, m.Headers().Get(article.HeaderFilename))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// syncBuffer is written by a command and read by the test.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// dropFiles runs drop and returns its exit code and what it said.
func dropFiles(ctx context.Context, srv *desktest.Server, stderr *syncBuffer, args ...string) (code int, stdout string) {
	var out syncBuffer
	code = execute(ctx, append([]string{"drop", "--nats", srv.URL()}, args...), streams{strings.NewReader(""), &out, stderr}, func() []string { return nil })
	return code, out.String()
}

func wantInOrder(t *testing.T, srv *desktest.Server, names []string) {
	t.Helper()
	got := inboxHolds(t, srv)
	if len(got) != len(names) {
		t.Fatalf("the inbox holds %d files, want %d: %v", len(got), len(names), got)
	}
	for i, name := range names {
		if got[i] != filepath.Base(name) {
			t.Errorf("file %d of the inbox is %s, want %s", i, got[i], filepath.Base(name))
		}
	}
}

func TestDrop_stopsAtAFullInboxAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	srv, dir, names := narrow(t, 8)
	var stderr syncBuffer
	code, stdout := dropFiles(t.Context(), srv, &stderr, "--no-wait", dir)
	if code != exitNoRoom || strings.Count(stdout, "\n") != 3 {
		t.Errorf("exit code %d after\n%s", code, stdout)
	}
	for _, want := range []string{"inbox_full", "3 of 8 files are stored", fmt.Sprintf("--start-at %q", names[3])} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr.String())
		}
	}
	wantInOrder(t, srv, names[:3])
	inboxTakes(t, srv, 10<<20)
	if code, _ := dropFiles(t.Context(), srv, &stderr, "--no-wait", "--start-at", names[3], dir); code != 0 {
		t.Errorf("the rest: exit code %d: %s", code, stderr.String())
	}
	wantInOrder(t, srv, names)
}

func TestDrop_waitsForRoom(t *testing.T) {
	t.Parallel()
	srv, dir, names := narrow(t, 8)
	var stderr syncBuffer
	done := make(chan int, 1)
	go func() {
		code, _ := dropFiles(t.Context(), srv, &stderr, dir)
		done <- code
	}()
	desktest.Wait(t, "drop to say that it waits", func() bool {
		return strings.Contains(stderr.String(), "inbox_full): 3 of 8 files are stored, waiting for room")
	})
	inboxTakes(t, srv, 10<<20)
	if code := <-done; code != 0 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	wantInOrder(t, srv, names)
	if n := strings.Count(stderr.String(), "waiting"); n != 1 {
		t.Errorf("it says %d times that it waits", n)
	}
}

func TestDrop_leavesNothingOfALargeFileThatIsRefused(t *testing.T) {
	t.Parallel()
	srv, _, _ := narrow(t, 0)
	inboxTakes(t, srv, 64) // the message of a file in the blob bucket is its headers
	large := filepath.Join(t.TempDir(), "large.txt")
	if err := os.WriteFile(large, bytes.Repeat([]byte("The harbour.\n"), 3<<20/13), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr syncBuffer
	if code, _ := dropFiles(t.Context(), srv, &stderr, "--no-wait", large); code != exitNoRoom {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	blobs, err := srv.JS.Stream(t.Context(), "OBJ_"+bus.BucketBlobs)
	if err != nil {
		t.Fatal(err)
	}
	if s := blobs.CachedInfo().State; s.Msgs != 0 || s.LastSeq == 0 {
		t.Errorf("the bucket holds %d messages of %d: want none of several", s.Msgs, s.LastSeq)
	}
}
