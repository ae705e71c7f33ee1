package bench

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// relayPrefetch is what the desk gives its fastest stages.
const relayPrefetch = 512

// next is where hop i sends what it takes.
func next(i int) string {
	english := "en"
	return []string{
		article.SubjectIngested, article.SubjectUnique, article.SubjectTagged,
		article.EnrichedSubject(&english, article.New, source),
	}[i]
}

// relay runs our engine on every hop, with nothing to do but to pass on.
func (x *road) relay(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, hop := range x.hops() {
		group.Go(func() error {
			nc, err := x.srv.Dial(hop.Name)
			if err != nil {
				return err
			}
			defer nc.Close()
			return stage.Run(ctx, nc, stage.Options{
				Name:      hop.Name,
				Inputs:    []stage.Input{{Stream: hop.Stream, Consumer: hop.Name, Prefetch: relayPrefetch}},
				Outputs:   []stage.Output{{Stream: bus.StreamOf(next(i))}},
				Publisher: bus.PublisherOptions{Batch: x.batch()},
				Logger:    x.o.Logger,
				Func: func(_ context.Context, in stage.In) ([]stage.Out, error) {
					return []stage.Out{{
						Item:    in.Header.Get(article.HeaderItem),
						Subject: next(i), Header: passOn(in.Header), Data: in.Data,
					}}, nil
				},
			})
		})
	}
	return group.Wait()
}

// naive is the same relay as people write it: a callback that publishes, waits for
// the answer and acknowledges. Default settings throughout.
func (x *road) naive(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, hop := range x.hops() {
		group.Go(func() error {
			nc, err := x.srv.Dial(hop.Name)
			if err != nil {
				return err
			}
			defer nc.Close()
			js, err := jetstream.New(nc)
			if err != nil {
				return err
			}
			c, err := js.Consumer(ctx, hop.Stream, hop.Name)
			if err != nil {
				return err
			}
			failed := make(chan error, 1)
			consuming, err := c.Consume(func(in jetstream.Msg) {
				if err := passOnNaively(ctx, js, hop.Name, next(i), in); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			})
			if err != nil {
				return err
			}
			defer func() {
				consuming.Stop()
				<-consuming.Closed()
			}()
			select {
			case err := <-failed:
				if ctx.Err() == nil {
					return fmt.Errorf("naive relay at %s: %w", hop.Name, err)
				}
			case <-ctx.Done():
			}
			return nil
		})
	}
	return group.Wait()
}

func passOnNaively(ctx context.Context, js jetstream.JetStream, stage, subject string, in jetstream.Msg) error {
	h := passOn(in.Headers())
	h.Set(nats.MsgIdHdr, article.Delivery{}.MessageID(stage, h.Get(article.HeaderItem)))
	if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: subject, Header: h, Data: in.Data()}); err != nil {
		return err
	}
	return in.Ack()
}

// passOn is the header a relay gives its output.
func passOn(in nats.Header) nats.Header {
	return nats.Header{article.HeaderItem: in[article.HeaderItem]}
}
