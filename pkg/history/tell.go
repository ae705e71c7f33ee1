package history

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// tell makes a trace of the messages about an item.
func (t *Historian) tell(ctx context.Context, item string, from origin, mentions []mention) (*History, error) {
	tr := &History{
		Item: item, URI: article.URI(item), Version: 1, State: InFlight,
		Arrival: Arrival{Stream: from.stream(), Seq: from.seq, Lane: from.lane},
		Events:  []Event{}, Versions: []Related{}, Copies: []Related{}, Missing: []string{},
	}
	slices.SortFunc(mentions, further)
	records, err := t.records(ctx, mentions)
	if err != nil {
		return nil, err
	}
	if err := t.tellArrival(ctx, tr, mentions, records); err != nil {
		return nil, err
	}
	tr.tellEvents(mentions, records)
	if err := t.tellDecisions(ctx, tr, records); err != nil {
		return nil, err
	}
	slices.SortStableFunc(tr.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	if err := t.tellNow(ctx, tr, mentions); err != nil {
		return nil, err
	}
	if len(mentions) == 0 && !tr.Arrival.Kept {
		return nil, fmt.Errorf("%s: %w", item, ErrNotFound)
	}
	return tr, nil
}

// records reads, for each time the item went round, the record that is furthest along;
// the last is the newest. A message that is no record, such as the letter of a file,
// has none.
func (t *Historian) records(ctx context.Context, mentions []mention) (map[int]*article.Article, error) {
	records := map[int]*article.Article{}
	for _, m := range slices.Backward(mentions) {
		if records[m.retry] != nil || m.Stream == article.StreamDead && m.Subject == article.DeadSubject(article.StageIngest) {
			continue
		}
		if m.Stream == article.StreamInbox || m.Stream == article.StreamBackfill {
			continue
		}
		raw, err := t.message(ctx, m.Stream, m.Seq)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			continue
		}
		if a, err := article.Decode(raw.Data); err == nil && a.Item == m.header.Get(article.HeaderItem) {
			records[m.retry] = a
		}
	}
	return records, nil
}

// newest returns the record of the latest time round, or nil.
func newest(records map[int]*article.Article) *article.Article {
	var best *article.Article
	at := -1
	for retry, a := range records {
		if retry > at {
			best, at = a, retry
		}
	}
	return best
}

func (t *Historian) tellArrival(ctx context.Context, tr *History, mentions []mention, records map[int]*article.Article) error {
	a := &tr.Arrival
	file, err := t.message(ctx, a.Stream, a.Seq)
	if err != nil {
		return err
	}
	for _, m := range mentions {
		a.Source = m.header.Get(article.HeaderSource)
		a.Index, a.Count = number[int](m.header, article.HeaderIndex), number[int](m.header, article.HeaderCount)
		if at, err := time.Parse(time.RFC3339Nano, m.header.Get(article.HeaderReceived)); err == nil {
			a.Time = &at
		}
		if name := m.header.Get(article.HeaderFilename); name != "" {
			a.Filename = &name
		}
	}
	if r := newest(records); r != nil {
		received, bytes, sum := r.Received.UTC(), r.Input.Bytes, r.Input.SHA256
		a.Time, a.Bytes, a.SHA256 = &received, &bytes, &sum
		if r.Input.Filename != nil {
			a.Filename = r.Input.Filename
		}
	}
	if file != nil {
		at := file.Time.UTC()
		a.Kept, a.Time, a.Source = true, &at, article.SourceOf(file.Subject)
		if name := file.Header.Get(article.HeaderFilename); name != "" && a.Filename == nil {
			a.Filename = &name
		}
		if a.Bytes == nil && file.Header.Get(article.HeaderBlob) == "" {
			n := int64(len(file.Data))
			a.Bytes = &n
		}
	} else {
		tr.Missing = append(tr.Missing, "the file: "+a.Stream+" does not keep it any more")
	}
	if a.Time != nil {
		e := Event{At: *a.Time, Kind: Arrived, Verdict: "ok"}
		if a.Kept {
			e.Place = &Place{a.Stream, file.Subject, a.Seq, *a.Time}
		}
		tr.Events = append(tr.Events, e)
	}
	return nil
}

