package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

// consumers compares the stages' consumers with their declaration, with their stream's
// end, and with how far they are remembered to have come.
func (d *Doctor) consumers(ctx context.Context, streams map[string]held, state *bus.State, marks []bus.Mark) ([]*Finding, error) {
	var found []*Finding
	for _, row := range d.topo.Consumers {
		h, ok := streams[row.Stream]
		if !ok {
			continue // said already
		}
		c, err := d.js.Consumer(ctx, row.Stream, row.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			found = append(found, &Finding{
				Code: ConsumerMissing, Stream: row.Stream, Consumer: row.Name, What: "the consumer does not exist",
				Why:    "its stage cannot pull, and what is on the stream waits",
				Repair: "declare it again; the stage recognises what it has done", repair: d.provision,
			})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("examine consumer %s of %s: %w", row.Name, row.Stream, err)
		}
		// The stream once more, after the consumer and what is remembered: while the desk
		// works both run ahead of what was read before them.
		if h.info, err = h.s.Info(ctx); err != nil {
			return nil, fmt.Errorf("examine stream %s: %w", row.Stream, err)
		}
		streams[row.Stream] = h
		found = append(found, d.consumer(row, h, c.CachedInfo(), state, marks)...)
	}
	strange, err := d.strangers(ctx, streams)
	return append(found, strange...), err
}

func (d *Doctor) consumer(row bus.Consumer, h held, info *jetstream.ConsumerInfo, state *bus.State, marks []bus.Mark) []*Finding {
	var found []*Finding
	add := func(f *Finding) {
		f.Stream, f.Consumer = row.Stream, row.Name
		found = append(found, f)
	}
	if diff := consumerDiff(d.topo.ConsumerConfig(row), info.Config); diff != "" {
		add(&Finding{
			Code: ConsumerDiffers, What: "the consumer is not what it was declared as: " + diff,
			Why:    "somebody changed it, or this command was given other settings than the workers",
			Repair: "declare it again by the settings given here", repair: d.provision,
		})
	}
	found = append(found, copies(row.Stream, row.Name, 0, h.info.Config.Replicas, info.Cluster, nil)...)

	last := h.info.State.LastSeq
	remembered := slices.IndexFunc(marks, func(m bus.Mark) bool {
		return !m.Start && m.Stream == row.Stream && m.Consumer == row.Name && m.Created.Equal(h.info.Created)
	})
	// anew has the stage go through all that the stream still has.
	anew := func(ctx context.Context) error {
		if remembered >= 0 && marks[remembered].Seq > last {
			if err := state.Forget(ctx, marks[remembered]); err != nil {
				return err
			}
		}
		return d.reset(ctx, row, max(h.info.State.FirstSeq, 1))
	}
	ahead := remembered >= 0 && marks[remembered].Seq > last
	if ahead {
		add(&Finding{
			Code: FloorAhead, What: fmt.Sprintf("the stream ends at %d, but everything up to %d is remembered as done", last, marks[remembered].Seq),
			Why:    "the stream lost its end in a crash, and its numbers are given out again: new messages would be taken for done and never worked on",
			Repair: "forget it, and have the stage go through the stream again; it recognises what it has published. Stop the stage's workers first: they remember too", repair: anew,
		})
	}
	if at := max(info.Delivered.Stream, info.AckFloor.Stream); at > last {
		f := &Finding{
			Code: ConsumerAhead, What: fmt.Sprintf("the consumer stands at %d, the stream ends at %d", at, last),
			Why: "the stream lost its end in a crash and the consumer did not: until the stream has grown that far again, nothing new is delivered, and then what lies before is skipped",
		}
		if ahead {
			f.Repair, f.repair = "as above", func(context.Context) error { return nil }
		} else {
			f.Repair, f.repair = "have the stage go through the stream again; it recognises what it has published", anew
		}
		add(f)
	} else if remembered >= 0 && !ahead && info.AckFloor.Stream < marks[remembered].Seq && h.info.State.Msgs > 0 && h.info.State.FirstSeq <= marks[remembered].Seq {
		known := marks[remembered].Seq
		add(&Finding{
			Code: FloorReset, What: fmt.Sprintf("the consumer has acknowledged up to %d, but up to %d is remembered as done", info.AckFloor.Stream, known),
			Why:    "the server lost the consumer's place in a crash and delivers everything again; the stage recognises what it has done, but goes through it first",
			Repair: fmt.Sprintf("set the consumer to %d", known+1), repair: func(ctx context.Context) error { return d.reset(ctx, row, known+1) },
		})
	}
	return found
}

func (d *Doctor) reset(ctx context.Context, row bus.Consumer, seq uint64) error {
	if _, err := d.js.ResetConsumerToSequence(ctx, row.Stream, row.Name, seq); err != nil {
		return fmt.Errorf("reset consumer %s of %s to %d: %w", row.Name, row.Stream, seq, err)
	}
	return nil
}

// strangers finds durable consumers that are nobody's of ours and hold up the trimmer.
func (d *Doctor) strangers(ctx context.Context, streams map[string]held) ([]*Finding, error) {
	var found []*Finding
	for _, row := range d.topo.Streams {
		h, ok := streams[row.Name]
		if !ok {
			continue
		}
		list := h.s.ListConsumers(ctx)
		for info := range list.Info() {
			ours := slices.ContainsFunc(d.topo.Consumers, func(c bus.Consumer) bool { return c.Stream == row.Name && c.Name == info.Name })
			if ours || info.Config.Durable == "" || info.Config.AckPolicy == jetstream.AckNonePolicy {
				continue
			}
			behind := h.info.State.LastSeq - min(info.AckFloor.Stream, h.info.State.LastSeq)
			idle := info.AckFloor.Last
			if idle == nil {
				idle = &info.Created
			}
			if behind == 0 || d.now().Sub(*idle) < row.Age {
				continue
			}
			found = append(found, &Finding{
				Code: ConsumerStranger, Stream: row.Name, Consumer: info.Name,
				What:   fmt.Sprintf("a consumer of somebody else's has not acknowledged anything since %s and is %d messages behind", idle.UTC().Format("2006-01-02 15:04"), behind),
				Why:    "nothing it has not acknowledged is trimmed, and the stream fills up",
				Advice: fmt.Sprintf("when nobody needs it: nats consumer rm %s %s", row.Name, info.Name),
			})
		}
		if err := list.Err(); err != nil {
			return nil, fmt.Errorf("list consumers of %s: %w", row.Name, err)
		}
	}
	return found, nil
}

// orphans finds what is remembered of streams and messages that are gone.
func (d *Doctor) orphans(streams map[string]held, state *bus.State, marks []bus.Mark) []*Finding {
	var found []*Finding
	for _, m := range marks {
		h, ok := streams[m.Stream]
		what := ""
		switch {
		case !ok:
			what = "is of a stream that does not exist"
		case !m.Start && !m.Created.Equal(h.info.Created):
			what = fmt.Sprintf("is of an earlier stream of that name, of %s", m.Created.UTC().Format("2006-01-02 15:04:05"))
		case m.Start && (m.Seq < h.info.State.FirstSeq || m.Seq > h.info.State.LastSeq):
			what = fmt.Sprintf("is of message %d, which is gone", m.Seq)
		default:
			continue
		}
		found = append(found, &Finding{
			Code: StateOrphaned, Stream: m.Stream, Consumer: m.Consumer, What: m.Key + " " + what,
			Why:    "it does no harm and is never cleared; a stream that was made anew has lost what the old one held",
			Repair: "clear it", repair: func(ctx context.Context) error { return state.Forget(ctx, m) },
		})
	}
	return found
}
