package deadletter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// ErrNeeded says that a letter cannot be removed yet.
var ErrNeeded = errors.New("still needed")

// Purge removes letters for good and calls done with each. First it has the ledger count
// and save what it has not, so that the items stay dead in it. These letters stay, with
// ErrNeeded: one whose item is on its way again, which is checked against it; one whose
// stage has not confirmed its input, and would bury it a second time; and one of a stage
// after dedupe that dedupe has not taken note of.
func (b *Book) Purge(ctx context.Context, letters []Letter, done func(Letter, error)) error {
	keep, err := b.keeper(ctx)
	if err != nil {
		return fmt.Errorf("purge dead letters: %w", err)
	}
	books, err := ledger.Open(ctx, b.js)
	if err == nil {
		err = books.Advance(ctx)
	}
	if err == nil {
		err = books.Save(ctx)
	}
	if err != nil {
		return fmt.Errorf("purge dead letters: %w", err)
	}
	counted, err := books.KeepFrom(ctx, article.StreamDead)
	if err != nil {
		return fmt.Errorf("purge dead letters: %w", err)
	}
	s, err := b.js.Stream(ctx, article.StreamDead)
	if err != nil {
		return fmt.Errorf("purge dead letters: %w", err)
	}
	for _, l := range letters {
		err := keep(&l)
		if err == nil && l.Seq >= counted {
			err = fmt.Errorf("%w: the ledger has not counted it", ErrNeeded)
		}
		if err == nil {
			err = s.DeleteMsg(ctx, l.Seq)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				err = nil // somebody else removed it
			}
		}
		done(l, err)
		if err != nil && !errors.Is(err, ErrNeeded) {
			return fmt.Errorf("purge letter %d: %w", l.Seq, err)
		}
	}
	return nil
}

// keeper returns what says whether a letter is still needed.
func (b *Book) keeper(ctx context.Context) (func(*Letter) error, error) {
	state, err := bus.OpenState(ctx, b.js)
	if err != nil {
		return nil, err
	}
	s, err := b.js.Stream(ctx, article.StreamDead)
	if err != nil {
		return nil, err
	}
	noted, err := state.Floor(ctx, article.StreamDead, article.StageDedupe, s.CachedInfo().Created)
	if err != nil {
		return nil, err
	}
	waiting := map[string]time.Time{}
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		since, ok, err := bus.OldestUnacked(ctx, b.js, c)
		if err != nil {
			return nil, err
		}
		if at, known := waiting[c.Name]; ok && (!known || since.Before(at)) {
			waiting[c.Name] = since
		}
	}
	return func(l *Letter) error {
		since, behind := waiting[l.Stage]
		switch {
		case l.State == Retrying:
			return fmt.Errorf("%w: its item is on its way again", ErrNeeded)
		case behind && !l.Time.Before(since):
			return fmt.Errorf("%w: %s has not confirmed what it buried; try again in a moment", ErrNeeded, l.Stage)
		case l.Seq > noted && l.Stage != article.StageIngest && l.Stage != article.StageDedupe:
			return fmt.Errorf("%w: dedupe has not taken note of it; try again in a moment", ErrNeeded)
		}
		return nil
	}, nil
}
