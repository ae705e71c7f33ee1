package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/stage"
)

// crashVar tells a copydesk process of the test where to die: "<stage> <gap> <n>"
// kills it at that gap of the stage's n-th message.
const crashVar = "COPYDESK_TEST_CRASH"

// programVar turns this test binary into the program.
const programVar = "COPYDESK_TEST_PROGRAM"

// The gaps a process can die in.
const (
	gapBefore = "before" // the message is delivered, nothing has happened
	gapWorked = "worked" // the function is done (dedupe's decision is logged), nothing is published
	gapStored = "stored" // the outputs are stored, the input is not acknowledged
)

// init runs the program in place of the tests where programVar says so, and lets it
// die where it is told to.
func init() {
	desk.ServeIsolated() // the program's own children have an environment of their own
	if os.Getenv(programVar) == "" {
		return
	}
	if spec := strings.Fields(os.Getenv(crashVar)); len(spec) == 3 {
		dieAt(spec)
	}
	os.Exit(Main())
}

// dieAt has the process kill itself at a gap.
func dieAt(spec []string) {
	n, err := strconv.Atoi(spec[2])
	if err != nil {
		panic(err)
	}
	var seen atomic.Int64
	die := func() {
		if seen.Add(1) == int64(n) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more happens here
		}
	}
	wrapStages = func(name string, f stage.Func) stage.Func {
		if name != spec[0] {
			return f
		}
		return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
			if spec[1] == gapBefore {
				die()
			}
			outs, err := f(ctx, in)
			if err != nil || len(outs) == 0 {
				return outs, err
			}
			if spec[1] == gapWorked {
				die()
			}
			if spec[1] == gapStored {
				last := &outs[len(outs)-1]
				told := last.Stored
				last.Stored = func() {
					die()
					if told != nil {
						told()
					}
				}
			}
			return outs, nil
		}
	}
}

// victims are copydesk processes that are killed and started again.
type victims struct {
	t     *testing.T
	kills atomic.Int32
	wg    sync.WaitGroup
}

