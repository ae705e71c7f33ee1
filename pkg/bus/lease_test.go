package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// claimant is a process that wants the lease.
type claimant struct {
	*bus.Lease
	nc   *nats.Conn
	stop func()
}

func claim(t *testing.T, s *desktest.Server) *claimant {
	t.Helper()
	nc := s.Connect(t, "claimant")
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	state, err := bus.OpenState(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	l := state.NewLease(nc, "test", desktest.Logger(t))
	return &claimant{Lease: l, nc: nc, stop: desktest.Run(t, func(ctx context.Context) error { return l.Run(ctx) })}
}

func leaseServer(t *testing.T) *desktest.Server {
	t.Helper()
	s := desktest.StartServer(t, natsembed.Options{})
	if err := bus.Provision(t.Context(), s.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	return s
}

// takeover returns how long it takes b to hold the lease after what ends a's hold.
func takeover(t *testing.T, b *claimant, end func()) time.Duration {
	t.Helper()
	begun := time.Now()
	end()
	desktest.Wait(t, "the other to take the lease", b.Held)
	return time.Since(begun)
}

func TestLease_isHeldByOneAndPassesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(a *claimant)
		most time.Duration
	}{
		{"at once when it is given up", func(a *claimant) { a.stop() }, 3 * time.Second},
		{"at once when the holder's connection is gone", func(a *claimant) { a.nc.Close() }, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := leaseServer(t)
			a := claim(t, s)
			desktest.Wait(t, "the first to take the lease", a.Held)
			<-a.Changed()
			b := claim(t, s)
			if b.Held() {
				t.Fatal("two hold the lease")
			}
			if took := takeover(t, b, func() { c.end(a) }); took > c.most {
				t.Errorf("taking over took %s, want at most %s", took, c.most)
			}
			desktest.Wait(t, "the first to know", func() bool { return !a.Held() })
		})
	}
}

func TestLease_ofAHolderThatIsSilentRunsOut(t *testing.T) {
	t.Parallel()
	s := leaseServer(t)
	kv, err := s.JS.KeyValue(t.Context(), bus.BucketState)
	if err != nil {
		t.Fatal(err)
	}
	// A holder that is connected and does nothing, like a process that was paused.
	sub, err := s.Conn.SubscribeSync("paused")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	if _, err := kv.Put(t.Context(), "lease.test", []byte(`{"owner":"paused","probe":"paused"}`)); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	b := claim(t, s)
	desktest.Wait(t, "the lease to run out", b.Held)
	if took := time.Since(begun); took < 4*time.Second {
		t.Errorf("the lease ran out after %s, want more than 4 s", took)
	}
}

func TestLease_takenFromUnderTheHolderIsNoticed(t *testing.T) {
	t.Parallel()
	s := leaseServer(t)
	a := claim(t, s)
	desktest.Wait(t, "the lease", a.Held)
	kv, err := s.JS.KeyValue(t.Context(), bus.BucketState)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := s.Conn.SubscribeSync("other")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	if _, err := kv.Put(t.Context(), "lease.test", []byte(`{"owner":"other","probe":"other"}`)); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the old holder to step back", func() bool { return !a.Held() })
}
