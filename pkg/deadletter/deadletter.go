// Package deadletter is the operator's view of what copydesk could not process: it
// reads the dead letters, tells what became of those that were tried again, sends them
// round another time and removes them.
//
// A letter is never changed. Trying one again publishes a copy of its bytes, under the
// item's identity with the retry counted in article.HeaderRetry, to the stage that gave
// it up; the letter stays as the item's history. An item may have one letter for each
// time it died, and what became of a letter is what its item did in the next retry.
package deadletter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// State is what became of a letter.
type State string

// The states.
const (
	// Dead letters are the last word on their item.
	Dead State = "dead"
	// Retrying are those whose item is on its way again.
	Retrying State = "retrying"
	// DiedAgain are those whose item has a later letter.
	DiedAgain State = "died again"
	// Enriched and Duplicate are those whose item came through.
	Enriched  State = "enriched"
	Duplicate State = "duplicate"
)

// Letter is a dead letter without its bytes.
type Letter struct {
	Seq      uint64        `json:"seq"` // in article.StreamDead
	Time     time.Time     `json:"time"`
	Item     string        `json:"item"`
	Stage    string        `json:"stage"`
	Class    article.Class `json:"class"`
	Reason   string        `json:"reason"`
	Error    string        `json:"error"`
	Group    string        `json:"group"` // see Letter.Signature
	Attempts int           `json:"attempts"`
	Retry    int           `json:"retry"` // 0 for the first death of an item
	RetryOf  uint64        `json:"retry_of,omitzero"`
	Source   string        `json:"source"`
	Lane     article.Lane  `json:"lane"`
	Run      string        `json:"run,omitzero"` // the replay it belongs to
	// OriginSeq is the file's sequence in its inbox, 0 for a stranger's message.
	OriginSeq uint64 `json:"origin_seq"`
	Index     int    `json:"index"`
	Count     int    `json:"count"`
	Blob      string `json:"blob,omitzero"`
	Bytes     int64  `json:"bytes"` // in the letter itself

	State State `json:"state"`
	// Until is when its item got to the end that State says, or set out again; zero for
	// Dead.
	Until time.Time `json:"until,omitzero"`
}

// LetterOf reads a letter off a message on articles.dead.*.
func LetterOf(subject string, h nats.Header, seq uint64, at time.Time) Letter {
	l := Letter{
		Seq: seq, Time: at.UTC(), State: Dead,
		Item: h.Get(article.HeaderItem), Stage: article.SourceOf(subject),
		Class: article.Class(h.Get(article.HeaderClass)), Reason: h.Get(article.HeaderReason), Error: h.Get(article.HeaderError),
		Attempts: number[int](h, article.HeaderAttempts), Retry: retryOf(h), RetryOf: number[uint64](h, article.HeaderRetryOf),
		Source: h.Get(article.HeaderSource), Lane: article.Lane(h.Get(article.HeaderLane)), Run: h.Get(article.HeaderRun),
		OriginSeq: number[uint64](h, article.HeaderOriginSeq), Index: number[int](h, article.HeaderIndex), Count: number[int](h, article.HeaderCount),
		Blob: h.Get(article.HeaderBlob), Bytes: number[int64](h, "Nats-Msg-Size"),
	}
	l.Group = groupOf(l.Stage, l.Class, l.Reason, l.Signature())
	return l
}

// Signature is the error in words, with what differs between letters of one cause
// taken out.
func (l *Letter) Signature() string {
	if l.Stage == article.StageIngest && l.Count > 1 {
		// The way to the article in its file comes first, and may be named by anything.
		if _, rest, ok := strings.Cut(l.Error, ": "); ok {
			return "PATH: " + Signature(rest)
		}
	}
	return Signature(l.Error)
}

func number[T int | int64 | uint64](h nats.Header, name string) T {
	n, err := strconv.ParseUint(h.Get(name), 10, 63)
	if err != nil {
		return 0
	}
	return T(n)
}

func retryOf(h nats.Header) int { return number[int](h, article.HeaderRetry) }

// Filter chooses letters. Every field that is set narrows the choice; the zero value
// chooses all.
type Filter struct {
	Stage, Reason, Source, Group string
	Class                        article.Class
	// Items and Seqs choose single letters, by either.
	Items []string
	Seqs  []uint64
	// After and Before bound the time of the death.
	After, Before time.Time
}

// None reports whether the filter chooses everything.
func (f *Filter) None() bool {
	return f.Stage == "" && f.Reason == "" && f.Source == "" && f.Group == "" && f.Class == "" &&
		len(f.Items) == 0 && len(f.Seqs) == 0 && f.After.IsZero() && f.Before.IsZero()
}

// matches reports whether a letter is chosen. A group may be named by its beginning.
func (f *Filter) matches(l *Letter) bool {
	switch {
	case f.Stage != "" && l.Stage != f.Stage,
		f.Reason != "" && l.Reason != f.Reason,
		f.Source != "" && l.Source != f.Source,
		f.Class != "" && l.Class != f.Class,
		f.Group != "" && !strings.HasPrefix(l.Group, f.Group),
		!f.After.IsZero() && l.Time.Before(f.After),
		!f.Before.IsZero() && !l.Time.Before(f.Before):
		return false
	case len(f.Items)+len(f.Seqs) > 0:
		return slices.Contains(f.Items, l.Item) || slices.Contains(f.Seqs, l.Seq)
	}
	return true
}

// Book reads dead letters. It holds some half a kilobyte for each letter it was asked
// for, and nothing of others.
type Book struct {
	nc *nats.Conn
	js jetstream.JetStream
}

