package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// A member of the cluster is cut off while messages are stored, and comes back. Whatever
// member a scan is put on, it reads everything the leader had when it began.
func TestScan_readsAllThatTheLeaderHasFromAMemberThatLags(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	t.Parallel()
	const rounds, each = 2, 600
	c := desktest.StartCluster(t, 3)
	c.Provision(bus.NewTopology(bus.Settings{Replicas: 3, Store: 4 << 30}))
	pub, err := bus.NewPublisher(c.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	stored := 0
	for round := range rounds {
		var laggard *desktest.Node
		desktest.Wait(t, "a leader", func() bool {
			laggard = nil
			leader := c.Leader(article.StreamIngested)
			for _, n := range c.Nodes {
				// The test's own connection must not be to the node that is cut off.
				if leader != nil && n != leader && n.Name != c.Conn.ConnectedServerName() {
					laggard = n
				}
			}
			return laggard != nil
		})
		for _, l := range laggard.Links() {
			l.Silence()
		}
		for i := range each {
			m := &nats.Msg{Subject: article.SubjectIngested, Header: nats.Header{nats.MsgIdHdr: {fmt.Sprintf("%d/%d", round, i)}}, Data: make([]byte, 48<<10)}
			desktest.Wait(t, "the message to be stored", func() bool {
				_, err := pub.PublishWait(t.Context(), m)
				if err != nil {
					t.Log(err)
				}
				return err == nil
			})
			stored++
		}
		for _, l := range laggard.Links() {
			l.Mend()
		}
		for range 40 {
			n := 0
			var next uint64
			desktest.Wait(t, "a scan that succeeds", func() bool {
				n = 0
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				var err error
				next, err = bus.Scan(ctx, c.JS, article.StreamIngested, bus.ScanOptions{}, func(jetstream.Msg, *jetstream.MsgMetadata) error { n++; return nil })
				return err == nil
			})
			if n != stored || next != uint64(stored)+1 {
				t.Fatalf("round %d: a scan read %d messages and goes on at %d, want %d", round, n, next, stored)
			}
		}
	}
}

// A cluster whose leader has just been killed answers at once that nobody is there. The
// sender waits for the next leader instead of giving up.
func TestIntake_waitsForTheNextLeader(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	t.Parallel()
	c := desktest.StartCluster(t, 3)
	c.Provision(bus.NewTopology(bus.Settings{Replicas: 3, Store: 1 << 30}))
	pub, err := bus.NewPublisher(c.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	blobs, err := bus.OpenBlobs(t.Context(), c.JS)
	if err != nil {
		t.Fatal(err)
	}
	var leader *desktest.Node
	desktest.Wait(t, "a leader", func() bool { leader = c.Leader(article.StreamInbox); return leader != nil })
	leader.Kill()
	ack, err := bus.NewIntake(pub, blobs).Put(t.Context(), bus.File{Source: "ap", Lane: article.Live, Data: []byte("x")})
	if err != nil || ack.Seq != 1 || ack.Duplicate {
		t.Errorf("%+v, %v: want it stored as the first", ack, err)
	}
}
