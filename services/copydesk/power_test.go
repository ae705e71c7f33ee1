package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest/powercut"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// powerLongVar, when set to 1, has the power cuts come after every acknowledgement and at
// hundreds of other points; CI does with some dozens. powerSeedVar draws others.
const (
	powerLongVar = "COPYDESK_TEST_POWER"
	powerSeedVar = "COPYDESK_TEST_POWER_SEED"
)

// powerCut is a point in a desk's life at which the power goes, and what the disk makes
// of that.
type powerCut struct {
	at   int // after this call
	torn bool
	seed uint64
}

func (c powerCut) String() string {
	if c.torn {
		return fmt.Sprintf("cut after call %d, torn with seed %d", c.at, c.seed)
	}
	return fmt.Sprintf("cut after call %d, all that was not synced lost", c.at)
}

// powerRun says how thorough a run is.
type powerRun struct {
	long bool
	r    *rand.Rand
}

func newPowerRun(t *testing.T) powerRun {
	t.Helper()
	if testing.Short() {
		t.Skip("records a desk and starts dozens")
	}
	seed := uint64(1)
	if s := os.Getenv(powerSeedVar); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	return powerRun{os.Getenv(powerLongVar) == "1", rand.New(rand.NewPCG(seed, 41))}
}

// pick is a number for the short run or the long one.
func (p powerRun) pick(short, long int) int {
	if p.long {
		return long
	}
	return short
}

// A desk in the durable profile is recorded while files come in by NATS and HTTP, small
// and large. Then its power goes at random points and right after acknowledgements, with
// everything lost that was not synced, or with torn pieces of it kept. Whatever was
// acknowledged before is there, and from some of these disks a whole desk goes on to the
// end: nothing is doubled, nothing is lost, and what comes in afterwards is not taken for
// anything that was lost.
func TestPower_durableLosesNothingThatWasAcknowledged(t *testing.T) {
	p := newPowerRun(t)
	l := recordPower(t, powerSpec{
		Profile: bus.Durable, Drops: p.pick(80, 600), Rate: p.pick(60, 40), BlobEvery: 40, BlobBytes: 1 << 20, HTTPEvery: 4, DropsInFlight: 16,
	})
	var cuts []powerCut
	add := func(at int) {
		cuts = append(cuts, powerCut{at: at}, powerCut{at: at, torn: true, seed: p.r.Uint64()})
	}
	for range p.pick(12, 200) {
		add(p.r.IntN(len(l.calls)))
	}
	for i := range l.acks {
		if p.long || i%12 == 11 {
			add(l.acks[i].at)
		}
	}
	var whole []powerCut
	for i := range p.pick(1, 20) {
		whole = append(whole, powerCut{at: l.acks[(2*i+1)*len(l.acks)/p.pick(4, 40)].at + p.r.IntN(5), torn: i%2 == 1, seed: p.r.Uint64()})
	}
	kept := 0
	for c, lost := range l.search(t, cuts) {
		kept += len(l.acked(c)) - len(lost)
		for _, a := range lost {
			t.Errorf("%v: file %d, acknowledged as %d, is gone", c, a.drop, a.seq)
		}
	}
	t.Logf("%d disks, %d acknowledged files looked for and found", len(cuts), kept)
	for c, image := range l.disks(t, whole) {
		t.Run(c.String(), func(t *testing.T) {
			got := l.goOn(t, image, l.acked(c))
			for _, a := range got.lost {
				t.Errorf("file %d, acknowledged as %d, never came to an end", a.drop, a.seq)
			}
			t.Logf("%+v", got.sums)
		})
	}
}

// The fast profile is the control: the same machine finds that it does lose what was
// acknowledged, and how much.
func TestPower_fastLosesNoMoreThanItSays(t *testing.T) {
	p := newPowerRun(t)
	l := recordPower(t, powerSpec{Profile: bus.Fast, Drops: p.pick(160, 2000), Rate: 100, HTTPEvery: 4, BlobEvery: 100, BlobBytes: 1 << 20, DropsInFlight: 64})
	first, last := l.acks[0].time, l.acks[len(l.acks)-1].time
	var cuts []powerCut
	for range p.pick(10, 200) {
		when := first.Add(time.Duration(p.r.Int64N(int64(last.Sub(first)))))
		at := slices.IndexFunc(l.calls, func(c powercut.Call) bool { return c.Time.After(when) })
		cuts = append(cuts, powerCut{at: at}, powerCut{at: at, torn: true, seed: p.r.Uint64()})
	}
	losses := map[bool][]powerLoss{}
	for c, lost := range l.search(t, cuts) {
		losses[c.torn] = append(losses[c.torn], l.loss(c, lost))
	}
	// And from some disks a whole desk goes on. It has articles whose files are lost, and
	// lacks some that had been taken off one stream for good and are not on the next.
	var whole []powerCut
	var ends []powerLoss
	for i := range p.pick(2, 20) {
		whole = append(whole, powerCut{at: l.acks[(2*i+2)*len(l.acks)/p.pick(5, 42)].at + p.r.IntN(5), torn: i%2 == 1, seed: p.r.Uint64()})
	}
	for c, image := range l.disks(t, whole) {
		t.Run(c.String(), func(t *testing.T) {
			got := l.goOn(t, image, l.acked(c))
			ends = append(ends, l.loss(c, got.lost))
			t.Logf("%d of %d acknowledged files did not come to an end: %+v, %d in flight", len(got.lost), len(l.acked(c)), got.sums, got.sums.InFlight())
		})
	}
	describe(t, "whole desk", ends)
	for torn, all := range losses {
		most := describe(t, fmt.Sprintf("torn %v", torn), all)
		if !torn && most.files == 0 {
			t.Error("nothing was lost: either fast is durable now or the cuts are not cuts")
		}
		if most.age > fastWindow {
			t.Errorf("a file was lost that had been acknowledged %v before, want no more than %v", most.age, fastWindow)
		}
	}
}