// tellEvents says what each stage did: from its message and the step in the record, or
// from the step alone when the message is not kept.
func (tr *History) tellEvents(mentions []mention, records map[int]*article.Article) {
	for i := range mentions {
		m := &mentions[i]
		e := Event{At: m.Time, Retry: m.retry, Verdict: "ok", Place: &m.Place}
		switch {
		case m.Stream == article.StreamDead:
			e.Kind, e.Stage = Died, article.SourceOf(m.Subject)
			e.Verdict, e.Class, e.Error = m.header.Get(article.HeaderReason), article.Class(m.header.Get(article.HeaderClass)), m.header.Get(article.HeaderError)
			e.Attempt = number[int](m.header, article.HeaderAttempts)
		case m.order:
			e.Kind, e.Verdict = Retried, "of letter "+m.header.Get(article.HeaderRetryOf)
		default:
			e.Kind, e.Stage = Passed, stageOf(m.Stream)
		}
		tr.Events = append(tr.Events, e)
	}
	for _, retry := range slices.Sorted(maps.Keys(records)) {
		r := records[retry]
		for _, step := range r.Trace {
			e := tr.passed(step, retry)
			if e == nil {
				continue
			}
			took := step.Ms
			e.Took, e.Attempt, e.Version, e.started = &took, step.Attempt, step.Version, step.Started
			if step.Stage == article.StageDedupe && r.Dedupe != nil {
				e.Verdict = string(r.Dedupe.Relation)
			}
			if slices.Contains(r.Cleaning.Warnings, step.Stage+"_failed") {
				e.Verdict = "failed, passed on without its part"
			}
			// What it was made of, stored before it began.
			switch in := input(mentions, step.Stage, retry); {
			case in != nil:
				e.Queue = wait(in.Time, step.Started)
			case step.Stage == article.StageIngest && retry == 0 && tr.Arrival.Time != nil:
				e.Queue = wait(*tr.Arrival.Time, step.Started)
			}
		}
	}
}

// passed finds the event that a step of a record belongs to, or makes it for a message
// that is not kept. It returns nil for a step of an earlier time round.
func (tr *History) passed(step article.Step, retry int) *Event {
	for i := range tr.Events {
		e := &tr.Events[i]
		switch {
		case e.Kind != Passed || e.Stage != step.Stage || e.Retry > retry:
		case e.started.Equal(step.Started):
			return nil
		case e.started.IsZero() && !e.At.Before(step.Started.Add(-clockSlack)):
			return e
		}
	}
	tr.Missing = append(tr.Missing, fmt.Sprintf("what %s published: it is not kept any more", step.Stage))
	tr.Events = append(tr.Events, Event{
		At: step.Started.Add(time.Duration(step.Ms * float64(time.Millisecond))).UTC(), Kind: Passed, Stage: step.Stage, Retry: retry, Verdict: "ok",
	})
	return &tr.Events[len(tr.Events)-1]
}

// input returns the message that a stage was given in one time round: the previous
// stage's or the order of a retry.
func input(mentions []mention, stage string, retry int) *mention {
	for _, c := range bus.NewTopology(bus.Settings{}).Inputs(stage) {
		for i := range mentions {
			if m := &mentions[i]; m.Stream == c.Stream && m.retry == retry {
				return m
			}
		}
	}
	return nil
}

// wait is how long an input waited, in milliseconds. The clocks of two machines may
// differ, and nothing waits less than not at all.
func wait(stored, began time.Time) *float64 {
	ms := max(float64(began.Sub(stored).Microseconds())/1000, 0)
	return &ms
}

// tellNow says where the item is.
func (t *Historian) tellNow(ctx context.Context, tr *History, mentions []mention) error {
	if len(mentions) == 0 {
		if !tr.Arrival.Kept {
			return nil
		}
		tr.Place = Place{tr.Arrival.Stream, article.InboxSubject(tr.Arrival.Lane, tr.Arrival.Source), tr.Arrival.Seq, *tr.Arrival.Time}
	} else {
		tr.Place = mentions[len(mentions)-1].Place
	}
	switch tr.Place.Stream {
	case article.StreamEnriched:
		tr.State, tr.Now = Enriched, "finished, on "+tr.Place.Subject
	case article.StreamDuplicate:
		tr.State, tr.Now = Duplicate, "stopped as a copy, on "+tr.Place.Subject
	case article.StreamDead:
		tr.State, tr.Now = Dead, fmt.Sprintf("dead: letter %d of %s", tr.Place.Seq, article.StreamDead)
	default:
		now, err := t.waiting(ctx, tr.Place)
		if err != nil {
			return err
		}
		tr.Now = now
	}
	return nil
}

