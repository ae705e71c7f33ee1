package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/entity"
)

// EntityPrefix begins the keys of the overrides about entities.
const EntityPrefix = "entity."

// The bounds of one override about entities.
const (
	// maxEntityOverride is the most bytes of its value: a new entity with all its names,
	// and the reason.
	maxEntityOverride = 64 << 10
	// maxReason is the most code points of a reason.
	maxReason = 2000
)

// EntityOverride is the desk's word on a name or an entity, as it is kept in the
// overrides bucket.
type EntityOverride struct {
	entity.Override
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Key returns the key an override is kept under: one for what it is about.
func (e *EntityOverride) Key() (string, error) {
	if err := e.Check(); err != nil {
		return "", err
	}
	if utf8.RuneCountInString(e.Reason) > maxReason || utf8.RuneCountInString(e.By) > maxReason {
		return "", fmt.Errorf("a reason has at most %d characters", maxReason)
	}
	return EntityPrefix + string(e.Act) + "." + e.Subject(), nil
}

// ParseEntityOverride reads an override as it is kept. A key of something else than
// entities gives ok false.
func ParseEntityOverride(key string, value []byte) (e EntityOverride, ok bool, err error) {
	if !strings.HasPrefix(key, EntityPrefix) {
		return e, false, nil
	}
	if len(value) > maxEntityOverride {
		return e, true, fmt.Errorf("read override %s: %d bytes, want at most %d", key, len(value), maxEntityOverride)
	}
	// A field that this version does not know may say that it means something else.
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, true, fmt.Errorf("read override %s: %w", key, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return e, true, fmt.Errorf("read override %s: more follows its value", key)
	}
	switch want, err := e.Key(); {
	case err != nil:
		return e, true, fmt.Errorf("read override %s: %w", key, err)
	case want != key:
		return e, true, fmt.Errorf("read override %s: what it is about belongs under %s", key, want)
	}
	return e, true, nil
}

// entityOverrides are the desk's words on entities, as they are in the bucket now.
type entityOverrides struct {
	*overrideWatch
	log      *slog.Logger
	show     func(revision uint64, n int)
	all      map[string]entity.Override
	reported map[entity.Problem]bool
	current  atomic.Pointer[entity.Overrides]
}

// openEntityOverrides reads the bucket whole. The overrides are followed until ctx is
// done.
func openEntityOverrides(ctx context.Context, js jetstream.JetStream, log *slog.Logger, show func(revision uint64, n int)) (*entityOverrides, error) {
	o := &entityOverrides{log: log, show: show, all: map[string]entity.Override{}, reported: map[entity.Problem]bool{}}
	var err error
	o.overrideWatch, err = watchOverrides(ctx, js, log, EntityPrefix, o.note, o.swap)
	return o, err
}

// note takes in one entry. One that cannot be read counts as none, also where it replaces
// one that could: what it was set for before is no longer what the desk says.
func (o *entityOverrides) note(key string, value []byte) error {
	delete(o.all, key)
	if value == nil {
		return nil
	}
	e, _, err := ParseEntityOverride(key, value)
	if err == nil {
		o.all[key] = e.Override
	}
	return err
}

// swap makes what was noted the overrides that hold, and says once what of it does not.
func (o *entityOverrides) swap(latest uint64) {
	o.show(latest, len(o.all))
	lines := make([]string, 0, len(o.all))
	for _, key := range slices.Sorted(maps.Keys(o.all)) {
		b, err := json.Marshal(o.all[key])
		if err != nil {
			continue // it was JSON: it is again
		}
		lines = append(lines, key+" "+string(b)+"\n")
	}
	compiled, problems := entity.NewOverrides(overridesRev(latest, lines), o.all)
	reported := make(map[entity.Problem]bool, len(problems))
	for _, p := range problems {
		if reported[p] = true; !o.reported[p] {
			o.log.Warn("override does not hold", "key", p.Key, "because", p.Reason)
		}
	}
	o.reported = reported
	o.current.Store(compiled)
}
