package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// compare puts what the shadow published beside what the desk did, one by one.
func (r *replay) compare(ctx context.Context) error {
	if err := r.findEndings(ctx, r.shadowJS, time.Time{}, func(it *item) *ending { return &it.now }); err != nil {
		return err
	}
	counts := map[file]int{} // how many items the desk found in a file
	for _, it := range r.items {
		if it.then.kind != "" {
			counts[it.file] = max(counts[it.file], it.then.count, 1)
		}
	}
	list := r.inOrder(func(*item) bool { return true })
	for i, it := range list {
		if err := r.compareItem(ctx, it, counts[it.file]); err != nil {
			return fmt.Errorf("compare article %s: %w", it.id, err)
		}
		if i%checkEvery == 0 {
			r.o.Progress(Comparing, i, len(list))
		}
	}
	r.o.Progress(Comparing, len(list), len(list))
	return nil
}

func (r *replay) compareItem(ctx context.Context, it *item, count int) (err error) {
	var was, now *published
	if it.now.kind != "" {
		if now, err = it.now.read(ctx, r.shadow, r.blobs); err != nil {
			return err
		}
		if r.o.Record != nil {
			if err := r.o.Record(now.subject, now.header, now.data); err != nil {
				return err
			}
		}
	}
	if it.then.kind != "" {
		was, err = it.then.read(ctx, r.real, r.realBlobs)
		if errors.Is(err, errGone) {
			r.report.NotCompared++
			return nil
		}
		if err != nil {
			return err
		}
	} else if it.index < count || count == 0 {
		// The desk had it, or has not come to its file: nobody knows how it ends.
		r.report.NotCompared++
		return nil
	}
	c, err := diff(was, now)
	if err != nil {
		return err
	}
	r.report.count(c)
	if c == nil || r.o.Change == nil {
		return nil
	}
	c.Item, c.Lane, c.Received = it.id, it.file.lane(), r.came(it).Format(time.RFC3339Nano)
	c.Title = title(now, was)
	c.URI = article.URI(it.id)
	for _, p := range []*published{was, now} {
		if p == nil {
			continue
		}
		c.Source = p.header.Get(article.HeaderSource)
		if p.article != nil {
			c.URI = p.article.URI
		}
	}
	return r.o.Change(c)
}
