// Package ledger proves that nothing is lost: it counts what came in and how it
// ended, from the headers of the streams alone, and the two sides must agree:
//
//	items = enriched + duplicate + dead + in flight
//
// A file counts as one item until ingest has said how many articles are in it. The
// sums are saved, with the place they were read to, before the trimmer removes what
// they were counted from, so they cover all time. Beside them are the sums of each day
// on which files arrived, see Day.
package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// Sums are the counts of one source in one lane.
type Sums struct {
	Source string       `json:"source"`
	Lane   article.Lane `json:"lane"`
	// Files were dropped; Opened of them are split into Items.
	Files  int64 `json:"files"`
	Opened int64 `json:"opened"`
	Split  int64 `json:"split"`
	// How items ended.
	Enriched  int64 `json:"enriched"`
	Duplicate int64 `json:"duplicate"`
	Dead      int64 `json:"dead"`
}

// Items is how many articles came in; a file not opened yet counts as one.
func (s Sums) Items() int64 { return s.Split + s.Files - s.Opened }

// InFlight is how many items have not come to an end. Below zero, something was
// counted twice.
func (s Sums) InFlight() int64 { return s.Items() - s.Enriched - s.Duplicate - s.Dead }

func (s *Sums) add(o Sums) {
	s.Files += o.Files
	s.Opened += o.Opened
	s.Split += o.Split
	s.Enriched += o.Enriched
	s.Duplicate += o.Duplicate
	s.Dead += o.Dead
}

// streams are read in the order in which an item passes them backwards: an end is
// never counted before its beginning could be, so InFlight errs upwards only.
var streams = []string{
	article.StreamEnriched, article.StreamDuplicate, article.StreamDead,
	article.StreamIngested, article.StreamInbox, article.StreamBackfill,
}

// checkpoint is what is saved: the sums and how far they were read.
type checkpoint struct {
	Next map[string]position `json:"next"`
	Sums []Sums              `json:"sums"`
	Days []Day               `json:"days"`
}

type position struct {
	Created time.Time `json:"created"` // the stream's
	Seq     uint64    `json:"seq"`     // the next to read
}

const checkpointKey = "ledger"

// Ledger reads the streams. It is safe for concurrent use.
type Ledger struct {
	// Now tells the day; nil is time.Now. Set it before the first use.
	Now func() time.Time

	js jetstream.JetStream
	kv jetstream.KeyValue

	mu       sync.Mutex
	revision uint64 // of the checkpoint
	saved    map[string]position
	next     map[string]position
	sums     map[key]*Sums
	days     []*Day // by date
}

type key struct {
	source string
	lane   article.Lane
}

// Open continues from the saved checkpoint.
func Open(ctx context.Context, js jetstream.JetStream) (*Ledger, error) {
	kv, err := js.KeyValue(ctx, bus.BucketState)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{js: js, kv: kv}
	return l, l.load(ctx)
}

func (l *Ledger) load(ctx context.Context) error {
	l.revision, l.saved, l.next, l.sums, l.days = 0, map[string]position{}, map[string]position{}, map[key]*Sums{}, nil
	e, err := l.kv.Get(ctx, checkpointKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read ledger checkpoint: %w", err)
	}
	var c checkpoint
	if err := json.Unmarshal(e.Value(), &c); err != nil {
		return fmt.Errorf("read ledger checkpoint: %w", err)
	}
	l.revision = e.Revision()
	for stream, p := range c.Next {
		l.saved[stream], l.next[stream] = p, p
	}
	for _, s := range c.Sums {
		l.sums[key{s.Source, s.Lane}] = &s
	}
	for _, d := range c.Days {
		l.days = append(l.days, &d)
	}
	return nil
}

// Advance reads what the streams hold beyond the last reading.
func (l *Ledger) Advance(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	behind, err := l.advance(ctx)
	if err == nil && behind {
		// Another keeper has counted further and let the trimmer remove what it saw.
		if err = l.load(ctx); err == nil {
			_, err = l.advance(ctx)
		}
	}
	if err != nil {
		// Some messages may be counted without the place being noted.
		return errors.Join(fmt.Errorf("advance ledger: %w", err), l.load(context.WithoutCancel(ctx)))
	}
	return nil
}

