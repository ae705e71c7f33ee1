package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// Overrides are kept under keys that begin with what they are about.
const pairPrefix = "dedupe."

// Verdict is the desk's word on a pair of articles.
type Verdict string

// The verdicts.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
)

// PairOverride is the desk's word on two articles, as it is kept in the overrides
// bucket. It holds for their words, so for every further copy of either.
type PairOverride struct {
	Verdict  Verdict   `json:"verdict"`
	Articles [2]Named  `json:"articles"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Named is an article by its words.
type Named struct {
	// Hash is its dedupe.Signature.Hash.
	Hash string `json:"hash"`
	// URI is the article that was pointed at.
	URI string `json:"uri"`
}

// keyHash is how much of a hash is in a key; the value has all of it.
const keyHash = 16

// Key returns the key an override is kept under: one for a pair, in either order.
func (p PairOverride) Key() (string, error) {
	a, b := p.Articles[0].Hash, p.Articles[1].Hash
	if err := errors.Join(checkHash(a), checkHash(b)); err != nil {
		return "", err
	}
	if a == b {
		return "", errors.New("the two articles have the same words")
	}
	if a > b {
		a, b = b, a
	}
	return pairPrefix + a[:keyHash] + "." + b[:keyHash], nil
}

// About reports whether two overrides are about the same pair of articles.
func (p PairOverride) About(q PairOverride) bool {
	a, b := p.Articles[0].Hash, p.Articles[1].Hash
	c, d := q.Articles[0].Hash, q.Articles[1].Hash
	return a == c && b == d || a == d && b == c
}

// checkHash reports why a string cannot be a Signature.Hash.
func checkHash(s string) error {
	if b, err := hex.DecodeString(s); err != nil || len(b) < keyHash/2 {
		return fmt.Errorf("%q is not the hash of an article's words", s)
	}
	return nil
}

// ParsePairOverride reads an override as it is kept. A key of something else than a pair
// of articles gives ok false.
func ParsePairOverride(key string, value []byte) (p PairOverride, ok bool, err error) {
	if !strings.HasPrefix(key, pairPrefix) {
		return p, false, nil
	}
	if err := json.Unmarshal(value, &p); err != nil {
		return p, true, fmt.Errorf("read override %s: %w", key, err)
	}
	want, err := p.Key()
	switch {
	case err != nil:
		return p, true, fmt.Errorf("read override %s: %w", key, err)
	case want != key:
		return p, true, fmt.Errorf("read override %s: its articles belong under %s", key, want)
	case p.Verdict != Same && p.Verdict != Different:
		return p, true, fmt.Errorf("read override %s: verdict %q is neither %s nor %s", key, p.Verdict, Same, Different)
	}
	return p, true, nil
}

// overrides are the desk's words on pairs, as they are in the bucket now.
type overrides struct {
	log     *slog.Logger
	show    func(revision uint64, pairs int)
	watcher jetstream.KeyWatcher
	pairs   map[string]dedupe.Override
	latest  uint64 // revision of the bucket at the last change
	current atomic.Pointer[dedupe.Overrides]
}

// openOverrides reads the bucket whole. The overrides are followed until ctx is done.
func openOverrides(ctx context.Context, js jetstream.JetStream, log *slog.Logger, show func(revision uint64, pairs int)) (*overrides, error) {
	kv, err := js.KeyValue(ctx, bus.BucketOverrides)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w (run `copydesk up` or a worker with --provision once)", bus.BucketOverrides, err)
	}
	o := &overrides{log: log, show: show, pairs: map[string]dedupe.Override{}}
	if o.watcher, err = kv.Watch(ctx, pairPrefix+">"); err != nil {
		return nil, fmt.Errorf("watch overrides: %w", err)
	}
	for {
		select {
		case e, ok := <-o.watcher.Updates():
			switch {
			case !ok:
				return nil, errors.New("read overrides: the watch ended")
			case e == nil: // all of them
				o.swap()
				return o, nil
			}
			o.note(e)
		case <-ctx.Done():
			return nil, fmt.Errorf("read overrides: %w", context.Cause(ctx))
		}
	}
}

// follow takes in what changes.
func (o *overrides) follow(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-o.watcher.Updates():
			switch {
			case ok && e != nil:
				o.note(e)
				o.swap()
			case !ok && ctx.Err() == nil:
				return errors.New("follow overrides: the watch ended")
			}
		}
	}
}

// note takes in one entry. One that cannot be read counts as none: it must not keep
// the news from passing.
func (o *overrides) note(e jetstream.KeyValueEntry) {
	o.latest = max(o.latest, e.Revision())
	delete(o.pairs, e.Key())
	if e.Operation() != jetstream.KeyValuePut {
		return
	}
	p, _, err := ParsePairOverride(e.Key(), e.Value())
	if err != nil {
		o.log.Warn("override ignored", "key", e.Key(), "err", err)
		return
	}
	o.pairs[e.Key()] = dedupe.Override{A: p.Articles[0].Hash, B: p.Articles[1].Hash, Same: p.Verdict == Same}
}

// swap makes what was noted the overrides that hold.
func (o *overrides) swap() {
	o.show(o.latest, len(o.pairs))
	if len(o.pairs) == 0 {
		o.current.Store(nil)
		return
	}
	list := slices.SortedFunc(maps.Values(o.pairs), func(a, b dedupe.Override) int {
		return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B))
	})
	o.current.Store(dedupe.NewOverrides(overridesRev(o.latest, list), list))
}

// overridesRev names a state of the overrides: the bucket's revision of the last change
// to a pair, by which the bucket's history gives that state again, and the beginning of
// a hash of it, by which it is known to be the right one: "17-5f3a9c02".
func overridesRev(latest uint64, list []dedupe.Override) string {
	h := sha256.New()
	for _, w := range list {
		a, b := min(w.A, w.B), max(w.A, w.B)
		fmt.Fprintln(h, a, b, w.Same) // a hash takes everything
	}
	return fmt.Sprintf("%d-%x", latest, h.Sum(nil)[:4])
}
