// Package history tells the whole life of one article from what the streams still hold:
// how it arrived, what each stage did with it and how long that took, its verdict, its
// deaths and retries, what else is said to be it, and where it is now.
//
// Headers say most of it. A body is read only of the message that is furthest along,
// whose record lists the steps behind it, and of the decision log. What is not kept any
// more is said, not guessed.
package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// ErrNotFound means that nothing of an article is there.
var ErrNotFound = errors.New("not found: it never came in, or nothing of it is kept any more")

// History is the life of one item.
type History struct {
	Item    string `json:"item"`
	URI     string `json:"uri"`
	Version int    `json:"version"`
	// State is enriched, duplicate, dead, or in_flight.
	State State `json:"state"`
	// Now says in words where it is.
	Now string `json:"now"`
	// Place is the message that is furthest along.
	Place   Place   `json:"place"`
	Arrival Arrival `json:"arrival"`
	// Events are in the order of time.
	Events  []Event  `json:"events"`
	Verdict *Verdict `json:"verdict"` // null before dedupe
	// Versions are the other versions of its uri, Copies what is said to repeat it.
	Versions []Related `json:"versions"`
	Copies   []Related `json:"copies"`
	// Missing lists in words what is not kept any more.
	Missing []string `json:"missing"`
}

// State is where an item stands in the ledger.
type State string

// The states.
const (
	Enriched  State = "enriched"
	Duplicate State = "duplicate"
	Dead      State = "dead"
	InFlight  State = "in_flight"
)

// Place is a stored message.
type Place struct {
	Stream  string    `json:"stream"`
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
}

// Arrival is how the file came in.
type Arrival struct {
	Stream string       `json:"stream"`
	Seq    uint64       `json:"seq"`
	Lane   article.Lane `json:"lane"`
	Source string       `json:"source"`
	// Time is when the inbox stored it, null if nothing says so any more.
	Time     *time.Time `json:"time"`
	Filename *string    `json:"filename"`
	SHA256   *string    `json:"sha256"`
	Bytes    *int64     `json:"bytes"`
	// Index and Count place the item among those of its file; Count is 0 before the file
	// is opened.
	Index int  `json:"index"`
	Count int  `json:"count"`
	Kept  bool `json:"kept"` // by the inbox
}

// EventKind is what happened.
type EventKind string

// The kinds.
const (
	Arrived   EventKind = "arrived"
	Passed    EventKind = "passed"    // a stage did its work and published
	Died      EventKind = "died"      // a stage gave it up
	Retried   EventKind = "retried"   // somebody had it tried again
	Withdrawn EventKind = "withdrawn" // dedupe forgot it, because it died later on
)

// Event is one thing that happened to an item.
type Event struct {
	At    time.Time `json:"at"`
	Kind  EventKind `json:"event"`
	Stage string    `json:"stage,omitzero"`
	Retry int       `json:"retry"`
	// Queue is how long the input waited for the stage and Took how long its function
	// ran, in milliseconds; null where that is not known any more.
	Queue *float64 `json:"queue_ms"`
	Took  *float64 `json:"ms"`
	// Attempt counts deliveries to the stage, 0 if that is not known.
	Attempt int    `json:"attempt"`
	Version string `json:"stage_version,omitzero"` // of the stage's program
	// Verdict is the stage's word: ok, failed, a relation, or a reason code.
	Verdict string        `json:"verdict"`
	Class   article.Class `json:"class,omitzero"`
	Error   string        `json:"error,omitzero"`
	// Place is the message that says so, null when it is not kept any more.
	Place *Place `json:"place"`

	started time.Time // of the step, once it is found
}

// Verdict is what dedupe said.
type Verdict struct {
	Relation     article.Relation   `json:"relation"`
	Of           *string            `json:"of"`
	Score        *float64           `json:"score"`
	Method       string             `json:"method"`
	Evidence     []article.Evidence `json:"evidence"`
	Copies       int                `json:"copies"`
	Changes      int                `json:"changes"` // paragraphs added or removed
	OverridesRev *string            `json:"overrides_rev"`
}

// Related is another item that the decision log joins with this one.
type Related struct {
	Item     string           `json:"item"`
	URI      string           `json:"uri"`
	Version  int              `json:"version"`
	Relation article.Relation `json:"relation"`
	Score    *float64         `json:"score"`
	Received time.Time        `json:"received"`
	// Removed means that it died after its verdict and counts no more.
	Removed bool `json:"removed"`
}

// Historian reads a server's streams.
type Historian struct {
	nc *nats.Conn
	js jetstream.JetStream
}

// New returns a historian.
func New(nc *nats.Conn, js jetstream.JetStream) *Historian { return &Historian{nc, js} }

// origin is a file's place in its inbox.
type origin struct {
	lane article.Lane
	seq  uint64
}

func (o origin) stream() string {
	if o.lane == article.Backfill {
		return article.StreamBackfill
	}
	return article.StreamInbox
}

// mention is a message about an item.
type mention struct {
	Place
	header nats.Header
	retry  int
	order  bool // it has a dead letter tried again
}

