package desk

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// oblivionInterval is how often the active dedupe looks for erasures that it has not
// entered, beside when one comes.
const oblivionInterval = time.Second

// Traces is what the decision log knows of erased articles.
type Traces struct {
	// Messages are the sequences of those that hold a decision on one of them.
	Messages []uint64
	// Words are the hashes of their words.
	Words []string
	// Entered says that the log says that they are erased, and says again whatever else
	// is in Messages, so that these may go.
	Entered bool

	missing []missing
}

// missing is a line that the log lacks before a message may go.
type missing struct {
	entry dedupe.Entry
	where uint64 // the decision's place, for one that is to be said again
}

// leastWords is how many words an article must have for its words to be kept from coming
// back: those of a caption or a headline alone may be anybody's.
const leastWords = 12

// FindTraces reads the decision log for these items.
//
// A message holds the decisions that were taken together, and can only be removed whole.
// What else is in it is therefore said again at the end of the log. Whoever reads the log
// on moves those decisions to their new place; whoever reads it from the beginning finds
// them there.
func FindTraces(ctx context.Context, nc *nats.Conn, items []string) (Traces, error) {
	erased := make(map[string]bool, len(items))
	for _, item := range items {
		erased[item] = true
	}
	var t Traces
	needs, order := map[string]missing{}, []string{}
	_, err := bus.ReadOn(ctx, nc, article.StreamDecisions, article.SubjectDecisions, 1, func(m bus.Stored) error {
		type line struct {
			e     dedupe.Entry
			where uint64
		}
		var lines []line
		dirty := false
		err := decodeDecisions(m, func(e dedupe.Entry, where uint64) {
			lines = append(lines, line{e, where})
			dirty = dirty || erased[e.Item] && !e.Erased
		})
		if err != nil {
			return err
		}
		if dirty {
			t.Messages = append(t.Messages, m.Seq)
		}
		for _, l := range lines {
			_, known := needs[l.e.Item]
			switch {
			case erased[l.e.Item] && l.e.Erased:
				delete(needs, l.e.Item)
			case erased[l.e.Item]:
				if l.e.Words >= leastWords {
					t.Words = append(t.Words, l.e.Hash)
				}
				if !l.e.Removed { // the first is what the index has
					if !known {
						order = append(order, l.e.Item)
						needs[l.e.Item] = missing{entry: forget(l.e)}
					}
				} else if !known {
					order = append(order, l.e.Item)
					needs[l.e.Item] = missing{entry: forget(l.e)}
				}
			case dirty:
				order = append(order, l.e.Item)
				l.e.Restated = true
				needs[l.e.Item] = missing{l.e, l.where}
			case known:
				delete(needs, l.e.Item) // it is said later
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	for _, item := range order {
		if m, ok := needs[item]; ok {
			t.missing = append(t.missing, m)
			delete(needs, item)
		}
	}
	slices.Sort(t.Words)
	t.Words = slices.Compact(t.Words)
	t.Entered = len(t.missing) == 0
	return t, nil
}

// forget makes a decision the one that takes its article out, with no more of it than that
// needs: its identities, by their hashes.
func forget(e dedupe.Entry) dedupe.Entry {
	e.Removed, e.Erased = true, true
	e.Evidence, e.Changes = []article.Evidence{}, []article.Change{}
	e.Fingerprints, e.Figures, e.Lead, e.Names, e.Paragraphs = nil, nil, nil, nil, nil
	e.Keys.Version, e.Headline = "", 0
	return e
}

// obliterate enters the erasures under way into the decision log, while this process
// decides, until ctx is done.
func (d *decider) obliterate(ctx context.Context, e *erasures) error {
	tick := time.NewTicker(oblivionInterval)
	defer tick.Stop()
	entered := map[string]time.Time{} // by id, the erasure's time
	for {
		if d.active() {
			for _, er := range e.pending() {
				if entered[er.ID].Equal(er.At) {
					continue
				}
				if err := d.enterErasure(ctx, er); err != nil {
					if ctx.Err() == nil {
						d.warn(err)
					}
					continue
				}
				entered[er.ID] = er.At
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-e.changed:
			clear(entered)
		case <-tick.C:
		}
	}
}

// enterErasure appends what the log lacks of an erasure.
func (d *decider) enterErasure(ctx context.Context, er Erasure) error {
	t, err := FindTraces(ctx, d.log.nc, er.Items)
	if err != nil {
		return err
	}
	for _, m := range t.missing {
		if _, err := d.ask(ctx, ask{enter: &m.entry, where: m.where}); err != nil {
			return err
		}
	}
	return nil
}
