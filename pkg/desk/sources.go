package desk

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/extract"
)

// sources is where what is learnt about sources is kept. Several workers write to it: a
// save names the revision it was made from, 0 for nothing, and fails with errStale when
// another came in between.
type sources interface {
	// edges returns a source's counts, empty ones at revision 0 when there are none.
	edges(ctx context.Context, source string) (e *extract.Edges, revision uint64, err error)
	saveEdges(ctx context.Context, source string, e *extract.Edges, revision uint64) error
	// count returns how many sources have counts.
	count(ctx context.Context) (int, error)

	// newest returns the newest snapshot, nil at revision 0 when there is none.
	newest(ctx context.Context) (r *extract.Rules, revision uint64, err error)
	publish(ctx context.Context, r *extract.Rules, revision uint64) error
	// snapshot returns one of the last keptSnapshots by its number.
	snapshot(ctx context.Context, number uint64) (*extract.Rules, error)
	// follow calls adopt with the newest snapshot and each that comes after it, until
	// ctx is done or the watch breaks.
	follow(ctx context.Context, adopt func(*extract.Rules)) error
}

var (
	errStale      = errors.New("another worker was faster")
	errNoSnapshot = errors.New("no such snapshot")
	errTooLarge   = errors.New("larger than a message of the server's may be")
)

// keptSnapshots is how many snapshots stay readable: at one a day two months, longer
// than any stream keeps a record cleaned by them.
const keptSnapshots = 64

// kvSources keeps sources in the bucket bus.BucketSources, under three kinds of keys:
//
//	edges.<source>    its counts
//	rules             the newest snapshot
//	rules.<number>    the ones before it
//
// A snapshot is copied to its number before the next takes its place, by whoever writes
// the next, so that a worker which dies in between loses none. Values are compressed
// JSON.
type kvSources struct {
	js      jetstream.JetStream
	largest int // value that fits a message

	mu sync.Mutex
	kv jetstream.KeyValue // nil until the bucket was there
}

// valueRoom is what headers and subject of a value's message may take.
const valueRoom = 8 << 10

func newSources(nc *nats.Conn, js jetstream.JetStream) *kvSources {
	return &kvSources{js: js, largest: int(nc.MaxPayload()) - valueRoom}
}

// bucket opens the bucket when it is first needed: ingest starts without it too.
func (s *kvSources) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kv == nil {
		kv, err := s.js.KeyValue(ctx, bus.BucketSources)
		if err != nil {
			return nil, fmt.Errorf("open bucket %s: %w", bus.BucketSources, err)
		}
		s.kv = kv
	}
	return s.kv, nil
}

func (s *kvSources) edges(ctx context.Context, source string) (*extract.Edges, uint64, error) {
	data, revision, err := s.get(ctx, "edges."+source)
	if err != nil || revision == 0 {
		return &extract.Edges{}, 0, err
	}
	e, err := extract.ParseEdges(data)
	if err != nil {
		return nil, 0, fmt.Errorf("source %s: %w", source, err)
	}
	return e, revision, nil
}

// saveEdges makes counts that do not fit a message smaller until they do.
func (s *kvSources) saveEdges(ctx context.Context, source string, e *extract.Edges, revision uint64) error {
	for {
		data, err := e.Encode()
		if err != nil {
			return err
		}
		err = s.put(ctx, "edges."+source, data, revision)
		if errors.Is(err, errTooLarge) && e.Shrink() {
			continue
		}
		return err
	}
}

func (s *kvSources) count(ctx context.Context) (int, error) {
	kv, err := s.bucket(ctx)
	if err != nil {
		return 0, err
	}
	keys, err := kv.ListKeysFiltered(ctx, "edges.*")
	if err != nil {
		return 0, fmt.Errorf("list learnt sources: %w", err)
	}
	n := 0
	for range keys.Keys() {
		n++
	}
	return n, nil
}