// keep runs the program with these arguments again and again until ctx is done.
// Whoever receives from the channel gets the process to kill.
func (v *victims) keep(ctx context.Context, crash func() string, args ...string) <-chan *os.Process {
	current := make(chan *os.Process)
	v.wg.Go(func() {
		for ctx.Err() == nil {
			cmd := program(ctx, crash(), args...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 30 * time.Second
			if err := cmd.Start(); err != nil {
				v.t.Error(err)
				return
			}
			done := make(chan error, 1)
			go func() { done <- cmd.Wait() }()
		alive:
			for {
				select {
				case current <- cmd.Process:
				case err := <-done:
					var exit *exec.ExitError
					killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
					if killed {
						v.kills.Add(1)
					} else if ctx.Err() == nil && !strings.Contains(stderr.String(), "connect to NATS") {
						v.t.Logf("copydesk %v ended: %v\n%s", args, err, stderr.String())
					}
					break alive
				}
			}
		}
	})
	return current
}

// freePort returns an address nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// crashText is a distinct article; every tenth is a copy of the one before.
func crashText(i int) string {
	if i%10 == 9 {
		i--
	}
	r := rand.New(rand.NewPCG(1, uint64(i)))
	word := func() string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteByte("bdfgklmnprstvz"[r.IntN(14)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		return b.String()
	}
	var b strings.Builder
	for range 6 {
		fmt.Fprintf(&b, "The mayor of %s%s said on Monday that the %s and the %s near %s would be %s by spring. ",
			strings.ToUpper(word()[:1]), word(), word(), word(), word(), word())
	}
	return b.String()
}

func TestCrash_losesAndDoublesNothing(t *testing.T) {
	for _, profile := range []bus.Profile{bus.Fast, bus.Durable} {
		t.Run(string(profile), func(t *testing.T) { crash(t, profile) })
	}
}

func crash(t *testing.T, profile bus.Profile) {
	const (
		articles = 2000
		minKills = 20
	)
	address := freePort(t)
	common := []string{"--profile", string(profile), "--ack-wait", "2s", "--listen", "", "--log-level", "error"}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	v := &victims{t: t}
	defer func() { stop(); v.wg.Wait() }()

	r := rand.New(rand.NewPCG(2, 3))
	var mu sync.Mutex
	none := func() string { return "" }
	// Every second life of a worker ends in one of the gaps.
	gaps := func(stage string) func() string {
		life := 0
		return func() string {
			mu.Lock()
			defer mu.Unlock()
			life++
			if life%2 == 1 {
				return fmt.Sprintf("%s %s %d", stage, []string{gapBefore, gapWorked, gapStored}[(life/2)%3], 1+r.IntN(40))
			}
			return ""
		}
	}
	targets := []<-chan *os.Process{
		v.keep(ctx, none, append([]string{"up", "--data", t.TempDir(), "--nats-listen", address}, common...)...),
	}
	for _, stage := range article.Stages() {
		targets = append(targets, v.keep(ctx, gaps(stage), append([]string{"worker", stage, "--nats", "nats://" + address}, common...)...))
	}

	nc, js := reach(t, address)
	inbox := openInbox(t, nc, js)

	// Drop slowly enough that the kills fall between, until there were enough.
	calm := make(chan struct{})
	go func() {
		defer close(calm)
		r := rand.New(rand.NewPCG(5, 7)) // the gaps' is theirs
		for i := 0; i < minKills || v.kills.Load() < minKills; i++ {
			wait := time.NewTimer(time.Duration(100+r.IntN(300)) * time.Millisecond)
			select {
			case <-wait.C:
			case <-ctx.Done():
				return
			}
			target := targets[i%len(targets)]
			if i%3 == 0 {
				target = targets[0] // the server, with every stage in it
			}
			select {
			case p := <-target:
				_ = p.Kill() // it may just have died by itself
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := dropTexts(ctx, inbox, articles, calm); err != nil {
		t.Fatal(err)
	}
	<-calm

	sums := balanced(t, openLedger(t, js), articles)
	t.Logf("%d kills: %+v", v.kills.Load(), sums)
	if sums.Items() != articles || sums.Dead != 0 {
		t.Errorf("ledger %+v, want %d items and none dead", sums, articles)
	}
	if v.kills.Load() < minKills {
		t.Errorf("%d kills, want at least %d", v.kills.Load(), minKills)
	}
	endedOnce(t, js, articles)
}

// balanced waits until every file has come to its end, as long as some do.
func balanced(t *testing.T, books *ledger.Ledger, files int64) (sums ledger.Sums) {
	t.Helper()
	const patience = 30 * time.Second
	for moved := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if err := books.Advance(t.Context()); err == nil { // the last server may only just be coming up
			now := ledger.Total(books.Report())
			if now.Files == files && now.InFlight() == 0 {
				return now
			}
			if now != sums {
				sums, moved = now, time.Now()
			}
		}
		if time.Since(moved) > patience {
			t.Fatalf("nothing has ended for %v: %+v, %d in flight", patience, sums, sums.InFlight())
		}
	}
}

func openLedger(t *testing.T, js jetstream.JetStream) *ledger.Ledger {
	t.Helper()
	var books *ledger.Ledger
	desktest.Wait(t, "the ledger", func() bool {
		var err error
		books, err = ledger.Open(t.Context(), js)
		return err == nil
	})
	return books
}

// The server forgets message ids after two seconds, and the outage between a stage's
// publish and its acknowledgement lasts five.
func TestCrash_outageLongerThanTheDuplicateWindow(t *testing.T) {
	for _, stage := range article.Stages() {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			const articles = 20
			address := freePort(t)
			args := []string{
				"up", "--data", t.TempDir(), "--nats-listen", address, "--listen", "",
				"--ack-wait", "2s", "--duplicate-window", "2s", "--log-level", "error",
			}
			dying := copydesk(t, stage+" "+gapStored+" 10", args...)
			nc, js := reach(t, address)
			in := openInbox(t, nc, js)
			var drops errgroup.Group
			drops.Go(func() error { return dropTexts(t.Context(), in, articles, nil) })
			_ = dying.Wait() // it was killed
			time.Sleep(5 * time.Second)
			copydesk(t, "", args...)
			if err := drops.Wait(); err != nil {
				t.Fatal(err)
			}
			books := openLedger(t, js)
			var sums ledger.Sums
			desktest.Wait(t, "the ledger to balance", func() bool {
				if err := books.Advance(t.Context()); err != nil {
					return false
				}
				sums = ledger.Total(books.Report())
				return sums.Files >= articles && sums.InFlight() == 0
			})
			// The inbox forgets ids as quickly: a drop that was not answered before the
			// outage and is repeated after it is another file. It must end once like any.
			if sums.Enriched+sums.Duplicate != sums.Files {
				t.Errorf("ledger %+v, want every file's article out", sums)
			}
			endedOnce(t, js, int(sums.Files))
		})
	}
}

// dropTexts drops articles, each until it is stored. Until calm is closed it takes its
// time, so that what happens meanwhile happens between them.
func dropTexts(ctx context.Context, inbox *bus.Intake, n int, calm <-chan struct{}) error {
	drops, ctx := errgroup.WithContext(ctx)
	drops.SetLimit(8)
	for i := range n {
		drops.Go(func() error {
			// The id stays from try to try: an answer may be lost after the file was stored.
			id := nats.Header{nats.MsgIdHdr: {fmt.Sprintf("crash/%d", i)}}
			for {
				_, err := inbox.Put(ctx, bus.File{Source: "crash", Lane: article.Live, Data: []byte(crashText(i)), Header: id})
				if err == nil || !passing(err) {
					return err
				}
			}
		})
		if calm != nil && i%20 == 19 {
			select {
			case <-calm:
			case <-time.After(60 * time.Millisecond):
			}
		}
	}
	return drops.Wait()
}

// copydesk starts the program; it is asked to stop when the test ends.
func copydesk(t *testing.T, crash string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := program(context.WithoutCancel(t.Context()), crash, args...)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone
		_ = cmd.Wait()
	})
	return cmd
}

