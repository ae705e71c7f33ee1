package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// ending is where an item ended.
type ending struct {
	kind  Outcome
	seq   uint64
	count int // items of its file, as it says
}

// Outcome is how an item ended.
type Outcome string

// The outcomes.
const (
	Enriched  Outcome = "enriched"
	Duplicate Outcome = "duplicate"
	Dead      Outcome = "dead"
)

func (o Outcome) stream() string {
	switch o {
	case Enriched:
		return article.StreamEnriched
	case Duplicate:
		return article.StreamDuplicate
	}
	return article.StreamDead
}

// findEndings reads where items ended since a time: in the dead letters, unless they came
// through by a retry.
func (r *replay) findEndings(ctx context.Context, js jetstream.JetStream, since time.Time, of func(*item) *ending) error {
	for _, kind := range []Outcome{Dead, Duplicate, Enriched} {
		_, err := bus.Scan(ctx, js, kind.stream(), bus.ScanOptions{Since: since}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			if it := r.itemOf(m.Headers()); it != nil {
				count, _ := strconv.Atoi(m.Headers().Get(article.HeaderCount)) // absent is 0
				*of(it) = ending{kind, meta.Sequence.Stream, count}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// published is what became of an item, whole.
type published struct {
	kind    Outcome
	subject string
	header  nats.Header
	data    []byte
	article *article.Article // nil for a dead letter
	text    string           // SHA-256 of its text, "" when that is not kept
}

var errGone = errors.New("not kept any more")

// read reads an ending's record. One that is not kept any more is errGone.
func (e ending) read(ctx context.Context, nc *nats.Conn, blobs *bus.Blobs) (*published, error) {
	stored, err := bus.ReadAt(ctx, nc, e.kind.stream(), e.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	p := &published{kind: e.kind, subject: stored.Header.Get(jetstream.SubjectHeader), header: stored.Header, data: stored.Data}
	if e.kind == Dead {
		return p, nil
	}
	if p.article, err = article.Decode(stored.Data); err != nil {
		return nil, err
	}
	switch a := p.article; {
	case a.Text != nil:
		sum := sha256.Sum256([]byte(*a.Text))
		p.text = hex.EncodeToString(sum[:])
	case a.TextRef != nil:
		sum, _, err := blobs.Sum(ctx, *a.TextRef)
		if err == nil {
			p.text = hex.EncodeToString(sum[:])
		} else if !errors.Is(err, jetstream.ErrObjectNotFound) && !errors.Is(err, bus.ErrForeignRef) {
			return nil, err
		}
	}
	return p, nil
}
