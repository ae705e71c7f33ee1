package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// key is an item's place.
type key struct {
	lane  article.Lane
	seq   uint64
	index int
}

// end is where an item came to its latest end.
type end struct {
	item   string
	stream string
	seq    uint64
	at     time.Time
}

// ends finds the latest end of each item of some files.
func ends(ctx context.Context, r Road, since time.Time, files map[article.Lane]span, source string) (map[key]end, error) {
	found := map[key]end{}
	for _, stream := range ending {
		_, err := bus.Scan(ctx, r.JS, stream, bus.ScanOptions{Since: since}, func(m jetstream.Msg, at *jetstream.MsgMetadata) error {
			h := m.Headers()
			k := key{lane: article.Lane(h.Get(article.HeaderLane))}
			var err error
			if k.seq, err = strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64); err != nil || !files[k.lane].has(k.seq) {
				return nil
			}
			if source != "" && h.Get(article.HeaderSource) != source || h.Get(article.HeaderRun) != "" {
				return nil
			}
			k.index, _ = strconv.Atoi(h.Get(article.HeaderIndex)) // absent is 0
			if old, ok := found[k]; !ok || at.Timestamp.After(old.at) {
				found[k] = end{h.Get(article.HeaderItem), stream, at.Sequence.Stream, at.Timestamp}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read what came of the files: %w", err)
		}
	}
	return found, nil
}

// outcome is what became of an item.
type outcome struct {
	dead   string           // the reason, "" for an article
	record *article.Article // nil for a dead letter
	text   string           // the SHA-256 of the text
}

// read reads an item's end.
func (e end) read(ctx context.Context, r Road) (outcome, error) {
	m, err := bus.ReadAt(ctx, r.Conn, e.stream, e.seq)
	if err != nil {
		return outcome{}, fmt.Errorf("read what became of %s: %w", e.item, err)
	}
	if e.stream == article.StreamDead {
		return outcome{dead: m.Header.Get(article.HeaderReason)}, nil
	}
	a, err := article.Decode(m.Data)
	if err != nil {
		return outcome{}, fmt.Errorf("read what became of %s: %w", e.item, err)
	}
	o := outcome{record: a}
	switch {
	case a.Text != nil:
		sum := sha256.Sum256([]byte(*a.Text))
		o.text = hex.EncodeToString(sum[:])
	case a.TextRef != nil:
		sum, _, err := r.Blobs.Sum(ctx, *a.TextRef)
		if err != nil {
			return outcome{}, fmt.Errorf("read what became of %s: %w", e.item, err)
		}
		o.text = hex.EncodeToString(sum[:])
	}
	return o, nil
}
