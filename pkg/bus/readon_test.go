package bus_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

func TestReadOn_readsALogToItsEndAndOn(t *testing.T) {
	t.Parallel()
	s := leaseServer(t)
	put := func(from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			if _, err := s.JS.Publish(t.Context(), article.SubjectDecisions, fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(from uint64) (got []string, next uint64) {
		t.Helper()
		next, err := bus.ReadOn(t.Context(), s.Conn, article.StreamDecisions, article.SubjectDecisions, from, func(m bus.Stored) error {
			if m.Time.IsZero() || fmt.Sprint(m.Seq) != string(m.Data) {
				t.Errorf("message %q has sequence %d and time %s", m.Data, m.Seq, m.Time)
			}
			got = append(got, string(m.Data))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, next
	}
	if got, next := read(1); len(got) != 0 || next != 1 {
		t.Errorf("an empty log gives %v and goes on at %d, want nothing and 1", got, next)
	}
	put(1, 1203) // more than two requests
	got, next := read(1)
	if len(got) != 1203 || next != 1204 {
		t.Fatalf("read %d messages up to %d, want 1203 up to 1204", len(got), next)
	}
	if got, next = read(next); len(got) != 0 || next != 1204 {
		t.Errorf("with nothing new it gives %v and goes on at %d", got, next)
	}
	put(1204, 1206)
	stream, err := s.JS.Stream(t.Context(), article.StreamDecisions)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), 1205); err != nil {
		t.Fatal(err)
	}
	if got, next = read(next); !slices.Equal(got, []string{"1204", "1206"}) || next != 1207 {
		t.Errorf("with one removed it gives %v and goes on at %d", got, next)
	}

	// What was removed at the end is told from what is not read yet.
	if err := stream.DeleteMsg(t.Context(), 1206); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[uint64]uint64{1205: 1207, 1204: 1204, 1207: 1207, 2000: 1207} {
		got, err := bus.Gap(t.Context(), s.Conn, s.JS, article.StreamDecisions, article.SubjectDecisions, from)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("gap from %d (-want +got):\n%s%v", from, diff, err)
		}
	}
	if m, err := bus.ReadAt(t.Context(), s.Conn, article.StreamDecisions, 7); err != nil || string(m.Data) != "7" {
		t.Errorf("message 7 is %q, %v", m.Data, err)
	}
	if _, err := bus.ReadAt(t.Context(), s.Conn, article.StreamDecisions, 1205); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("a removed message: %v, want ErrMsgNotFound", err)
	}
}
