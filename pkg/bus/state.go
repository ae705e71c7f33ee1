package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// State is what the road remembers beside the streams, in the bucket BucketState:
// how far each consumer was acknowledged, and which messages were started when a
// worker died. Both outlive a server that loses its consumer state in a crash.
type State struct{ kv jetstream.KeyValue }

// OpenState opens the bucket Provision declared, patiently.
func OpenState(ctx context.Context, js jetstream.JetStream) (*State, error) {
	kv, err := Patiently(ctx, js.Conn(), func(ctx context.Context) (jetstream.KeyValue, error) { return js.KeyValue(ctx, BucketState) })
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w (run `copydesk up` or a worker with --provision once)", BucketState, err)
	}
	return &State{kv}, nil
}

type floor struct {
	Created time.Time `json:"created"` // the stream's: a new stream counts anew
	Seq     uint64    `json:"seq"`
}

func floorKey(stream, consumer string) string { return "floor." + stream + "." + consumer }

// Floor returns the sequence up to which a consumer has acknowledged everything,
// as last saved, for the stream created at created; 0 when nothing was saved.
func (s *State) Floor(ctx context.Context, stream, consumer string, created time.Time) (uint64, error) {
	var f floor
	if err := s.get(ctx, floorKey(stream, consumer), &f); err != nil {
		return 0, err
	}
	if !f.Created.Equal(created) {
		return 0, nil
	}
	return f.Seq, nil
}

// SaveFloor remembers an acknowledgement floor. Callers only ever raise it.
func (s *State) SaveFloor(ctx context.Context, stream, consumer string, created time.Time, seq uint64) error {
	return s.put(ctx, floorKey(stream, consumer), floor{created, seq})
}

func startsKey(stage, stream string, seq uint64) string {
	return "starts." + stage + "." + stream + "." + strconv.FormatUint(seq, 10)
}

// Starts returns how often a suspect message was started.
func (s *State) Starts(ctx context.Context, stage, stream string, seq uint64) (int, error) {
	var n int
	err := s.get(ctx, startsKey(stage, stream, seq), &n)
	return n, err
}

// SaveStarts remembers, before a suspect message is started, that it was.
func (s *State) SaveStarts(ctx context.Context, stage, stream string, seq uint64, n int) error {
	return s.put(ctx, startsKey(stage, stream, seq), n)
}

// ForgetStarts clears a suspect that came to an end.
func (s *State) ForgetStarts(ctx context.Context, stage, stream string, seq uint64) error {
	if err := s.kv.Purge(ctx, startsKey(stage, stream, seq)); err != nil {
		return fmt.Errorf("clear state: %w", err)
	}
	return nil
}

const retriedKey = "retried"

// RetriedSince returns a time before which no dead letter was ever tried again, and
// false when none was at all: who looks for retries need not look further back.
func (s *State) RetriedSince(ctx context.Context) (at time.Time, ok bool, err error) {
	err = s.get(ctx, retriedKey, &at)
	return at, !at.IsZero(), err
}

// MarkRetried remembers, before the first retry, that there are some from a time on.
func (s *State) MarkRetried(ctx context.Context, at time.Time) error {
	if _, ok, err := s.RetriedSince(ctx); ok || err != nil {
		return err
	}
	return s.put(ctx, retriedKey, at)
}

// get reads a key into v and leaves v alone when there is none.
func (s *State) get(ctx context.Context, key string, v any) error {
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state %s: %w", key, err)
	}
	if err := json.Unmarshal(e.Value(), v); err != nil {
		return fmt.Errorf("read state %s: %w", key, err)
	}
	return nil
}

func (s *State) put(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write state %s: %w", key, err)
	}
	if _, err := s.kv.Put(ctx, key, b); err != nil {
		return fmt.Errorf("write state %s: %w", key, err)
	}
	return nil
}
