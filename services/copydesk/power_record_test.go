package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest/powercut"
	"github.com/copydesk/copydesk/pkg/door"
)

// powerVar turns this test binary into the one that has a desk of its own, drops files
// into it, and writes down each that was acknowledged. All of it runs under strace, so
// that what the desk's process did and what the sender was told are in one order.
const powerVar = "COPYDESK_TEST_POWER_SENDER"

// powerSpec is what the sender is told.
type powerSpec struct {
	Profile       bus.Profile
	Drops, Rate   int // files, and how many a second; 0 is as fast as they are taken
	Data, Acks    string
	NATS, Listen  string
	BlobEvery     int // each of so many files is larger than a message may be
	HTTPEvery     int // each of so many comes through the HTTP door
	BlobBytes     int
	DropsInFlight int
}

func init() {
	if spec := os.Getenv(powerVar); spec != "" && os.Getenv(programVar) == "" {
		if err := sendUntilTheCut(spec); err != nil {
			fmt.Fprintln(os.Stderr, "power: sender:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// sendUntilTheCut starts a desk, drops every file and kills the desk at once.
func sendUntilTheCut(text string) error {
	var s powerSpec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	up := program(ctx, "", "up", "--data", s.Data, "--nats-listen", s.NATS, "--listen", s.Listen,
		"--profile", string(s.Profile), "--ack-wait", "2s", "--log-level", "error")
	up.Stderr = os.Stderr
	if err := up.Start(); err != nil {
		return err
	}
	defer func() { _ = up.Process.Kill(); _ = up.Wait() }() // killed is what it is to be
	acks, err := os.OpenFile(s.Acks, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	nc, err := nats.Connect("nats://"+s.NATS, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		return err
	}
	defer nc.Close()
	inbox, err := intakeOf(ctx, nc)
	if err != nil {
		return err
	}
	if err := until(ctx, func() bool { // the door opens last
		r, err := http.Get("http://" + s.Listen + "/readyz")
		if err != nil {
			return false
		}
		return r.Body.Close() == nil && r.StatusCode == http.StatusOK
	}); err != nil {
		return err
	}
	var tick <-chan time.Time
	if s.Rate > 0 {
		t := time.NewTicker(time.Second / time.Duration(s.Rate))
		defer t.Stop()
		tick = t.C
	}
	drops, ctx := errgroup.WithContext(ctx)
	drops.SetLimit(s.DropsInFlight)
	for i := range s.Drops {
		if tick != nil {
			<-tick
		}
		drops.Go(func() error {
			seq, err := s.drop(ctx, inbox, i)
			if err != nil {
				return fmt.Errorf("drop %d: %w", i, err)
			}
			_, err = fmt.Fprintf(acks, "%d %d\n", i, seq)
			return err
		})
	}
	return drops.Wait()
}

// drop puts one file into the inbox, by one way or the other.
func (s powerSpec) drop(ctx context.Context, inbox *bus.Intake, i int) (seq uint64, err error) {
	body := s.text(i)
	if s.HTTPEvery == 0 || i%s.HTTPEvery != 0 {
		ack, err := inbox.Put(ctx, bus.File{Source: "power", Lane: article.Live, Data: body})
		return ack.Seq, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Listen+"/inbox/power", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "text/plain")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var receipts []door.Receipt
	if json.Unmarshal(b, &receipts) != nil || len(receipts) == 0 {
		var one door.Receipt
		if err := json.Unmarshal(b, &one); err != nil {
			return 0, err
		}
		receipts = []door.Receipt{one}
	}
	if resp.StatusCode != http.StatusAccepted || receipts[0].Seq == nil {
		return 0, fmt.Errorf("the door answers %s: %s", resp.Status, b)
	}
	return *receipts[0].Seq, nil
}

// text is the i-th file: an article, and for some so much white space behind it that the
// file goes into the blob bucket.
func (s powerSpec) text(i int) []byte {
	text := []byte(crashText(i))
	if s.BlobEvery > 0 && i%s.BlobEvery == s.BlobEvery/2 {
		r := rand.New(rand.NewPCG(9, uint64(i)))
		text = append(text, "\n\n"...)
		for range s.BlobBytes {
			text = append(text, " \t\n"[r.IntN(3)])
		}
	}
	return text
}

// intakeOf waits for the road and returns its inbox.
func intakeOf(ctx context.Context, nc *nats.Conn) (*bus.Intake, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	var blobs *bus.Blobs
	if err := until(ctx, func() bool { blobs, err = bus.OpenBlobs(ctx, js); return err == nil }); err != nil {
		return nil, err
	}
	pub, err := bus.NewPublisher(nc, bus.PublisherOptions{Timeout: 10 * time.Second})
	if err != nil {
		return nil, err
	}
	return bus.NewIntake(pub, blobs), nil
}

func until(ctx context.Context, ok func() bool) error {
	for !ok() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// powerLog is a desk's life up to the end, as its disk saw it.
type powerLog struct {
	spec  powerSpec
	calls []powercut.Call
	acks  []powerAck
}

// powerAck is a file that was acknowledged, known to be so after the call at.
type powerAck struct {
	at, drop int
	seq      uint64
	time     time.Time
}

// recordPower has a desk live and die, and checks that nothing it wrote was missed: the
// model's view of the folder is the folder.
func recordPower(t *testing.T, s powerSpec) *powerLog {
	t.Helper()
	dir := t.TempDir()
	s.Data, s.Acks, s.NATS, s.Listen = filepath.Join(dir, "data"), filepath.Join(dir, "acks"), freePort(t), freePort(t)
	if err := os.Mkdir(s.Data, 0o755); err != nil {
		t.Fatal(err)
	}
	spec, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t.Context(), "")
	cmd.Env = append(slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, programVar+"=") }), powerVar+"="+string(spec))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	log, err := powercut.Record(cmd, s.Data, s.Acks, dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	l := &powerLog{spec: s, calls: log.Calls}
	d := powercut.NewDisk()
	kinds, written := map[powercut.Kind]int{}, 0
	for at, c := range l.calls {
		if err := d.Apply(c); err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		kinds[c.Kind]++
		if c.Kind == powercut.Write {
			written += len(c.Data)
		}
		if c.Kind == powercut.Mark {
			a := powerAck{at: at, time: c.Time}
			if _, err := fmt.Sscan(string(c.Data), &a.drop, &a.seq); err != nil {
				t.Fatal(err)
			}
			l.acks = append(l.acks, a)
		}
	}
	if len(l.acks) != s.Drops {
		t.Fatalf("%d of %d files were acknowledged\n%s", len(l.acks), s.Drops, &stderr)
	}
	left, err := powercut.ReadImage(s.Data)
	if err != nil {
		t.Fatal(err)
	}
	seen := d.Seen()
	for _, p := range log.CutOff {
		within := func(path string, _ []byte) bool { return path == p || strings.HasPrefix(path, p+"/") }
		maps.DeleteFunc(left, within)
		maps.DeleteFunc(seen, within)
	}
	if diff := left.Diff(seen); diff != "" {
		t.Fatalf("the recorder missed something: %s", diff)
	}
	t.Logf("%s: %d calls %v, %.1f MB, %d files acknowledged, recorded in %.1f s",
		s.Profile, len(l.calls), kinds, float64(written)/1e6, len(l.acks), time.Since(began).Seconds())
	return l
}
