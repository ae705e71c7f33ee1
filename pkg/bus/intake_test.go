package bus_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

type intake struct {
	*road
	*bus.Intake
	blobs *bus.Blobs
}

func newIntake(t *testing.T, s bus.Settings) *intake {
	t.Helper()
	r := newRoad(t, s)
	blobs, err := bus.OpenBlobs(t.Context(), r.JS)
	if err != nil {
		t.Fatal(err)
	}
	return &intake{r, bus.NewIntake(newPublisher(t, r.Conn, bus.PublisherOptions{}), blobs), blobs}
}

// last returns the latest message of a stream.
func (in *intake) last(t *testing.T, name string) *jetstream.RawStreamMsg {
	t.Helper()
	s, err := in.JS.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetMsg(t.Context(), s.CachedInfo().State.LastSeq)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestIntake_storesFilesUnderFreshIds(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{})
	f := bus.File{Source: "ap", Data: []byte("news"), Header: nats.Header{article.HeaderFilename: {"a.txt"}}}
	ids := map[string]bool{}
	for i := range 2 {
		ack, err := in.Put(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if want := (bus.Ack{Stream: article.StreamInbox, Seq: uint64(i + 1)}); ack != want {
			t.Errorf("put %d: %+v, want %+v: the same bytes twice are two files", i, ack, want)
		}
		m := in.last(t, article.StreamInbox)
		ids[m.Header.Get(nats.MsgIdHdr)] = true
		if m.Subject != "articles.inbox.ap" || m.Header.Get(article.HeaderFilename) != "a.txt" || string(m.Data) != "news" {
			t.Errorf("stored %s %v %q", m.Subject, m.Header, m.Data)
		}
	}
	if len(ids) != 2 || ids[""] {
		t.Errorf("ids %v, want two", ids)
	}
	if diff := cmp.Diff(nats.Header{article.HeaderFilename: {"a.txt"}}, f.Header); diff != "" {
		t.Errorf("the sender's header was changed (-want +got):\n%s", diff)
	}
	f.Lane = article.Backfill
	if ack, err := in.Put(t.Context(), f); err != nil || ack.Stream != article.StreamBackfill {
		t.Errorf("backfill: %+v, %v", ack, err)
	}
}

func TestIntake_putsLargeFilesBesideTheInbox(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{})
	for _, size := range []int{0, bus.MaxInlineFile, bus.MaxInlineFile + 1, 3 << 20} {
		data := bytes.Repeat([]byte("x"), size)
		if _, err := in.Put(t.Context(), bus.File{Source: "ap", Data: data}); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		m := in.last(t, article.StreamInbox)
		ref := m.Header.Get(article.HeaderBlob)
		if inline := size <= bus.MaxInlineFile; inline != (ref == "") {
			t.Errorf("%d bytes: blob %q", size, ref)
			continue
		}
		got := m.Data
		if ref != "" {
			var err error
			if got, err = in.blobs.Get(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes come back as %d", size, len(got))
		}
	}
}

func TestIntake_refusesWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{Store: 1 << 20})
	if _, err := in.Put(t.Context(), bus.File{Source: "a.b", Data: []byte("x")}); err == nil {
		t.Error("a source of two tokens is taken")
	}
	if _, err := in.Put(t.Context(), bus.File{Source: "ap", Data: make([]byte, bus.MaxFile+1)}); !errors.Is(err, bus.ErrTooLarge) {
		t.Errorf("a file over the limit: %v, want ErrTooLarge", err)
	}
	var err error
	stored := 0
	for ; stored < 10; stored++ {
		if _, err = in.Put(t.Context(), bus.File{Source: "ap", Data: make([]byte, 90<<10)}); err != nil {
			break
		}
	}
	if !errors.Is(err, bus.ErrFull) || stored == 0 {
		t.Errorf("after %d files: %v, want ErrFull", stored, err)
	}
	if n := in.state(t, article.StreamInbox).Msgs; n != uint64(stored) {
		t.Errorf("the inbox holds %d files, want %d", n, stored)
	}
}

func TestIntake_givesUpWithoutAnInbox(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{})
	if err := in.JS.DeleteStream(t.Context(), article.StreamInbox); err != nil {
		t.Fatal(err)
	}
	hasty := bus.NewIntake(newPublisher(t, in.Conn, bus.PublisherOptions{Timeout: 50 * time.Millisecond}), in.blobs)
	if _, err := hasty.Put(t.Context(), bus.File{Source: "ap", Data: []byte("x")}); !errors.Is(err, bus.ErrNoAck) {
		t.Errorf("error %v, want ErrNoAck", err)
	}
}

// A server that led a stream, lost the lead and leads again may take an id for one that it
// is storing, for minutes.
func TestIntake_takesAnotherIDWhereTheServerIsStuckWithOne(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{})
	if err := in.JS.DeleteStream(t.Context(), article.StreamInbox); err != nil {
		t.Fatal(err)
	}
	ids := make(chan string, 100)
	var first string
	server := in.Connect(t, "server")
	_, err := server.Subscribe("articles.inbox.ap", func(m *nats.Msg) {
		id := m.Header.Get(nats.MsgIdHdr)
		ids <- id
		answer := `{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"}}`
		if first == "" {
			first = id
		} else if id != first {
			answer = `{"stream":"ARTICLES_INBOX","seq":7}`
		}
		_ = m.Respond([]byte(answer)) // the publisher would time out
	})
	if err == nil {
		err = server.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	hasty := bus.NewIntake(newPublisher(t, in.Conn, bus.PublisherOptions{Timeout: 50 * time.Millisecond}), in.blobs)
	ack, err := hasty.Put(t.Context(), bus.File{Source: "ap", Data: []byte("x")})
	if err != nil || ack.Seq != 7 {
		t.Fatalf("%+v, %v", ack, err)
	}
	close(ids)
	var seen []string
	for id := range ids {
		seen = append(seen, id)
	}
	if n := len(seen); n < 3 || seen[1] != seen[0] || seen[n-1] == seen[0] {
		t.Errorf("ids %v, want the first again, and another in the end", seen)
	}
}

func TestBlobs_giveBackOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{})
	one, err := in.blobs.Put(t.Context(), []byte("same"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := in.blobs.Put(t.Context(), []byte("same"))
	if err != nil || one == two {
		t.Errorf("two blobs under %s and %s, %v: a name is never written again", one, two, err)
	}
	for ref, want := range map[string]error{
		"elsewhere/abc":            bus.ErrForeignRef,
		bus.BucketBlobs + "/":      bus.ErrForeignRef,
		"":                         bus.ErrForeignRef,
		bus.BucketBlobs + "/never": jetstream.ErrObjectNotFound,
	} {
		if _, err := in.blobs.Get(t.Context(), ref); !errors.Is(err, want) {
			t.Errorf("get %q: %v, want %v", ref, err, want)
		}
	}
}
