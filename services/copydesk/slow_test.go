package main

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// A reader that subscribes to everything and then reads nothing is cut off by the server:
// it holds no stage up, and what is kept for it is bounded.
func TestSlowReader_holdsNobodyUp(t *testing.T) {
	t.Parallel()
	const files = 160
	srv := startDesk(t)
	inbox := openInbox(t, srv.Conn, srv.JS)
	// By hand: a client library would read what comes.
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10) // a hint
	if _, err := fmt.Fprint(conn, "CONNECT {\"verbose\":false,\"name\":\"slow\"}\r\nSUB articles.> 1\r\nSUB flood 2\r\nPING\r\n"); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range files {
		if _, err := inbox.Put(t.Context(), bus.File{Source: "slow", Lane: article.Live, Data: []byte(crashText(i))}); err != nil {
			t.Fatal(err)
		}
	}
	// What it does not read piles up until the server gives it up.
	flood, payload := srv.Connect(t, "flood"), make([]byte, 512<<10)
	cut := func() bool { return srv.SlowConsumers() > 0 }
	for sent := 0; !cut(); sent += len(payload) {
		if sent > 512<<20 {
			t.Fatalf("the server keeps %d MiB for one who does not read", sent>>20)
		}
		if err := flood.Publish("flood", payload); err != nil {
			t.Fatal(err)
		}
		if err := flood.FlushTimeout(30 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	books, err := ledger.Open(t.Context(), srv.JS)
	if err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "every article to end", func() bool {
		if err := books.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		sums := ledger.Total(books.Report())
		return sums.Files == files && sums.InFlight() == 0
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("heap %d MiB before, %d MiB after", before.HeapAlloc>>20, after.HeapAlloc>>20)
	endedOnce(t, srv.JS, files)
	if srv.Conn.Status() != nats.CONNECTED {
		t.Error("our own connection was cut off")
	}
}