// program is this test binary as the program.
func program(ctx context.Context, crash string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), programVar+"=1", crashVar+"="+crash)
	return cmd
}

// reach connects to a server that may not be up yet, and goes down now and then.
func reach(t *testing.T, address string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect("nats://"+address, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// openInbox waits for the road and returns its inbox.
func openInbox(t *testing.T, nc *nats.Conn, js jetstream.JetStream) *bus.Intake {
	t.Helper()
	var blobs *bus.Blobs
	desktest.Wait(t, "the road to be provisioned", func() bool {
		var err error
		blobs, err = bus.OpenBlobs(t.Context(), js)
		return err == nil
	})
	pub, err := bus.NewPublisher(nc, bus.PublisherOptions{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	return bus.NewIntake(pub, blobs)
}

// endedOnce checks that every item has ended, and no item and no version of an
// article is published twice.
func endedOnce(t *testing.T, js jetstream.JetStream, want int) {
	t.Helper()
	versions, items := map[string]int{}, map[string]int{}
	for _, stream := range ends {
		_, err := bus.Scan(t.Context(), js, stream, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			items[m.Headers().Get(article.HeaderItem)]++
			if stream == article.StreamEnriched {
				versions[m.Headers().Get(article.HeaderEventID)]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(items) != want {
		t.Errorf("%d items ended, want %d", len(items), want)
	}
	for _, seen := range []map[string]int{versions, items} {
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s is published %d times", id, n)
			}
		}
	}
}