// fastWindow is what the fast profile may lose: the server syncs every second, and later
// where the disk and the processors are busy with other tests.
const fastWindow = 3 * time.Second

// powerLoss is what a power cut took: how many acknowledged files, and how long before
// the cut the oldest of them had been acknowledged.
type powerLoss struct {
	files int
	age   time.Duration
}

func (l *powerLog) loss(c powerCut, lost []powerAck) powerLoss {
	x := powerLoss{files: len(lost)}
	for _, a := range lost {
		x.age = max(x.age, l.calls[c.at].Time.Sub(a.time))
	}
	return x
}

// describe logs a distribution and returns its largest values.
func describe(t *testing.T, what string, losses []powerLoss) (most powerLoss) {
	t.Helper()
	var files []int
	var ages []time.Duration
	for _, x := range losses {
		files, ages = append(files, x.files), append(ages, x.age.Round(time.Millisecond))
	}
	slices.Sort(files)
	slices.Sort(ages)
	n := len(files)
	t.Logf("%s: %d cuts: acknowledged files lost p50 %d, max %d; the oldest of them acknowledged before the cut: p50 %v, p95 %v, max %v",
		what, n, files[n/2], files[n-1], ages[n/2], ages[n*95/100], ages[n-1])
	return powerLoss{files[n-1], ages[n-1]}
}

// disks yields the disk of each cut, in the order of the cuts.
func (l *powerLog) disks(t *testing.T, cuts []powerCut) iter.Seq2[powerCut, powercut.Image] {
	slices.SortFunc(cuts, func(a, b powerCut) int { return a.at - b.at })
	return func(yield func(powerCut, powercut.Image) bool) {
		d, at := powercut.NewDisk(), 0
		for _, c := range cuts {
			for ; at <= c.at && at < len(l.calls); at++ {
				if err := d.Apply(l.calls[at]); err != nil {
					t.Fatal(err)
				}
			}
			image := d.Lost()
			if c.torn {
				image = d.Torn(rand.New(rand.NewPCG(c.seed, 43)))
			}
			if !yield(c, image) {
				return
			}
		}
	}
}

// search looks for the acknowledged files on the disk of each cut, and returns for each
// cut which are lost.
func (l *powerLog) search(t *testing.T, cuts []powerCut) map[powerCut][]powerAck {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(4)
	found := map[powerCut][]powerAck{}
	for c, image := range l.disks(t, cuts) {
		g.Go(func() error {
			lost := l.lost(t, c, image)
			mu.Lock()
			defer mu.Unlock()
			found[c] = lost
			return nil
		})
	}
	_ = g.Wait()
	return found
}

// acked are the files that had been acknowledged at a cut.
func (l *powerLog) acked(c powerCut) []powerAck {
	n := 0
	for n < len(l.acks) && l.acks[n].at <= c.at {
		n++
	}
	return l.acks[:n]
}

