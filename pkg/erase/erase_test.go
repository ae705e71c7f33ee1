package erase_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/erase"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// marker is a word of the article that is to be erased, and of nothing else.
const marker = "Quillfeather"

// story is the article.
func story(version string) string {
	return "Harbour master " + marker + " resigns over the lost ledger\n\n" +
		"Harbour master Odile " + marker + " of Port Sorrel resigned on Tuesday after an audit found that the ledger of mooring fees for eleven years had been lost.\n\n" +
		"The town council had asked " + marker + " in March to explain why 412 boats paid nothing, and got no answer until the audit was published " + version + ".\n\n" +
		"A deputy will look after the harbour until the election in autumn, the council said, and the fishermen may pay what they owe in four parts.\n\nCall the " + marker + " line\n"
}

// other is an article that stays.
func other(i int) string {
	return fmt.Sprintf("Bridge number %d of the valley line opens to walkers\n\nThe bridge number %d of the old valley line was opened to walkers on Friday after %d months of work by the club of village %d.\n\nIts planks came from a mill that closed in the year %d, the head of the club said at the opening.\n", i, i, i*3+2, i*7, 1900+i)
}

// place is a desk at work on a server whose files the test can read.
type place struct {
	*desktest.Server
	dir   string
	inbox *bus.Intake
	stop  func()
}

func open(t *testing.T, dir string) *place {
	t.Helper()
	p := &place{dir: dir, Server: desktest.StartServer(t, natsembed.Options{Dir: dir})}
	p.start(t)
	pub, err := bus.NewPublisher(p.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), p.JS)
	if err != nil {
		t.Fatal(err)
	}
	p.inbox = bus.NewIntake(pub, blobs)
	return p
}

