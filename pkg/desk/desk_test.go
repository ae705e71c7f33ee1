package desk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// bench is a running desk with an inbox.
type bench struct {
	*desktest.Server
	inbox *bus.Intake
	stop  func()
}

func start(t testing.TB, o desk.Options) *bench {
	t.Helper()
	b := &bench{Server: desktest.StartServer(t, natsembed.Options{Profile: o.Settings.Profile})}
	b.run(t, o)
	pub, err := bus.NewPublisher(b.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), b.JS)
	if err != nil {
		t.Fatal(err)
	}
	b.inbox = bus.NewIntake(pub, blobs)
	return b
}

func (b *bench) run(t testing.TB, o desk.Options) {
	t.Helper()
	o.Dial = b.Dial
	o.Provision = true
	if o.Logger == nil {
		o.Logger = desktest.Logger(t)
	}
	d, err := desk.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
}

func (b *bench) drop(t testing.TB, lane article.Lane, text string) {
	t.Helper()
	_, err := b.inbox.Put(t.Context(), bus.File{Source: "test", Lane: lane, Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
}

// settled waits until every one of n items has ended, and returns the sums.
func (b *bench) settled(t testing.TB, n int) ledger.Sums {
	t.Helper()
	var total ledger.Sums
	desktest.Wait(t, "every item to end", func() bool {
		// Opened anew each time: the desk's own ledger may have counted, and let the
		// trimmer remove, what this one has not seen.
		books, err := ledger.Open(t.Context(), b.JS)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		total = ledger.Total(books.Report())
		return total.Items() >= int64(n) && total.InFlight() == 0
	})
	return total
}

// records returns the records of a stream, each checked against the schema.
func (b *bench) records(t testing.TB, stream string) []*article.Article {
	t.Helper()
	var got []*article.Article
	_, err := bus.Scan(t.Context(), b.JS, stream, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		desktest.ValidateRecord(t, m.Data())
		a, err := article.Decode(m.Data())
		got = append(got, a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "deploy", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDesk_givesEveryFileAVerdict(t *testing.T) {
	t.Parallel()
	for _, profile := range []bus.Profile{bus.Fast, bus.Durable} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{Settings: bus.Settings{Profile: profile}, Ordered: true})
			for _, name := range []string{"02-border-talks.txt", "03-border-talks-again.txt", "04-border-talks-near.txt", "05-border-talks-excerpt.txt", "07-schleuse.txt"} {
				b.drop(t, article.Live, sample(t, name))
			}
			b.drop(t, article.Backfill, sample(t, "06-rail-fares.txt"))
			b.drop(t, article.Live, "\x7fELF\x00 no text")
			total := b.settled(t, 7)
			want := ledger.Sums{Files: 7, Opened: 7, Split: 7, Enriched: 4, Duplicate: 2, Dead: 1}
			if diff := cmp.Diff(want, total); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			for _, stream := range []string{article.StreamIngested, article.StreamUnique, article.StreamTagged, article.StreamEnriched, article.StreamDuplicate} {
				for _, a := range b.records(t, stream) {
					if a.Text == nil || a.Item == "" {
						t.Errorf("%s: record %s without text", stream, a.Item)
					}
				}
			}
			for _, a := range b.records(t, article.StreamEnriched) {
				text := []rune(*a.Text)
				for _, s := range a.Summary.Sentences {
					if got := string(text[s.Start:s.End]); got != s.Text {
						t.Errorf("summary sentence %q is not text[%d:%d] = %q", s.Text, s.Start, s.End, got)
					}
				}
				if len(a.Trace) != 4 {
					t.Errorf("%d steps in the trace, want 4", len(a.Trace))
				}
			}
		})
	}
}

func TestDesk_oneBadItemOfAFileDoesNotHarmItsNeighbours(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Ordered: true})
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for _, m := range [][2]string{{"one.txt", sample(t, "02-border-talks.txt")}, {"two.txt", "1 2 3"}, {"three.txt", sample(t, "07-schleuse.txt")}} {
		w, err := z.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b.drop(t, article.Live, file.String())
	want := ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 2, Dead: 1}
	if diff := cmp.Diff(want, b.settled(t, 3)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	_, err := bus.Scan(t.Context(), b.JS, article.StreamDead, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		h := m.Headers()
		got := []string{h.Get(article.HeaderReason), h.Get(article.HeaderClass), h.Get(article.HeaderIndex), h.Get(article.HeaderCount), h.Get(article.HeaderSource)}
		if diff := cmp.Diff([]string{"no_text", "input", "1", "3", "test"}, got); diff != "" {
			t.Errorf("headers of the dead letter (-want +got):\n%s", diff)
		}
		if !bytes.Equal(m.Data(), file.Bytes()) || !strings.Contains(h.Get(article.HeaderError), "two.txt") {
			t.Errorf("the letter has %d of %d bytes and says %q", len(m.Data()), file.Len(), h.Get(article.HeaderError))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDesk_storesTheFileOfManyDeadLettersOnce(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Ordered: true})
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	add := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const bad = 50
	for i := range bad {
		add(fmt.Sprintf("%02d.txt", i), []byte("1 2 3"))
	}
	add("story.txt", []byte(sample(t, "07-schleuse.txt")))
	add("photo.png", append([]byte("\x89PNG\r\n\x1a\n\x00"), make([]byte, bus.MaxInline)...))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b.drop(t, article.Live, file.String())
	if total := b.settled(t, bad+1); total.Dead != bad || total.Enriched != 1 {
		t.Fatalf("ledger %+v, want %d dead and one enriched", total, bad)
	}
	blobs, err := bus.OpenBlobs(t.Context(), b.JS)
	if err != nil {
		t.Fatal(err)
	}
	refs := map[string]int{}
	_, err = bus.Scan(t.Context(), b.JS, article.StreamDead, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		refs[m.Headers().Get(article.HeaderBlob)]++
		if len(m.Data()) != 0 {
			t.Errorf("a letter carries %d bytes itself", len(m.Data()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for ref, n := range refs {
		raw, err := blobs.Get(t.Context(), ref)
		if n != bad || err != nil || !bytes.Equal(raw, file.Bytes()) {
			t.Errorf("%d letters refer to %q, with %d of the file's %d bytes, %v", n, ref, len(raw), file.Len(), err)
		}
	}
	store, err := b.JS.ObjectStore(t.Context(), bus.BucketBlobs)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := store.List(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d blobs are stored, %v, want one", len(all), err)
	}
}

func TestDesk_carriesTextsTooLargeForAMessage(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	var long strings.Builder
	for i := range 12000 {
		long.WriteString("The committee met for the ")
		long.WriteString(strings.Repeat("very ", i%7))
		long.WriteString("long session and adjourned without a vote on Tuesday evening. ")
		if i%5 == 4 {
			long.WriteString("\n\n")
		}
	}
	if long.Len() < bus.MaxInlineFile {
		t.Fatalf("the text has %d bytes only", long.Len())
	}
	b.drop(t, article.Live, long.String())
	b.settled(t, 1)
	for _, a := range b.records(t, article.StreamEnriched) {
		if a.Text != nil || a.TextRef == nil {
			t.Fatal("a text of a megabyte travels inside the message")
		}
		blobs, err := bus.OpenBlobs(t.Context(), b.JS)
		if err != nil {
			t.Fatal(err)
		}
		text, err := blobs.Get(t.Context(), *a.TextRef)
		if err != nil {
			t.Fatal(err)
		}
		runes := []rune(string(text))
		for _, s := range a.Summary.Sentences {
			if got := string(runes[s.Start:s.End]); got != s.Text {
				t.Errorf("summary sentence %q is not in the text at its place", s.Text)
			}
		}
	}
	if total := b.settled(t, 1); total.Enriched != 1 {
		t.Errorf("ledger %+v, want one enriched", total)
	}
}

// Whatever a desk was at when it is told to stop, it has not failed.
func TestDesk_canBeStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Learning: desk.Learning{Interval: -1}})
	b.stop()
	for _, at := range append(article.Stages(), "provision", desk.Housekeeping, "lookout") {
		ctx, cancel := context.WithCancel(t.Context())
		d, err := desk.New(desk.Options{
			Provision: true, Logger: desktest.Logger(t), Learning: desk.Learning{Interval: -1},
			Dial: func(name string) (*nats.Conn, error) {
				if name == at {
					cancel()
				}
				return b.Dial(name)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Run(ctx); err != nil || ctx.Err() == nil {
			t.Errorf("stopped at the connection of %s: %v", at, err)
		}
	}
}

func TestDesk_stoppedLongerThanEveryRetentionDoublesNothing(t *testing.T) {
	t.Parallel()
	// The server forgets ids within a second and everything is trimmed at once.
	settings := bus.Settings{
		DuplicateWindow: 100 * time.Millisecond,
		InboxAge:        time.Millisecond, HopAge: time.Millisecond, DedupeWindow: time.Hour, OutputAge: time.Hour,
	}
	b := start(t, desk.Options{Settings: settings, HousekeepingInterval: 50 * time.Millisecond})
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	b.drop(t, article.Live, sample(t, "07-schleuse.txt"))
	b.settled(t, 2)
	b.stop()
	// Every consumer is set back to its beginning, as a power cut can do.
	for _, c := range bus.NewTopology(settings).Consumers {
		if err := b.JS.DeleteConsumer(t.Context(), c.Stream, c.Name); err != nil {
			t.Fatal(err)
		}
	}
	b.run(t, desk.Options{Settings: settings, HousekeepingInterval: 50 * time.Millisecond})
	b.drop(t, article.Live, sample(t, "02-border-talks.txt"))
	total := b.settled(t, 3)
	if total.Enriched != 3 || total.Duplicate != 0 || total.Dead != 0 {
		t.Errorf("ledger %+v, want three enriched", total)
	}
	seen := map[string]bool{}
	for _, a := range b.records(t, article.StreamEnriched) {
		if seen[a.URI] {
			t.Errorf("%s is published twice", a.URI)
		}
		seen[a.URI] = true
	}
}