// waiting says how a message stands with the stage that is next.
func (t *Historian) waiting(ctx context.Context, p Place) (string, error) {
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		if c.Stream != p.Stream {
			continue
		}
		consumer, err := t.js.Consumer(ctx, c.Stream, c.Name)
		if err != nil {
			return "", fmt.Errorf("trace: consumer %s of %s: %w", c.Name, c.Stream, err)
		}
		info := consumer.CachedInfo()
		switch {
		case p.Seq > info.Delivered.Stream:
			return fmt.Sprintf("waits for %s on %s behind %d others; %d at work", c.Name, p.Subject, p.Seq-info.Delivered.Stream-1, info.NumAckPending), nil
		case p.Seq <= info.AckFloor.Stream:
			return fmt.Sprintf("%s is done with it, and what came of it is not kept any more", c.Name), nil
		}
		return fmt.Sprintf("at work in %s, or waits there to be tried again", c.Name), nil
	}
	return "on " + p.Subject, nil
}

// Decisions.

// decision is a line of the decision log, and where it stands.
type decision struct {
	dedupe.Entry
	place Place
}

// tellDecisions adds the verdict, and what the log joins with the item.
func (t *Historian) tellDecisions(ctx context.Context, tr *History, records map[int]*article.Article) error {
	if r := newest(records); r != nil && r.Dedupe != nil {
		tr.URI, tr.Version = r.URI, r.Version
		d := r.Dedupe
		tr.Verdict = &Verdict{d.Relation, d.Of, d.Score, d.Method, d.Evidence, d.Copies, len(d.Changes), d.OverridesRev}
	}
	since := time.Time{}
	if tr.Arrival.Time != nil {
		since = tr.Arrival.Time.Add(-clockSlack)
	}
	log, err := t.decisions(ctx, since, tr.Item)
	if err != nil {
		return err
	}
	known := false
	for _, d := range log {
		if d.Item != tr.Item {
			continue
		}
		if d.Removed {
			tr.Events = append(tr.Events, Event{At: d.place.Time, Kind: Withdrawn, Stage: article.StageDedupe, Verdict: "its copies are not measured by it any more", Place: &d.place})
			continue
		}
		known = true
		tr.URI, tr.Version = d.URI, d.Version
		tr.Verdict = &Verdict{d.Relation, d.Of, d.Score, d.Method, d.Evidence, d.Copies, len(d.Changes), d.OverridesRev}
	}
	if !known && tr.Verdict != nil {
		tr.Missing = append(tr.Missing, "dedupe's decision: "+article.StreamDecisions+" does not keep it any more; the verdict is the record's")
	}
	if first, ok := article.ItemOf(tr.URI); ok && first != tr.Item {
		// A later version: the others begin before it.
		since = time.Time{}
		if from, err := t.originOf(ctx, first); err == nil {
			if since, err = t.arrived(ctx, from); err != nil {
				return err
			}
		}
		if log, err = t.decisions(ctx, since, first); err != nil {
			return err
		}
	}
	tr.relate(log)
	return nil
}

// relate sorts what the log says of others into versions and copies.
func (tr *History) relate(log []decision) {
	removed := map[string]bool{}
	for _, d := range log {
		removed[d.Item] = d.Removed
	}
	seen := map[string]bool{tr.Item: true}
	for _, d := range log {
		if seen[d.Item] {
			continue
		}
		of := d.Of != nil && *d.Of == tr.URI
		if d.URI != tr.URI && !of {
			continue
		}
		seen[d.Item] = true
		r := Related{d.Item, d.URI, d.Version, d.Relation, d.Score, d.Received.UTC(), removed[d.Item]}
		if d.URI == tr.URI && !d.Relation.Stops() {
			tr.Versions = append(tr.Versions, r)
		} else {
			tr.Copies = append(tr.Copies, r)
		}
	}
	byTime := func(a, b Related) int { return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Item, b.Item)) }
	slices.SortFunc(tr.Versions, byTime)
	slices.SortFunc(tr.Copies, byTime)
}

// clockSlack is how far the clocks of two servers may lie apart.
const clockSlack = 2 * time.Second

// decisions returns what the log says since a time that names an item, or its uri.
func (t *Historian) decisions(ctx context.Context, since time.Time, item string) ([]decision, error) {
	var got []decision
	_, err := bus.Scan(ctx, t.js, article.StreamDecisions, bus.ScanOptions{Since: since, Bodies: true}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		for d, err := range naming(m.Data(), item) {
			if err != nil {
				return fmt.Errorf("decision log at %d: %w", meta.Sequence.Stream, err)
			}
			d.place = Place{article.StreamDecisions, m.Subject(), meta.Sequence.Stream, meta.Timestamp.UTC()}
			got = append(got, d)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return got, nil
}
