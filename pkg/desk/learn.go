package desk

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/extract"
)

// Learning configures how ingest learns the boilerplate of sources. The zero value of a
// field means its default.
type Learning struct {
	// Interval is how often what was learnt is stored and a snapshot made of it.
	// Default 10 minutes; below zero nothing is learnt.
	Interval time.Duration
	// Snapshot is the number of the one snapshot to clean by, for a replay that must
	// give the same bytes; nothing is learnt then. Default: the newest, and newer ones
	// as they come.
	Snapshot uint64
}

// LearningFlags declares the flags of every command that runs ingest for long.
func LearningFlags(f *flag.FlagSet, l *Learning) {
	f.DurationVar(&l.Interval, "learn-interval", learnInterval, "how often what ingest learns about the boilerplate of sources is stored; below 0 it learns nothing")
	f.Uint64Var(&l.Snapshot, "boilerplate", 0, "clean by this `snapshot` of the learnt boilerplate, the number before the dash in cleaning.rules_rev; 0 is the newest")
}

const (
	learnInterval = 10 * time.Minute
	// A worker remembers so many articles between two savings, of one source and in
	// all, and lets the rest go by: a sample teaches as well, and the memory is bounded,
	// at about a kilobyte each.
	maxLessons, maxAllLessons = 512, 4096
	// maxSources is how many sources are learnt about. A sender chooses its source, so
	// there is no end to them.
	maxSources = 256
	// learnTimeout bounds each visit to the bucket, lastSaving the one at the end: it
	// fits the margin a process keeps of its grace period.
	learnTimeout, lastSaving = 5 * time.Second, 1500 * time.Millisecond
	// staleTries is how often a save is tried anew after another worker's. Each failure
	// is another's success.
	staleTries = 16
)

// lesson is what one article teaches.
type lesson struct {
	edge     extract.Edge
	received time.Time
}

// learner has ingest's learnt boilerplate: the rules to clean by, and what was seen
// since it was last stored. It asks nothing of the stage: when the bucket is not there,
// articles are cleaned by the last rules that were, or none, and say so.
//
// Only the news teaches. What tells boilerplate from a running story is on how many days
// a line comes, by the inbox's clock, and an archive comes in hours; the layouts of its
// years are gone besides. Old material is cleaned by what the news taught.
//
// A file that is delivered twice teaches once: its articles are recognised among the
// source's latest, as are those of a feed that is fetched again and again. What was
// seen since the last saving is lost when the process is killed.
type learner struct {
	store    sources
	interval time.Duration // 0: learns nothing
	pinned   bool
	log      *slog.Logger
	metrics  *metrics

	rules atomic.Pointer[extract.Rules]

	mu      sync.Mutex
	lessons map[string][]lesson // by source
	total   int
}

// newLearner loads the rules, whole, before the first message. Only a snapshot that was
// asked for by number has to be there.
func newLearner(ctx context.Context, store sources, l Learning, log *slog.Logger, m *metrics) (*learner, error) {
	s := &learner{store: store, log: log, metrics: m, lessons: map[string][]lesson{}}
	ctx, cancel := context.WithTimeout(ctx, learnTimeout)
	defer cancel()
	if l.Snapshot > 0 {
		r, err := store.snapshot(ctx, l.Snapshot)
		if err != nil {
			return nil, err
		}
		s.pinned = true
		s.adopt(r)
		return s, nil
	}
	if s.interval = l.Interval; s.interval == 0 {
		s.interval = learnInterval
	}
	s.interval = max(s.interval, 0)
	r, _, err := store.newest(ctx)
	if err != nil {
		s.trouble("learnt boilerplate cannot be read: articles are cleaned without it until it can", err)
	}
	s.adopt(r)
	return s, nil
}

// adopt takes over a snapshot that is newer than the one at hand.
func (s *learner) adopt(r *extract.Rules) {
	for old := s.rules.Load(); r != nil && (old == nil || r.Number > old.Number); old = s.rules.Load() {
		if s.rules.CompareAndSwap(old, r) {
			lines := 0
			for _, l := range r.Sources {
				lines += len(l)
			}
			s.metrics.learnt(r.Number, lines)
			return
		}
	}
}

func (s *learner) trouble(what string, err error) {
	s.metrics.learnErrors.Inc()
	s.log.Warn(what, "err", err)
}

