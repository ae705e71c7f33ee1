package desk

import (
	"cmp"
	"context"
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
	*overrideWatch
	show    func(revision uint64, pairs int)
	pairs   map[string]dedupe.Override
	current atomic.Pointer[dedupe.Overrides]
}

// openOverrides reads the bucket whole. The overrides are followed until ctx is done.
func openOverrides(ctx context.Context, js jetstream.JetStream, log *slog.Logger, show func(revision uint64, pairs int)) (*overrides, error) {
	o := &overrides{show: show, pairs: map[string]dedupe.Override{}}
	var err error
	o.overrideWatch, err = watchOverrides(ctx, js, log, pairPrefix, o.note, o.swap)
	return o, err
}

// note takes in one entry. One that cannot be read counts as none: it must not keep
// the news from passing.
func (o *overrides) note(key string, value []byte) error {
	delete(o.pairs, key)
	if value == nil {
		return nil
	}
	p, _, err := ParsePairOverride(key, value)
	if err == nil {
		o.pairs[key] = dedupe.Override{A: p.Articles[0].Hash, B: p.Articles[1].Hash, Same: p.Verdict == Same}
	}
	return err
}

// swap makes what was noted the overrides that hold.
func (o *overrides) swap(latest uint64) {
	o.show(latest, len(o.pairs))
	if len(o.pairs) == 0 {
		o.current.Store(nil)
		return
	}
	list := slices.SortedFunc(maps.Values(o.pairs), func(a, b dedupe.Override) int {
		return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B))
	})
	lines := make([]string, len(list))
	for i, w := range list {
		lines[i] = fmt.Sprintln(min(w.A, w.B), max(w.A, w.B), w.Same)
	}
	o.current.Store(dedupe.NewOverrides(overridesRev(latest, lines), list))
}
