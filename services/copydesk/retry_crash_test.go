package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// A worker is killed while it works on what was retried, and comes back when the server
// has forgotten what was published.
func TestCrash_ofARetryLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{article.StageIngest, article.StageDedupe} {
		for _, gap := range []string{gapWorked, gapStored} {
			t.Run(broken+" "+gap, func(t *testing.T) {
				t.Parallel()
				crashRetry(t, broken, gap)
			})
		}
	}
}

func crashRetry(t *testing.T, broken, gap string) {
	const (
		articles = 6
		window   = 2 * time.Second
	)
	settings := bus.Settings{AckWait: 2 * time.Second, DuplicateWindow: window}
	srv := desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"})
	d, err := desk.New(desk.Options{
		Dial: srv.Dial, Provision: true, Settings: settings, Logger: desktest.Logger(t),
		Wrap: func(name string, f stage.Func) stage.Func {
			if name != broken {
				return f
			}
			return func(context.Context, stage.In) ([]stage.Out, error) {
				return nil, stage.Reject("broken", article.ClassFault, errors.New("not today"))
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	in := openInbox(t, srv.Conn, srv.JS)
	var feed bytes.Buffer
	for i := range articles {
		line, err := json.Marshal(map[string]string{"text": crashText(20 * i)})
		if err != nil {
			t.Fatal(err)
		}
		feed.Write(append(line, '\n'))
	}
	if _, err := in.Put(t.Context(), bus.File{Source: "crash", Lane: article.Live, Data: feed.Bytes()}); err != nil {
		t.Fatal(err)
	}
	book := deadletter.Open(srv.Conn, srv.JS)
	var letters []deadletter.Letter
	read := time.Now()
	desktest.Wait(t, "everything to be dead", func() bool {
		read = time.Now()
		letters, err = book.Letters(t.Context(), deadletter.Filter{})
		return err == nil && (len(letters) == articles || broken == article.StageIngest && len(letters) == 1)
	})
	stop()
	err = book.Retry(t.Context(), letters, read, func(r deadletter.Result) {
		if r.Err != nil {
			t.Errorf("retry of letter %d: %v", r.Letter.Seq, r.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"worker"}, article.Stages()...)
	args = append(args, "--nats", srv.URL(), "--listen", "", "--ack-wait", "2s", "--duplicate-window", window.String(), "--log-level", "error")
	dying := copydesk(t, strings.Join([]string{broken, gap, "1"}, " "), args...)
	_ = dying.Wait() // it was killed
	time.Sleep(window + time.Second)
	copydesk(t, "", args...)
	want := ledger.Sums{Files: 1, Opened: 1, Split: articles, Enriched: articles}
	var got ledger.Sums
	desktest.Wait(t, "the ledger to balance", func() bool {
		books, err := ledger.Open(t.Context(), srv.JS)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		got = ledger.Total(books.Report())
		return got == want
	})
	items := map[string]int{}
	_, err = bus.Scan(t.Context(), srv.JS, article.StreamEnriched, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		items[m.Headers().Get(article.HeaderItem)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for item, n := range items {
		if n != 1 {
			t.Errorf("%s is published %d times", item, n)
		}
	}
	if len(items) != articles {
		t.Errorf("%d items came through, want %d", len(items), articles)
	}
}
