package desk

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Shadow makes a desk work through files that another desk has had, as if they had come to
// it when they came to the other: under the same identities and at the same times. Its
// streams are its own, on a server that nobody else writes to, since it believes what the
// messages there say of themselves. They are made with ShadowFile and ShadowDecisions.
type Shadow struct {
	// Created is when the other desk's inbox streams were made, by their names: part of
	// an item's identity.
	Created map[string]time.Time
	// Past opens a connection to the other desk, from which the texts of articles that were
	// decided on there are read when a shadow's article is a new version of one.
	Past bus.Dialer
}

// headerDecided says, on decisions that were copied from another desk, when they were
// taken there.
const headerDecided = "Copydesk-Decided"

// ShadowFile makes the message that brings a file of another desk's inbox into the same
// inbox of its shadow, as part of a replay. The subject is the one it came on.
func ShadowFile(run, subject string, m bus.Stored) *nats.Msg {
	h := ownHeadersOff(m.Header)
	h.Set(article.HeaderRun, run)
	h.Set(article.HeaderOriginSeq, strconv.FormatUint(m.Seq, 10))
	h.Set(article.HeaderReceived, m.Time.UTC().Format(time.RFC3339Nano))
	return &nats.Msg{Subject: subject, Header: h, Data: m.Data}
}

// ownHeadersOff are the headers that a sender may have set. Those of NATS itself would
// have the shadow's server look for things that it does not have.
func ownHeadersOff(of nats.Header) nats.Header {
	h := maps.Clone(of)
	if h == nil {
		h = nats.Header{}
	}
	for _, name := range article.OwnHeaders() {
		delete(h, name)
	}
	for name := range h {
		if strings.HasPrefix(name, "Nats-") {
			delete(h, name)
		}
	}
	return h
}

// Decision is a line of the decision log, as far as it says whom it is about.
type Decision struct {
	Item string `json:"item"`
	// Removed and Restated lines are no verdicts: see dedupe.Entry.
	Removed  bool `json:"removed"`
	Restated bool `json:"restated"`
	// Line is all of it.
	Line []byte `json:"-"`
}

// Decisions returns the lines of a message of the decision log.
func Decisions(m bus.Stored) ([]Decision, error) {
	var list []Decision
	for line := range bytes.SplitSeq(m.Data, []byte{'\n'}) {
		d := Decision{Line: line}
		if err := json.Unmarshal(line, &d); err != nil {
			return nil, fmt.Errorf("read decision %d of message %d: %w", len(list), m.Seq, err)
		}
		list = append(list, d)
	}
	return list, nil
}

// ShadowDecisions makes the message that enters decisions of another desk, all of one
// message there, into its shadow's log.
func ShadowDecisions(lines []Decision, taken time.Time) *nats.Msg {
	m := nats.NewMsg(article.SubjectDecisions)
	m.Header.Set(headerDecided, taken.UTC().Format(time.RFC3339Nano))
	for i, l := range lines {
		if i > 0 {
			m.Data = append(m.Data, '\n')
		}
		m.Data = append(m.Data, l.Line...)
	}
	return m
}

// taken is when a decision was taken, and whether that was on the desk that this one is
// the shadow of.
type taken struct {
	time.Time
	there bool
}

func takenAt(m bus.Stored) taken {
	if at, err := time.Parse(time.RFC3339Nano, m.Header.Get(headerDecided)); err == nil {
		return taken{at, true}
	}
	return taken{m.Time, false}
}

// arrival returns a message of the shadow's inbox as the other desk had it.
func (s *Shadow) arrival(in stage.In) stage.In {
	in.Created = s.Created[in.Stream]
	in.Seq, _ = strconv.ParseUint(in.Header.Get(article.HeaderOriginSeq), 10, 64) // ShadowFile wrote it
	if at, err := time.Parse(time.RFC3339Nano, in.Header.Get(article.HeaderReceived)); err == nil {
		in.Stored = at
	}
	return in
}

// openPast opens what earlier versions' texts are read from, for a shadow.
func (s *Shadow) openPast(ctx context.Context, c *courier) (past *versions, done func(), err error) {
	nc, err := s.Past("replay")
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		var blobs *bus.Blobs
		if blobs, err = bus.OpenBlobs(ctx, js); err == nil {
			there := *c
			there.blobs = blobs
			return &versions{courier: &there, log: &decisions{nc: nc, js: js}}, nc.Close, nil
		}
	}
	nc.Close()
	return nil, nil, fmt.Errorf("read earlier versions: %w", err)
}

// CopyLearnt gives a shadow, whose ingest must not have started, the learnt boilerplate of
// the desk at from: the snapshot with this number, 0 for the newest. It returns the
// snapshot's name, "" when nothing was learnt.
func CopyLearnt(ctx context.Context, from, to *nats.Conn, number uint64) (name string, err error) {
	there, err := jetstream.New(from)
	if err != nil {
		return "", fmt.Errorf("copy learnt boilerplate: %w", err)
	}
	here, err := jetstream.New(to)
	if err != nil {
		return "", fmt.Errorf("copy learnt boilerplate: %w", err)
	}
	store := newSources(from, there)
	r, _, err := store.newest(ctx)
	if err == nil && number > 0 {
		r, err = store.snapshot(ctx, number)
	}
	if err != nil || r == nil {
		return "", err
	}
	if err := newSources(to, here).publish(ctx, r, 0); err != nil {
		return "", fmt.Errorf("copy learnt boilerplate: %w", err)
	}
	return r.Name(), nil
}
