// Package doctor examines the road for what is known to go wrong with it: streams and
// consumers that are not what they were declared as, copies that are missing, consumers
// a crash of the server left before or behind their stream, what the state bucket
// remembers of things that are gone, and items that came in and never came out.
//
// Every finding says what is wrong, what follows from it and what may be done. Where
// doing it cannot lose an article, Repair does it.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
)

// Codes of findings.
const (
	StreamMissing    = "stream_missing"
	StreamDiffers    = "stream_differs"
	ConsumerMissing  = "consumer_missing"
	ConsumerDiffers  = "consumer_differs"
	ConsumerAhead    = "consumer_ahead"
	ConsumerStranger = "consumer_stranger"
	FloorReset       = "floor_reset"
	FloorAhead       = "floor_ahead"
	StateOrphaned    = "state_orphaned"
	ReplicaMissing   = "replica_missing"
	LedgerAhead      = "ledger_ahead"
	LedgerLeak       = "ledger_leak"
	LedgerDays       = "ledger_days"
	ItemDoubled      = "item_doubled"
)

// Finding is one thing that is wrong.
type Finding struct {
	Code     string `json:"code"`
	Stream   string `json:"stream,omitempty"`
	Consumer string `json:"consumer,omitempty"`
	// What is wrong, and Why it matters.
	What string `json:"what"`
	Why  string `json:"why"`
	// Repair is what Repair would do, empty where it would not be safe, and Advice what
	// a person can do then.
	Repair string `json:"repair,omitempty"`
	Advice string `json:"advice,omitempty"`
	// Items that leaked or ended twice, the first MaxItems of Count.
	Items []Item `json:"items,omitempty"`
	Count int    `json:"count,omitempty"`
	// Repaired is set by Repair, or else Failed to why it could not.
	Repaired bool   `json:"repaired"`
	Failed   string `json:"failed,omitempty"`

	repair func(ctx context.Context) error
}

// Item is one article on its way, or a file that was not opened.
type Item struct {
	Item   string `json:"item,omitempty"` // empty for a file
	Source string `json:"source"`
	Lane   string `json:"lane"`
	// Seq is the sequence of its file in the inbox.
	Seq uint64 `json:"seq"`
	// Last is the stream it was seen on last.
	Last string `json:"last"`
}

// MaxItems are named in a finding.
const MaxItems = 100

// Doctor examines one road.
type Doctor struct {
	js   jetstream.JetStream
	topo *bus.Topology
	now  func() time.Time
}

// New returns a doctor for the road under some settings. They must be those it was
// declared with, or everything differs.
func New(js jetstream.JetStream, topo *bus.Topology, now func() time.Time) *Doctor {
	return &Doctor{js, topo, now}
}

// Examine looks at streams, consumers and what is remembered of them, which takes a
// few requests. It changes nothing.
func (d *Doctor) Examine(ctx context.Context) ([]*Finding, error) {
	var found []*Finding
	streams, more, err := d.streams(ctx)
	if err != nil {
		return nil, err
	}
	found = append(found, more...)
	state, err := bus.OpenState(ctx, d.js)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if len(streams) == 0 {
			return nil, err // no desk at all
		}
		return append(found, &Finding{
			Code: StreamMissing, Stream: "KV_" + bus.BucketState,
			What: "the bucket " + bus.BucketState + " is missing", Why: "no stage starts without it; what it remembered, how far each stage got, is in the streams too",
			Repair: "declare it again, empty", repair: d.provision,
		}), nil
	}
	if err != nil {
		return nil, err
	}
	marks, err := state.Marks(ctx)
	if err != nil {
		return nil, err
	}
	if more, err = d.consumers(ctx, streams, state, marks); err != nil {
		return nil, err
	}
	found = append(found, more...)
	return append(found, d.orphans(streams, state, marks)...), nil
}

// Repair does what is safe about the findings, in their order, and notes in each what
// came of it. The error is the context's.
func (d *Doctor) Repair(ctx context.Context, found []*Finding) error {
	for _, f := range found {
		if f.repair == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.repair(ctx); err != nil {
			f.Failed = bus.Explain(d.js.Conn(), err).Error()
			continue
		}
		f.Repaired = true
	}
	return nil
}

func (d *Doctor) provision(ctx context.Context) error { return bus.Provision(ctx, d.js, d.topo) }

// held is a stream as it is.
type held struct {
	row  bus.Stream
	info *jetstream.StreamInfo
	s    jetstream.Stream
}

// streams compares the streams with their declaration.
func (d *Doctor) streams(ctx context.Context) (map[string]held, []*Finding, error) {
	streams, found := map[string]held{}, []*Finding(nil)
	for _, row := range d.topo.Streams {
		s, err := d.js.Stream(ctx, row.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			found = append(found, &Finding{
				Code: StreamMissing, Stream: row.Name,
				What:   "the stream does not exist",
				Why:    "what is published to it is not stored, so the stages before it stand still. A server that finds a stream's files damaged starts without it: look for \"orphaned\" in its log before the stream is declared anew",
				Repair: "declare it again, empty", repair: d.provision,
			})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("examine stream %s: %w", row.Name, err)
		}
		h := held{row, s.CachedInfo(), s}
		streams[row.Name] = h
		if diff := streamDiff(d.topo.StreamConfig(row), h.info.Config); diff != "" {
			found = append(found, &Finding{
				Code: StreamDiffers, Stream: row.Name, What: "the stream is not what it was declared as: " + diff,
				Why:    "somebody changed it, or this command was given other settings than the workers. A maximum age or number removes articles nobody has worked on; other limits refuse too early or too late",
				Repair: "declare it again by the settings given here", repair: d.provision,
			})
		}
		found = append(found, copies(row.Name, "", d.topo.Settings.Replicas, h.info.Config.Replicas, h.info.Cluster, d.provision)...)
	}
	return streams, found, nil
}

// silence is how long the leader may not hear of a copy: the server itself takes one for
// lost after ten seconds.
const silence = 10 * time.Second

// lagging is how many operations a copy may be behind: some dozens are usual under load.
const lagging = 1000

// copies looks for replicas that are not there.
func copies(stream, consumer string, want, have int, c *jetstream.ClusterInfo, provision func(context.Context) error) []*Finding {
	const why = "a fault of the disk or the server that holds them loses what only it has"
	var found []*Finding
	add := func(what, repair, advice string, f func(context.Context) error) {
		found = append(found, &Finding{Code: ReplicaMissing, Stream: stream, Consumer: consumer, What: what, Why: why, Repair: repair, Advice: advice, repair: f})
	}
	if consumer == "" && have < want {
		add(fmt.Sprintf("%d copies instead of %d", have, want), "ask the cluster for the others", "", provision)
	}
	if c == nil || have < 2 {
		return found
	}
	if c.Leader == "" {
		add("it has no leader", "", "start the servers that are away; nothing is stored until most of them are back", nil)
	}
	there := len(c.Replicas)
	if c.Leader != "" {
		there++
	}
	if there < have {
		add(fmt.Sprintf("%d of %d copies have a server", there, have), "", "start the servers that are away", nil)
	}
	for _, r := range c.Replicas {
		switch {
		case r.Offline, !r.Current && r.Active > silence:
			add(fmt.Sprintf("the copy on %s has not been heard of for %s", r.Name, r.Active.Round(time.Second)), "", "start "+r.Name+", or look at the network between them", nil)
		case !r.Current && r.Lag > lagging:
			add(fmt.Sprintf("the copy on %s is %d operations behind", r.Name, r.Lag), "", "wait; when it does not catch up, look at that server's log and disk", nil)
		}
	}
	return found
}
