package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// deathsInterval is how often the active dedupe looks for articles that died after it.
const deathsInterval = time.Second

// deaths takes articles that died after dedupe out of the index again, so that their
// copies are not suppressed by something nobody ever saw.
//
// How far the dead letters were read is remembered as a consumer's floor is. That only
// saves reading: an item that is not in the index, or not any more, is left alone.
type deaths struct {
	js       jetstream.JetStream
	state    *bus.State
	withdraw func(ctx context.Context, item string) error
	active   func() bool

	created time.Time // of the stream
	next    uint64
}

// follow looks now and then until ctx is done.
func (d *deaths) follow(ctx context.Context, report func(error)) error {
	tick := time.NewTicker(deathsInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !d.active() {
			d.next = 0 // another reads on
			continue
		}
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			d.next = 0
			report(err)
		}
	}
}

// look reads the dead letters that came since the last look.
func (d *deaths) look(ctx context.Context) error {
	if d.next == 0 {
		s, err := d.js.Stream(ctx, article.StreamDead)
		if err != nil {
			return fmt.Errorf("look for dead articles: %w", err)
		}
		d.created = s.CachedInfo().Created
		read, err := d.state.Floor(ctx, article.StreamDead, article.StageDedupe, d.created)
		if err != nil {
			return fmt.Errorf("look for dead articles: %w", err)
		}
		d.next = read + 1
	}
	next, err := bus.Scan(ctx, d.js, article.StreamDead, bus.ScanOptions{From: d.next}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		item := m.Headers().Get(article.HeaderItem)
		if !afterDedupe(m.Subject()) || item == "" || m.Headers().Get(article.HeaderRun) != "" {
			return nil
		}
		return d.withdraw(ctx, item)
	})
	if err != nil {
		return fmt.Errorf("look for dead articles: %w", err)
	}
	if next == d.next {
		return nil
	}
	d.next = next
	return d.state.SaveFloor(ctx, article.StreamDead, article.StageDedupe, d.created, next-1)
}

// afterDedupe reports whether a dead letter is of a stage that only gets what dedupe
// passed on.
func afterDedupe(subject string) bool {
	switch subject {
	case article.DeadSubject(article.StageIngest), article.DeadSubject(article.StageDedupe):
		return false
	}
	return true
}