// lost starts a server on a disk and returns the acknowledged files it does not have
// whole.
func (l *powerLog) lost(t *testing.T, c powerCut, image powercut.Image) []powerAck {
	dir := diskOf(t, image)
	defer os.RemoveAll(dir)
	var log bytes.Buffer
	// What it reads does not depend on the profile, and this one is quicker.
	srv, err := natsembed.Start(natsembed.Options{
		Dir: dir, Profile: bus.Fast, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Errorf("%v: %v", c, err)
		return l.acked(c)
	}
	defer srv.Shutdown()
	nc, err := srv.Dial("power")
	if err != nil {
		t.Errorf("%v: %v", c, err)
		return l.acked(c)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Errorf("%v: %v", c, err)
		return l.acked(c)
	}
	acked := l.acked(c)
	if len(acked) == 0 {
		return nil
	}
	files, err := filesOf(t.Context(), js)
	if err != nil {
		t.Errorf("%v: %v\n%s", c, err, &log)
		return acked
	}
	var lost []powerAck
	for _, a := range acked {
		if !bytes.Equal(files[a.seq], l.spec.text(a.drop)) {
			lost = append(lost, a)
		}
	}
	if len(lost) > 0 && l.spec.Profile == bus.Durable {
		t.Logf("%v: the server says:\n%s", c, &log)
	}
	return lost
}

func diskOf(t *testing.T, image powercut.Image) string {
	dir, err := os.MkdirTemp(t.TempDir(), "disk")
	if err == nil {
		err = image.Write(dir)
	}
	if err != nil {
		t.Error(err)
	}
	return dir
}

// filesOf returns what the inbox has, by sequence, out of the blob bucket where need be.
func filesOf(ctx context.Context, js jetstream.JetStream) (map[uint64][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	blobs, err := bus.OpenBlobs(ctx, js)
	if err != nil {
		return nil, err
	}
	files := map[uint64][]byte{}
	_, err = bus.Scan(ctx, js, article.StreamInbox, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		files[meta.Sequence.Stream] = m.Data()
		if ref := m.Headers().Get(article.HeaderBlob); ref != "" {
			b, err := blobs.Get(ctx, ref)
			if err != nil {
				b = []byte(err.Error()) // the file is not whole
			}
			files[meta.Sequence.Stream] = b
		}
		return nil
	})
	return files, err
}

// outcome is what a desk makes of a disk.
type outcome struct {
	sums ledger.Sums
	lost []powerAck // acknowledged before the cut, and not among what ended
}

// fresh is how many files are dropped after the power is back.
const fresh = 12

// goOn starts a whole desk on a disk, drops more files, and returns what came to an end.
// Those files must, each as itself.
func (l *powerLog) goOn(t *testing.T, image powercut.Image, acked []powerAck) (out outcome) {
	t.Helper()
	if _, ok := image["boot"]; ok {
		image["boot"] = []byte("the start of the machine before this one")
	}
	address := freePort(t)
	copydesk(t, "", "up", "--data", diskOf(t, image), "--nats-listen", address, "--listen", "", "--profile", string(l.spec.Profile),
		"--ack-wait", "2s", "--log-level", "error")
	nc, js := reach(t, address)
	inbox := openInbox(t, nc, js)
	news := map[uint64]int{}
	for i := range fresh {
		ack, err := inbox.Put(t.Context(), bus.File{Source: "power", Lane: article.Live, Data: []byte(crashText(1_000_000 + 10*i))})
		if err != nil {
			t.Fatal(err)
		}
		news[ack.Seq] = 1_000_000 + 10*i
	}
	files, err := filesOf(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	if l.spec.Profile == bus.Durable {
		out.sums = balanced(t, openLedger(t, js), int64(len(files)))
		if out.sums.Items() != int64(len(files)) || out.sums.Dead != 0 {
			t.Errorf("ledger %+v, want %d items and none dead", out.sums, len(files))
		}
		endedOnce(t, js, len(files))
	} else {
		out.sums = settled(t, openLedger(t, js))
	}
	ended := endsOf(t, js)
	is := func(seq uint64, text []byte) bool {
		sum := sha256.Sum256(text)
		return ended[seq] == hex.EncodeToString(sum[:])
	}
	for _, a := range acked {
		if !is(a.seq, l.spec.text(a.drop)) {
			out.lost = append(out.lost, a)
		}
	}
	for seq, i := range news {
		if !is(seq, []byte(crashText(i))) {
			t.Errorf("file %d, dropped after the cut as %d, did not end as itself", i, seq)
		}
	}
	return out
}

// settled waits until the ledger stands still, which need not be even: under fast, files
// are lost whose articles are not, and articles whose files are not.
func settled(t *testing.T, books *ledger.Ledger) (sums ledger.Sums) {
	t.Helper()
	const quiet = 4 * time.Second // twice the time after which work is given to another
	for moved := time.Now(); time.Since(moved) < quiet; time.Sleep(50 * time.Millisecond) {
		if err := books.Advance(t.Context()); err != nil {
			continue // the desk may only just be coming up
		}
		if now := ledger.Total(books.Report()); now != sums {
			sums, moved = now, time.Now()
		}
	}
	return sums
}

// endsOf returns, by the sequence of its file, the digest of the file each ended article
// says it was made of.
func endsOf(t *testing.T, js jetstream.JetStream) map[uint64]string {
	t.Helper()
	ended := map[uint64]string{}
	for _, stream := range ends {
		if stream == article.StreamDead {
			continue
		}
		_, err := bus.Scan(t.Context(), js, stream, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			a, err := article.Decode(m.Data())
			if err != nil {
				return err
			}
			ended[a.Input.Seq] = strings.TrimPrefix(a.Input.SHA256, "sha256:")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return ended
}