func (s *kvSources) newest(ctx context.Context) (*extract.Rules, uint64, error) {
	data, revision, err := s.get(ctx, "rules")
	if err != nil || revision == 0 {
		return nil, 0, err
	}
	r, err := extract.ParseRules(data)
	return r, revision, err
}

func numbered(n uint64) string { return "rules." + strconv.FormatUint(n, 10) }

func (s *kvSources) publish(ctx context.Context, r *extract.Rules, revision uint64) error {
	data, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode rules: %w", err)
	}
	if revision > 0 {
		kv, err := s.bucket(ctx)
		if err != nil {
			return err
		}
		last, err := kv.Get(ctx, "rules")
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound), err == nil && last.Revision() != revision:
			return errStale
		case err != nil:
			return fmt.Errorf("read rules: %w", err)
		}
		// Whoever else does this writes the same.
		if _, err := kv.Put(ctx, numbered(r.Number-1), last.Value()); err != nil {
			return fmt.Errorf("keep snapshot %d: %w", r.Number-1, err)
		}
		if r.Number > keptSnapshots {
			if err := kv.Purge(ctx, numbered(r.Number-keptSnapshots)); err != nil {
				return fmt.Errorf("drop snapshot %d: %w", r.Number-keptSnapshots, err)
			}
		}
	}
	return s.put(ctx, "rules", data, revision)
}

func (s *kvSources) snapshot(ctx context.Context, number uint64) (*extract.Rules, error) {
	r, _, err := s.newest(ctx)
	if err != nil || r != nil && r.Number == number {
		return r, err
	}
	data, revision, err := s.get(ctx, numbered(number))
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		return nil, fmt.Errorf("boilerplate snapshot %d: %w: the last %d are kept", number, errNoSnapshot, keptSnapshots)
	}
	return extract.ParseRules(data)
}

func (s *kvSources) follow(ctx context.Context, adopt func(*extract.Rules)) error {
	kv, err := s.bucket(ctx)
	if err != nil {
		return err
	}
	w, err := kv.Watch(ctx, "rules", jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("follow rules: %w", err)
	}
	defer w.Stop() //nolint:errcheck // fails only when the connection is gone
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Updates():
			if !ok {
				return errors.New("follow rules: the watch ended")
			}
			if e == nil {
				continue // all that was there has come
			}
			data, err := unpack(e.Value())
			if err != nil {
				return fmt.Errorf("follow rules: %w", err)
			}
			r, err := extract.ParseRules(data)
			if err != nil {
				return fmt.Errorf("follow rules: %w", err)
			}
			adopt(r)
		}
	}
}

// get reads a value; revision 0 says that there is none.
func (s *kvSources) get(ctx context.Context, key string) (data []byte, revision uint64, err error) {
	kv, err := s.bucket(ctx)
	if err != nil {
		return nil, 0, err
	}
	e, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err == nil {
		data, err = unpack(e.Value())
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read %s of %s: %w", key, bus.BucketSources, err)
	}
	return data, e.Revision(), nil
}

func (s *kvSources) put(ctx context.Context, key string, data []byte, revision uint64) error {
	packed, err := pack(data)
	if err == nil && len(packed) > s.largest {
		err = fmt.Errorf("%w: %d bytes", errTooLarge, len(packed))
	}
	var kv jetstream.KeyValue
	if err == nil {
		kv, err = s.bucket(ctx)
	}
	if err == nil && revision == 0 {
		_, err = kv.Create(ctx, key, packed)
	} else if err == nil {
		_, err = kv.Update(ctx, key, packed, revision)
	}
	switch {
	case errors.Is(err, jetstream.ErrKeyExists): // what Update says of a wrong revision too
		return errStale
	case err != nil:
		return fmt.Errorf("write %s of %s: %w", key, bus.BucketSources, err)
	}
	return nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

// maxUnpacked is above any value that was packed here.
const maxUnpacked = 64 << 20

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxUnpacked))
}