// advance reports whether messages it had not read are gone.
func (l *Ledger) advance(ctx context.Context) (behind bool, err error) {
	if err := l.beginDays(ctx); err != nil {
		return false, err
	}
	for _, name := range streams {
		s, err := l.js.Stream(ctx, name)
		if err != nil {
			return false, fmt.Errorf("look at %s: %w", name, err)
		}
		at := l.next[name]
		if created := s.CachedInfo().Created; !at.Created.Equal(created) {
			if !at.Created.IsZero() {
				l.forgetPlaces(name)
			}
			at = position{Created: created, Seq: 1}
		}
		behind = behind || s.CachedInfo().State.FirstSeq > at.Seq
		at.Seq, err = bus.Scan(ctx, l.js, name, bus.ScanOptions{From: at.Seq}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			l.count(name, m, meta.Sequence.Stream)
			return nil
		})
		if err != nil {
			return false, err
		}
		l.next[name] = at
	}
	l.closeDays()
	return behind, nil
}

// count enters one message into the sums.
func (l *Ledger) count(stream string, m jetstream.Msg, seq uint64) {
	h := m.Headers()
	switch stream {
	case article.StreamInbox, article.StreamBackfill:
		if article.IsRetry(m.Subject()) {
			return // a file that was counted when it first came
		}
		lane := article.Live
		if stream == article.StreamBackfill {
			lane = article.Backfill
		}
		l.enter(article.SourceOf(m.Subject()), lane, seq, Sums{Files: 1})
		return
	}
	if h.Get(article.HeaderOriginSeq) == "" || h.Get(article.HeaderRun) != "" {
		return // a stranger's message, or a replay's
	}
	var s Sums
	retried := h.Get(article.HeaderRetry) != "" && h.Get(article.HeaderRetry) != "0"
	if retried {
		// It was dead; now it is whatever this message says.
		s.Dead--
	}
	switch stream {
	case article.StreamEnriched:
		s.Enriched++
	case article.StreamDuplicate:
		s.Duplicate++
	case article.StreamDead:
		s.Dead++
		if m.Subject() == article.DeadSubject(article.StageIngest) {
			opened(&s, h, retried)
		}
	case article.StreamIngested:
		if retried {
			s.Dead++ // its end will say that it was dead
		}
		opened(&s, h, retried)
	}
	// A number that is none is of the oldest day.
	origin, _ := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64)
	l.enter(h.Get(article.HeaderSource), article.Lane(h.Get(article.HeaderLane)), origin, s)
}

// opened counts a file by its first article. A file that died whole counted as one item;
// retried, it may turn out to have more.
func opened(s *Sums, h nats.Header, retried bool) {
	if retried {
		if n, err := strconv.ParseInt(h.Get(article.HeaderAdded), 10, 64); err == nil && n > 0 {
			s.Split += n
		}
		return
	}
	if h.Get(article.HeaderIndex) == "0" {
		n, err := strconv.ParseInt(h.Get(article.HeaderCount), 10, 64)
		if err != nil {
			n = 1
		}
		s.Opened++
		s.Split += n
	}
}

func (l *Ledger) of(source string, lane article.Lane) *Sums {
	k := key{source, lane}
	if l.sums[k] == nil {
		l.sums[k] = &Sums{Source: source, Lane: lane}
	}
	return l.sums[k]
}

// Report returns the sums by source and lane, sorted.
func (l *Ledger) Report() []Sums {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report()
}

func (l *Ledger) report() []Sums {
	r := make([]Sums, 0, len(l.sums))
	for _, s := range l.sums {
		r = append(r, *s)
	}
	slices.SortFunc(r, func(a, b Sums) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Lane, b.Lane))
	})
	return r
}

// Total adds up a report.
func Total(report []Sums) Sums {
	var t Sums
	for _, s := range report {
		t.add(s)
	}
	return t
}

// Save writes the checkpoint. Several keepers may run: when another has saved since
// this one last did, this one takes over the other's and counts on from there.
func (l *Ledger) Save(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := json.Marshal(checkpoint{Next: l.next, Sums: l.report(), Days: l.reportDays()})
	if err != nil {
		return fmt.Errorf("save ledger: %w", err)
	}
	if l.revision == 0 {
		l.revision, err = l.kv.Create(ctx, checkpointKey, b)
	} else {
		l.revision, err = l.kv.Update(ctx, checkpointKey, b, l.revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) {
		return l.load(ctx)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("save ledger: %w", err), l.load(context.WithoutCancel(ctx)))
	}
	for stream, p := range l.next {
		l.saved[stream] = p
	}
	return nil
}

// Place returns how far a stream was read, by the saved sums when Advance has not been
// called: when the stream was created that was read, and the next sequence to read.
func (l *Ledger) Place(stream string) (created time.Time, next uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next[stream].Created, l.next[stream].Seq
}

// KeepFrom returns the sequence from which a stream is still needed by the ledger.
// It is a bus.Guard.
func (l *Ledger) KeepFrom(_ context.Context, stream string) (uint64, error) {
	if !slices.Contains(streams, stream) {
		return bus.KeepNothing, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.saved[stream].Seq, 1), nil
}
