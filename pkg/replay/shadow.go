package replay

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// ending are the streams in which articles come to an end.
var ending = []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead}

const (
	// ahead bounds the files that are in the shadow and have not come to an end.
	ahead = 256
	// lookInterval is how often the shadow is asked what has ended.
	lookInterval = 20 * time.Millisecond
)

// shadow takes files through the shadow's pipeline.
func shadow(ctx context.Context, o Options, files []file) error {
	pub, err := bus.NewPublisher(o.Shadow.Conn, bus.PublisherOptions{})
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer pub.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer stop()
		return o.Run(ctx, arrival)
	})
	group.Go(func() error {
		defer stop()
		return feed(ctx, o, pub, files)
	})
	return group.Wait()
}

// feed puts files into the shadow, and returns when all have come to an end.
func feed(ctx context.Context, o Options, pub *bus.Publisher, files []file) error {
	c := &counter{road: o.Shadow, next: map[string]uint64{}, left: map[string]int{}}
	for in := 0; c.ended < len(files); {
		for ; in < len(files) && in < c.ended+ahead; in++ {
			if err := put(ctx, o, pub, files[in]); err != nil {
				return err
			}
		}
		before := c.ended
		if err := c.look(ctx); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(c.ended, len(files))
		}
		if c.ended > before {
			continue
		}
		select {
		case <-time.After(lookInterval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// counter counts the files whose items have all come to an end.
type counter struct {
	road  Road
	next  map[string]uint64
	left  map[string]int // by file that has begun to end: items that have not
	ended int
}

func (c *counter) look(ctx context.Context) error {
	for _, stream := range ending {
		next, err := bus.Scan(ctx, c.road.JS, stream, bus.ScanOptions{From: c.next[stream]}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			h := m.Headers()
			file := h.Get(article.HeaderLane) + "/" + h.Get(article.HeaderOriginSeq)
			left, begun := c.left[file]
			if !begun {
				n, _ := strconv.Atoi(h.Get(article.HeaderCount)) // a file that could not be opened has no count
				left = max(n, 1)
			}
			if left--; left > 0 {
				c.left[file] = left
			} else {
				delete(c.left, file)
				c.ended++
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("follow the shadow: %w", err)
		}
		c.next[stream] = next
	}
	return nil
}
