package bus_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

func TestSweeper_removesTheBlobsOfTrimmedFilesUnlessALetterHasThem(t *testing.T) {
	t.Parallel()
	in := newIntake(t, bus.Settings{InboxAge: time.Hour})
	refs := map[string]string{}
	for _, name := range []string{"trimmed", "buried", "waiting"} {
		if _, err := in.Put(t.Context(), bus.File{Source: "ap", Data: bytes.Repeat([]byte(name), 200<<10)}); err != nil {
			t.Fatal(err)
		}
		refs[name] = in.last(t, article.StreamInbox).Header.Get(article.HeaderBlob)
	}
	in.put(t, &nats.Msg{Subject: article.DeadSubject(article.StageIngest), Header: nats.Header{article.HeaderBlob: {refs["buried"]}}})
	in.ack(t, article.StreamInbox, article.StageIngest, 2)

	now := time.Now().Add(2 * time.Hour)
	clock := func() time.Time { return now }
	sweeper := bus.NewSweeper(in.JS, in.blobs, clock)
	trimmer := bus.NewTrimmer(in.JS, in.topo, in.memory(t), clock)
	trimmer.Sweeper = sweeper
	if n, err := trimmer.Trim(t.Context()); err != nil || n != 2 {
		t.Fatalf("%d messages went, %v; want the two acknowledged", n, err)
	}
	if n, err := sweeper.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("%d blobs went, %v; want one", n, err)
	}
	for name, want := range map[string]bool{"trimmed": false, "buried": true, "waiting": true} {
		if has, err := in.blobs.Has(t.Context(), refs[name]); err != nil || has != want {
			t.Errorf("the blob of the file %s is there: %t, %v; want %t", name, has, err, want)
		}
	}

	// The last one goes with its file, but not before an hour has passed.
	in.ack(t, article.StreamInbox, article.StageIngest, 1)
	if _, err := trimmer.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := sweeper.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("%d blobs went within the hour, %v", n, err)
	}
	now = now.Add(time.Hour)
	if n, err := sweeper.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("%d blobs went, %v; want the last", n, err)
	}
}
