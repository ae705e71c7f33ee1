package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// killsVar says how often the failover test kills; CI does with a few.
const killsVar = "COPYDESK_TEST_KILLS"

// takeoverLimit is what we promise.
const takeoverLimit = 10 * time.Second

// The process that decides is killed, at a random moment under load, again and again.
// Now and then it is only paused, for longer than its lease and its messages last, and
// wakes up when another has taken over.
func TestFailover_losesAndDoublesNothing(t *testing.T) {
	kills := 5
	if s := os.Getenv(killsVar); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	srv := desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"})
	// Everything but dedupe runs here.
	d, err := desk.New(desk.Options{
		Dial: srv.Dial, Provision: true, Logger: desktest.Logger(t),
		Stages: []string{article.StageIngest, article.StageEntities, article.StageSummarize},
	})
	if err != nil {
		t.Fatal(err)
	}
	desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	defer stop()
	v := &victims{t: t}
	defer func() { stop(); v.wg.Wait() }()
	none := func() string { return "" }
	workers := map[string]<-chan *os.Process{}
	for range 2 {
		listen := freePort(t)
		workers[listen] = v.keep(ctx, none, "worker", "dedupe", "--nats", srv.URL(), "--listen", listen, "--log-level", "error")
	}

	inbox := openInbox(t, srv.Conn, srv.JS)
	var drops errgroup.Group
	dropped := 0
	dropping, enough := context.WithCancel(ctx)
	defer enough()
	drops.Go(func() error {
		for ; dropping.Err() == nil; dropped++ {
			if _, err := inbox.Put(ctx, bus.File{Source: "crash", Lane: article.Live, Data: []byte(crashText(dropped))}); err != nil {
				return err
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-dropping.Done():
			}
		}
		return nil
	})

	r := rand.New(rand.NewPCG(11, 13))
	var worst, total time.Duration
	pauses := 0
	for i := range kills {
		standing(t, workers)
		time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond) // the random moment
		active := standing(t, workers)
		if i%5 == 1 {
			paused := <-workers[active]
			signal(t, paused, syscall.SIGSTOP)
			worst = max(worst, decidedAgain(t, srv.JS, time.Now()))
			signal(t, paused, syscall.SIGCONT)
			pauses++
			active = standing(t, workers)
		}
		victim := <-workers[active]
		begun := time.Now()
		signal(t, victim, syscall.SIGKILL)
		took := decidedAgain(t, srv.JS, begun)
		worst = max(worst, took)
		total += took
	}
	if worst > takeoverLimit {
		t.Errorf("taking over took %s, want less than %s", worst, takeoverLimit)
	}
	enough()
	if err := drops.Wait(); err != nil {
		t.Fatal(err)
	}
	books := openLedger(t, srv.JS)
	var sums ledger.Sums
	desktest.Wait(t, "the ledger to balance", func() bool {
		if err := books.Advance(ctx); err != nil {
			t.Fatal(err)
		}
		sums = ledger.Total(books.Report())
		return sums.Files == int64(dropped) && sums.InFlight() == 0
	})
	t.Logf("%d kills, %d pauses, %d articles; takeover after a kill %s in the mean, at most %s: %+v",
		v.kills.Load(), pauses, dropped, total/time.Duration(kills), worst, sums)
	if int(v.kills.Load()) != kills || sums.Dead != 0 {
		t.Errorf("%d kills, want %d; ledger %+v", v.kills.Load(), kills, sums)
	}
	endedOnce(t, srv.JS, dropped)
	// Every tenth article is a copy of the one before. The two may pass in either order,
	// but one of them must be found.
	if want := int64(dropped / 10); sums.Duplicate != want {
		t.Errorf("%d duplicates, want %d", sums.Duplicate, want)
	}
}

// standing waits until one of the workers is active and the other stands by, and returns
// the active one.
func standing(t *testing.T, workers map[string]<-chan *os.Process) (active string) {
	t.Helper()
	desktest.Wait(t, "one active worker and one standby", func() bool {
		actives, standbys := 0, 0
		for listen := range workers {
			switch readyz(t.Context(), listen) {
			case "ok\ndedupe: active\n":
				active = listen
				actives++
			case "ok\ndedupe: standby\n":
				standbys++
			}
		}
		return actives == 1 && standbys == 1
	})
	return active
}

// decidedAgain waits for the first decision after a time and returns how long it took.
func decidedAgain(t *testing.T, js jetstream.JetStream, since time.Time) (took time.Duration) {
	t.Helper()
	s, err := js.Stream(t.Context(), article.StreamDecisions)
	if err != nil {
		t.Fatal(err)
	}
	// What the victim had sent may still be stored.
	since = since.Add(50 * time.Millisecond)
	desktest.Wait(t, "a decision", func() bool {
		info, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		took = time.Since(since)
		return info.State.LastTime.After(since)
	})
	return took
}

func signal(t *testing.T, p *os.Process, s os.Signal) {
	t.Helper()
	if err := p.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// readyz returns what a process says of itself, "" while it does not answer.
func readyz(ctx context.Context, address string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return ""
	}
	return string(b)
}
