package main

import (
	"bytes"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
)

func TestRaw_findsTheFileOfADeadArticleThatTheInboxLetGoOf(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	pub, err := bus.NewPublisher(srv.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	blobs, err := bus.OpenBlobs(t.Context(), srv.JS)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"small": []byte("\x7fELF\x00 noise"),
		"large": append([]byte("\x7fELF\x00"), make([]byte, bus.MaxInlineFile)...),
	} {
		ack, err := bus.NewIntake(pub, blobs).Put(t.Context(), bus.File{Source: "ap", Lane: article.Live, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		inbox, err := srv.JS.Stream(t.Context(), article.StreamInbox)
		if err != nil {
			t.Fatal(err)
		}
		item := article.ItemID(inbox.CachedInfo().Created, ack.Seq, 0)
		c := &client{srv.Conn, srv.JS}
		ref, err := parseReference(item)
		if err != nil {
			t.Fatal(err)
		}
		desktest.Wait(t, "the letter", func() bool { _, err := find(t.Context(), c.js, ref); return err == nil })
		if err := inbox.DeleteMsg(t.Context(), ack.Seq); err != nil {
			t.Fatal(err)
		}
		var out, stderr bytes.Buffer
		code := execute(t.Context(), []string{"raw", item, "--nats", srv.URL()}, streams{in: nil, out: &out, err: &stderr}, func() []string { return nil })
		if code != 0 || !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: raw exits with %d and %d of %d bytes: %s", name, code, out.Len(), len(data), stderr.String())
		}
	}
}