// brief adds to the hints of a file what it is to be cleaned by, and whether it teaches.
func (s *learner) brief(h *extract.Hints) {
	h.Boilerplate = s.rules.Load()
	if s.interval == 0 || h.Lane != article.Live {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Learn = s.total < maxAllLessons && len(s.lessons[h.Source]) < maxLessons
}

// observe remembers what a file's articles teach.
func (s *learner) observe(h extract.Hints, items []extract.Item) {
	if !h.Learn {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range items {
		if it.Edge != nil {
			s.add(h.Source, lesson{*it.Edge, h.Received})
		}
	}
}

func (s *learner) add(source string, l lesson) {
	if s.total >= maxAllLessons || len(s.lessons[source]) >= maxLessons {
		s.metrics.lessons[lessonSkipped].Inc()
		return
	}
	s.lessons[source] = append(s.lessons[source], l)
	s.total++
}

// run stores what was seen now and then and at the end, and follows new snapshots. It
// never fails: ingest does not need it.
func (s *learner) run(ctx context.Context) error {
	if s.pinned {
		return nil
	}
	var following sync.WaitGroup
	following.Go(func() { s.follow(ctx) })
	defer following.Wait()
	if s.interval == 0 {
		return nil
	}
	tick := time.NewTicker(s.interval)
	defer tick.Stop()
	// The end does not cut a saving short, nor wait for one long.
	saving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	context.AfterFunc(ctx, func() { time.AfterFunc(lastSaving, cancel) })
	for {
		select {
		case <-ctx.Done():
			s.save(saving)
			return nil
		case <-tick.C:
			s.save(saving)
		}
	}
}

// follow adopts new snapshots until ctx is done.
func (s *learner) follow(ctx context.Context) {
	for {
		if err := s.store.follow(ctx, s.adopt); err != nil && ctx.Err() == nil {
			s.log.Debug("follow learnt boilerplate", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(learnTimeout):
		}
	}
}

// save stores what was seen and publishes a snapshot if that changes the rules. What
// cannot be stored waits for the next time.
func (s *learner) save(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, learnTimeout)
	defer cancel()
	s.mu.Lock()
	lessons := s.lessons
	s.lessons, s.total = map[string][]lesson{}, 0
	s.mu.Unlock()
	learnt := map[string][]string{}
	room := -1 // for new sources; not looked up yet
	var failed error
	for _, source := range slices.Sorted(maps.Keys(lessons)) {
		lines, err := s.learn(ctx, source, lessons[source], &room)
		switch {
		case errors.Is(err, errNoRoom):
			s.metrics.lessons[lessonSkipped].Add(float64(len(lessons[source])))
		case err != nil:
			failed = err
			s.putBack(source, lessons[source])
		default:
			learnt[source] = lines
		}
	}
	if err := s.publish(ctx, learnt); err != nil && failed == nil {
		failed = err
	}
	if failed != nil {
		s.trouble("store learnt boilerplate", failed)
	}
}

// forget drops what was not stored yet: it has lines of articles, and one of them may have
// to be forgotten. Layouts are learnt from hundreds of articles, and a few more come.
func (s *learner) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lessons, s.total = map[string][]lesson{}, 0
}

func (s *learner) putBack(source string, lessons []lesson) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lessons {
		s.add(source, l)
	}
}

var errNoRoom = fmt.Errorf("boilerplate of %d sources is learnt already", maxSources)

// learn enters lessons into the stored counts of their source, over those of the other
// workers, and returns what is learnt of the source now.
func (s *learner) learn(ctx context.Context, source string, lessons []lesson, room *int) ([]string, error) {
	for range staleTries {
		e, revision, err := s.store.edges(ctx, source)
		if err != nil {
			return nil, err
		}
		if revision == 0 && *room < 0 {
			n, err := s.store.count(ctx)
			if err != nil {
				return nil, err
			}
			*room = max(maxSources-n, 0)
		}
		if revision == 0 && *room == 0 {
			return nil, errNoRoom
		}
		counted := 0
		for _, l := range lessons {
			if e.Learn(l.edge, l.received) {
				counted++
			}
		}
		lines := e.Learnt()
		if err = s.store.saveEdges(ctx, source, e, revision); errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if revision == 0 {
			*room--
		}
		s.metrics.lessons[lessonLearnt].Add(float64(counted))
		s.metrics.lessons[lessonCopy].Add(float64(len(lessons) - counted))
		return lines, nil
	}
	return nil, fmt.Errorf("source %s: %w, %d times", source, errStale, staleTries)
}

// publish makes the next snapshot if what was learnt differs from the newest.
//
// The counts are read again after the newest snapshot. Another worker may have learnt
// more of a source since; were the older lines published over its newer ones, they
// would stay until somebody learnt from that source again.
func (s *learner) publish(ctx context.Context, learnt map[string][]string) error {
	for range staleTries {
		r, revision, err := s.store.newest(ctx)
		if err != nil {
			return err
		}
		s.adopt(r)
		if at := s.rules.Load(); at != nil && (r == nil || r.Number < at.Number) {
			r = at // the bucket was lost: numbers go on, and what was learnt is not forgotten
		}
		lines := map[string][]string{}
		for source, l := range learnt {
			if r != nil && slices.Equal(r.Sources[source], l) {
				continue
			}
			e, _, err := s.store.edges(ctx, source)
			if err != nil {
				return err
			}
			lines[source] = e.Learnt()
		}
		next := r.With(lines)
		if next == r {
			return nil
		}
		err = s.store.publish(ctx, next, revision)
		if errors.Is(err, errStale) {
			continue
		}
		if err == nil {
			s.adopt(next)
			s.log.Info("learnt boilerplate", "snapshot", next.Name())
		}
		return err
	}
	return fmt.Errorf("publish boilerplate: %w, %d times", errStale, staleTries)
}