// start runs a desk that works on one article at a time.
func (p *place) start(t *testing.T) {
	t.Helper()
	d, err := desk.New(desk.Options{
		Dial: p.Dial, Provision: true, Ordered: true, StateDir: p.dir, Logger: desktest.Logger(t),
		HousekeepingInterval: 20 * time.Millisecond, Learning: desk.Learning{Interval: 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
}

func (p *place) drop(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		if _, err := p.inbox.Put(t.Context(), bus.File{Source: "port", Lane: article.Live, Data: []byte(f)}); err != nil {
			t.Fatal(err)
		}
	}
}

// balance waits until the ledger balances with so many items.
func (p *place) balance(t *testing.T, items int64) ledger.Sums {
	t.Helper()
	var total ledger.Sums
	desktest.Wait(t, "every item to end", func() bool {
		books, err := ledger.Open(t.Context(), p.JS)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		total = ledger.Total(books.Report())
		return total.Items() >= items && total.InFlight() == 0
	})
	if total.Items() != items {
		t.Fatalf("ledger has %d items, want %d: %+v", total.Items(), items, total)
	}
	return total
}

// uriOf returns the uri of the enriched record whose text has a word.
func (p *place) uriOf(t *testing.T, word string) string {
	t.Helper()
	uri := ""
	_, err := bus.Scan(t.Context(), p.JS, article.StreamEnriched, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		a, err := article.Decode(m.Data())
		if err == nil && a.Text != nil && strings.Contains(*a.Text, word) && uri == "" {
			uri = a.URI
		}
		return err
	})
	if err != nil || uri == "" {
		t.Fatalf("no article with %s: %v", word, err)
	}
	return uri
}

func (p *place) eraser(t *testing.T) *erase.Eraser {
	t.Helper()
	e, err := erase.New(t.Context(), p.Conn, p.JS, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// stored returns where the marker is in what the server gives out.
func (p *place) stored(t *testing.T) (found []string) {
	t.Helper()
	names := p.JS.StreamNames(t.Context())
	for name := range names.Name() {
		_, err := bus.Scan(t.Context(), p.JS, name, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			if hasMarker(m.Data()) || strings.Contains(fmt.Sprint(m.Headers()), marker) {
				found = append(found, fmt.Sprint(name, " ", meta.Sequence.Stream, " ", m.Subject()))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// hasMarker looks for the marker, folded too.
func hasMarker(b []byte) bool {
	if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if plain, err := io.ReadAll(z); err == nil {
			b = plain
		}
	}
	return bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(marker)))
}

// files returns which files below the folder have the marker, packed blocks too.
func (p *place) files(t *testing.T) (found []string) {
	t.Helper()
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if hasMarker(b) || hasMarker(unpacked(b)) {
			found = append(found, strings.TrimPrefix(path, p.dir))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// unpacked reads a block of a compressed stream: after "cmp", the algorithm and its size.
func unpacked(b []byte) []byte {
	if len(b) < 4 || string(b[:3]) != "cmp" {
		return nil
	}
	var out bytes.Buffer
	_, size := binary.Uvarint(b[4:])
	_, _ = out.ReadFrom(s2.NewReader(bytes.NewReader(b[4+size:]))) // as far as it goes
	return out.Bytes()
}

func TestErase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := open(t, dir)
	p.drop(t, other(1), story("yesterday"), other(2), story("yesterday"), "Sign up for our letter\n\n"+story("yesterday"), other(3))
	before := p.balance(t, 6)
	if before.Enriched != 4 || before.Duplicate != 2 {
		t.Fatalf("ledger %+v, want 4 articles and 2 copies", before)
	}
	desktest.Wait(t, "the lines at its edges to be learnt", func() bool { return strings.Contains(strings.Join(p.stored(t), " "), bus.BucketSources) })
	if len(p.stored(t)) < 6 || len(p.files(t)) < 3 {
		t.Fatalf("the marker is in %v and in the files %v: the test looks wrongly", p.stored(t), p.files(t))
	}
	uri := p.uriOf(t, marker)
	r := erase.Request{URI: uri, Copies: true, Reason: "court order", By: "test"}

	state := p.stored(t)
	dry, err := p.eraser(t).DryRun(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(state, p.stored(t)); d != "" {
		t.Errorf("a dry run changed what is stored:\n%s", d)
	}
	image := filepath.Join(dir, "dedupe.index")
	if _, err := os.Stat(image); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("an image of the index is there already: %v", err)
	}
	proof, err := p.eraser(t).Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range proof.Stores {
		if s.Left != 0 || s.Found != dry.Stores[i].Found {
			t.Errorf("%s: found %d, %d in the dry run; %d left", s.Name, s.Found, dry.Stores[i].Found, s.Left)
		}
	}
	if proof.Total() < 10 || len(proof.URIs) != 3 || len(proof.Copies) != 0 {
		t.Errorf("proof %+v", proof)
	}
	p.gone(t)
	desktest.Wait(t, "a new image of the index", func() bool { _, err := os.Stat(image); return err == nil })
	if after := p.balance(t, 6); after != before {
		t.Errorf("ledger %+v, before %+v", after, before)
	}
	if got := p.tombstones(t); len(got) != 3 {
		t.Errorf("%d tombstones, want 3: %v", len(got), got)
	}

	// Asking again finds nothing and changes nothing.
	again, err := p.eraser(t).Run(t.Context(), r)
	if err != nil || again.Total() != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if got := p.tombstones(t); len(got) != 3 {
		t.Errorf("%d tombstones, want 3", len(got))
	}

	// It does not come back: neither from what is stored, nor from outside.
	p.stop()
	p.Shutdown()
	p = open(t, dir)
	p.drop(t, story("yesterday"), other(4), other(2), "\n\n"+story("yesterday")+"\n\n")
	sums := p.balance(t, 10)
	if sums.Dead != 2 || sums.Enriched != before.Enriched+1 || sums.Duplicate != before.Duplicate+1 {
		t.Errorf("ledger %+v, want two dead, a new article and a copy of one that stayed", sums)
	}
	reasons := map[string]int{}
	_, err = bus.Scan(t.Context(), p.JS, article.StreamDead, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		reasons[m.Subject()+" "+m.Headers().Get(article.HeaderReason)]++
		if len(m.Data()) > 0 {
			t.Errorf("the dead letter has %d bytes", len(m.Data()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]int{"articles.dead.ingest erased": 1, "articles.dead.dedupe erased": 1}, reasons); d != "" {
		t.Error(d)
	}
	// What was refused does not stay either.
	desktest.Wait(t, "the refused files to go", func() bool { return len(p.stored(t)) == 0 })
	p.gone(t)
	p.balance(t, 10)
}

// gone fails the test if the marker is anywhere.
func (p *place) gone(t *testing.T) {
	t.Helper()
	if found := p.stored(t); len(found) > 0 {
		t.Errorf("the marker is still in %v", found)
	}
	// The image of the index follows in a moment, what the server writes as well.
	desktest.Wait(t, "the files to forget", func() bool { return len(p.files(t)) == 0 })
}

func (p *place) tombstones(t *testing.T) (list []article.Erased) {
	t.Helper()
	_, err := bus.Scan(t.Context(), p.JS, article.StreamErased, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		var e article.Erased
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			return err
		}
		list = append(list, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Broken off at any step, an erasure is gone on with by asking again.
func TestErase_goesOnWhereItWasBrokenOff(t *testing.T) {
	t.Parallel()
	p := open(t, t.TempDir())
	errCrash := errors.New("crash")
	for i, step := range []string{
		"block", "decide", "forget blobs", "forgot " + article.StreamUnique, "done",
	} {
		// Each step has an article of its own.
		name := strings.Repeat("x", i+1)
		text := strings.ReplaceAll(strings.ReplaceAll(story("yesterday"), "Port Sorrel", "Port "+name), "412", fmt.Sprint(500+i*13))
		text = strings.ReplaceAll(text, "eleven years", fmt.Sprint(i+20)+" years and "+fmt.Sprint(i*31+7)+" days in the village of "+name)
		p.drop(t, other(100+i), text, text)
		before := p.balance(t, int64(3*(i+1)))
		uri := p.uriOf(t, marker)
		r := erase.Request{URI: uri, Copies: true, Reason: "test", By: "test"}
		e := p.eraser(t)
		e.Step = func(name string) error {
			if name == step {
				return errCrash
			}
			return nil
		}
		if _, err := e.Run(t.Context(), r); !errors.Is(err, errCrash) {
			t.Fatalf("%s: error %v", step, err)
		}
		if _, err := p.eraser(t).Run(t.Context(), r); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if found := p.stored(t); len(found) > 0 {
			t.Fatalf("%s: the marker is still in %v", step, found)
		}
		if after := p.balance(t, int64(3*(i+1))); after != before {
			t.Errorf("%s: ledger %+v, before %+v", step, after, before)
		}
		if got := len(p.tombstones(t)); got != 2*(i+1) {
			t.Errorf("%s: %d tombstones, want %d", step, got, 2*(i+1))
		}
	}
}