// Open returns a book over a server's dead letters.
func Open(nc *nats.Conn, js jetstream.JetStream) *Book { return &Book{nc, js} }

// Letters returns the letters that a filter chooses, oldest first, each with what became
// of it. It reads the headers of the dead letters since Filter.After and, once any letter
// was ever tried again, those of the streams that their items may have got to since.
func (b *Book) Letters(ctx context.Context, f Filter) ([]Letter, error) {
	var letters []Letter
	scan := bus.ScanOptions{Since: f.After}
	if f.Stage != "" {
		scan.Subject = article.DeadSubject(f.Stage)
	}
	_, err := bus.Scan(ctx, b.js, article.StreamDead, scan, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		l := LetterOf(m.Subject(), m.Headers(), meta.Sequence.Stream, meta.Timestamp)
		if f.matches(&l) {
			letters = append(letters, l)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	if err := b.settle(ctx, letters); err != nil {
		return nil, err
	}
	return letters, nil
}

// turn is one time an item went round.
type turn struct {
	item  string
	retry int
}

// fate is how far a turn got.
type fate struct {
	state State
	at    time.Time
}

// rank orders fates: an end says more than being on the way.
var rank = map[State]int{Retrying: 1, DiedAgain: 2, Enriched: 2, Duplicate: 2}

// passed are the streams in which an item that is tried again may be found, and what
// that says of its letter.
var passed = []struct {
	stream string
	state  State
}{
	{article.StreamInbox, Retrying},
	{article.StreamBackfill, Retrying},
	{article.StreamIngested, Retrying},
	{article.StreamUnique, Retrying},
	{article.StreamTagged, Retrying},
	{article.StreamDead, DiedAgain},
	{article.StreamDuplicate, Duplicate},
	{article.StreamEnriched, Enriched},
}

// settle finds out what became of letters.
func (b *Book) settle(ctx context.Context, letters []Letter) error {
	if len(letters) == 0 {
		return nil
	}
	state, err := bus.OpenState(ctx, b.js)
	if err != nil {
		return err
	}
	retried, ever, err := state.RetriedSince(ctx)
	if err != nil || !ever {
		return err
	}
	next := make(map[turn]fate, len(letters))
	since := letters[0].Time
	for i := range letters {
		next[turn{letters[i].Item, letters[i].Retry + 1}] = fate{}
		if letters[i].Time.Before(since) {
			since = letters[i].Time
		}
	}
	if since.Before(retried) {
		since = retried
	}
	for _, p := range passed {
		// What ingest has acknowledged it has published by then, or thought nothing of.
		var done uint64
		inbox := p.stream == article.StreamInbox || p.stream == article.StreamBackfill
		if inbox {
			c, err := b.js.Consumer(ctx, p.stream, article.StageIngest)
			if err != nil {
				return fmt.Errorf("look for retried letters: %w", err)
			}
			done = c.CachedInfo().AckFloor.Stream
		}
		scan := bus.ScanOptions{Since: since}
		if done > 0 {
			scan = bus.ScanOptions{From: done + 1}
		}
		_, err := bus.Scan(ctx, b.js, p.stream, scan, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			h := m.Headers()
			retry := retryOf(h)
			if inbox && (!article.IsRetry(m.Subject()) || meta.Sequence.Stream <= done) {
				return nil
			}
			if retry == 0 || h.Get(article.HeaderRun) != "" {
				return nil
			}
			t := turn{h.Get(article.HeaderItem), retry}
			if was, asked := next[t]; asked && rank[p.state] > rank[was.state] {
				next[t] = fate{p.state, meta.Timestamp.UTC()}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look for retried letters: %w", err)
		}
	}
	for i := range letters {
		l := &letters[i]
		if f := next[turn{l.Item, l.Retry + 1}]; f.state != "" && l.Run == "" {
			l.State, l.Until = f.state, f.at
		}
	}
	return nil
}

// Group is what letters of one cause have in common.
type Group struct {
	ID        string        `json:"group"`
	Stage     string        `json:"stage"`
	Class     article.Class `json:"class"`
	Reason    string        `json:"reason"`
	Signature string        `json:"signature"`
	// Letters counts them, States by what became of them.
	Letters int           `json:"letters"`
	States  map[State]int `json:"states"`
	First   time.Time     `json:"first"`
	Last    time.Time     `json:"last"`
	// Example is the item of the latest one, of those that are dead if any is.
	Example string `json:"example"`

	exampleDead bool
}

// Groups puts letters of one cause together, those with the most dead first.
func Groups(letters []Letter) []Group {
	byID := map[string]*Group{}
	for i := range letters {
		l := &letters[i]
		g := byID[l.Group]
		if g == nil {
			g = &Group{ID: l.Group, Stage: l.Stage, Class: l.Class, Reason: l.Reason, Signature: l.Signature(), States: map[State]int{}, First: l.Time}
			byID[l.Group] = g
		}
		g.Letters++
		g.States[l.State]++
		g.First, g.Last = earlier(g.First, l.Time), later(g.Last, l.Time)
		if dead := l.State == Dead; dead || !g.exampleDead {
			g.Example, g.exampleDead = l.Item, dead
		}
	}
	groups := make([]Group, 0, len(byID))
	for _, g := range byID {
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(-cmp.Compare(a.States[Dead], b.States[Dead]), -cmp.Compare(a.Letters, b.Letters), cmp.Compare(a.ID, b.ID))
	})
	return groups
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
