package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/stage"
)

const (
	// rememberedPlaces bounds the places of articles known by heart, in each of two
	// generations: some 8 MB.
	rememberedPlaces = 1 << 15
	// maxSearch bounds the headers read in search of an article: many times what is
	// published between a decision and its article.
	maxSearch = 4096
	// publishPatience is how long after its decision an article may still be on its
	// way to its stream.
	publishPatience = 2 * time.Second
	publishLook     = 50 * time.Millisecond
	// shadowPatience is the same for a replay, which has time, and must come out the same
	// on a machine that is busy.
	shadowPatience = 30 * time.Second
)

// versions reads the texts of earlier versions from where dedupe published them.
type versions struct {
	*courier
	log *decisions
	// past reads those that another desk published, of which this one is the shadow.
	past *versions

	mu          sync.Mutex
	fresh, aged map[string]uint64 // item to its sequence in ARTICLES_UNIQUE
}

// place remembers where an article was stored.
func (v *versions) place(item string, seq uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fresh == nil || len(v.fresh) >= rememberedPlaces {
		v.fresh, v.aged = make(map[string]uint64), v.fresh
	}
	v.fresh[item] = seq
}

func (v *versions) placeOf(item string) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if seq, ok := v.fresh[item]; ok {
		return seq
	}
	return v.aged[item]
}

// changes compares an article with an earlier version, given by the place of its
// decision. Without the earlier text, which is kept for the dedupe window, the hashes
// of its paragraphs have to do.
func (v *versions) changes(ctx context.Context, where uint64, a *article.Article) ([]article.Change, error) {
	e, taken, err := v.log.at(ctx, where)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return []article.Change{}, nil
	}
	if err != nil {
		return nil, err
	}
	if taken.there && v.past != nil {
		v = v.past
	}
	old, err := v.text(ctx, e.Item, taken.Time)
	if err != nil {
		return nil, err
	}
	text := ""
	if a.Text != nil {
		text = *a.Text
	}
	return dedupe.Changes(old, e.Paragraphs, text), nil
}

// text returns the text of an article decided at a time, nil when it is not kept.
func (v *versions) text(ctx context.Context, item string, decided time.Time) (*string, error) {
	seq, err := v.find(ctx, item, decided)
	if err != nil || seq == 0 {
		return nil, err
	}
	m, err := bus.ReadAt(ctx, v.log.nc, article.StreamUnique, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	old, err := v.open(ctx, stage.In{Stream: article.StreamUnique, Seq: seq, Header: m.Header, Data: m.Data})
	var reject *stage.RejectError
	if errors.As(err, &reject) {
		return nil, nil // its text has gone from the blob bucket
	}
	if err != nil {
		return nil, err
	}
	return old.Text, nil
}

// find returns the place of an article, 0 when it is not kept. One that was decided
// just now may still be on its way.
func (v *versions) find(ctx context.Context, item string, decided time.Time) (uint64, error) {
	for {
		if seq := v.placeOf(item); seq > 0 {
			return seq, nil
		}
		seq, err := v.search(ctx, item, decided)
		if err != nil || seq > 0 {
			return seq, err
		}
		patience := publishPatience
		if v.shadow != nil {
			patience = shadowPatience
		}
		if v.now().Sub(decided) > patience {
			return 0, nil
		}
		timer := time.NewTimer(publishLook)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, context.Cause(ctx)
		}
	}
}

// search reads the headers of what was published from a decision on.
func (v *versions) search(ctx context.Context, item string, decided time.Time) (uint64, error) {
	found, looked := uint64(0), 0
	_, err := bus.Scan(ctx, v.log.js, article.StreamUnique, bus.ScanOptions{Since: decided}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if m.Headers().Get(article.HeaderItem) == item {
			found = meta.Sequence.Stream
			return errFound
		}
		if looked++; looked >= maxSearch {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	if found > 0 {
		v.place(item, found)
	}
	return found, err
}

// errFound ends a scan.
var errFound = errors.New("found")
