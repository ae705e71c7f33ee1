package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/survey"
)

// lookout is what ingest's processes see of the whole desk, for its metrics: streams,
// dead letters, advisories. Each of several such processes sees the same.
type lookout struct {
	survey *survey.Survey
	dead   map[string]prometheus.Gauge // by stage
	others prometheus.Gauge
}

// surveyed are the streams and buckets of the road.
func surveyed(topo *bus.Topology) (streams []string, consumers map[string][]string) {
	consumers = map[string][]string{}
	for _, s := range topo.Streams {
		streams = append(streams, s.Name)
	}
	for _, c := range topo.Consumers {
		consumers[c.Stream] = append(consumers[c.Stream], c.Name)
	}
	return append(streams, buckets(topo)...), consumers
}

func newLookout(o Options, topo *bus.Topology) *lookout {
	l := &lookout{dead: map[string]prometheus.Gauge{}}
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "copydesk_dead_letters", Help: "Dead letters kept, by the stage that buried them.",
	}, []string{"stage"})
	o.Registerer.MustRegister(gauge)
	for _, stage := range article.Stages() {
		l.dead[article.DeadSubject(stage)] = gauge.WithLabelValues(stage)
	}
	l.others = gauge.WithLabelValues(labelOther)
	streams, consumers := surveyed(topo)
	l.survey = survey.New(survey.Options{Source: o.Survey, Streams: streams, Consumers: consumers, Registerer: o.Registerer})
	return l
}

// keepWatch looks every Options.SurveyInterval until ctx is done.
func (d *Desk) keepWatch(ctx context.Context) error {
	nc, err := d.dial(RoleLookout)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("keep watch: %w", err)
	}
	if d.o.Survey == nil {
		d.lookout.survey.Use(survey.API(nc, js))
	}
	stop, err := d.lookout.survey.Listen(nc)
	if err != nil {
		return err
	}
	defer stop()
	tick := time.NewTicker(d.o.SurveyInterval)
	defer tick.Stop()
	for {
		// Trouble here is passing, or the stages have it too and say so.
		if err := d.lookout.look(ctx, js); err != nil && ctx.Err() == nil {
			d.o.Logger.Debug("keep watch", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// lookTimeout bounds one look.
const lookTimeout = 5 * time.Second

func (l *lookout) look(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return errors.Join(l.survey.Look(ctx), l.countDead(ctx, js))
}

// countDead reads how many dead letters there are of each stage.
func (l *lookout) countDead(ctx context.Context, js jetstream.JetStream) error {
	s, err := js.Stream(ctx, article.StreamDead)
	if err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("articles.dead.*"))
	if err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	left := info.State.Msgs
	for subject, gauge := range l.dead {
		n := info.State.Subjects[subject]
		gauge.Set(float64(n))
		left -= min(n, left)
	}
	l.others.Set(float64(left))
	return nil
}

// dial opens a connection and shows it in the metrics.
func (d *Desk) dial(name string) (*nats.Conn, error) {
	nc, err := d.o.Dial(name)
	if err == nil {
		d.connections.watch(name, nc)
	}
	return nc, err
}

// connectionNames are the connections a desk has for as long as it runs.
func connectionNames(o Options) []string {
	names := slices.DeleteFunc(slices.Clone(o.Stages), func(s string) bool { return s == Housekeeping })
	if o.keepsHouse() {
		names = append(names, Housekeeping, RoleLookout)
	}
	return names
}

// inHand is what the stages' consumers have not acknowledged, asked in the order in
// which an item passes them, so that one which moves on meanwhile is not overlooked.
func inHand(ctx context.Context, js jetstream.JetStream, topo *bus.Topology) (int64, error) {
	var n int64
	for _, c := range topo.Consumers {
		consumer, err := js.Consumer(ctx, c.Stream, c.Name)
		if err != nil {
			return 0, fmt.Errorf("look at consumer %s of %s: %w", c.Name, c.Stream, err)
		}
		info := consumer.CachedInfo()
		n += int64(info.NumPending) + int64(info.NumAckPending)
	}
	return n, nil
}
