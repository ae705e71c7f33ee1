package bus_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// The inbox has two files; an item of a fifth is further on, the ingest stage of the
// backfill is remembered to have come to 3, and the ledger has read 4 decisions.
func TestCountOn_givesOutNoNumberTwice(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	r.put(t, message("articles.inbox.ap", "1"), message("articles.inbox.ap", "2"))
	for lane, seq := range map[article.Lane]string{article.Live: "5", "someone's": "900"} {
		r.put(t, &nats.Msg{Subject: article.SubjectTagged, Header: nats.Header{
			article.HeaderLane: {string(lane)}, article.HeaderOriginSeq: {seq},
		}})
	}
	state, err := bus.OpenState(t.Context(), r.JS)
	if err != nil {
		t.Fatal(err)
	}
	info := func(name string) *jetstream.StreamInfo {
		s, err := r.JS.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo()
	}
	if err := state.SaveFloor(t.Context(), article.StreamBackfill, "ingest", info(article.StreamBackfill).Created, 3); err != nil {
		t.Fatal(err)
	}
	// This one is of an inbox that was there before.
	if err := state.SaveFloor(t.Context(), article.StreamInbox, "ingest", info(article.StreamInbox).Created.Add(1), 700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if _, err := bus.CountOn(t.Context(), r.JS, r.topo, map[string]uint64{article.StreamDecisions: 4}); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string][2]uint64{}
	for _, row := range r.topo.Streams {
		if s := info(row.Name).State; s.LastSeq > 0 {
			got[row.Name] = [2]uint64{s.LastSeq, s.Msgs}
		}
	}
	want := map[string][2]uint64{
		article.StreamInbox: {5, 2}, article.StreamBackfill: {3, 0}, article.StreamDecisions: {4, 0}, article.StreamTagged: {2, 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("last number and messages, want -, got +\n%s", diff)
	}
}

func TestCountOn_refusesWhatNoPowerCutLeaves(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	if _, err := bus.CountOn(t.Context(), r.JS, r.topo, map[string]uint64{article.StreamInbox: 1 << 40}); err == nil {
		t.Error("it counts to a trillion")
	}
}
