// Package replay takes files that a desk has worked on through today's pipeline once more,
// and tells what would come out differently: under another version, model or override.
//
// The pipeline is the real one, on a server of its own with streams, buckets and a decision
// log of its own: the shadow. Of the desk that is replayed everything is only read. The
// shadow begins with the desk's overrides and learnt boilerplate as they are now, and learns
// nothing itself. Files go in one at a time, in the order and with the times of their
// arrival, and their items have the names they had, so that two replays give the same.
//
// A verdict depends on what came before. The files of the time before the range, the lead,
// go first, and only what they are compared with comes of them.
package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Road is a NATS with the streams of a desk.
type Road struct {
	Conn  *nats.Conn
	JS    jetstream.JetStream
	Blobs *bus.Blobs
}

// Options say what to replay.
type Options struct {
	// Desk is read, Shadow is provisioned and empty.
	Desk, Shadow Road
	// From and To bound the arrival of the files: From is in the range, To is not.
	From, To time.Time
	// Source, if set, is the only one whose articles are compared. Those of all others go
	// through the shadow too.
	Source string
	// Lead is how long before From files count as what came before.
	Lead time.Duration
	// Run runs the shadow's stages until ctx is done, with this as desk.Options.Arrival.
	Run func(ctx context.Context, arrival func(stage.In) stage.In) error
	// Progress, if set, is told how many files of all have come to an end.
	Progress func(ended, all int)
	// Changed is called with each article that came out differently, in order of lane,
	// file and place in the file.
	Changed func(Article) error
}

// Sum is what a replay found.
type Sum struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Source string    `json:"source,omitempty"`
	// Files were compared, and LeadFiles were what they were compared with. LeadFrom is
	// the arrival of the first of these; the inbox may not go back any further.
	Files     int        `json:"files"`
	LeadFiles int        `json:"lead_files"`
	LeadFrom  *time.Time `json:"lead_from"`

	// Articles came out of the files, then or now. Same of them came out the same.
	Articles int `json:"articles"`
	Same     int `json:"same"`
	// What follows overlaps: an article may have another verdict and other entities.
	Verdicts       int `json:"verdicts"`
	Entities       int `json:"entities"`
	EntitiesGained int `json:"entities_gained"`
	EntitiesLost   int `json:"entities_lost"`
	Summaries      int `json:"summaries"`
	Others         int `json:"others"`
	NewlyDead      int `json:"newly_dead"`
	NoLongerDead   int `json:"no_longer_dead"`
	// NotComparable have no end on the desk: they are on their way, or it is not kept.
	NotComparable int `json:"not_comparable"`

	// The revisions of the desk's overrides and learnt boilerplate that were replayed
	// under: the last sequence of each bucket.
	OverridesRev   uint64 `json:"overrides_rev"`
	BoilerplateRev uint64 `json:"boilerplate_rev"`
}

// ErrNothing means that no file came in between two times.
var ErrNothing = errors.New("no file came in then")

// Do replays. It returns an ErrNothing where there is nothing to replay.
func Do(ctx context.Context, o Options) (*Sum, error) {
	files, err := list(ctx, o)
	if err != nil {
		return nil, err
	}
	sum := &Sum{From: o.From.UTC(), To: o.To.UTC(), Source: o.Source}
	begun := map[article.Lane]span{}
	for _, f := range files {
		if f.stored.Before(o.From) {
			if sum.LeadFiles++; sum.LeadFrom == nil {
				at := f.stored.UTC()
				sum.LeadFrom = &at
			}
			continue
		}
		begun[f.lane()] = begun[f.lane()].with(f.seq)
		if o.Source == "" || f.source() == o.Source {
			sum.Files++
		}
	}
	if sum.Files == 0 {
		return nil, ErrNothing
	}
	for bucket, rev := range map[string]*uint64{bus.BucketOverrides: &sum.OverridesRev, bus.BucketSources: &sum.BoilerplateRev} {
		if *rev, err = copyBucket(ctx, o.Desk, o.Shadow, bucket); err != nil {
			return nil, err
		}
	}
	if err := shadow(ctx, o, files); err != nil {
		return nil, err
	}
	was, err := ends(ctx, o.Desk, o.From, begun, o.Source)
	if err != nil {
		return nil, err
	}
	now, err := ends(ctx, o.Shadow, time.Time{}, begun, o.Source)
	if err != nil {
		return nil, err
	}
	return sum, compare(ctx, o, was, now, sum)
}

// span is a stretch of an inbox.
type span struct{ first, last uint64 }

func (s span) with(seq uint64) span {
	if s.first == 0 || seq < s.first {
		s.first = seq
	}
	return span{s.first, max(s.last, seq)}
}

func (s span) has(seq uint64) bool { return s.first > 0 && seq >= s.first && seq <= s.last }

// copyBucket copies what a bucket holds now and returns its last sequence.
func copyBucket(ctx context.Context, from, to Road, bucket string) (rev uint64, err error) {
	fail := func(err error) (uint64, error) { return 0, fmt.Errorf("copy bucket %s: %w", bucket, err) }
	src, err := from.JS.KeyValue(ctx, bucket)
	if err != nil {
		return fail(err)
	}
	dst, err := to.JS.KeyValue(ctx, bucket)
	if err != nil {
		return fail(err)
	}
	all, err := src.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fail(err)
	}
	defer all.Stop() //nolint:errcheck // the connection's end stops it too
	for {
		select {
		case e, ok := <-all.Updates():
			if !ok {
				return fail(errors.New("the watch ended"))
			}
			if e == nil { // all of them
				return rev, nil
			}
			rev = max(rev, e.Revision())
			if _, err := dst.Put(ctx, e.Key(), e.Value()); err != nil {
				return fail(err)
			}
		case <-ctx.Done():
			return fail(context.Cause(ctx))
		}
	}
}