// road is the way of an item; what stands further is further along.
var road = []struct {
	stream string
	stage  string // that writes there
}{
	{article.StreamInbox, ""},
	{article.StreamBackfill, ""},
	{article.StreamIngested, article.StageIngest},
	{article.StreamUnique, article.StageDedupe},
	{article.StreamTagged, article.StageEntities},
	{article.StreamDead, ""},
	{article.StreamDuplicate, article.StageDedupe},
	{article.StreamEnriched, article.StageSummarize},
}

func rank(stream string) int {
	for i, r := range road {
		if r.stream == stream {
			return i
		}
	}
	return -1
}

func stageOf(stream string) string { return road[rank(stream)].stage }

// Item tells the life of one item.
func (t *Historian) Item(ctx context.Context, item string) (*History, error) {
	from, err := t.originOf(ctx, item)
	if err != nil {
		return nil, err
	}
	since, err := t.arrived(ctx, from)
	if err != nil {
		return nil, err
	}
	mentions := map[string][]mention{}
	if err := t.collect(ctx, since, mentions, func(i string, o origin) bool { return i == item }); err != nil {
		return nil, err
	}
	return t.tell(ctx, item, from, mentions[item])
}

// originOf finds the file that an item came in. Identities are made of the file's place,
// so for the first item of a file a computation says it, and otherwise a message about
// the item does.
func (t *Historian) originOf(ctx context.Context, item string) (origin, error) {
	for _, lane := range []article.Lane{article.Live, article.Backfill} {
		o := origin{lane: lane}
		s, err := t.js.Stream(ctx, o.stream())
		if err != nil {
			return o, fmt.Errorf("trace: %w", err)
		}
		info := s.CachedInfo()
		for seq, left := info.State.LastSeq, computed; seq > 0 && left > 0; seq, left = seq-1, left-1 {
			if article.ItemID(info.Created, seq, 0) == item {
				return origin{lane, seq}, nil
			}
		}
	}
	for _, r := range slices.Backward(road) {
		var found origin
		_, err := bus.Scan(ctx, t.js, r.stream, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			h := m.Headers()
			if h.Get(article.HeaderItem) != item || h.Get(article.HeaderRun) != "" || isInbox(m.Subject()) {
				return nil
			}
			found = originIn(h)
			return errStop
		})
		if err != nil && !errors.Is(err, errStop) {
			return found, fmt.Errorf("trace: %w", err)
		}
		if errors.Is(err, errStop) {
			return found, nil
		}
	}
	return origin{}, fmt.Errorf("%s: %w", item, ErrNotFound)
}

// computed bounds how many places of an inbox are tried: two million take half a second.
const computed = 2_000_000

var errStop = errors.New("stop")

func originIn(h nats.Header) origin {
	return origin{article.Lane(h.Get(article.HeaderLane)), number[uint64](h, article.HeaderOriginSeq)}
}

// isInbox reports whether a subject is one anyone may publish to, with any headers.
func isInbox(subject string) bool {
	s := bus.StreamOf(subject)
	return (s == article.StreamInbox || s == article.StreamBackfill) && !article.IsRetry(subject)
}

func number[T int | uint64 | int64](h nats.Header, name string) T {
	n, err := strconv.ParseUint(h.Get(name), 10, 63)
	if err != nil {
		return 0
	}
	return T(n)
}

// arrived returns a time before which nothing about a file can be: when the inbox stored
// it, or the beginning of time when it does not keep it any more.
func (t *Historian) arrived(ctx context.Context, o origin) (time.Time, error) {
	m, err := t.message(ctx, o.stream(), o.seq)
	if err != nil || m == nil {
		return time.Time{}, err
	}
	return m.Time, nil
}

// message returns a stored message, or nil.
func (t *Historian) message(ctx context.Context, stream string, seq uint64) (*jetstream.RawStreamMsg, error) {
	if seq == 0 {
		return nil, nil
	}
	s, err := t.js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trace: read %s at %d: %w", stream, seq, err)
	}
	return m, nil
}

// collect reads the headers since a time and keeps what is wanted, by item.
func (t *Historian) collect(ctx context.Context, since time.Time, into map[string][]mention, want func(item string, o origin) bool) error {
	for _, r := range road {
		_, err := bus.Scan(ctx, t.js, r.stream, bus.ScanOptions{Since: since}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			h := m.Headers()
			item := h.Get(article.HeaderItem)
			if item == "" || isInbox(m.Subject()) || h.Get(article.HeaderRun) != "" || !want(item, originIn(h)) {
				return nil
			}
			into[item] = append(into[item], mention{
				Place:  Place{r.stream, m.Subject(), meta.Sequence.Stream, meta.Timestamp.UTC()},
				header: h, retry: number[int](h, article.HeaderRetry),
				order: h.Get(article.HeaderRetryOf) != "" && r.stream != article.StreamDead,
			})
			return nil
		})
		if err != nil {
			return fmt.Errorf("trace: %w", err)
		}
	}
	return nil
}

// further orders mentions by how far along they are: by the retry, then by the road.
func further(a, b mention) int {
	return cmp.Or(cmp.Compare(a.retry, b.retry), cmp.Compare(rank(a.Stream), rank(b.Stream)), cmp.Compare(a.Seq, b.Seq))
}
